from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPalette
from pytestqt.qtbot import QtBot

from companion.domain.audio import AudioClip, Speech, SpeechMark
from companion.domain.character import FaceAssets
from companion.domain.events import SpeechReady
from companion.domain.messages import TurnId
from companion.domain.state import State
from companion.gui.stage import framing
from companion.gui.stage.widget import StageWidget, figure_point, subtitle_font

pytestmark = pytest.mark.gui

ASSETS = Path(__file__).parents[3] / "characters" / "xiaoman" / "assets"
RIGGED = FaceAssets(rig=ASSETS / "x_rig/other/rig.json", background=ASSETS / "background/main.jpg")
ACCENT = "#5f8f6a"


class Clock:
    """The monotonic clock of a test; it stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stage(qtbot: QtBot, clock: Clock) -> Iterator[StageWidget]:
    widget = StageWidget(clock=clock, random=Random(7))
    qtbot.addWidget(widget)
    widget.resize(380, 640)
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.close_tasks()


def shown(qtbot: QtBot, stage: StageWidget, face: FaceAssets = RIGGED) -> StageWidget:
    stage.set_character(face, ACCENT, "顾小满")
    qtbot.waitUntil(lambda: stage._puppet is not None, timeout=20_000)
    return stage


def run(stage: StageWidget, clock: Clock, seconds: float) -> None:
    for _ in range(int(seconds * 60)):
        clock.now += 1 / 60
        stage._tick()


def picture(stage: StageWidget) -> QImage:
    return stage.grab().toImage()


def spoken(text: str = "啊啊啊。", phoneme: str = "a", offset_s: float = 0.0) -> SpeechReady:
    samples = (0.4 * np.sin(np.arange(24_000) * 0.06)).astype(np.float32)
    marks = (SpeechMark(0, 0, phoneme),)
    return SpeechReady(TurnId(1), Speech(AudioClip(samples, 24_000), text, marks, True), offset_s, 0)


def around_mouth(stage: StageWidget) -> QRect:
    at = figure_point(stage, 592, 604)
    return QRect(at.x() - 30, at.y() - 24, 60, 48)


def test_a_rig_is_read_off_the_gui_thread_and_appears(qtbot: QtBot, stage: StageWidget) -> None:
    empty = picture(stage)
    assert picture(shown(qtbot, stage)) != empty


def test_a_card_without_any_picture_shows_her_letter(qtbot: QtBot, stage: StageWidget) -> None:
    stage.set_character(FaceAssets(), ACCENT, "顾小满")
    named = picture(stage)
    stage.set_character(FaceAssets(), ACCENT, "Wren")
    assert picture(stage) != named


def test_a_damaged_rig_falls_back_to_flat_pictures(qtbot: QtBot, stage: StageWidget, tmp_path: Path) -> None:
    (tmp_path / "rig.json").write_text("{", encoding="utf-8")
    flat = {name: ASSETS / "emotion" / f"{name}.png" for name in ("neutral", "sad")}
    shown(qtbot, stage, FaceAssets(rig=tmp_path / "rig.json", emotions=flat))
    assert {"neutral", "sad"} == set(stage._scenery.cast.rig.faces)  # type: ignore[union-attr]


def test_a_portrait_alone_is_framed(qtbot: QtBot, stage: StageWidget) -> None:
    shown(qtbot, stage, FaceAssets(portrait=ASSETS / "icon/main.png"))
    cast = stage._scenery.cast
    assert cast is not None
    assert cast.framed
    assert QRectF(stage.rect()).contains(framing.box(cast, QRectF(stage.rect())))


def test_a_file_that_is_no_picture_leaves_the_letter(
    qtbot: QtBot, stage: StageWidget, tmp_path: Path
) -> None:
    (tmp_path / "x.png").write_bytes(b"not a picture")
    stage.set_character(FaceAssets(portrait=tmp_path / "x.png", background=tmp_path / "x.png"), ACCENT, "A")
    before = stage._scenery
    qtbot.waitUntil(lambda: stage._scenery is not before)
    assert stage._scenery.cast is None


def test_the_latest_character_wins_when_pictures_arrive_late(qtbot: QtBot, stage: StageWidget) -> None:
    stage.set_character(RIGGED, ACCENT, "顾小满")
    stage.set_character(FaceAssets(portrait=ASSETS / "icon/main.png"), ACCENT, "Wren")
    qtbot.waitUntil(lambda: stage._puppet is not None, timeout=20_000)
    assert stage._scenery.cast is not None
    assert stage._scenery.cast.framed


def test_feelings_look_different_and_blend(qtbot: QtBot, stage: StageWidget, clock: Clock) -> None:
    shown(qtbot, stage).set_reduced_motion(True)
    run(stage, clock, 0.3)
    neutral = picture(stage)
    stage.set_reduced_motion(False)
    stage.set_emotion("laughing")
    clock.now += 0.06
    stage._tick()
    assert 0.0 < stage._frame.share < 1.0
    stage.set_reduced_motion(True)
    run(stage, clock, 0.3)
    assert picture(stage) != neutral


def test_the_mouth_follows_the_sound_that_is_playing(qtbot: QtBot, stage: StageWidget, clock: Clock) -> None:
    shown(qtbot, stage).set_reduced_motion(True)
    run(stage, clock, 0.1)
    closed = picture(stage).copy(around_mouth(stage))
    stage.set_subtitles_visible(False)
    stage.speech_ready(spoken())
    run(stage, clock, 0.1)
    assert picture(stage).copy(around_mouth(stage)) == closed
    stage.heard_to(0.3)
    run(stage, clock, 0.05)
    assert stage._viseme == "a"
    assert picture(stage).copy(around_mouth(stage)) != closed


def test_the_mouth_closes_when_sound_is_no_longer_confirmed_or_stops(
    qtbot: QtBot, stage: StageWidget, clock: Clock
) -> None:
    shown(qtbot, stage)
    stage.speech_ready(spoken())
    stage.heard_to(0.9)
    run(stage, clock, 1.0)
    assert stage._viseme == "rest"
    stage.speech_ready(spoken())
    stage.heard_to(0.2)
    stage._tick()
    assert stage._viseme == "a"
    stage.speaking_finished()
    stage._tick()
    assert stage._viseme == "rest"


@pytest.mark.parametrize("text", ["今晚的月亮很圆。", "The moon is round tonight."])
def test_subtitles_appear_with_the_sound_and_leave_with_it(
    qtbot: QtBot, stage: StageWidget, clock: Clock, text: str
) -> None:
    stage.set_reduced_motion(True)
    stage.set_character(FaceAssets(), ACCENT, "A")
    bare = picture(stage)
    stage.speech_ready(spoken(text))
    assert stage._shown.text == ""
    stage.heard_to(0.4)
    stage._tick()
    assert text == stage._shown.text
    assert picture(stage) != bare
    stage.speaking_finished()
    stage._tick()
    assert picture(stage) == bare


def test_a_long_subtitle_stays_inside_the_stage(qtbot: QtBot, stage: StageWidget) -> None:
    stage.set_subtitle("很长的句子" * 60)
    box = stage._caption.box(QRectF(stage.rect()), stage._shown, subtitle_font(stage))
    assert QRectF(stage.rect()).contains(box)


@pytest.mark.parametrize(
    "state", ["asleep", "loading", "idle", "listening", "hearing", "thinking", "speaking"]
)
def test_every_state_has_its_own_shape(qtbot: QtBot, stage: StageWidget, state: State) -> None:
    stage.set_reduced_motion(True)
    stage.set_character(FaceAssets(), ACCENT, "A")
    stage.set_state("idle" if state == "asleep" else "asleep")
    other = picture(stage)
    stage.set_state(state)
    assert picture(stage) != other
    assert stage.accessibleDescription()


def test_a_nod_moves_the_head_down_and_back(qtbot: QtBot, stage: StageWidget, clock: Clock) -> None:
    shown(qtbot, stage)
    stage.set_state("hearing")
    leans = [stage._attention((0.0, 0.0), 0.0).lean]
    stage.nod()
    run(stage, clock, 0.1)
    leans.append(stage._attention((0.0, 0.0), 0.0).lean)
    run(stage, clock, 0.3)
    leans.append(stage._attention((0.0, 0.0), 0.0).lean)
    assert leans[0] == leans[2] < leans[1]


def test_the_ring_follows_the_live_level(qtbot: QtBot, stage: StageWidget) -> None:
    stage.set_reduced_motion(True)
    stage.set_state("listening")
    stage.set_level(-60.0)
    quiet = picture(stage)
    stage.set_level(-14.0)
    assert picture(stage) != quiet


@pytest.mark.parametrize("level", [float("nan"), float("-inf"), float("inf"), 40.0, -200.0])
def test_impossible_levels_are_drawn_within_the_ring(qtbot: QtBot, stage: StageWidget, level: float) -> None:
    stage.set_state("hearing")
    stage.set_level(level)
    assert 0.0 <= stage._level <= 1.0
    assert not picture(stage).isNull()


def test_a_hidden_stage_has_no_timer(qtbot: QtBot, stage: StageWidget) -> None:
    shown(qtbot, stage)
    assert stage._timer.isActive()
    stage.hide()
    assert not stage._timer.isActive()
    stage.set_emotion("happy")
    assert not stage._timer.isActive()
    stage.show()
    assert stage._timer.isActive()


def test_reduced_motion_rests_without_a_timer_and_still_speaks(
    qtbot: QtBot, stage: StageWidget, clock: Clock
) -> None:
    shown(qtbot, stage).set_reduced_motion(True)
    run(stage, clock, 0.5)
    assert not stage._timer.isActive()
    stage.speech_ready(spoken())
    stage.heard_to(0.2)
    assert stage._timer.isActive()
    stage._tick()
    assert stage._viseme == "a"


def test_a_resting_stage_slows_down_and_skips_equal_frames(
    qtbot: QtBot, stage: StageWidget, clock: Clock
) -> None:
    shown(qtbot, stage)
    run(stage, clock, 3.0)
    assert stage._timer.interval() > 30
    frames = []
    for _ in range(22 * 8):
        clock.now += 1 / 22
        stage._tick()
        frames.append(stage._frame)
    changes = sum(a != b for a, b in pairwise(frames))
    assert 0 < changes < len(frames) * 0.4


def test_speaking_runs_at_sixty_frames(qtbot: QtBot, stage: StageWidget, clock: Clock) -> None:
    shown(qtbot, stage)
    run(stage, clock, 3.0)
    stage.speech_ready(spoken())
    stage.heard_to(0.1)
    stage._tick()
    assert stage._timer.interval() <= 17


def test_light_and_dark_differ(qtbot: QtBot, stage: StageWidget) -> None:
    stage.set_character(FaceAssets(), ACCENT, "A")
    light = picture(stage)
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Window, QColor("#14161b"))
    stage.setPalette(palette)
    assert picture(stage) != light


def test_a_resize_scales_the_layers_anew(qtbot: QtBot, stage: StageWidget) -> None:
    shown(qtbot, stage)
    before = stage._puppet
    stage.resize(760, 900)
    qtbot.waitUntil(lambda: stage._puppet is not before, timeout=20_000)
    wanted = framing.scale(stage._scenery.cast, framing.figure_area(QRectF(stage.rect())))  # type: ignore[arg-type]
    assert wanted * stage.devicePixelRatioF() == pytest.approx(stage._puppet.scale)  # type: ignore[union-attr]


def test_a_strip_shows_the_bust_larger_than_the_whole_figure_would_be(
    qtbot: QtBot, stage: StageWidget
) -> None:
    cast = shown(qtbot, stage)._scenery.cast
    assert cast is not None
    strip = QRectF(0, 0, 900, 240)
    assert framing.scale(cast, strip) * cast.box.height() > strip.height() * 1.3
    eyes = framing.eyes(cast, strip)
    assert strip.contains(eyes)


def test_the_stage_tells_a_screen_reader_who_is_there(qtbot: QtBot, stage: StageWidget) -> None:
    stage.set_character(FaceAssets(), ACCENT, "顾小满")
    assert stage.accessibleName() == "顾小满"


def test_an_invalid_accent_is_replaced(qtbot: QtBot, stage: StageWidget) -> None:
    stage.set_character(FaceAssets(), "no colour", "A")
    assert stage._accent.isValid()


@pytest.mark.parametrize(
    "text", ["潮水退得很低，今晚的信号比平时传得更远。", "The tide is low tonight and the signal carries."]
)
def test_a_subtitle_in_a_strip_does_not_cover_her_face(qtbot: QtBot, stage: StageWidget, text: str) -> None:
    shown(qtbot, stage)
    stage.resize(900, 240)
    stage.set_subtitle(text)
    area = framing.caption_area(QRectF(stage.rect()))
    box = stage._caption.box(area, stage._shown, subtitle_font(stage))
    assert QRectF(stage.rect()).contains(box)
    assert not box.toRect().contains(figure_point(stage, 592, 604))


def test_a_stage_can_be_deleted_while_pictures_are_read(qtbot: QtBot) -> None:
    widget = StageWidget()
    widget.show()
    widget.set_character(RIGGED, ACCENT, "A")
    tasks = widget._own_tasks
    assert tasks is not None
    with qtbot.waitSignal(widget.destroyed):
        widget.deleteLater()
    assert tasks._closed


def test_a_new_accent_keeps_the_figure_and_her_feeling(qtbot: QtBot, stage: StageWidget) -> None:
    puppet = shown(qtbot, stage)._puppet
    stage.set_emotion("happy")
    stage.set_character(RIGGED, "#a05070", "顾小满")
    assert stage._puppet is puppet
    assert stage._emotion == "happy"
