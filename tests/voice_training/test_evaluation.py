from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.domain.cancel import CancelToken
from companion.errors import Cancelled, ModelError
from companion.voice_training.evaluation import (
    Evaluation,
    Target,
    evaluate,
    from_plain,
    measure_target,
    measure_voice,
    score,
    to_plain,
    with_scales,
)
from companion.voice_training.figures import Figures, Line, RealClip, measure_line, measuring_lines, together
from companion.voice_training.goals import goals, likeness_level, passes

from .sounds import speechlike

pytestmark = pytest.mark.unit

REAL = Figures(20, 0.01, 0, 0.92, 0.9, 3.6, 4.1, 3.30, 180.0, 0.20, 5.0)
TARGET = Target(np.ones(256, np.float32) / 16, REAL, (), 0.60)
LINES = (Line("I am home.", "en"), Line("Come in now.", "en"))


@dataclasses.dataclass(frozen=True)
class Said:
    text: str


class Echo:
    """Hears `text` whatever is said, or what is said line by line."""

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)

    def hear(self, samples: np.ndarray, rate: int, language: str) -> Said:
        return Said(self._texts.pop(0) if len(self._texts) > 1 else self._texts[0])


def references(count: int = 3) -> list[RealClip]:
    return [RealClip("I am home.", "en", speechlike(2.0, 16_000, seed=seed), 16_000) for seed in range(count)]


def changed(**changes: float) -> Figures:
    return dataclasses.replace(REAL, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory, onnx: Any) -> Evaluation:
    folder = tmp_path_factory.mktemp("声音 of hers")
    (folder / "eval").mkdir()
    voice = onnx.piper_voice(folder)
    return evaluate(
        voice, LINES, references(), Echo("I am home."), noise_scales=(0.5, 0.0), keep=folder / "eval"
    )


class TestScore:
    def test_the_real_clips_themselves_score_one(self) -> None:
        assert score(REAL, TARGET) == pytest.approx(1.0)

    @pytest.mark.parametrize(
        "worse", [changed(secs=0.80), changed(error_rate=0.10), changed(ovrl=2.6), changed(secs=0.30)]
    )
    def test_whatever_is_worse_lowers_it(self, worse: Figures) -> None:
        assert 0.0 <= score(worse, TARGET) < score(REAL, TARGET) - 0.03

    def test_a_clean_voice_that_learnt_nothing_loses_to_one_that_did(self) -> None:
        untrained = changed(secs=0.457, error_rate=0.036, ovrl=3.28)
        trained = changed(secs=0.842, error_rate=0.0, ovrl=2.73)
        assert score(untrained, TARGET) < 0.5 < score(trained, TARGET)

    def test_a_voice_that_babbles_is_worth_nothing_however_alike(self) -> None:
        assert score(changed(error_rate=0.5), TARGET) == 0.0

    def test_being_better_than_the_real_clips_gains_nothing(self) -> None:
        assert score(changed(ovrl=3.9, error_rate=0.0, secs=0.95), TARGET) == pytest.approx(1.0)


class TestMeasuring:
    def test_every_line_and_every_scale_is_measured(self, evaluation: Evaluation) -> None:
        assert [one.noise_scale for one in evaluation.tried] == [0.5, 0.0]
        assert (evaluation.voice.n, evaluation.real.n, len(evaluation.lines), len(evaluation.real_lines)) == (
            2,
            3,
            2,
            3,
        )
        assert evaluation.score == max(one.score for one in evaluation.tried)
        assert evaluation.noise_scale == max(evaluation.tried, key=lambda one: one.score).noise_scale

    def test_words_are_compared_line_by_line(self, evaluation: Evaluation) -> None:
        assert [(line.n_edits, line.n_tokens, line.missing) for line in evaluation.lines] == [
            (0, 3, ()), (3, 3, ("Come in now",)),
        ]  # fmt: skip
        assert (evaluation.voice.error_rate, evaluation.voice.n_missing) == (0.5, 1)
        assert evaluation.real.error_rate == 0.0

    def test_speed_and_size_are_of_this_run(self, evaluation: Evaluation) -> None:
        speed = evaluation.speed
        assert speed.first_sound_s > 0
        assert speed.rtf > 0
        assert speed.load_s > 0
        assert 0 < speed.megabytes < 1

    def test_sounds_are_kept_by_name(self, tmp_path: Path, onnx: Any) -> None:
        voice = onnx.piper_voice(tmp_path)
        target = measure_target(references(2), Echo("I am home."), keep=tmp_path)
        found = measure_voice(voice, LINES, target, Echo("?"), noise_scales=(0.0,), keep=tmp_path)
        names = [line.sound for line in (*found.lines, *found.real_lines)]
        assert names == ["line-01.wav", "line-02.wav", "real-01.wav", "real-02.wav"]
        assert all((tmp_path / name).read_bytes()[:4] == b"RIFF" for name in names)

    def test_what_is_written_down_comes_back(self, evaluation: Evaluation) -> None:
        assert from_plain(json.loads(json.dumps(to_plain(evaluation)))) == evaluation

    def test_progress_is_told_and_stopping_stops(self, tmp_path: Path, onnx: Any) -> None:
        told: list[tuple[int, int]] = []
        voice = onnx.piper_voice(tmp_path)
        cancel = CancelToken()

        def show(done: int, of: int) -> None:
            told.append((done, of))
            cancel.request()

        with pytest.raises(Cancelled):
            measure_voice(voice, LINES, TARGET, Echo("?"), cancel=cancel, show=show)
        assert told == [(1, 6)]

    def test_a_voice_without_a_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=r"voice\.onnx"):
            measure_voice(tmp_path / "voice.onnx", LINES, TARGET, Echo("?"))

    def test_each_real_clip_is_compared_with_the_others_only(self) -> None:
        same = measure_target(references(1) * 3, Echo("I am home."))
        assert same.real.secs == pytest.approx(1.0, abs=1e-4)
        alone = measure_target(references(1), Echo("I am home."))
        assert alone.real.secs == 0.0

    def test_the_found_scales_go_into_the_voice_s_description(self, evaluation: Evaluation) -> None:
        described = with_scales({"audio": {}, "inference": {"noise_w": 0.8, "noise_scale": 0.6}}, evaluation)
        assert described["inference"]["noise_scale"] == evaluation.noise_scale
        assert described["inference"]["noise_w"] == 0.8
        assert 0.7 <= described["inference"]["length_scale"] <= 1.4


