from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from pytestqt.qtbot import QtBot

from companion.domain.character import LoreEntry, PackReport
from companion.errors import StorageError
from companion.gui.characters.editor import EditorPage, field_of, problem_text
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.packs.editor import CharacterDraft, problems_of
from companion.packs.library import report_on
from companion.paths import bundled

pytestmark = pytest.mark.gui
Open = Callable[[PackReport | None], EditorPage]


@pytest.fixture
def tasks() -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.close()


@pytest.fixture
def open_editor(qtbot: QtBot, look: Look, companion: Any, tasks: Tasks) -> Open:
    def opened(report: PackReport | None) -> EditorPage:
        page = EditorPage(companion, look, tasks, report)
        qtbot.addWidget(page)
        page.resize(1120, 660)
        page.show()
        return page

    return opened


@pytest.fixture
def xiaoman(tmp_path: Path) -> PackReport:
    return report_on(bundled("characters") / "xiaoman", cache=tmp_path / "cache", bundled=True)


def saved(qtbot: QtBot, page: EditorPage, **how: bool) -> PackReport:
    with qtbot.waitSignal(page.saved) as signal:
        page.save(**how)
    report = signal.args[0]  # type: ignore[index]
    assert isinstance(report, PackReport)
    return report


def test_a_new_character_is_written_and_saved_as_a_pack(
    qtbot: QtBot, open_editor: Open, companion: Any
) -> None:
    page = open_editor(None)
    qtbot.keyClicks(page.person.name, "Ada")
    page.person.description.setPlainText("You are Ada, a clockmaker.")
    page.opening.first_mes.setPlainText("Hello {{user}}.")
    report = saved(qtbot, page)
    assert report.character is not None
    assert report.character.name == "Ada"
    assert report.path.parent == companion.paths.characters
    assert not page.is_changed


def test_nothing_typed_is_no_change_even_for_a_rich_card(open_editor: Open, xiaoman: PackReport) -> None:
    page = open_editor(xiaoman)
    assert not page.is_changed
    assert page.can_leave()


def test_an_untouched_card_comes_back_as_it_was(qtbot: QtBot, open_editor: Open, xiaoman: PackReport) -> None:
    page = open_editor(xiaoman)
    report = saved(qtbot, page)
    before, after = xiaoman.character, report.character
    assert before is not None
    assert after is not None
    for name in (
        "name",
        "description",
        "mes_example",
        "alternate_greetings",
        "tags",
        "sampling",
        "accent",
        "voice",
    ):
        assert getattr(before, name) == getattr(after, name), name
    assert [one.keys for one in before.lore.entries] == [one.keys for one in after.lore.entries]


def test_a_bundled_character_becomes_a_version_of_ones_own(
    qtbot: QtBot, open_editor: Open, xiaoman: PackReport, companion: Any
) -> None:
    page = open_editor(xiaoman)
    assert "your own version" in page.state_text
    report = saved(qtbot, page)
    assert report.path == companion.paths.characters / "xiaoman"


def test_a_copy_gets_an_id_of_its_own(
    qtbot: QtBot, open_editor: Open, xiaoman: PackReport, companion: Any
) -> None:
    first = saved(qtbot, open_editor(xiaoman))
    copy = saved(qtbot, open_editor(first), copy=True)
    assert copy.id != first.id
    assert first.path.is_dir()
    assert copy.path.is_dir()


def test_what_is_missing_is_told_at_its_field(open_editor: Open, companion: Any) -> None:
    page = open_editor(None)
    page.parts.show_part("voice")
    page.save()
    assert page.person.fields["name"].problem == "The character needs a name."
    assert page.person.fields["description"].problem
    assert page.parts.current == "person"
    assert list(companion.paths.characters.iterdir()) == []


def test_a_problem_goes_away_while_one_types(qtbot: QtBot, open_editor: Open) -> None:
    page = open_editor(None)
    page.save()
    qtbot.keyClicks(page.person.name, "Ada")
    qtbot.waitUntil(lambda: page.person.fields["name"].problem == "")
    assert page.person.fields["description"].problem


def test_every_problem_has_a_field_and_words() -> None:
    for problem in problems_of(CharacterDraft(portrait=Path("a.gif"))):
        assert field_of(problem) in {"name", "description", "portrait"}
        assert problem_text(problem) == problem


def test_unsaved_changes_are_asked_about(qtbot: QtBot, open_editor: Open) -> None:
    page = open_editor(None)
    qtbot.keyClicks(page.person.name, "Ada")
    assert not page.can_leave()
    assert page.guard.isVisible()
    page.guard.stay.click()
    assert not page.guard.isVisible()
    assert not page.can_leave()
    with qtbot.waitSignal(page.left):
        page.guard.drop.click()
    assert page.can_leave()


