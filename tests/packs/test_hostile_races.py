"""A file or folder that becomes a link between the look and the copy gives nothing from outside the pack."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from companion.errors import CompanionError
from companion.packs.install import install
from companion.packs.staging import Budget, copy_file, copy_tree, opened

pytestmark = pytest.mark.fault

SECRET = "the user's own secret"
CARD = json.dumps({"name": "林晚", "description": "茶馆老板。", "first_mes": "你来啦。"}).encode()
_RACES = 200


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in ("a.txt", "card.json", "note.txt"):
        (folder / name).write_text(SECRET, encoding="utf-8")
    return folder


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "source" / "pack"
    (folder / "lore").mkdir(parents=True)
    (folder / "card.json").write_bytes(CARD)
    for name in ("a.txt", "lore/note.txt"):
        (folder / name).write_text("harmless", encoding="utf-8")
    return folder


def leaks(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if SECRET in path.read_text(encoding="utf-8", errors="replace")]


def swapped(path: Path, outside: Path) -> None:
    """Put a link to `outside` where `path` is, in one step for a file."""
    link = path.with_name("link")
    os.symlink(outside, link)
    if path.is_dir():
        path.rename(path.with_name("moved"))
    os.replace(link, path)


@contextmanager
def swapping(path: Path, outside: Path) -> Iterator[None]:
    """Let another thread swap `path` between itself and a link to `outside`, again and again."""
    stop = threading.Event()

    def run() -> None:
        aside = path.with_name(f"{path.name}.aside")
        while not stop.is_set():
            path.rename(aside)
            os.symlink(outside, path)
            path.unlink()
            aside.rename(path)

    thread = threading.Thread(target=run, name="swapper")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("name", ["a.txt", "card.json", "lore"])
def test_a_file_or_folder_that_keeps_changing_into_a_link_gives_nothing(
    tmp_path: Path, secrets: Path, pack: Path, name: str
) -> None:
    target = secrets if name == "lore" else secrets / name
    outcomes = set()
    with swapping(pack / name, target):
        for n in range(_RACES // 3 + 1):
            characters = tmp_path / "characters"
            try:
                install(pack, characters, cache=tmp_path / "cache")
                outcomes.add("installed")
            except CompanionError:
                outcomes.add("refused")
            assert leaks(characters) == [], n
            shutil.rmtree(characters, ignore_errors=True)
    assert outcomes


@pytest.mark.parametrize("name", ["a.txt", "lore/note.txt", "lore"])
def test_a_link_that_appears_right_after_the_look_is_not_followed(
    tmp_path: Path, secrets: Path, pack: Path, name: str
) -> None:
    target = tmp_path / "copy"

    def swap_then_want(relative: str) -> bool:
        if relative == ("lore/note.txt" if name == "lore" else name):
            swapped(pack / name, secrets if name == "lore" else secrets / Path(name).name)
        return True

    copy_tree(pack, target, Budget("pack", 10, 1_000), swap_then_want)
    assert leaks(target) == []


def test_control_a_copy_that_looks_first_and_opens_by_name_leaks(
    tmp_path: Path, secrets: Path, pack: Path
) -> None:
    path = pack / "a.txt"
    assert not path.is_symlink()
    swapped(path, secrets / "a.txt")
    (tmp_path / "copy").mkdir()
    shutil.copyfile(path, tmp_path / "copy" / "a.txt")
    assert leaks(tmp_path / "copy") != []


@pytest.mark.parametrize("make", [os.symlink, lambda _, path: os.mkfifo(path)], ids=["link", "pipe"])
def test_a_link_or_a_pipe_is_never_opened(
    tmp_path: Path, secrets: Path, make: Callable[[Path, Path], None]
) -> None:
    odd = tmp_path / "odd.txt"
    make(secrets / "a.txt", odd)
    with pytest.raises(CompanionError, match=r"odd\.txt is a link or no ordinary file"), opened(odd, 1_000):
        pass
    with pytest.raises(CompanionError, match="link"):
        copy_file(odd, tmp_path / "copy.txt", Budget("pack", 1, 1_000))
    assert not (tmp_path / "copy.txt").exists()


def test_a_card_that_is_a_link_is_refused(tmp_path: Path, secrets: Path) -> None:
    card = tmp_path / "card.json"
    os.symlink(secrets / "card.json", card)
    with pytest.raises(CompanionError, match="link"):
        install(card, tmp_path / "characters", cache=tmp_path / "cache")
    assert leaks(tmp_path / "characters") == []


def test_a_file_that_grows_while_it_is_copied_ends_at_its_budget(tmp_path: Path, secrets: Path) -> None:
    with pytest.raises(CompanionError, match="10 are allowed"):
        copy_file(secrets / "a.txt", tmp_path / "copy.txt", Budget("pack", 1, 10))
