"""What goes out with a character, and what is tidied up behind her."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.app import Companion
from companion.conversation.memory import collection_of
from companion.domain.cancel import CancelToken
from companion.errors import StorageError, UsageError
from companion.packs.names import objection, portable
from companion.paths import Paths

pytestmark = pytest.mark.unit

CARD = {
    "spec": "chara_card_v3",
    "spec_version": "3.0",
    "data": {"name": "阿桥", "description": "摆渡人。", "first_mes": "上船吧。", "extensions": {}},
}


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.under(tmp_path / "home")


@pytest.fixture
def companion(paths: Paths) -> Iterator[Companion]:
    made = Companion.create(paths, demo=True)
    yield made
    made.close()


def card_file(folder: Path, name: str = "阿桥.json") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(CARD, ensure_ascii=False), encoding="utf-8")
    return folder / name


def test_documents_of_one_name_go_out_apart_and_leave_nothing_behind(
    companion: Companion, paths: Paths, tmp_path: Path
) -> None:
    companion.install_character(card_file(tmp_path))
    for name, text in (
        ("第一回.txt", "河水向东流。"),
        ("第一回.md", "渡口有三级石阶。"),
        ("con.txt", "灯。"),
    ):
        (tmp_path / name).write_text(text * 20, encoding="utf-8")
        companion.lore.add("阿桥", tmp_path / name)
    companion.export_character("阿桥", tmp_path / "out.charx", with_lore=True)
    with zipfile.ZipFile(tmp_path / "out.charx") as pack:
        lore = [name for name in pack.namelist() if "x_lore" in name]
        assert {pack.read(name).decode()[:2] for name in lore} == {"河水", "渡口", "灯。"}
    assert not [one for one in (paths.cache / "packs").rglob("*") if one.suffix == ".txt"]


def test_a_start_removes_what_gone_packs_were_unpacked_to(paths: Paths) -> None:
    for name in ("gone", "stays"):
        paths.characters.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(paths.characters / f"{name}.charx", "w") as pack:
            pack.writestr("card.json", json.dumps(CARD))
            pack.writestr("assets/lore/notes.txt", "x")
    first = Companion.create(paths, demo=True)
    first.characters()
    first.close()
    unpacked = set((paths.cache / "packs").iterdir())
    (paths.characters / "gone.charx").unlink()
    Companion.create(paths, demo=True).close()
    left = set((paths.cache / "packs").iterdir())
    assert (len(unpacked), len(left)) == (2, 1)
    assert left < unpacked


@pytest.mark.skipif(os.name == "nt", reason="needs a name that Windows lacks")
def test_files_go_out_under_names_that_windows_can_unpack(
    companion: Companion, paths: Paths, tmp_path: Path
) -> None:
    picture = b"\xff\xd8\xff\xd9"
    pack = paths.characters / "阿桥"
    (pack / "assets").mkdir(parents=True)
    uri = "embeded://assets/笑?.jpg"
    data = {**CARD["data"], "assets": [{"type": "icon", "uri": uri, "name": "main", "ext": "jpg"}]}  # type: ignore[dict-item]
    (pack / "card.json").write_text(json.dumps({**CARD, "data": data}), encoding="utf-8")
    (pack / "assets" / "笑?.jpg").write_bytes(picture)
    (pack / "assets" / "笑-.jpg").write_bytes(b"\xff\xd8\xff\xd8\xff\xd9")
    companion.export_character("阿桥", tmp_path / "out.charx", with_lore=False)
    with zipfile.ZipFile(tmp_path / "out.charx") as out:
        names = out.namelist()
        (asset,) = json.loads(out.read("card.json"))["data"]["assets"]
        assert out.read(asset["uri"].removeprefix("embeded://")) == picture
    assert [name for name in names if portable(name) != name or objection(name)] == []


def test_a_character_stands_in_for_another_and_keeps_its_id(companion: Companion, tmp_path: Path) -> None:
    source = card_file(tmp_path)
    companion.install_character(source)
    beside = companion.install_character(source)
    assert (beside.id, companion.present_character(source)) == ("阿桥-2", "阿桥")
    assert companion.replace_character("阿桥", beside.id).id == "阿桥"
    assert companion.install_character(source, replace="阿桥").id == "阿桥"
    own = [one.id for one in companion.characters() if one.character and not one.character.bundled]
    assert own == ["阿桥"]
    with pytest.raises(UsageError):
        companion.replace_character("wren", "阿桥")


def _holding(home: Path, *texts: str) -> list[str]:
    forms = [form for text in texts for form in (text.encode(), json.dumps(text)[1:-1].encode())]
    files = [path for path in home.rglob("*") if path.is_file()]
    return sorted(path.name for path in files if any(form in path.read_bytes() for form in forms))


def _lived_in(companion: Companion) -> tuple[str, str]:
    """Talk in two chats, the first of which tells a secret that the index of memories takes in; return both."""
    log, memory, hers = companion.log, companion.archive.remembering, companion.character("xiaoman")
    first, second = log.create_chat("xiaoman").chat, log.create_chat("xiaoman").chat
    for chat, text in ((first, "我的猫叫墨鱼丸子"), (second, "今天下雨，我在家看书")):
        said = log.add(chat, "user", text).message
        (message,) = [one for one in log.path(chat) if one.message == said]
        memory.learn(hers, chat, message)
    companion.books.attach(companion.books.create("紫藤志").id, "xiaoman", chat=first)
    log.index()
    memory.bring_up("xiaoman", CancelToken())
    return first, second


def _with_index(companion: Companion) -> None:
    companion.settings.safety.backup_hours = 0  # a backup holds what was said until then
    companion.start(roles=frozenset({"recall"}))
    companion.engines.recall.get(CancelToken(), timeout_s=60.0)


def test_a_chat_deleted_for_good_stands_in_no_file_of_the_home(companion: Companion, paths: Paths) -> None:
    _with_index(companion)
    first, second = _lived_in(companion)
    companion.log.delete_chat(first)
    assert companion.purge_chat(first) == []
    companion.archive.remembering.bring_up("xiaoman", CancelToken())
    index = companion.engines.recall.ready
    assert index is not None
    assert [hit.id for hit in index.search(collection_of("xiaoman"), "猫 下雨 看书")] != []
    assert [one.chat for one in companion.log.chats("xiaoman")] == [second]
    assert companion.books.attachments() == ()
    companion.close()
    assert _holding(paths.data.parent, "墨鱼", "丸子", first) == []


def test_control_what_is_only_deleted_stands_in_log_and_index(companion: Companion, paths: Paths) -> None:
    _with_index(companion)
    first, _ = _lived_in(companion)
    companion.log.delete_chat(first)
    companion.close()
    found = _holding(paths.data.parent, "墨鱼丸子")
    assert "chats.sqlite3" in found
    assert len(found) > 1


def test_a_chat_in_use_is_not_deleted_for_good(companion: Companion) -> None:
    chat = companion.log.create_chat("xiaoman").chat
    with pytest.raises(StorageError) as caught:
        companion.purge_chat(chat)
    assert caught.value.code == "not_deleted"