def test_save_and_go_back_saves_first(qtbot: QtBot, open_editor: Open, companion: Any) -> None:
    page = open_editor(None)
    qtbot.keyClicks(page.person.name, "Ada")
    page.person.description.setPlainText("You are Ada.")
    assert not page.can_leave()
    with qtbot.waitSignals([page.saved, page.left]):
        page.guard.save.click()
    assert (companion.paths.characters / "ada" / "card.json").is_file()


def test_save_and_go_back_stays_when_something_is_missing(open_editor: Open, qtbot: QtBot) -> None:
    page = open_editor(None)
    qtbot.keyClicks(page.person.nickname, "A")
    page.can_leave()
    page.guard.save.click()
    assert not page.can_leave()
    assert page.person.fields["name"].problem


def test_a_full_disk_is_told_and_nothing_typed_is_lost(
    qtbot: QtBot, open_editor: Open, companion: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(draft: CharacterDraft) -> PackReport:
        raise StorageError("The character could not be saved (No space left on device).", "Make room.")

    monkeypatch.setattr(companion, "save_character", full)
    page = open_editor(None)
    qtbot.keyClicks(page.person.name, "Ada")
    page.person.description.setPlainText("You are Ada.")
    page.save()
    qtbot.waitUntil(lambda: "No space left" in page.state_text)
    assert page.person.name.text() == "Ada"
    assert page.is_changed
    assert page.save_button.isEnabled()


def test_the_preview_follows_with_names_filled_in(qtbot: QtBot, open_editor: Open, companion: Any) -> None:
    companion.settings.general.user_name = "阿远"
    page = open_editor(None)
    qtbot.keyClicks(page.person.name, "Ada")
    page.opening.first_mes.setPlainText("{{user}}，我是{{char}}。")
    qtbot.waitUntil(lambda: page.preview.bubble.text == "阿远，我是Ada。")


def test_other_greetings_are_added_shown_and_taken_away(qtbot: QtBot, open_editor: Open) -> None:
    page = open_editor(None)
    page.opening.first_mes.setPlainText("One")
    page.opening.add.click()
    page.opening.greetings[0].setPlainText("Two")
    assert page.draft.alternate_greetings == ("Two",)
    qtbot.waitUntil(lambda: page.preview._other.isVisible())
    page.preview._other.click()
    assert page.preview.bubble.text == "Two"
    page.opening._remove(page.opening._list.children()[1])  # type: ignore[arg-type]
    assert page.draft.alternate_greetings == ()


def test_a_picture_is_taken_in_and_warns_when_it_ends_a_moving_face(
    qtbot: QtBot, open_editor: Open, xiaoman: PackReport, tmp_path: Path
) -> None:
    picture = tmp_path / "her.png"
    QImage(40, 60, QImage.Format.Format_ARGB32).save(str(picture))
    page = open_editor(xiaoman)
    page.parts.show_part("look")
    page.looks.take_picture(picture)
    assert page.looks.warning.isVisible()
    report = saved(qtbot, page)
    assert report.character is not None
    assert report.character.face.portrait is not None
    assert report.character.face.portrait.name == "portrait.png"
    assert report.character.face.rig is None


def test_a_colour_that_is_none_is_told_and_not_saved(open_editor: Open, xiaoman: PackReport) -> None:
    page = open_editor(xiaoman)
    before = page.draft.accent
    page.looks.accent.setText("#12")
    page.looks.accent.edited.emit()
    assert page.looks.fields["accent"].problem
    assert page.draft.accent == before


def test_ctrl_s_saves(qtbot: QtBot, open_editor: Open) -> None:
    page = open_editor(None)
    qtbot.keyClicks(page.person.name, "Ada")
    page.person.description.setPlainText("You are Ada.")
    keys = page.findChild(QShortcut)
    assert keys.key() == QKeySequence("Ctrl+S")
    with qtbot.waitSignal(page.saved):
        keys.activated.emit()


def test_lore_of_a_saved_card_keeps_what_the_editor_does_not_show(
    qtbot: QtBot, open_editor: Open, xiaoman: PackReport
) -> None:
    page = open_editor(xiaoman)
    first = page.lore.model.entry(0)
    page.lore.model.change(0, LoreEntry(first.keys, "新的内容", name=first.name, priority=first.priority))
    report = saved(qtbot, page)
    card = json.loads((report.path / "card.json").read_text(encoding="utf-8"))
    entry = card["data"]["character_book"]["entries"][0]
    assert entry["content"] == "新的内容"
    assert entry["extensions"] == {}
    assert card["data"]["creator_notes_multilingual"]["en"]


@pytest.mark.parametrize("width", [720, 1120])
def test_the_preview_is_beside_or_a_part_of_its_own(open_editor: Open, width: int) -> None:
    page = open_editor(None)
    page.resize(width, 480)
    page.parts.show_part("preview")
    assert page.preview.isVisible()
    assert (page.parts.current == "preview") == (width == 720)
    assert page.minimumSizeHint().width() <= width
