"""What a person corrects stays, whatever the rules find on the next run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from companion.forge.extraction import Extraction
from companion.forge.overrides import Override, add_override, read_overrides, speaker_override

pytestmark = pytest.mark.unit

Extract = Callable[..., Extraction]

_TEXT = "张明走了。李华来了。\n\n“谁在那里？”\n\n张明说：“是我。”\n\n李华说：“你来了。”\n"


def _correction(found: Extraction, number: int, name: str) -> Override:
    return speaker_override(found.source.document.id, found.source.document.text, found.quotes[number], name)


def test_a_corrected_speaker_survives_runs(extract: Extract, tmp_path: Path) -> None:
    path = tmp_path / "overrides.jsonl"
    first = extract(_TEXT, known=["张明", "李华"])
    assert first.attributions[0].speaker is None
    add_override(path, _correction(first, 0, "李华"))
    for _ in range(2):
        again = extract(_TEXT, known=["张明", "李华"], overrides=read_overrides(path))
        assert (again.attributions[0].speaker, again.attributions[0].method) == ("李华", "human")
        assert again.lost == ()


def test_the_later_of_two_corrections_holds(extract: Extract) -> None:
    found = extract(_TEXT)
    both = [_correction(found, 1, "李华"), _correction(found, 1, "")]
    assert extract(_TEXT, overrides=both).attributions[1].speaker is None


def test_a_quote_that_moved_is_found_by_its_words(extract: Extract) -> None:
    correction = _correction(extract(_TEXT), 0, "李华")
    moved = extract("一段新的话。\n\n" + _TEXT, overrides=[correction])
    assert moved.attributions[0].speaker == "李华"


def test_a_correction_without_a_place_is_told_not_lost(extract: Extract) -> None:
    correction = _correction(extract(_TEXT), 0, "李华")
    found = extract("张明说：“别的话。”\n", overrides=[correction])
    assert found.lost == (correction,)


def test_what_is_no_speech_leaves_the_quotes(extract: Extract) -> None:
    found = extract(_TEXT)
    one = _correction(found, 0, "")
    silent = Override("not_speech", "", "", one.document, one.start, one.end, one.text)
    assert len(extract(_TEXT, overrides=[silent]).quotes) == len(found.quotes) - 1


def test_corrections_of_the_cast_hold_before_speakers_are_sought(extract: Extract) -> None:
    text = "凤姐道：“好。”熙凤道：“好的。”凤姐笑道：“是。”熙凤笑道：“是的。”"
    found = extract(text, overrides=[Override("merge", "熙凤", "凤姐"), Override("rename", "凤姐", "王熙凤")])
    assert {one.speaker for one in found.attributions} == {"王熙凤"}
    assert found.lines_of("熙凤") == 4


def test_a_torn_last_line_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "overrides.jsonl"
    add_override(path, Override("add", "张明"))
    with path.open("ab") as file:
        file.write(b'{"action": "ad')
    add_override(path, Override("add", "李华"))
    assert [one.name for one in read_overrides(path)] == ["张明", "李华"]
