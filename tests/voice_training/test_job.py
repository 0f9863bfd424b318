"""From recordings to a voice in the pack: what a character of the program says is recorded, judged and learnt."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from companion.audio.wav import write_wav
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.catalog import load_catalog, missing_packages
from companion.engines.voices.bank import VoiceBank
from companion.jobs.events import JobEvent
from companion.packs.library import Library
from companion.paths import Paths, bundled
from companion.voice_training.data_stages import LABELLED, METADATA, read_list
from companion.voice_training.install import Place, find_report, kept_voices
from companion.voice_training.intelligibility import error_rate
from companion.voice_training.job import voice_job
from companion.voice_training.planted import CHINESE
from companion.voice_training.request import VoiceRequest, consent_now, save_request
from companion.voice_training.review import Edit, Edits, digest_of_clips, key_of, save_edits
from companion.voice_training.surroundings import Surroundings
from companion.voice_training.torch_home import VARIABLE
from companion.voice_training.view import view_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
_TEXTS = CHINESE[:8]
_WEIGHTS = ("kokoro-82m-v1.0-int8", "whisper-base")


@dataclasses.dataclass
class Studio:
    """A home with weights, and a folder of recordings: each sentence with its text, and one of noise."""

    paths: Paths
    recordings: Path
    kokoro: Path

    @property
    def around(self) -> Surroundings:
        place = Place(self.paths.characters, self.paths.cache / "packs", self.paths.data / "voices_kept")
        return Surroundings(self.paths, place)

    def speaks(self, spec: VoiceSpec, text: str) -> np.ndarray:
        bank = VoiceBank.load(self.kokoro, bundled("assets") / "voices", threads=2)
        try:
            parts = [one.clip.samples for one in bank.synthesise(text, CancelToken(), voice=spec)]
        finally:
            bank.close()
        return np.concatenate(parts)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    catalog = load_catalog(bundled("models") / "catalog.toml")
    missing = [name for one in _WEIGHTS for name in missing_packages(catalog.row(one))]
    if missing:
        pytest.skip(f"packages are missing: {', '.join(missing)}; run with --extra starter")
    paths = Paths.under(tmp_path_factory.mktemp("家 home"))
    paths.make()
    around = Surroundings(paths, Place(paths.characters, paths.cache, paths.data))
    made = Studio(
        paths,
        tmp_path_factory.mktemp("录音 recordings"),
        around.kokoro(lambda done, total: None, CancelToken()),
    )
    lines = []
    for n, text in enumerate(_TEXTS):
        samples = made.speaks(VoiceSpec(styles=(("xiaoman", 1.0),)), text)
        write_wav(made.recordings / f"{n}.wav", np.pad(samples, 6_000), 24_000)
        lines.append(f"{n}|{text}")
    noise = np.random.default_rng(1).normal(0, 0.2, 72_000).astype(np.float32)
    write_wav(made.recordings / "风扇.wav", noise, 24_000)
    (made.recordings / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    return made


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/nowhere/python")


def _request(studio: Studio, **more: object) -> VoiceRequest:
    values: dict[str, object] = {"language": "zh", "profile": "smoke", **more}
    return VoiceRequest(studio.recordings, "wren", consent_now("option"), **values)  # type: ignore[arg-type]


def test_recordings_become_clips_with_texts_and_a_verdict(
    studio: Studio, tmp_path: Path, no_torch: None
) -> None:
    events: list[JobEvent] = []
    folder = tmp_path / "job"
    request = _request(studio, review=True)
    save_request(folder, request)
    job = voice_job(folder, request, studio.around, listeners=[events.append])
    result = job.run(to="verdict")
    assert (result.outcome, result.stage) == ("waiting", "review")
    clips = read_list(folder / LABELLED)
    kept = [one for one in clips if one.dropped is None]
    assert len(kept) >= 7
    assert {one.dropped for one in clips if one.source == "风扇.wav"} <= {
        "noise",
        "silence",
        "unintelligible",
    }
    assert max(error_rate(one.text, _TEXTS[int(one.source[0])], "zh") for one in kept) == 0
    by_clip = {key_of(kept[0]): Edit(keep=False)}
    save_edits(folder, Edits(by_clip, digest_of_clips(clips)))
    assert job.run(to="verdict").outcome == "done"
    assert [one.stage for one in job.status() if one.state == "done"][-1] == "verdict"
    metadata = (folder / METADATA).read_text(encoding="utf-8").splitlines()
    assert len(metadata) == len(kept) - 1
    view = view_of(folder)
    assert view is not None
    assert view.verdict["n_kept"] == len(kept) - 1
    assert len(view.verdict["record_next"]) == 20
    assert {one.stage for one in events if one.kind == "progress"} >= {"cut", "check", "label"}


@pytest.mark.slow
def test_without_torch_a_similar_voice_is_given_to_her(
    studio: Studio, tmp_path: Path, no_torch: None
) -> None:
    folder = tmp_path / "job"
    assert voice_job(folder, _request(studio), studio.around).run().outcome == "done"
    around = studio.around
    library = Library([around.paths.characters], bundled=bundled("characters"), cache=around.place.cache)
    report = find_report("wren", library.reports())
    assert report.character is not None
    assert report.character.voice.style_file is not None
    assert np.abs(studio.speaks(report.character.voice, "Hello, how are you?")).max() > 0.05
    card = json.loads((folder / "voice" / "card.json").read_bytes())
    assert card["kind"] == "similar"
    assert card["consent"]["how"] == "option"
    assert card["figures"]["similarity"] >= card["figures"]["similarity_stock"]
    assert len(kept_voices("wren", around.place)) == 1
    assert "<html" in (folder / "report.html").read_text(encoding="utf-8")
