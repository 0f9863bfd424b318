"""A voice of her own: recordings in, progress, the pieces, the verdict, the result beside the recording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from companion.domain import commands as do
from companion.domain.character import Character
from companion.errors import CompanionError
from companion.gui.banner import Banner
from companion.gui.buttons import push_button
from companion.gui.controls.sections import in_column
from companion.gui.inert import plain_name
from companion.gui.notices import notice_text
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.voices.player import Player
from companion.gui.voices.process import Ended, TrainingProcess
from companion.gui.voices.question import SpeakerQuestion
from companion.gui.voices.result import ResultView
from companion.gui.voices.review import ReviewView
from companion.gui.voices.start_form import StartForm
from companion.gui.voices.steps import StepsView
from companion.gui.voices.verdict import VerdictView
from companion.jobs.events import JobEvent
from companion.packs.library import report_on
from companion.voice_training.clip import Clip
from companion.voice_training.install import Place, fresh, roll_back
from companion.voice_training.request import JOBS, found_jobs
from companion.voice_training.review import Edits, digest_of_clips, save_edits
from companion.voice_training.view import STAGES, JobView, answer, view_of

_SAVE_MS: Final = 400
OpenFile = Callable[[Path], object]


def open_file(path: Path) -> None:
    """Open a file with the program the system has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


