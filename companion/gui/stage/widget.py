"""The stage: a character who breathes, looks, feels and speaks in step with the sound that is playing.

Everything runs on the GUI thread but the reading and scaling of pictures. A frame is painted only when
something on it differs from the last one; a hidden stage has no timer, and one with reduced motion
only while she speaks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import (
    QColor,
    QCursor,
    QFont,
    QHideEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget
from shiboken6 import isValid

from companion.domain.character import FaceAssets
from companion.domain.emotion import Emotion
from companion.domain.events import SpeechReady
from companion.domain.state import State
from companion.gui.stage import framing
from companion.gui.stage.backdrop import backdrop, paint_light
from companion.gui.stage.caption import Caption
from companion.gui.stage.indicator import MOVING, SIDE, loudness, paint_indicator
from companion.gui.stage.letter import paint_letter
from companion.gui.stage.motion import BLEND_S, STILL, Attention, Life, Pose, ease, toward
from companion.gui.stage.painter import Puppet, slots_of
from companion.gui.stage.pictures import Cast, Scenery, load_scenery, scaled
from companion.gui.stage.playhead import Playhead
from companion.gui.stage.subtitles import Shown, Subtitles
from companion.gui.stage.visemes import MouthTrack, Viseme
from companion.gui.tasks import Tasks
from companion.gui.translation import tr

_NOD_S, _NOD = 0.24, 9.0
_FAST_MS: Final = 16
_CALM_MS: Final = 45
_RESCALE_MS: Final = 90
_BREATH_EVERY_S: Final = 0.22
_LIGHT_EVERY_S: Final = 1.2
_DEFAULT_ACCENT: Final = "#7a9cc6"


@dataclass(frozen=True, slots=True)
class _Frame:
    """All that the figure's picture depends on."""

    pose: Pose = STILL
    slots: tuple[tuple[str, str], ...] = ()
    old: tuple[tuple[str, str], ...] | None = None
    share: float = 1.0


