from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from companion.audio.wav import write_wav
from companion.text.phonemes import Language
from companion.voice_training.clip import REASONS, Clip
from companion.voice_training.evaluation import Evaluation, Speed, Tried
from companion.voice_training.figures import Figures, LineFigures
from companion.voice_training.plots import bars, curves, histogram
from companion.voice_training.report import Checkpoint, VoiceReport, page, write_report
from companion.voice_training.report_words import said, words
from companion.voice_training.style_fit import StyleFit, fit_from_plain
from companion.voice_training.verdict import judge

pytestmark = pytest.mark.unit

FIGURES = Figures(2, 0.02, 1, 0.85, 0.8, 3.5, 4.0, 3.1, 190.0, 0.2, 5.0)
VOID = frozenset({"meta", "line", "rect", "circle", "polyline"})


def line(text: str, sound: str = "", missing: tuple[str, ...] = ()) -> LineFigures:
    return LineFigures(
        text, "zh", "听到<b>", 1, 5, missing, 0.8, 3.5, 4.0, 3.1, 190.0, 0.2, 5, 1.0, 1.2, sound
    )


def evaluated(folder: Path) -> Evaluation:
    write_wav(folder / "line-01.wav", np.zeros(2_205, np.float32), 22_050)
    lines = (line("<script>alert(1)</script>", "line-01.wav"), line("第二句", "gone.wav", ("漏了",)))
    speed = Speed(0.05, 0.04, 1.0, 63.2, 2)
    tried = (Tried(0.667, FIGURES, 0.7), Tried(0.333, FIGURES, 0.8))
    return Evaluation("m.onnx", 0.333, 1.0, 0.8, FIGURES, FIGURES, 0.6, speed, lines, lines[:1], tried)


def full(folder: Path, language: Language) -> VoiceReport:
    clips = [Clip("0001", "a.wav", 0, 6, text="你好。").measured(ovrl=3.2, snr_db=30, syllables_per_s=4)]
    clips += [Clip(str(place), "a.wav", 0, 2).drop(reason, "") for place, reason in enumerate(REASONS)]
    return VoiceReport(
        "小满 & Co",
        language,
        "zh",
        verdict=judge(clips, "zh"),
        evaluation=evaluated(folder),
        similar=StyleFit(
            "zf_xiaoxiao",
            np.zeros(256, np.float32),
            "zh",
            1.0,
            0.5,
            0.7,
            0.8,
            0.67,
            0.74,
            0.95,
            3.4,
            3.3,
            4,
            2,
            140,
            99.0,
        ),
        steps=[
            {"stage": "decoder", "step": step, "mel": 1 / step, "bad": float("nan")} for step in range(1, 900)
        ],
        checkpoints=[
            Checkpoint(100, Tried(0.3, FIGURES, 0.5)),
            Checkpoint(200, Tried(0.3, FIGURES, 0.6), True),
        ],
        facts={"base": "joe <medium>", "consent": "yes"},
        sounds=folder,
    )


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_whole_and_needs_no_other_file(tmp_path: Path, language: Language) -> None:
    html = page(full(tmp_path, language))
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    addresses = [value for _, attrs in tags.seen for name, value in attrs.items() if name in ("src", "href")]
    assert addresses
    assert all(str(address).startswith("data:") for address in addresses)
    assert "http" not in html
    assert ("新声音" in html, "new voice" in html) == (language == "zh", language == "en")
    assert "prefers-color-scheme: dark" in html


def test_what_people_wrote_is_shown_and_never_run(tmp_path: Path) -> None:
    html = page(full(tmp_path, "en"))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "joe &lt;medium&gt;" in html


def test_every_word_of_the_page_is_known_in_both_languages(tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "companion" / "voice_training" / "report.py"
    keys = set(re.findall(r"said\(\s*[\"'](\w+)[\"']", source.read_text(encoding="utf-8")))
    assert len(keys) > 15
    assert keys <= set(words())
    assert {f"{reason}_reason" for reason in REASONS} <= set(words())
    for chinese, english in words().values():
        assert sorted(re.findall(r"\{\w+", chinese)) == sorted(re.findall(r"\{\w+", english))
        assert english.isascii() or "×" in english or "÷" in english
    assert said("no such key", "zh") == "no such key"


def test_a_sound_that_is_gone_leaves_its_line(tmp_path: Path) -> None:
    html = page(full(tmp_path, "zh"))
    assert html.count("<audio") == 2
    assert "第二句" in html
    assert "漏读：漏了" in html


def test_a_report_without_anything_is_a_page_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "报告 1" / "report.html"
    file.parent.mkdir()
    write_report(file, VoiceReport("A", "zh", "zh"))
    assert "A 的声音" in file.read_text(encoding="utf-8")


def test_curves_leave_out_what_is_no_number_and_stay_small() -> None:
    assert curves("a", {"a": [(1, float("nan"))]}) == ""
    drawn = curves("a", {"a": [(step, step % 7) for step in range(10_000)], "b": [(0, 1.0)]}, marked=50)
    assert drawn.count(",") < 1_000
    assert "nan" not in drawn
    assert 'class="marked"' in drawn


def test_a_constant_curve_and_empty_bars_are_drawn_or_left_out() -> None:
    assert "polyline" in curves("a", {"a": [(0, 2.0), (1, 2.0)]})
    assert histogram("h", [0.0, 1.0, 2.0], [0, 0]) == ""
    assert histogram("h", [0.0, 1.0, 2.0], [3, 1]).count("<rect") == 2
    assert bars("b", []) == ""
    assert bars("b", [("噪声", 0.0, "0 s")]).count("<rect") == 1


def test_a_fit_comes_back_from_its_figures_alone(tmp_path: Path) -> None:
    fit = full(tmp_path, "en").similar
    assert fit is not None
    plain = {name.name: getattr(fit, name.name) for name in dataclasses.fields(fit) if name.name != "delta"}
    again = fit_from_plain(plain | {"gain": fit.gain})
    assert (again.stock, again.gain, again.delta.shape) == (fit.stock, fit.gain, (256,))
    assert "A similar voice" in page(VoiceReport("A", "en", "zh", similar=again))