class VoicePage(QWidget):
    """The job belongs to `process`, which outlives the page: it goes on when the user leaves."""

    left = Signal()

    def __init__(
        self,
        companion: Surface,
        look: Look,
        tasks: Tasks,
        character: Character,
        process: TrainingProcess,
        *,
        open_: OpenFile = open_file,
    ) -> None:
        super().__init__()
        self._companion, self._look, self._tasks = companion, look, tasks
        self._character, self._process, self._open = character, process, open_
        self._view: JobView | None = None
        self._edits: Edits | None = None
        self._clips: Sequence[Clip] = ()
        self._is_reviewing = False
        self.player = Player(companion, tasks, self)
        self.banner = Banner(look)
        self.form = StartForm(look)
        self.steps = StepsView(look, STAGES)
        self.verdict = VerdictView(look)
        self.result = ResultView(look, self.player)
        self.review = ReviewView(look, self.player)
        self.question = SpeakerQuestion(look, self.player)
        self.go_on, self.anew = push_button("primary", self), push_button("link", self)
        self._save = QTimer(self, singleShot=True, interval=_SAVE_MS)
        self._middle = QStackedWidget()
        self._build()
        self._connect()
        self._write()
        self.refresh()

    def refresh(self) -> None:
        """Look what there is of a job for this character."""
        jobs, id_ = self._companion.paths.data / JOBS, self._character.id

        def look_up() -> JobView | None:
            found = next((one for one in found_jobs(jobs) if one.request.character == id_), None)
            return view_of(found.folder) if found is not None else None

        self._tasks.run(look_up, self._show, self._fail)

    def can_leave(self) -> bool:
        """Save the last decisions; the training goes on without the page."""
        self.player.stop()
        self._save_edits()
        return True

    # ---- set-up

    def _build(self) -> None:
        column = QWidget()
        inside = QVBoxLayout(column)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(16)
        for widget in (self.result, self.question, self.go_on, self.steps, self.verdict, self.anew):
            inside.addWidget(widget)
        inside.setAlignment(self.go_on, Qt.AlignmentFlag.AlignLeft)
        inside.setAlignment(self.anew, Qt.AlignmentFlag.AlignLeft)
        inside.addStretch(1)
        reviewed = QWidget()
        around = QVBoxLayout(reviewed)
        around.setContentsMargins(28, 14, 28, 18)
        around.addWidget(self.review)
        self._start_part, self._job_part = in_column(self.form), in_column(column)
        self._review_part = reviewed
        for part in (self._start_part, self._job_part, self._review_part):
            self._middle.addWidget(part)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.banner)
        box.addWidget(self._middle, 1)
        self.setFocusProxy(self.form)

    def _connect(self) -> None:
        self.form.started.connect(self._start)
        self.steps.stop_wanted.connect(self._process.stop)
        self.question.answered.connect(self._answer)
        self.go_on.clicked.connect(self._go_on)
        self.anew.clicked.connect(self._begin_anew)
        self.review.changed.connect(self._on_edited)
        self.review.finished.connect(self._on_reviewed)
        self.verdict.review_wanted.connect(self._review_again)
        self.result.kept.connect(self._on_kept)
        self.result.more_wanted.connect(self._train_on)
        self.result.revert_wanted.connect(self._revert)
        self.result.report_wanted.connect(self._open)
        self.player.failed.connect(self._fail)
        self.banner.chosen.connect(self.banner.clear)
        self._save.timeout.connect(self._save_edits)
        self._process.told.connect(self._on_told)
        self._process.ended.connect(self._on_ended)
        Texts(self).also(self._write)

    # ---- showing

    def _show(self, view: JobView | None) -> None:
        self._view = view
        running = self._process.is_running
        if view is None and not running:
            self._middle.setCurrentWidget(self._start_part)
            return
        if view is not None:
            self._clips = view.clips
            if not running:
                self.steps.show_states(dict(view.states))
            self.verdict.show_verdict(view.verdict)
            self.result.show_job(view)
        self.verdict.setVisible(view is not None and bool(view.verdict))
        self.verdict.review.setVisible(bool(self._clips) and not running)
        self.result.setVisible(view is not None and view.is_done and not running)
        self.steps.show_running(running)
        self.steps.setVisible(running or view is None or not view.is_done)
        waits = view.waits_at if view is not None and not running else ""
        self._show_question(view, waits, running=running)
        self._is_reviewing = self._is_reviewing or (waits == "review" and bool(self._clips))
        if self._is_reviewing and view is not None:
            self.review.show_clips(view.folder, view.clips, self._edits or view.edits)
            self._middle.setCurrentWidget(self._review_part)
        else:
            self._middle.setCurrentWidget(self._job_part)

    def _show_question(self, view: JobView | None, waits: str, *, running: bool) -> None:
        asks = view is not None and waits == "label" and len(view.speakers) == 2
        self.question.setVisible(asks)
        if asks and view is not None:
            self.question.show_job(view)
        is_open = view is not None and not view.is_done and not running and not asks
        self.go_on.setVisible(is_open)
        self.anew.setVisible(not running)

    def _begin_anew(self) -> None:
        self._middle.setCurrentWidget(self._start_part)

    # ---- the process

    def _start(self, arguments: list[str]) -> None:
        self.banner.clear("error")
        self._is_reviewing = False
        self.steps.show_states(dict.fromkeys(STAGES, "pending"))
        self._run([*arguments, "--character", self._character.id])

    def _go_on(self) -> None:
        self._run(self._resume())

    def _answer(self, speaker: int) -> None:
        if self._view is not None:
            folder = self._view.folder
            self._tasks.run(lambda: answer(folder, speaker), lambda _: self._go_on(), self._fail)

    def _train_on(self, time: str) -> None:
        self._run([*self._resume(), "--time", time, "--again", "train"])

    def _resume(self) -> list[str]:
        folder = [str(self._view.request.recordings)] if self._view is not None else []
        return [*folder, "--resume", "--character", self._character.id]

    def _run(self, arguments: list[str]) -> None:
        self.banner.clear("error")
        self.player.stop()
        self._process.start(arguments)
        self.result.hide()
        self.go_on.hide()
        self.anew.hide()
        self.question.hide()
        self.verdict.review.hide()
        self.steps.show()
        self.steps.show_running(True)
        self._middle.setCurrentWidget(self._job_part)
        self.steps.stop.setFocus(Qt.FocusReason.OtherFocusReason)
        self._job_part.verticalScrollBar().setValue(0)

    def _on_told(self, event: JobEvent) -> None:
        self.steps.take(event)
        if event.state == "done" and event.stage in ("label", "verdict"):
            self.refresh()

    def _on_ended(self, ended: Ended) -> None:
        self.steps.show_running(False)
        result = ended.result
        if result.outcome == "failed":
            self._fail(CompanionError(result.what, result.hint, code=result.code or "training"))
        if result.outcome == "done":
            self.result.show_reverted(False)
            self._companion.post(do.Reload())
        self.refresh()

    # ---- the pieces

    def _review_again(self) -> None:
        if self._view is not None:
            self._is_reviewing = True
            self._show(self._view)

    def _on_edited(self, edits: Edits) -> None:
        self._edits = edits
        self._save.start()

    def _save_edits(self) -> None:
        self._save.stop()
        if self._edits is not None and self._view is not None:
            edits, folder = self._edits, self._view.folder
            self._tasks.run(lambda: save_edits(folder, edits), lambda _: None, self._fail)

    def _on_reviewed(self, edits: Edits) -> None:
        view = self._view
        if view is None:
            return
        self._save.stop()
        self._edits, self._is_reviewing = None, False
        done = Edits(edits.by_clip, digest_of_clips(view.clips))
        self._tasks.run(lambda: save_edits(view.folder, done), lambda _: self._go_on(), self._fail)

    # ---- the result

    def _on_kept(self) -> None:
        self.player.stop()
        self.left.emit()

    def _revert(self) -> None:
        self.player.stop()
        paths, folder = self._companion.paths, self._character.folder
        place = Place(paths.characters, paths.cache / "packs", paths.data / "voices_kept")

        def work() -> None:
            own = place.characters / self._character.id
            roll_back(fresh(report_on(own if own.is_dir() else folder, cache=place.cache), place), place)

        self._tasks.run(work, self._on_reverted, self._fail)

    def _on_reverted(self, _: None) -> None:
        self._companion.post(do.Reload())
        self.result.show_reverted(not self.result.is_reverted)
        said = (
            tr("She has her old voice again.")
            if self.result.is_reverted
            else tr("She has the new voice again.")
        )
        self.banner.say("reverted", said, button=tr("OK"), tone="info")

    def _fail(self, error: CompanionError) -> None:
        self.banner.say("error", notice_text(error.what, error.hint, error.code).whole, button=tr("OK"))

    def _write(self) -> None:
        self.go_on.setText(tr("Go on"))
        self.anew.setText(tr("Begin with other recordings"))
        self.setAccessibleName(tr("A voice for {name}", name=plain_name(self._character.shown_name, 30)))
