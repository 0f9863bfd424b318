"""Packs arrive whole, under a free name and with what they came in; they leave without a trace."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import stat
import sys
import unicodedata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from companion.errors import CompanionError, PackError, StorageError, UsageError
from companion.packs import staging
from companion.packs.checks import check_picture
from companion.packs.install import clean, install, present, remove, stand_in
from companion.packs.library import Library, report_on
from companion.packs.names import free_id, pack_id
from companion.paths import bundled

pytestmark = pytest.mark.unit


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make: Any = _load("pack_maker")


@pytest.fixture
def characters(tmp_path: Path) -> Path:
    return tmp_path / "characters"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def pack(folder: Path, name: str, **fields: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(make.charx(content=make.card(**fields)))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


ICON = {"type": "icon", "uri": "embeded://assets/图/头像.png", "name": "main", "ext": "png"}


def test_an_archive_becomes_a_folder_that_keeps_what_it_came_in(
    tmp_path: Path, characters: Path, cache: Path
) -> None:
    source = tmp_path / "林晚.charx"
    source.write_bytes(
        make.charx(
            make.member("assets/图/头像.png", make.picture()),
            make.member("module.risum", b"\x6f"),
            content=make.card(assets=[ICON]),
        )
    )
    report = install(source, characters, cache=cache)
    folder = characters / "林晚"
    assert (report.id, report.path, report.character and report.character.folder) == ("林晚", folder, folder)
    assert names(folder) == [".original/林晚.charx", "assets/图/头像.png", "card.json"]
    assert (folder / ".original" / "林晚.charx").read_bytes() == source.read_bytes()
    assert [problem.where for problem in report.problems] == ["module.risum"]
    assert names(characters) == [f"林晚/{name}" for name in names(folder)]


def test_a_picture_becomes_a_folder_with_a_portrait(tmp_path: Path, characters: Path, cache: Path) -> None:
    source = tmp_path / "Wren.png"
    source.write_bytes(make.picture(after=make.text_chunk("ccv3", make.raw(make.card()))))
    report = install(source, characters, cache=cache)
    assert report.character is not None
    assert report.character.face.portrait == characters / "Wren" / "portrait.png"
    assert names(characters / "Wren") == [".original/Wren.png", "card.json", "portrait.png"]
    assert json.loads((characters / "Wren" / "card.json").read_bytes()) == make.card()
    assert b"ccv3" not in (characters / "Wren" / "portrait.png").read_bytes()


def test_a_json_card_and_a_folder_become_folders(tmp_path: Path, characters: Path, cache: Path) -> None:
    card = tmp_path / "a.json"
    card.write_bytes(make.raw(make.card()))
    install(card, characters, cache=cache)
    again = install(characters / "a", characters, cache=cache)
    assert names(characters / "a") == [".original/a.json", "card.json"]
    assert names(again.path) == names(characters / "a")


def test_the_bundled_characters_pass_every_check(characters: Path, cache: Path) -> None:
    for source in sorted(bundled("characters").iterdir()):
        if (source / "card.json").is_file():
            report = install(source, characters, cache=cache)
            assert report.problems == ()
            assert names(report.path) == names(source)


def test_a_taken_name_is_never_overwritten_and_told(tmp_path: Path, characters: Path, cache: Path) -> None:
    source = pack(tmp_path, "x.charx")
    first = install(source, characters, cache=cache)
    second = install(pack(tmp_path, "x.charx", description="another"), characters, cache=cache)
    third = install(source, characters, cache=cache, taken=("x-3",))
    assert [first.id, second.id, third.id] == ["x", "x-2", "x-4"]
    assert "'x' already" in second.problems[-1].what
    assert json.loads((characters / "x" / "card.json").read_bytes()) == make.card()


@pytest.mark.parametrize("name", ["X", "straße", unicodedata.normalize("NFD", "é")])
def test_a_name_that_differs_in_case_or_accents_only_is_taken(
    tmp_path: Path, characters: Path, cache: Path, name: str
) -> None:
    other = {"X": "x", "straße": "STRASSE"}.get(name, "é")
    install(pack(tmp_path / "1", f"{other}.charx"), characters, cache=cache)
    report = install(pack(tmp_path / "2", f"{name}.charx"), characters, cache=cache)
    assert report.id.endswith("-2")


def test_replacing_swaps_the_whole_pack(tmp_path: Path, characters: Path, cache: Path) -> None:
    source = tmp_path / "x.charx"
    source.write_bytes(make.charx(make.member("assets/old.txt")))
    install(source, characters, cache=cache)
    report = install(pack(tmp_path, "new.charx", description="new"), characters, cache=cache, replace="x")
    assert (report.id, report.character and report.character.description) == ("x", "new")
    assert names(characters) == ["x/.original/new.charx", "x/card.json"]


def test_replacing_a_dropped_file_leaves_one_pack(tmp_path: Path, characters: Path, cache: Path) -> None:
    pack(characters, "x.charx")
    install(pack(tmp_path, "new.charx"), characters, cache=cache, replace="x")
    assert [path.name for path in characters.iterdir()] == ["x"]


def test_one_that_came_beside_another_can_stand_in_for_it(
    tmp_path: Path, characters: Path, cache: Path
) -> None:
    install(pack(tmp_path / "1", "林晚.charx", description="old"), characters, cache=cache)
    beside = install(pack(tmp_path / "2", "林晚.charx", description="new"), characters, cache=cache)
    assert present(tmp_path / "2" / "林晚.charx", characters) == "林晚"
    report = stand_in(beside.path, "林晚", characters, cache=cache)
    assert (report.id, report.character and report.character.description) == ("林晚", "new")
    assert [path.name for path in characters.iterdir()] == ["林晚"]


@pytest.mark.parametrize("suffix", ["", ".charx"])
def test_a_pack_that_stands_in_for_itself_stays(
    tmp_path: Path, characters: Path, cache: Path, suffix: str
) -> None:
    path = pack(characters, "x.charx")
    if not suffix:
        path = install(path, characters, cache=cache, replace="x").path
    stand_in(path, "x", characters, cache=cache)
    assert [path.name for path in characters.iterdir()] == ["x"]


def test_what_ships_with_the_program_is_not_replaced(tmp_path: Path, characters: Path, cache: Path) -> None:
    source = pack(tmp_path, "Wren.charx")
    with pytest.raises(UsageError, match="belongs to the program"):
        install(source, characters, cache=cache, replace="Wren", taken=["wren"])
    assert present(source, characters) is None
    assert not characters.exists()


@pytest.mark.parametrize("id_", ["..", ".", "a/b", "../x", "", ".hidden", "a\\b", "CON"])
def test_only_a_pack_can_be_replaced(tmp_path: Path, characters: Path, cache: Path, id_: str) -> None:
    with pytest.raises(UsageError):
        install(pack(tmp_path, "x.charx"), characters, cache=cache, replace=id_)
    assert list(characters.iterdir()) == []
    assert not (tmp_path / "card.json").exists()


def test_a_refused_pack_leaves_nothing(tmp_path: Path, characters: Path, cache: Path) -> None:
    source = tmp_path / "x.charx"
    source.write_bytes(make.charx(make.member("../evil.txt")))
    with pytest.raises(PackError, match="unsafe file name"):
        install(source, characters, cache=cache)
    install(pack(tmp_path, "good.charx"), characters, cache=cache)
    with pytest.raises(PackError):
        install(source, characters, cache=cache, replace="good")
    assert sorted(path.name for path in characters.iterdir()) == ["good"]
    assert report_on(characters / "good", cache=cache).character is not None


def test_unsound_models_and_pictures_stay_out_and_are_told(
    tmp_path: Path, characters: Path, cache: Path, gguf: Any, onnx: Any
) -> None:
    files = {
        "bad.gguf": b"GGUF\x03",
        "good.gguf": gguf.model(),
        "bad.onnx": onnx.adder(initializer=onnx.external("w", "/etc/passwd")),
        "good.onnx": onnx.adder(),
        "bad.png": b"<svg/>",
        "huge.png": make.picture(size=(100_000, 100_000)),
        "good.png": make.picture(),
        "good.jpg": make.jpeg(),
        "huge.jpg": make.jpeg(60_000, 60_000),
    }
    source = tmp_path / "x.charx"
    source.write_bytes(make.charx(*(make.member(f"assets/{name}", raw) for name, raw in files.items())))
    report = install(source, characters, cache=cache)
    kept = {path.name for path in (characters / "x" / "assets").iterdir()}
    assert kept == {name for name in files if name.startswith("good")}
    assert {problem.where for problem in report.problems} == {f"assets/{name}" for name in set(files) - kept}
    assert all(problem.what.endswith("It is not used.") for problem in report.problems)


def test_a_folder_gives_its_files_and_no_links_pipes_or_hidden_ones(
    tmp_path: Path, characters: Path, cache: Path
) -> None:
    source = tmp_path / "x"
    (source / "assets").mkdir(parents=True)
    (source / "card.json").write_bytes(make.raw(make.card()))
    (source / "assets" / "a.txt").write_bytes(b"x")
    (source / ".git").mkdir()
    (source / ".git" / "config.txt").write_bytes(b"x")
    (source / "run.py").write_bytes(b"x")
    os.symlink("/etc/passwd", source / "link.txt")
    os.symlink("/etc", source / "etc")
    os.mkfifo(source / "pipe.json")
    report = install(source, characters, cache=cache)
    assert names(report.path) == ["assets/a.txt", "card.json"]


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("林晚", "林晚"),
        ("../../evil", "evil"),
        ("a/b\\c:d", "a-b-c-d"),
        ("..", "character"),
        ("", "character"),
        (" . ", "character"),
        ("CON", "CON-"),
        ("nul.x", "nul-x"),
        ("🙂", "🙂"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("a\u202eb\0c\n", "abc"),
        (".hidden", "hidden"),
        ("x" * 300, "x" * 80),
        ("名" * 300, "名" * 66),
        ("\ud800", "character"),
        (unicodedata.normalize("NFD", "é"), "é"),
    ],
)
def test_an_id_is_a_name_on_every_system(name: str, id_: str) -> None:
    assert pack_id(name) == id_
    assert pack_id(id_) == id_


def test_the_first_free_id_is_taken() -> None:
    assert free_id("x", ["X", "x-2", "y"]) == "x-3"
    assert free_id("林", ["林"]) == "林-2"


@pytest.mark.parametrize("name", ["🙂", "a" * 200, "名" * 80, "...", "CON", "- -"])
def test_a_file_of_any_name_can_be_installed(
    tmp_path: Path, characters: Path, cache: Path, name: str
) -> None:
    report = install(pack(tmp_path, f"{name}.charx"), characters, cache=cache)
    assert report.path.parent == characters
    assert Library([characters], bundled=tmp_path, cache=cache).get(report.id).folder == report.path


def test_no_character_reads_the_lore_of_another(tmp_path: Path, characters: Path, cache: Path) -> None:
    for n in range(50):
        entries = [make.entry(keys=[f"k{n}"], content=f"secret {n}")]
        card = make.card(character_book={"entries": entries, "extensions": {}}, description=f"of {n}")
        source = tmp_path / str(n) / "same.json"
        source.parent.mkdir()
        source.write_bytes(make.raw(card))
        install(source, characters, cache=cache)
    reports = Library([characters], bundled=tmp_path / "none", cache=cache).reports()
    found = {
        (one.character.description, *(entry.content for entry in one.character.lore.entries))
        for one in reports
        if one.character is not None
    }
    assert found == {(f"of {n}", f"secret {n}") for n in range(50)}


def test_removing_takes_a_pack_out_and_leaves_the_others(
    tmp_path: Path, characters: Path, cache: Path
) -> None:
    for name in ("a", "b"):
        install(pack(tmp_path, f"{name}.charx"), characters, cache=cache)
    os.symlink(tmp_path, characters / "link")
    remove(characters / "a")
    remove(characters / "link")
    assert [path.name for path in characters.iterdir()] == ["b"]
    assert (tmp_path / "a.charx").is_file()
    with pytest.raises(UsageError, match="no character 'a'"):
        remove(characters / "a")


def test_cleaning_undoes_what_a_dead_process_left(tmp_path: Path, characters: Path, cache: Path) -> None:
    install(pack(tmp_path, "kept.charx"), characters, cache=cache)
    for name in (
        ".staging-999999-a",
        ".trash-999999-b",
        ".replaced-999999-c/lost",
        ".replaced-999999-d/kept",
    ):
        (characters / name).mkdir(parents=True)
        (characters / name / "card.json").write_bytes(make.raw(make.card(description="old")))
    assert clean(characters) == ["lost"]
    assert sorted(path.name for path in characters.iterdir()) == ["kept", "lost"]
    assert report_on(characters / "kept", cache=cache).character is not None
    assert clean(tmp_path / "nowhere") == []


def test_cleaning_leaves_the_work_of_a_living_process(characters: Path) -> None:
    live = characters / f".staging-{os.getppid()}-abc"
    live.mkdir(parents=True)
    clean(characters)
    assert live.is_dir()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_what_is_installed_is_for_this_user_only(tmp_path: Path, characters: Path, cache: Path) -> None:
    source = tmp_path / "x.charx"
    source.write_bytes(make.charx(make.member("assets/a/b.txt"), make.member("run.py")))
    install(source, characters, cache=cache)
    install(characters / "x", characters, cache=cache)
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in characters.rglob("*")}
    assert modes == {(True, 0o700), (False, 0o600)}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path, cache: Path) -> None:
    characters = tmp_path / "locked"
    characters.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(StorageError, match="could not be copied"):
        install(pack(tmp_path, "x.charx"), characters, cache=cache)


def test_a_failing_swap_brings_the_old_pack_back(
    tmp_path: Path, characters: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(pack(tmp_path, "x.charx", description="old"), characters, cache=cache)
    real, calls = os.rename, []

    def rename(old: Path, new: Path) -> None:
        calls.append(new)
        if new == characters / "x" and len([one for one in calls if one == new]) == 1:
            raise OSError(5, "Input/output error")
        real(old, new)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(StorageError, match="Input/output error"):
        install(pack(tmp_path, "y.charx"), characters, cache=cache, replace="x")
    monkeypatch.undo()
    character = report_on(characters / "x", cache=cache).character
    assert character is not None
    assert character.description == "old"


def test_a_pack_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "pack"
    source.mkdir()
    for n in range(12):
        (source / f"{n}.txt").write_bytes(b"x" * 10)
    with pytest.raises(PackError, match="more than a character may"):
        staging.copy_tree(source, tmp_path / "a", staging.Budget("pack", 10, 1_000), lambda _: True)
    with pytest.raises(PackError, match=r"allowed|more than"):
        staging.copy_tree(source, tmp_path / "b", staging.Budget("pack", 100, 55), lambda _: True)


@pytest.mark.parametrize(
    ("raw", "size"),
    [
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x0f\0\0\x1f\0\0", (16, 32)),
        (b"RIFF\0\0\0\0WEBPVP8L" + bytes(4) + b"\x2f\x0f\xc0\x07\0", (16, 32)),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(7) + b"\x9d\x01\x2a\x10\0\x20\0", (16, 32)),
    ],
)
def test_the_size_of_a_webp_picture_is_read(tmp_path: Path, raw: bytes, size: tuple[int, int]) -> None:
    path = tmp_path / "a.webp"
    path.write_bytes(raw + bytes(8))
    assert check_picture(path) == size


def test_a_picture_is_measured_whatever_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    path.write_bytes(make.jpeg(7, 5))
    assert check_picture(path) == (7, 5)
    for raw in (
        b"",
        b"\xff\xd8\xff",
        b"RIFF\0\0\0\0WEBPVP8X",
        b"\xff\xd8\xff\xd9" + bytes(99),
        b"\x89PNG\r\n\x1a\n",
    ):
        path.write_bytes(raw)
        with pytest.raises(CompanionError):
            check_picture(path)


def test_the_portrait_of_an_installed_pack_is_not_a_pack(
    tmp_path: Path, characters: Path, cache: Path
) -> None:
    characters.mkdir()
    (characters / "photo.jpg").write_bytes(make.jpeg())
    shutil.copy(pack(tmp_path, "x.charx"), characters)
    library = Library([characters], bundled=tmp_path / "none", cache=cache)
    assert [report.id for report in library.reports()] == ["x"]


@pytest.mark.parametrize("name", ["卡片合集.zip", "cards.7z"])
def test_a_parcel_of_cards_is_told_to_be_unpacked(
    tmp_path: Path, characters: Path, cache: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(make.charx())
    with pytest.raises(PackError, match="Unpack it"):
        install(tmp_path / name, characters, cache=cache)
