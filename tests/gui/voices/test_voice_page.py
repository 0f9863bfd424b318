"""The page leads from recordings to a voice: begin, progress, pieces, verdict, result."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from companion.errors import AudioError
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import apply_language
from companion.gui.voices.clips_model import KEEP, TEXT
from companion.gui.voices.page import VoicePage
from companion.gui.voices.process import TrainingProcess
from companion.packs.library import report_on
from companion.paths import bundled
from companion.voice_training.install import Place, install_voice
from companion.voice_training.review import Edit, digest_of_clips, read_edits
from companion.voice_training.view import SPEAKER

pytestmark = pytest.mark.gui
CHILD = Path(__file__).with_name("speaking_child.py")


class Desk:
    """The page, and what it asked of the command line."""

    def __init__(self, qtbot: QtBot, look: Look, companion: Any, how: str = "done") -> None:
        self.tasks = Tasks()
        self.asked: list[list[str]] = []
        self.opened: list[Path] = []
        self.how = how
        self.process = TrainingProcess([], command=self._command)
        self.page = VoicePage(
            companion, look, self.tasks, companion.people[0], self.process, open_=self.opened.append
        )
        qtbot.addWidget(self.page)
        self.page.resize(900, 620)
        self.page.show()

    def _command(self, arguments: Sequence[str]) -> list[str]:
        self.asked.append(list(arguments))
        return [sys.executable, "-I", str(CHILD), self.how]


@pytest.fixture
def desk(qtbot: QtBot, look: Look, companion: Any) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(how: str = "done") -> Desk:
        made.append(Desk(qtbot, look, companion, how))
        return made[-1]

    yield make
    for one in made:
        one.process.close()
        one.tasks.close()


def test_without_a_job_it_asks_for_recordings_and_consent(
    qtbot: QtBot, desk: Callable[..., Desk], tmp_path: Path
) -> None:
    page = desk("waits_for_close").page
    form = page.form
    qtbot.waitUntil(form.isVisible)
    assert not form.start.isEnabled()
    recording = tmp_path / "录音" / "a.wav"
    recording.parent.mkdir()
    recording.touch()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(recording))])
    form.folder.dropEvent(
        QDropEvent(
            QPointF(),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    assert form.folder.title == "录音"
    assert not form.start.isEnabled()
    form.consent.setChecked(True)
    form.length.set_value("8h")
    form.start.click()
    qtbot.waitUntil(lambda: page.steps.state_of("import") == "done", timeout=20_000)
    assert page.steps.state_of("train") == "running"
    qtbot.waitUntil(lambda: "30 of 200" in page.steps.now_text)
    assert page.steps.now_text == "30 of 200 · about 10 min left"
    assert page.steps.stop.isVisible()


def test_the_command_is_told_what_was_chosen(qtbot: QtBot, desk: Callable[..., Desk], tmp_path: Path) -> None:
    made = desk()
    form = made.page.form
    qtbot.waitUntil(form.isVisible)
    form.folder.set_path(str(tmp_path))
    form.consent.setChecked(True)
    form.language.set_value("zh")
    form.styles.setChecked(True)
    form.start.click()
    qtbot.waitUntil(lambda: bool(made.asked))
    assert made.asked[0] == [
        *("train-voice", str(tmp_path), "--yes-i-have-permission", "--lang", "zh", "--review"),
        *("--style-folders", "--character", "xiaoman", "--json", "--until-closed"),
    ]


def test_pieces_are_gone_through_and_decisions_kept(
    qtbot: QtBot, desk: Callable[..., Desk], make_job: Any
) -> None:
    job = make_job()
    job.clips()
    job.states(upto="label", waits="review")
    made = desk()
    review = made.page.review
    qtbot.waitUntil(review.isVisible)
    model = review.model
    assert [model.clip(row).name for row in range(3)] == ["0002", "0003", "0001"]
    assert review.sum_text == "2 of 3 kept, 7 s"
    model.setData(model.index(0, TEXT), "今天下雪了。")
    model.setData(model.index(1, KEEP), Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    model.setData(model.index(2, KEEP), Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
    assert review.sum_text == "2 of 3 kept, 6 s"
    qtbot.waitUntil(lambda: len(read_edits(job.folder).by_clip) == 3)
    review.go_on.click()
    qtbot.waitUntil(lambda: bool(made.asked), timeout=20_000)
    edits = read_edits(job.folder)
    assert edits.reviewed == digest_of_clips([model.clip(row) for row in (2, 0, 1)])
    assert edits.by_clip["甲.wav@3.2-7.0"] == Edit(None, "今天下雪了。")
    assert edits.by_clip["甲.wav@0.0-3.0"] == Edit(False, None)
    assert "--resume" in made.asked[0]


def test_a_decision_taken_back_is_none(qtbot: QtBot, desk: Callable[..., Desk], make_job: Any) -> None:
    job = make_job()
    job.clips()
    job.states(upto="label", waits="review")
    review = desk().page.review
    qtbot.waitUntil(review.isVisible)
    review.model.keep(0, False)
    review.model.keep(0, True)
    assert review.model.edits.by_clip == {}


def test_the_keyboard_keeps_and_plays(qtbot: QtBot, desk: Callable[..., Desk], make_job: Any) -> None:
    job = make_job()
    job.clips()
    job.states(upto="label", waits="review")
    page = desk().page
    qtbot.waitUntil(page.review.isVisible)
    page.review.table.setFocus()
    qtbot.keyClick(page.review.table, Qt.Key.Key_Space)
    assert not page.review.model.is_kept(0)
    with qtbot.waitSignal(page.player.failed, timeout=20_000) as failed:
        qtbot.keyClick(page.review.table, Qt.Key.Key_Return)
    assert failed.args is not None
    assert isinstance(failed.args[0], AudioError)


def test_the_verdict_tells_minutes_reasons_and_sentences(
    qtbot: QtBot, desk: Callable[..., Desk], make_job: Any
) -> None:
    job = make_job()
    job.clips()
    job.verdict()
    job.states(upto="verdict", failed="train")
    page = desk().page
    qtbot.waitUntil(page.verdict.isVisible)
    assert "13 min can be used, in 120 pieces." in page.verdict.text
    assert "too noisy: 4 (17 s)" in page.verdict.text
    assert page.verdict.sentences == ["窗外下着小雨。", "请把书递给我。"]
    assert page.go_on.isVisible()
    assert page.steps.state_of("train") == "failed"
    page.verdict.review.click()
    assert page.review.isVisible()


def test_whose_voice_is_asked_where_two_people_speak(
    qtbot: QtBot, desk: Callable[..., Desk], make_job: Any
) -> None:
    job = make_job()
    job.two_speakers()
    job.states(upto="check", waits="label")
    made = desk()
    qtbot.waitUntil(made.page.question.isVisible)
    assert "The first voice, 2 pieces" in made.page.question.text
    made.page.question.choose[1].click()
    qtbot.waitUntil(lambda: bool(made.asked), timeout=20_000)
    assert json.loads((job.folder / SPEAKER).read_text()) == {"speaker": 1}


def test_the_result_stands_beside_the_recording(
    qtbot: QtBot, desk: Callable[..., Desk], make_job: Any
) -> None:
    job = make_job()
    job.verdict()
    job.result()
    job.states(upto="install")
    made = desk()
    result = made.page.result
    qtbot.waitUntil(result.isVisible)
    assert "Likeness 0.86 (hardly to be told apart), recordings 0.92" in result.text
    assert "not understood 4 %, recordings 2" in result.text
    assert [button.accessibleName() for button in result.players] == ["The recording", "Her, 1", "Her, 2"]
    result.report.click()
    assert made.opened == [job.folder / "report.html"]
    result.more.click()
    qtbot.waitUntil(lambda: bool(made.asked), timeout=20_000)
    assert made.asked[0][2:8] == ["--resume", "--character", "xiaoman", "--time", "1h", "--again"]


def test_an_error_is_told_and_one_can_go_on(qtbot: QtBot, desk: Callable[..., Desk], make_job: Any) -> None:
    make_job()
    page = desk("fails").page
    qtbot.waitUntil(page.go_on.isVisible)
    page.go_on.click()
    qtbot.waitUntil(page.banner.isVisible, timeout=20_000)
    qtbot.waitUntil(page.go_on.isVisible, timeout=20_000)


def test_it_speaks_chinese(qtbot: QtBot, desk: Callable[..., Desk], make_job: Any, qapp: Any) -> None:
    job = make_job()
    job.verdict()
    job.states(upto="verdict")
    page = desk().page
    qtbot.waitUntil(page.verdict.isVisible)
    apply_language(qapp, "zh_CN")
    qtbot.waitUntil(lambda: "可以用的有 13 分钟，共 120 段。" in page.verdict.text)
    assert "没有用上：噪声太大 4 段（17 秒）" in page.verdict.text


def test_the_old_voice_and_the_new_one_are_a_click_apart(
    qtbot: QtBot, desk: Callable[..., Desk], make_job: Any, companion: Any, onnx: Any, tmp_path: Path
) -> None:
    paths = companion.paths
    place = Place(paths.characters, paths.cache / "packs", paths.data / "voices_kept")
    voice = onnx.piper_voice(tmp_path)
    files = {"model.onnx": voice, "model.onnx.json": voice.with_name("voice.onnx.json")}
    shipped = report_on(bundled("characters") / "xiaoman", cache=place.cache)
    install_voice(shipped, files, {"kind": "trained"}, place)

    def engine() -> str:
        found = report_on(paths.characters / "xiaoman", cache=place.cache).character
        return found.voice.engine if found is not None else ""

    job = make_job()
    job.result()
    job.states(upto="install")
    page = desk().page
    qtbot.waitUntil(page.result.isVisible)
    page.result.revert.click()
    qtbot.waitUntil(lambda: page.result.is_reverted, timeout=20_000)
    assert engine() == "kokoro"
    assert page.result.revert.text() == "Take the new voice again"
    page.result.revert.click()
    qtbot.waitUntil(lambda: not page.result.is_reverted, timeout=20_000)
    assert engine() == "piper"


def test_the_window_opens_the_page_by_name(qtbot: QtBot, window: Any) -> None:
    window.open_named("voices")
    qtbot.waitUntil(lambda: isinstance(window.pages.content, VoicePage))
    assert window.findChild(TrainingProcess) is not None
