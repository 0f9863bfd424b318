from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.domain.cancel import CancelToken
from companion.engines import weight_files
from companion.engines.catalog import Catalog, ensure, load_catalog, missing_packages, verify
from companion.errors import Cancelled, ModelError, StorageError, UsageError

pytestmark = pytest.mark.unit

BIG = bytes(range(256)) * 4096
SMALL = b"a smaller model " * 512
CATALOG_FILE = Path(__file__).parents[2] / "models" / "catalog.toml"


def toml_row(id: str, role: str, rank: int, ram: int, files: str, folder: bool = False) -> str:
    return f"""
[[model]]
id = "{id}"
role = "{role}"
label = "{id.title()}"
languages = ["zh", "en"]
rank = {rank}
min_ram_bytes = {ram}
licence = "MIT"
upstream = "https://example.org"
extra = "starter"
folder = {str(folder).lower()}
{files}
"""


def toml_file(name: str, content: bytes, distribution: str, path: str, last: int = 1) -> str:
    return f"""
[[model.file]]
name = "{name}"
bytes = {len(content)}
sha256 = "{hashlib.sha256(content).hexdigest()}"
[[model.file.source]]
kind = "packages"
version = "1.0"
distribution = "{distribution}"
path = "{path}"
last = {last}
"""


def install(site: Path, name: str, path: str, content: bytes) -> None:
    """Lay a package into `site` as an installer does; importing it would fail the test."""
    file = site / path
    file.parent.mkdir(parents=True, exist_ok=True)
    (site / path.split("/")[0] / "__init__.py").write_text("raise AssertionError('imported')")
    file.write_bytes(content)
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "site"
    folder.mkdir()
    for number, part in ((1, BIG[:500_000]), (2, BIG[500_000:1_000_000]), (3, BIG[1_000_000:])):
        install(folder, f"big-part{number}", f"big_part{number}/data/part0{number}.bin", part)
    install(folder, "small-model", "small_model/model.gguf", SMALL)
    install(folder, "ears-1", "ears_1/model.bin.part1", SMALL[:100])
    install(folder, "ears-2", "ears_2/model.bin.part2", SMALL[100:])
    install(folder, "ears-2", "ears_2/config.json", b"{}")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    text = (
        toml_row("big", "language", 20, 6_000_000_000,
                 toml_file("big.gguf", BIG, "big-part{n}", "big_part{n}/data/part{n:02}.bin", 3))
        + toml_row("small", "language", 10, 2_000_000_000,
                   toml_file("small.gguf", SMALL, "small-model", "small_model/model.gguf"))
        + toml_row("ears", "recogniser", 10, 0,
                   toml_file("model.bin", SMALL, "ears-{n}", "ears_{n}/model.bin.part{n}", 2)
                   + toml_file("config.json", b"{}", "ears-2", "ears_2/config.json"), folder=True)
        + toml_row("absent", "voice", 10, 0, toml_file("v.onnx", BIG, "no-such-package", "no_such/x.onnx"))
    )  # fmt: skip
    file = tmp_path / "catalog.toml"
    file.write_text(text, encoding="utf-8")
    return load_catalog(file)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "模型 folder"


