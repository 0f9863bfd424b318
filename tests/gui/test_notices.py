from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from companion.gui.notices import notice_text, worker_lost_text
from companion.gui.translation import apply_language

pytestmark = pytest.mark.gui


def test_english_shows_the_programs_own_sentence_with_its_values(qapp: QApplication) -> None:
    apply_language(qapp, "en")
    shown = notice_text("Voice 'aria' needs model.onnx.", "Put it there.", "missing")
    assert (shown.what, shown.hint) == ("Voice 'aria' needs model.onnx.", "Put it there.")
    assert shown.help == "models"
    assert shown.label == "Open models"


def test_chinese_knows_a_sentence_by_its_code(chinese: None) -> None:
    shown = notice_text("Voice 'aria' needs model.onnx.", "Put it there.", "missing")
    assert shown.what == "这台电脑上缺少需要的模型。"
    assert shown.label == "打开模型"


def test_chinese_falls_back_to_the_stage_then_to_english(chinese: None) -> None:
    assert notice_text("X broke.", "", "strange", stage="voice").what == "她暂时发不出声音。"
    assert notice_text("X broke.", "Do Y.", "strange").what == "X broke."


def test_a_sentence_in_the_catalogue_is_translated_whole(chinese: None) -> None:
    assert notice_text("Something went wrong.", "The log has details.", "fault").hint == "详情见日志。"


@pytest.mark.parametrize("role", ["language", "speech", "audio"])
@pytest.mark.parametrize("restarts", [True, False])
def test_every_lost_worker_has_a_sentence(role: str, restarts: bool) -> None:
    assert worker_lost_text(role, restarts=restarts)
