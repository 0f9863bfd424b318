"""A trained voice goes into the pack whole, speaks at once, and gives way again in one step."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import PackReport
from companion.engines.voices.bank import VoiceBank
from companion.errors import CompanionError, PackError, UsageError
from companion.packs.library import Library
from companion.packs.voice import FOLDER, voice_of
from companion.paths import bundled
from companion.voice_training.install import (
    Place,
    copy_out,
    find_report,
    install_voice,
    kept_voices,
    roll_back,
)

pytestmark = pytest.mark.unit

_CARD = {"engine": "piper", "kind": "trained", "minutes": 12.5, "licences": ["Apache-2.0"]}


class Home:
    def __init__(self, folder: Path, onnx: Any) -> None:
        self.place = Place(folder / "我的 characters", folder / "cache", folder / "data" / "voices_kept")
        self._onnx, self._folder = onnx, folder

    def library(self) -> Library:
        return Library([self.place.characters], bundled=bundled("characters"), cache=self.place.cache)

    def report(self, id_: str = "xiaoman") -> PackReport:
        return find_report(id_, self.library().reports())

    def files(self, *, good: bool = True, level: str = "") -> dict[str, Path | bytes]:
        folder = self._folder / f"new{level}"
        folder.mkdir(exist_ok=True)
        voice = self._onnx.piper_voice(folder, language={"code": "en"}, note=level)
        graph = voice.read_bytes() if good else voice.read_bytes()[:200]
        return {
            "model.onnx": graph,
            "model.onnx.json": voice.with_name("voice.onnx.json"),
            "preview-1.wav": b"RIFF",
        }


@pytest.fixture
def home(tmp_path: Path, onnx: Any) -> Home:
    return Home(tmp_path, onnx)


def _card(report: PackReport) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((report.path / "card.json").read_bytes())
    return loaded


def _speaks(report: PackReport) -> bool:
    assert report.character is not None
    bank = VoiceBank.load()
    try:
        speeches = list(bank.synthesise("hello there", CancelToken(), voice=report.character.voice))
        return sum(len(one.clip.samples) for one in speeches) > 0
    finally:
        bank.close()


def test_a_character_that_ships_gets_a_voice_as_the_users_own(home: Home) -> None:
    before = home.report()
    done = install_voice(before, home.files(), _CARD, home.place)
    assert done.path == home.place.characters / "xiaoman"
    found = home.report()
    assert found.character is not None
    assert found.character.voice.engine == "piper"
    assert found.character.voice.model == done.path / FOLDER / "model.onnx"
    assert [one.what for one in found.problems if one.fatal] == []
    assert _speaks(found)
    data = _card(found)["data"]
    assert data["extensions"]["companion"]["voice"]["minutes"] == 12.5
    old = _card(before)["data"]
    assert data["description"] == old["description"]
    assert len(data["assets"]) == len(old["assets"]) + 1
    assert found.character.face.rig is not None


def test_going_back_gives_the_old_voice_and_keeps_the_new_one(home: Home) -> None:
    before = home.report()
    install_voice(before, home.files(), _CARD, home.place)
    assert [one.label for one in kept_voices("xiaoman", home.place)] == ["xiaoman"]
    back = roll_back(home.report(), home.place)
    assert back.character is not None
    assert before.character is not None
    assert back.character.voice == before.character.voice
    assert not (back.path / FOLDER).exists()
    assert _card(back)["data"]["assets"] == _card(before)["data"]["assets"]
    again = roll_back(home.report(), home.place)
    assert _speaks(again)
    assert (again.path / FOLDER / "preview-1.wav").is_file()


def test_three_voices_are_kept_and_any_can_come_back(home: Home) -> None:
    for n in range(5):
        install_voice(home.report(), home.files(level=str(n)), {**_CARD, "minutes": n}, home.place)
    kept = kept_voices("xiaoman", home.place)
    assert len(kept) == 3
    back = roll_back(home.report(), home.place, kept[2])
    assert _card(back)["data"]["extensions"]["companion"]["voice"]["minutes"] == 1
    described = json.loads((back.path / FOLDER / "model.onnx.json").read_bytes())
    assert described["note"] == "1"


def test_a_pack_in_one_file_becomes_a_folder(home: Home, tmp_path: Path) -> None:
    from companion.packs.export import export

    home.place.characters.mkdir(parents=True)
    file = home.place.characters / "小满.charx"
    export(bundled("characters") / "xiaoman", file, cache=home.place.cache)
    done = install_voice(home.report("小满"), home.files(), _CARD, home.place)
    assert done.path.is_dir()
    assert _speaks(home.report("小满"))
    assert voice_of(done.path, cache=home.place.cache).card["kind"] == "trained"


def test_a_broken_voice_leaves_the_pack_as_it_was(home: Home) -> None:
    install_voice(home.report(), home.files(), _CARD, home.place)
    before = {path: path.read_bytes() for path in home.report().path.rglob("*") if path.is_file()}
    bad = home.files()
    del bad["model.onnx"]
    with pytest.raises(CompanionError):
        install_voice(home.report(), bad, _CARD, home.place)
    bad_card = {**_CARD, "figures": float("nan")}
    with pytest.raises((CompanionError, ValueError)):
        install_voice(home.report(), home.files(), bad_card, home.place)
    assert {path: path.read_bytes() for path in home.report().path.rglob("*") if path.is_file()} == before
    assert not list(home.place.characters.glob(".*"))


def test_a_voice_file_that_is_gone_is_told_when_she_would_speak(home: Home) -> None:
    done = install_voice(home.report(), home.files(), _CARD, home.place)
    (done.path / FOLDER / "model.onnx").unlink()
    found = home.report()
    assert found.character is not None
    assert any("model.onnx, which is not in the pack" in one.what for one in found.problems)
    assert found.character.voice.engine == "kokoro"


def test_the_files_can_be_copied_out(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no trained voice"):
        copy_out(home.report(), tmp_path / "out", home.place)
    install_voice(home.report(), home.files(), _CARD, home.place)
    names = sorted(path.name for path in copy_out(home.report(), tmp_path / "out", home.place))
    assert names == ["model.onnx", "model.onnx.json", "preview-1.wav"]


def test_going_back_without_a_voice_before_is_told(home: Home) -> None:
    with pytest.raises(UsageError, match="had no other voice"):
        roll_back(home.report(), home.place)
    with pytest.raises(UsageError, match="no character '小明'"):
        home.report("小明")


def test_a_damaged_kept_voice_is_refused(home: Home) -> None:
    install_voice(home.report(), home.files(), _CARD, home.place)
    install_voice(home.report(), home.files(), _CARD, home.place)
    newest = kept_voices("xiaoman", home.place)[0]
    shutil.rmtree(newest.folder / "files")
    with pytest.raises(CompanionError, match="lacks"):
        roll_back(home.report(), home.place, newest)
    assert _speaks(home.report())


def test_a_pack_that_is_no_card_is_refused(home: Home, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "card.json").write_text("[]", encoding="utf-8")
    with pytest.raises(PackError):
        voice_of(bad, cache=tmp_path / "cache")


def test_another_voice_can_be_chosen_and_her_own_again(home: Home) -> None:
    from companion.packs.editor import draft_of, save

    card = {**_CARD, "figures": {"kind": "trained"}}
    report = install_voice(home.report(), home.files(), card, home.place)
    for style, engine in (("wren", "kokoro"), ("", "piper"), ("xiaoman", "kokoro"), ("", "piper")):
        assert report.character is not None
        draft = replace(draft_of(report.character, report.path), style=style)
        save(draft, home.place.characters, cache=home.place.cache)
        report = home.report()
        assert report.character is not None
        assert report.character.voice.engine == engine
        assert (report.path / FOLDER / "model.onnx").is_file()