class StageWidget(QWidget):
    """Shows one character. `clock` is the monotonic clock in seconds; `tasks` belongs to the caller."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        tasks: Tasks | None = None,
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
    ) -> None:
        super().__init__(parent)
        self._own_tasks = Tasks(self) if tasks is None else None
        self._tasks = tasks or self._own_tasks
        if self._own_tasks is not None and (application := QCoreApplication.instance()) is not None:
            application.aboutToQuit.connect(self.close_tasks)
            self.destroyed.connect(self._own_tasks.close)
        self._clock = clock
        self._life = Life(random or Random())
        self._face = FaceAssets()
        self._name = ""
        self._accent = QColor(_DEFAULT_ACCENT)
        self._scenery = Scenery()
        self._loads = 0
        self._puppet: Puppet | None = None
        self._wanted_scale = 0.0
        self._background: QImage | None = None
        self._lit: QImage | None = None
        self._emotion: Emotion = "neutral"
        self._old_emotion: Emotion | None = None
        self._blend_at = 0.0
        self._state: State = "idle"
        self._level = 0.0
        self._mouth = MouthTrack()
        self._subtitles = Subtitles()
        self._caption = Caption()
        self._shows_subtitles = True
        self._told = Shown()
        self._shown = Shown()
        self._playhead = Playhead()
        self._viseme: Viseme = "rest"
        self._nodded_at = float("-inf")
        self._frame = _Frame()
        self._painted_at = -1.0
        self._light_at = -1.0
        self._light_s = 0.0
        self._reduced = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._rescale = QTimer(self)
        self._rescale.setSingleShot(True)
        self._rescale.timeout.connect(self._prepare)
        self.setMinimumSize(160, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Stage"))

    # What the window tells.

    def set_character(self, face: FaceAssets, accent: str, name: str = "") -> None:
        """Show a character; her pictures are read on a thread and appear when they are ready.

        The same face again changes accent and name alone.
        """
        self._accent = QColor(accent) if QColor.isValidColorName(accent) else QColor(_DEFAULT_ACCENT)
        self._name, self._background = name, None
        if face != self._face or self._loads == 0:
            self._face = face
            self._scenery, self._puppet = Scenery(), None
            self._emotion, self._old_emotion = "neutral", None
            self.speaking_finished()
            self._load()
        self._describe()
        self.update()

    def set_emotion(self, emotion: Emotion) -> None:
        """Blend into another feeling in 150 ms."""
        if emotion == self._emotion:
            return
        self._old_emotion, self._emotion, self._blend_at = self._emotion, emotion, self._clock()
        self._wake()

    def speech_ready(self, event: SpeechReady) -> None:
        """Take the mouth shapes and subtitles of sound that will be playing."""
        self._mouth.add(event.speech, event.offset_s)
        self._subtitles.add(event.speech, event.offset_s)
        self._playhead.queued(event.offset_s, event.speech.clip.seconds)
        self._told = Shown()
        self._wake()

    def heard_to(self, seconds: float) -> None:
        """Note how much of the reply's sound has left the loudspeaker."""
        self._playhead.heard(seconds, self._clock())
        self._wake()

    def speaking_finished(self) -> None:
        """Close the mouth and take the subtitles away."""
        self._playhead.stop()
        self._mouth.clear()
        self._subtitles.clear()
        self._wake()

    def set_state(self, state: State) -> None:
        """Show whose turn it is."""
        if state == self._state:
            return
        self._state = state
        if state not in ("listening", "hearing"):
            self._level = 0.0
        self._describe()
        self.update(indicator_area(self).toAlignedRect())
        self._wake()

    def nod(self) -> None:
        """Nod once: she has heard what was said so far."""
        self._nodded_at = self._clock()
        self._wake()

    def set_level(self, db: float) -> None:
        """Show the live microphone's RMS in dBFS."""
        self._level = loudness(db)
        if self._state in ("listening", "hearing"):
            self.update(indicator_area(self).toAlignedRect())

    def set_subtitle(self, text: str) -> None:
        """Show a text that is not spoken; an empty one takes it away."""
        self._told = Shown(text, len(text), len(text))
        self._show_subtitle(self._told)

    def set_subtitles_visible(self, visible: bool) -> None:
        """Switch the subtitles on or off."""
        self._shows_subtitles = visible
        self.update()

    def set_reduced_motion(self, reduced: bool) -> None:
        """Stop breath, sway, gaze and light; the mouth still moves."""
        self._reduced, self._lit = reduced, None
        self._wake()
        self.update()

    def close_tasks(self) -> None:
        """End the stage's own thread, where it was given none."""
        self._timer.stop()
        self._rescale.stop()
        if self._own_tasks is not None:
            self._own_tasks.close()

    # Pictures.

    def _load(self) -> None:
        self._loads += 1
        number, face = self._loads, self._face
        if self._tasks is not None:
            self._tasks.run(lambda: load_scenery(face), lambda found: self._on_loaded(number, found))

    def _on_loaded(self, number: int, found: Scenery) -> None:
        if number != self._loads or not isValid(self):
            return
        self._scenery = found
        self._background = None
        self._prepare()
        self.update()

    @Slot()
    def _prepare(self) -> None:
        """Have the layers scaled for the present size, on a thread."""
        cast = self._scenery.cast
        if cast is None or self._tasks is None or self.width() < 2:
            return
        scale = framing.scale(cast, framing.figure_area(QRectF(self.rect()))) * self.devicePixelRatioF()
        if self._puppet is not None and self._puppet.cast is cast and abs(scale - self._puppet.scale) < 1e-4:
            return
        self._wanted_scale = scale
        self._tasks.run(lambda: scaled(cast, scale), lambda images: self._on_scaled(cast, scale, images))

    def _on_scaled(self, cast: Cast, scale: float, images: dict[Path, QImage]) -> None:
        if isValid(self) and cast is self._scenery.cast and scale == self._wanted_scale:
            self._puppet = Puppet(cast, images, scale)
            self._frame = _Frame()
            self._tick()
            self.update()

    # Time.

    def _wake(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start(_FAST_MS)

    @Slot()
    def _tick(self) -> None:
        now = self._clock()
        position = self._playhead.position(now)
        self._viseme = self._mouth.at(position) if self._playhead.is_running else "rest"
        self._show_subtitle(self._subtitles.at(position) if self._playhead.is_running else self._told)
        self._show_frame(self._frame_at(now), now)
        if self._state in MOVING and not (self._reduced and self._state != "speaking"):
            self.update(indicator_area(self).toAlignedRect())
        if not self._reduced and now - self._light_at >= _LIGHT_EVERY_S:
            self._light_at, self._light_s, self._lit = now, now, None
            self.update()
        self._pace(now)

    def _show_frame(self, frame: _Frame, now: float) -> None:
        """Have the figure painted if it changed; breath and sway alone move a quarter of a pixel in 0.22 s."""
        if frame == self._frame:
            return
        only_breath = not self._reduced and not self._is_busy(now) and frame.slots == self._frame.slots
        if only_breath and now - self._painted_at < _BREATH_EVERY_S:
            return
        self._frame, self._painted_at = frame, now
        self.update(figure_area(self))

    def _is_busy(self, now: float) -> bool:
        if self._is_speaking or self._state in ("hearing", "thinking", "loading"):
            return True
        return now - self._blend_at < BLEND_S + 0.05 or not (self._reduced or self._life.is_settled)

    def _pace(self, now: float) -> None:
        """Run at 60 frames a second while something moves, slower for breath alone, not at all for nothing."""
        if self._is_busy(now):
            interval = _FAST_MS
        elif self._reduced or not self.isVisible():
            self._timer.stop()
            return
        else:
            interval = _CALM_MS
        if self._timer.interval() != interval or not self._timer.isActive():
            self._timer.start(interval)

    @property
    def _is_speaking(self) -> bool:
        return self._playhead.is_running or self._state == "speaking"

    def _frame_at(self, now: float) -> _Frame:
        puppet = self._puppet
        if puppet is None:
            return _Frame()
        rig = puppet.cast.rig
        face = rig.face(self._emotion)
        if self._reduced:
            pose = Pose(head_angle=face.tilt, gaze_x=face.gaze[0], gaze_y=face.gaze[1])
        else:
            pose = self._life.advance(now, self._attention(face.gaze, face.tilt))
        slots = slots_of(rig, self._emotion, self._viseme, pose.lids)
        share, old = 1.0, None
        if self._old_emotion is not None:
            share = 1.0 if self._reduced else ease((now - self._blend_at) / BLEND_S)
            if share < 1.0:
                old = tuple(slots_of(rig, self._old_emotion, self._viseme, pose.lids).items())
            else:
                self._old_emotion = None
        return _Frame(pose.rounded(puppet.scale), tuple(slots.items()), old, round(share, 2))

    def _attention(self, gaze: tuple[float, float], tilt: float) -> Attention:
        """Return what the head answers to now: the pointer, the listener, the thought."""
        look = gaze_of(self)
        lean = 0.0
        if self._clock() - self._nodded_at < _NOD_S:
            lean = _NOD
        elif self._state == "hearing":
            look, lean, tilt = (look[0] * 0.3, look[1] * 0.3), 3.0, tilt + 1.6
        elif self._state == "thinking":
            look, tilt = (-0.75, -0.85), tilt - 1.2
        elif self._is_speaking:
            look = (look[0] * 0.5, look[1] * 0.5)
        return Attention(look, gaze, tilt, lean, 1.0 if self._viseme != "rest" else 0.0)

    def _show_subtitle(self, shown: Shown) -> None:
        if shown == self._shown:
            return
        area, font = framing.caption_area(QRectF(self.rect())), subtitle_font(self)
        before = self._caption.box(area, self._shown, font)
        self._shown = shown
        after = self._caption.box(area, shown, font)
        self.update(before.united(after).toAlignedRect().adjusted(-2, -2, 2, 2))

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area, dark = QRectF(self.rect()), is_dark(self)
        self._paint_backdrop(painter, event.rect(), dark)
        self._paint_figure(painter, framing.figure_area(area))
        if self._shows_subtitles:
            self._caption.paint(
                painter, framing.caption_area(area), self._shown, subtitle_font(self), dark=dark
            )
        voice = 0.15 if self._viseme in ("rest", "closed") else 0.8
        level = voice if self._state == "speaking" else self._level
        seconds = 0.0 if self._reduced else self._clock()
        paint_indicator(painter, indicator_area(self), self._state, seconds, level, bright(self._accent))
        painter.end()

    def _paint_backdrop(self, painter: QPainter, dirty: QRect, dark: bool) -> None:
        ratio = self.devicePixelRatioF()
        if self._background is None or self._background.deviceIndependentSize().toSize() != self.size():
            self._background = backdrop(self.size(), ratio, self._scenery.background, self._accent, dark=dark)
            self._lit = None
        if self._lit is None:
            self._lit = self._background.copy()
            if not self._reduced:
                paint_light(self._lit, self.size(), self._light_s, dark=dark)
        source = QRectF(dirty.x() * ratio, dirty.y() * ratio, dirty.width() * ratio, dirty.height() * ratio)
        painter.drawImage(QRectF(dirty), self._lit, source)

    def _paint_figure(self, painter: QPainter, area: QRectF) -> None:
        puppet = self._puppet
        if puppet is None:
            if self._scenery.cast is None:
                paint_letter(painter, area, self._name, self._accent)
            return
        slots = dict(self._frame.slots or slots_of(puppet.cast.rig, self._emotion, "rest", 0).items())
        paint_puppet(painter, puppet, self._frame, slots, area)

    @property
    def cast(self) -> Cast | None:
        """The figure that is drawn, if there is one."""
        return self._puppet.cast if self._puppet is not None else None

    # Qt.

    def sizeHint(self) -> QSize:
        return QSize(380, 640)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._prepare()
        self._wake()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._rescale.start(_RESCALE_MS)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._background = None
            self.update()
        elif event.type() == QEvent.Type.LanguageChange:
            self._describe()

    def _describe(self) -> None:
        """Tell a screen reader who is here and what she does."""
        self.setAccessibleName(self._name or tr("Stage"))
        self.setAccessibleDescription(doing(self._state))


def gaze_of(stage: StageWidget) -> tuple[float, float]:
    """Return where the pointer is seen from her eyes, each -1 to 1."""
    if stage.cast is None:
        return 0.0, 0.0
    where = stage.mapFromGlobal(QCursor.pos())
    eyes = framing.eyes(stage.cast, framing.figure_area(QRectF(stage.rect())))
    return toward(where.x() - eyes.x(), where.y() - eyes.y(), 420.0)


def figure_area(stage: StageWidget) -> QRect:
    """Return what has to be painted anew when the figure moves."""
    if stage.cast is None:
        return stage.rect()
    box = framing.box(stage.cast, framing.figure_area(QRectF(stage.rect())))
    return box.toAlignedRect().adjusted(-12, -12, 12, 12).intersected(stage.rect())


def figure_point(stage: StageWidget, x: float, y: float) -> QPoint:
    """Return where a canvas point of the figure stands in the widget."""
    cast = stage.cast
    if cast is None:
        return stage.rect().center()
    area = framing.figure_area(QRectF(stage.rect()))
    scale, origin = framing.scale(cast, area), framing.origin(cast, area)
    return QPoint(round(origin.x() + x * scale), round(origin.y() + y * scale))


def paint_puppet(
    painter: QPainter, puppet: Puppet, frame: _Frame, slots: dict[str, str], area: QRectF
) -> None:
    """Draw one frame of the figure into `area`."""
    painter.save()
    painter.translate(framing.origin(puppet.cast, area))
    wanted = framing.scale(puppet.cast, area)
    painter.scale(wanted / puppet.scale, wanted / puppet.scale)
    old = dict(frame.old) if frame.old is not None else None
    puppet.draw(painter, frame.pose, slots, old, frame.share)
    painter.restore()


def subtitle_font(widget: QWidget) -> QFont:
    """Return the widget's font in a size that suits its width."""
    font = QFont(widget.font())
    font.setPixelSize(max(14, min(20, round(widget.width() / 24))))
    font.setWeight(QFont.Weight.Medium)
    return font


def indicator_area(widget: QWidget) -> QRectF:
    return QRectF(widget.width() - SIDE - 10, 10, SIDE, SIDE)


def is_dark(widget: QWidget) -> bool:
    return widget.palette().color(QPalette.ColorRole.Window).lightness() < 128


def bright(accent: QColor) -> QColor:
    """Return the accent light enough for the ring's dark ground."""
    return QColor.fromHsl(max(accent.hslHue(), 0), accent.hslSaturation(), max(accent.lightness(), 180))


def doing(state: State) -> str:
    """Return what she does in `state`, for a screen reader."""
    words = {
        "asleep": tr("asleep"),
        "loading": tr("waking up"),
        "idle": tr("here"),
        "listening": tr("listening"),
        "hearing": tr("hearing you"),
        "thinking": tr("thinking"),
        "speaking": tr("speaking"),
    }
    return words[state]