def test_parts_are_joined_in_order_and_nothing_else_is_left(
    site: Path, catalog: Catalog, models: Path
) -> None:
    seen: list[tuple[int, int]] = []
    path = ensure(catalog.row("big"), models, lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == BIG
    assert seen[-1] == (len(BIG), len(BIG))
    assert sorted(file.name for file in path.parent.iterdir()) == ["big.gguf"]


def test_second_call_reads_nothing_again(
    site: Path, catalog: Catalog, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ensure(catalog.row("big"), models)
    shutil.rmtree(site)
    monkeypatch.setattr(weight_files.hashlib, "sha256", None)
    assert ensure(catalog.row("big"), models) == first


@pytest.mark.parametrize("damage", ["truncated", "changed", "removed"])
def test_damaged_file_is_made_anew(site: Path, catalog: Catalog, models: Path, damage: str) -> None:
    path = ensure(catalog.row("big"), models)
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes(BIG[:-9] if damage == "truncated" else b"X" + BIG[1:])
        os.utime(path, (1, 1))
    assert verify(catalog.row("big"), models) == ["big.gguf"]
    assert ensure(catalog.row("big"), models).read_bytes() == BIG
    assert verify(catalog.row("big"), models) == []


def test_whole_file_of_a_package_is_used_where_it_lies(site: Path, catalog: Catalog, models: Path) -> None:
    assert ensure(catalog.row("small"), models) == site / "small_model" / "model.gguf"
    assert not (models / "small").exists()


def test_folder_model_gets_all_its_files(site: Path, catalog: Catalog, models: Path) -> None:
    folder = ensure(catalog.row("ears"), models)
    assert {file.name for file in folder.iterdir()} == {"model.bin", "config.json"}
    assert (folder / "model.bin").read_bytes() == SMALL


def test_wrong_content_in_the_packages_is_refused_by_name(site: Path, catalog: Catalog, models: Path) -> None:
    (site / "big_part2/data/part02.bin").write_bytes(b"?" * 500_000)
    with pytest.raises(ModelError, match=r"big\.gguf") as caught:
        ensure(catalog.row("big"), models)
    assert caught.value.code == "damaged"
    assert list((models / "big").iterdir()) == []


def test_missing_packages_name_the_extra_and_another_way(site: Path, catalog: Catalog, models: Path) -> None:
    with pytest.raises(ModelError) as caught:
        ensure(catalog.row("absent"), models)
    assert caught.value.code == "missing"
    assert "no-such-package" in caught.value.what
    assert "uv run --extra starter companion" in caught.value.hint
    assert "Piper" in caught.value.hint


def test_full_disk_is_noticed_before_anything_is_written(
    site: Path, catalog: Catalog, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(site)._replace(free=1_000_000)
    monkeypatch.setattr(weight_files.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StorageError) as caught:
        ensure(catalog.row("big"), models)
    assert caught.value.code == "disk"
    assert not (models / "big").exists()


def test_stopping_leaves_no_file_and_the_next_call_succeeds(
    site: Path, catalog: Catalog, models: Path
) -> None:
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        ensure(catalog.row("big"), models, lambda done, total: cancel.request(), cancel)
    assert list((models / "big").iterdir()) == []
    assert ensure(catalog.row("big"), models).read_bytes() == BIG


def test_leftovers_of_a_killed_process_are_removed(site: Path, catalog: Catalog, models: Path) -> None:
    (models / "big").mkdir(parents=True)
    (models / "big" / ".big.gguf.999999999.tmp").write_bytes(b"half")
    ensure(catalog.row("big"), models)
    assert [file.name for file in (models / "big").iterdir()] == ["big.gguf"]


def test_user_files_are_found_by_their_form(site: Path, catalog: Catalog, models: Path) -> None:
    (models / "my-ears").mkdir(parents=True)
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (models / "my-ears" / name).write_bytes(b"x")
    adapter = b"GGUF" + b"\0" * 20 + b"general.type" + (8).to_bytes(4, "little") + (7).to_bytes(8, "little")
    (models / "adapter.gguf").write_bytes(adapter + b"adapter")
    (models / "mine.gguf").write_bytes(b"GGUF" + b"\0" * 64)
    (models / "no-model.gguf").write_bytes(b"html")
    (models / "big-00002-of-00003.gguf").write_bytes(b"GGUF")
    (models / "声音.onnx").write_bytes(b"x")
    (models / "声音.onnx.json").write_text('{"language": {"code": "zh_CN"}}')
    (models / "other.onnx").write_bytes(b"x")
    found = {(model.role, model.id, model.languages) for model in catalog.installed(models)}
    own = {entry for entry in found if entry[1] != "small"}
    assert own == {
        ("recogniser", "my-ears", ()),
        ("language", "mine.gguf", ()),
        ("voice", "声音.onnx", ("zh",)),
    }


def test_best_follows_memory_and_prefers_what_the_user_put_there(
    site: Path, catalog: Catalog, models: Path
) -> None:
    def best(ram_bytes: int) -> str:
        model = catalog.best(models, "language", "zh", ram_bytes)
        assert model is not None
        return model.id

    assert best(8_000_000_000) == "big"
    assert best(4_000_000_000) == "small"
    assert best(1_000_000_000) == "small"
    models.mkdir()
    (models / "mine.gguf").write_bytes(b"GGUF" + b"\0" * 64)
    assert best(8_000_000_000) == "mine.gguf"
    assert best(1_000_000_000) == "mine.gguf"


def test_nothing_installed_gives_no_best_and_a_clear_error(catalog: Catalog, models: Path) -> None:
    assert catalog.best(models, "language") is None
    with pytest.raises(ModelError) as caught:
        catalog.provide(models, "language")
    assert (caught.value.code, "GGUF" in caught.value.hint) == ("missing", True)


def test_provide_takes_an_id_a_path_or_the_best(site: Path, catalog: Catalog, models: Path) -> None:
    own = models.parent / "elsewhere.gguf"
    own.write_bytes(b"GGUF")
    assert catalog.provide(models, "language", "big").path.read_bytes() == BIG
    assert catalog.provide(models, "language", str(own)).path == own
    assert catalog.provide(models, "language", ram_bytes=8_000_000_000).id == "big"
    with pytest.raises(ModelError, match="nonsense"):
        catalog.provide(models, "language", "nonsense")
    with pytest.raises(UsageError):
        catalog.row("nonsense")


def test_shipped_catalogue_is_sound() -> None:
    catalog = load_catalog(CATALOG_FILE)
    roles = {row.role for row in catalog.rows}
    assert roles >= {"language", "recogniser", "voice", "detector"}
    assert len({row.id for row in catalog.rows}) == len(catalog.rows)
    for row in catalog.rows:
        assert all(len(bytes.fromhex(file.sha256)) == 32 for file in row.files)


def test_unreadable_catalogue_is_named(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text("[[model]]\nid = 3")
    with pytest.raises(ModelError) as caught:
        load_catalog(file)
    assert caught.value.code == "catalog"


@pytest.mark.engine
@pytest.mark.parametrize(
    "id", ["whisper-base", "kokoro-82m-v1.0-int8", "silero-vad-v6", "use-multilingual-v3"]
)
def test_starter_packages_give_the_published_files(id: str, models: Path) -> None:
    row = load_catalog(CATALOG_FILE).row(id)
    if missing := missing_packages(row):
        pytest.skip(f"packages are missing: {', '.join(missing)}; run with --extra starter")
    ensure(row, models)
    assert verify(row, models) == []