class TestFigures:
    def test_no_line_has_no_figures(self) -> None:
        assert together([]).n == 0

    def test_silence_is_measured_like_anything_else(self) -> None:
        line = measure_line(LINES[0], np.zeros(1, np.float32), 22_050, TARGET.centroid, Echo(""))
        assert (line.n_edits, line.secs, line.median_hz, line.spoken_s) == (3, 0.0, 0.0, 0.0)
        assert together([line]).median_hz == 0.0

    def test_lines_that_measure_hold_words_twisters_and_both_languages(self) -> None:
        chinese = [line.text for line in measuring_lines("zh")]
        assert any(len(text) <= 3 for text in chinese)
        assert any("Python" in text for text in chinese)


class TestGoals:
    def _with(self, evaluation: Evaluation, **changes: float) -> Evaluation:
        return dataclasses.replace(evaluation, voice=changed(**changes), real=REAL)

    def test_a_voice_like_the_clips_reaches_what_can_be_heard(self, evaluation: Evaluation) -> None:
        found = {goal.name: goal for goal in goals(self._with(evaluation), "en")}
        heard = ("words", "clauses", "likeness", "cleanness", "pitch", "melody", "pace", "size")
        assert all(found[name].reached for name in heard)
        assert len(found) == 11
        assert passes(self._with(evaluation), "en")

    @pytest.mark.parametrize(
        ("name", "changes"),
        [
            ("words", {"error_rate": 0.05}),
            ("clauses", {"n_missing": 1}),
            ("likeness", {"secs": 0.84}),
            ("cleanness", {"ovrl": 3.05}),
            ("pitch", {"median_hz": 195.0}),
            ("melody", {"log_sd": 0.1}),
            ("pace", {"syllables_per_s": 5.6}),
        ],
    )
    def test_each_goal_can_be_missed(
        self, evaluation: Evaluation, name: str, changes: dict[str, float]
    ) -> None:
        found = {goal.name: goal for goal in goals(self._with(evaluation, **changes), "en")}
        assert not found[name].reached
        assert sum(not goal.reached for goal in found.values() if goal.name in ("words", name)) >= 1

    @pytest.mark.parametrize(
        ("secs", "level"), [(0.87, "best"), (0.82, "good"), (0.76, "preview"), (0.6, "far")]
    )
    def test_likeness_has_a_name(self, evaluation: Evaluation, secs: float, level: str) -> None:
        real = changed(secs=0.99)
        assert likeness_level(dataclasses.replace(evaluation, voice=changed(secs=secs), real=real)) == level

    def test_a_speaker_who_varies_is_hard_to_miss(self, evaluation: Evaluation) -> None:
        real = changed(secs=0.80)
        found = dataclasses.replace(evaluation, voice=changed(secs=0.75), real=real)
        assert likeness_level(found) == "best"

    @pytest.mark.parametrize(("share", "reached"), [(0.95, True), (0.3, False)])
    def test_tones_are_a_goal_where_they_were_judged(
        self, evaluation: Evaluation, share: float, reached: bool
    ) -> None:
        judged = self._with(evaluation, n_tones=50, tones_heard=share)
        assert [goal.reached for goal in goals(judged, "zh") if goal.name == "tones"] == [reached]
        assert "tones" not in [goal.name for goal in goals(self._with(evaluation), "zh")]
