"""Traditional Chinese is understood by the same rules, and keeps its own names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from companion.forge.extraction import Extraction
from companion.forge.overrides import Override
from companion.forge.writing import Writing

pytestmark = pytest.mark.unit

Extract = Callable[..., Extraction]

_TEXT = (
    "第一章 雨夜\n\n陳嶼走進來，對葉蘭說：「妳遲到了。」\n\n葉蘭點點頭，笑著說：「路上堵車。」\n\n「那妳請客。」"
    "陳嶼說。\n\n葉蘭問道：「憑什麼？」\n\n陳嶼嘆了口氣，說：「算了。」\n\n這時，一個服務員走過來問：「請問要點什麼？」\n"
)


def test_speakers_of_a_traditional_novel_are_found_as_they_are_written(extract: Extract) -> None:
    found = extract(_TEXT)
    assert [one.speaker for one in found.attributions] == ["陳嶼", "葉蘭", "陳嶼", "葉蘭", "陳嶼", "服務員"]
    assert found.attributions[0].addressee == "葉蘭"
    assert {one.id for one in found.cast.people} == {"陳嶼", "葉蘭", "服務員"}
    assert found.lines_of("陳嶼") == 3
    assert "妳遲到了。" in [turn.text for turn in found.scenes[0].turns]


def test_corrections_and_known_names_may_be_in_either_writing(extract: Extract) -> None:
    found = extract(_TEXT, known=["葉蘭"], overrides=[Override("rename", "葉蘭", "蘭蘭")])
    assert found.attributions[1].speaker == "蘭蘭"
    assert extract(_TEXT, known=["葉蘭"]).cast.person("葉蘭") is not None


def test_simplified_and_english_texts_stay_as_they_are() -> None:
    for text, language in (
        ("乾隆笑了。" + "他说：“今天的天气很好，我们去公园吧。”" * 20, "zh"),
        ("He said, “Well.”" * 20, "en"),
    ):
        writing = Writing(text, language)  # type: ignore[arg-type]
        assert not writing.is_other
        assert writing.name_written("乾隆") == "乾隆"
