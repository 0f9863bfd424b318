"""Scenes, windows, pairs of two, and noise."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from companion.forge.extraction import Extraction, advice, extracted
from companion.forge.importing import read_source
from companion.forge.noise import is_noise, noisy
from companion.forge.scenes import pairs_of, windows

pytestmark = pytest.mark.unit

Extract = Callable[..., Extraction]
Write = Callable[..., Path]

_TALK = "张明说：“你来了。”\n李华说：“来了。”\n张明说：“坐吧。”\n李华说：“好。”\n"


def test_chapters_marks_and_times_part_scenes(extract: Extract) -> None:
    found = extract(
        f"第一章 雨\n{_TALK}***\n{_TALK}次日，天晴了。\n{_TALK}第二章 雪\n{_TALK}", known=["张明", "李华"]
    )
    assert [(one.chapter, one.number) for one in found.scenes] == [(0, 1), (0, 2), (0, 3), (1, 1)]
    assert [len([turn for turn in one.turns if turn.kind == "speech"]) for one in found.scenes] == [
        4,
        4,
        4,
        4,
    ]
    assert set(found.scenes[0].present) == {"张明", "李华"}


def test_ten_paragraphs_without_speech_end_a_scene(extract: Extract) -> None:
    quiet = "天黑了。\n" * 10
    assert len(extract(_TALK + quiet + _TALK, known=["张明"]).scenes) == 2
    assert len(extract(_TALK + quiet[:-5] * 1 + _TALK, known=["张明"]).scenes) == 1


def test_what_stands_between_speeches_is_kept(extract: Extract) -> None:
    found = extract("张明走来，说：“你来了。”李华抬起头。\n", known=["张明", "李华"])
    assert [(turn.kind, turn.text) for turn in found.scenes[0].turns] == [
        ("env", "张明走来，说："),
        ("speech", "你来了。"),
        ("env", "李华抬起头。"),
    ]


def test_windows_are_bounded_and_overlap(extract: Extract) -> None:
    scene = extract(_TALK * 5, known=["张明", "李华"]).scenes[0]
    pieces = windows(scene, len, most=60, overlap=2)
    assert len(pieces) > 1
    assert all(sum(len(turn.text) for turn in piece) <= 60 for piece in pieces)
    assert all(two[:2] == one[-2:] for one, two in itertools.pairwise(pieces))
    assert {turn.start for piece in pieces for turn in piece} == {turn.start for turn in scene.turns}


def test_pairs_are_talks_of_two_only(extract: Extract) -> None:
    two = extract(_TALK, known=["张明", "李华"])
    pairs = pairs_of(two.scenes[0], "李华")
    assert [(pair.prompt[-1].text, pair.reply.text) for pair in pairs] == [
        ("你来了。", "来了。"),
        ("坐吧。", "好。"),
    ]
    three = extract(
        "张明说：“你来了。”\n王芳说：“快坐。”\n李华说：“来了。”\n", known=["张明", "李华", "王芳"]
    )
    assert pairs_of(three.scenes[0], "李华") == []


@pytest.mark.parametrize(
    "text", ["嗯······", "啊——！", "……", "哈哈哈哈", "嘻嘻嘻嘻嘻", "Uh-huh.", "Hmm...", "！？"]
)
def test_sighs_and_marks_are_noise(text: str) -> None:
    assert is_noise(text)


@pytest.mark.parametrize(
    "text", ["好。", "是", "嗯，我知道了。", "哈哈，你也来了", "No.", "Oh, you came.", "走"]
)
def test_short_answers_are_no_noise(text: str) -> None:
    assert not is_noise(text)


def test_a_line_counts_three_times_at_most() -> None:
    assert noisy(["来了。", "来了！", "来了", "走吧", "来了。"]) == {4: "repeated"}


def test_twenty_lines_are_advised_against_training(write: Write) -> None:
    rows = "".join(f"林晚：第{number}句话，都不一样。\n陈屿：好{number}。\n" for number in range(20))
    found = extracted(read_source(write("a.txt", rows)))
    assert found.lines_of("林晚") == 20
    assert advice(found, "林晚") == "prompt"
    assert advice(found, "王芳") == "nobody"


def test_a_hundred_lines_are_enough_to_train(write: Write) -> None:
    rows = "".join(f"林晚：第{number}句话，都不一样。\n" for number in range(120))
    assert advice(extracted(read_source(write("a.txt", rows))), "林晚") == "train"


def test_noise_is_counted_with_its_reason(write: Write) -> None:
    rows = "林晚：嗯······\n陈屿：好。\n林晚：走吧。\n陈屿：好的呀。\n林晚：嗯······\n"
    found = extracted(read_source(write("a.txt", rows)))
    assert found.lines_of("林晚") == 1
    assert [one.kind for one in found.problems] == ["noise", "noise"]
