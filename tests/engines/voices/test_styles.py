from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from companion.domain.character import VoiceSpec
from companion.engines.voices.styles import ROWS, WIDTH, Styles, read_blends
from companion.errors import ModelError

pytestmark = pytest.mark.unit

SHIPPED = Path(__file__).parents[3] / "assets" / "voices"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, value in (("one", 1.0), ("three", 3.0)):
        (tmp_path / f"{name}.bin").write_bytes(np.full((ROWS, WIDTH), value, "<f4").tobytes())
    (tmp_path / "blends.toml").write_text(
        '[mix]\nlabel_zh = "混"\nlabel_en = "Mix"\nlanguage = "zh"\nstyles = { one = 0.5, three = 0.5 }\n',
        encoding="utf-8",
    )
    return tmp_path


@pytest.mark.parametrize(
    ("styles", "value"),
    [
        ((("one", 1.0),), 1.0),
        ((("one", 0.25), ("three", 0.75)), 2.5),
        ((("one", 1.0), ("three", 1.0)), 2.0),
        ((("mix", 1.0),), 2.0),
        ((("mix", 0.5), ("one", 0.5)), 1.5),
        ((), 2.0),
    ],
)
def test_styles_are_weighted_sums(folder: Path, styles: tuple[tuple[str, float], ...], value: float) -> None:
    table = Styles.load(folder, default="mix").table(VoiceSpec(styles=styles))
    assert (table.shape, table.dtype) == ((ROWS, WIDTH), np.float32)
    assert table[7, 7] == pytest.approx(value)


def test_a_table_of_the_character_comes_before_styles(folder: Path) -> None:
    own = folder / "own table.f32"
    own.write_bytes(np.full((ROWS, WIDTH), 7.0, "<f4").tobytes())
    voice = VoiceSpec(styles=(("one", 1.0),), style_file=own)
    assert Styles.load(folder).table(voice)[0, 0] == 7.0


@pytest.mark.parametrize("name", ["../one", "/etc/passwd", "nobody", "", "one.bin", "ONE"])
def test_names_that_are_no_style_are_refused_with_the_choices(folder: Path, name: str) -> None:
    with pytest.raises(ModelError, match="no voice style") as caught:
        Styles.load(folder).table(VoiceSpec(styles=((name, 1.0),)))
    assert caught.value.code == "voice"
    assert "mix" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"short", b"\0" * (ROWS * WIDTH * 4 + 1), None])
def test_damaged_tables_are_refused(folder: Path, content: bytes | None) -> None:
    bad = folder / "bad.bin"
    bad.write_bytes(np.full((ROWS, WIDTH), np.nan, "<f4").tobytes() if content is None else content)
    with pytest.raises(ModelError) as caught:
        Styles.load(folder).table(VoiceSpec(style_file=bad))
    assert caught.value.code == "voice"


def test_weights_that_cancel_out_are_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match="add up"):
        Styles.load(folder).table(VoiceSpec(styles=(("one", 1.0), ("three", -1.0))))


def test_shipped_blends_can_all_be_made() -> None:
    blends = read_blends(SHIPPED)
    styles = Styles.load(SHIPPED)
    assert {blend.language for blend in blends.values()} == {"zh", "en"}
    for name, blend in blends.items():
        assert styles.table(VoiceSpec(styles=((name, 1.0),))).shape == (ROWS, WIDTH)
        assert sum(weight for _, weight in blend.styles) == pytest.approx(1.0)


def _fitted(folder: Path, **changes: object) -> Path:
    described = {"styles": {"three": 1.0}, "delta": [0.5] * WIDTH, "speed": 1.0} | changes
    file = folder / "style.json"
    file.write_text(json.dumps(described), encoding="utf-8")
    return file


def test_a_fitted_style_is_a_stock_table_with_the_same_addition_in_every_row(folder: Path) -> None:
    table = Styles.load(folder).table(VoiceSpec(style_file=_fitted(folder)))
    assert (table.shape, table.dtype) == ((ROWS, WIDTH), np.float32)
    assert (table == 3.5).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"delta": [0.0] * 255},
        {"delta": [float("nan")] * WIDTH},
        {"delta": [1e30] * WIDTH},
        {"delta": "0"},
        {"styles": {}},
        {"styles": ["three"]},
        {"styles": {"../three": 1.0}},
    ],
)
def test_a_fitted_style_that_is_none_is_refused(folder: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ModelError) as caught:
        Styles.load(folder).table(VoiceSpec(style_file=_fitted(folder, **changes)))
    assert caught.value.code == "voice"
