from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from companion.domain.emotion import EMOTIONS
from companion.errors import PackError
from companion.gui.stage.painter import slots_of
from companion.gui.stage.rig import load_rig

pytestmark = pytest.mark.unit

CHARACTERS = Path(__file__).parents[3] / "characters"
VISEMES = ("rest", "closed", "a", "i", "u", "e", "o", "f")


def small(**changes: Any) -> dict[str, Any]:
    return {
        "format": "companion-rig",
        "version": 1,
        "canvas": [100, 200],
        "layers": [{"file": "face.png", "at": [1, 2], "motion": "head"}],
        "states": {"neutral": {"slots": {"mouth": "rest"}}},
        "visemes": {"a": "a"},
        **changes,
    }


def written(folder: Path, content: Any) -> Path:
    (folder / "face.png").write_bytes(b"")
    path = folder / "rig.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["xiaoman", "wren"])
def test_both_characters_have_a_face_for_every_feeling(name: str) -> None:
    rig = load_rig(CHARACTERS / name / "assets/x_rig/other/rig.json")
    known = {(layer.slot, layer.variant) for layer in rig.layers}
    wanted = {
        (slot, variant)
        for emotion in EMOTIONS
        for viseme in VISEMES
        for lids in (0, 1, 2)
        for slot, variant in slots_of(rig, emotion, viseme, lids).items()
    }
    assert set(EMOTIONS) <= set(rig.faces)
    assert set() == wanted - known


@pytest.mark.parametrize("name", ["xiaoman", "wren"])
def test_a_pack_has_flat_pictures_for_other_programs(name: str) -> None:
    assets = CHARACTERS / name / "assets"
    assert {f"{emotion}.png" for emotion in EMOTIONS} == {
        path.name for path in (assets / "emotion").iterdir()
    }
    assert (assets / "icon" / "main.png").is_file()
    assert (assets / "background" / "main.jpg").is_file()
    assert sum(path.stat().st_size for path in assets.rglob("*") if path.is_file()) < 8_000_000


def test_a_small_rig_is_read(tmp_path: Path) -> None:
    rig = load_rig(written(tmp_path, small()))
    assert (rig.width, rig.height) == (100.0, 200.0)
    assert rig.mouth("neutral", "a") == "a"
    assert rig.mouth("neutral", "rest") == "rest"


def test_an_unknown_feeling_shows_the_neutral_face(tmp_path: Path) -> None:
    rig = load_rig(written(tmp_path, small()))
    assert rig.face("neutral") == rig.face("jealous")


@pytest.mark.parametrize(
    "name", ["../face.png", "/etc/face.png", "a/b.png", "..\\face.png", "run.exe", "c:face.png", "", 3]
)
def test_a_layer_may_not_leave_the_folder(tmp_path: Path, name: object) -> None:
    path = written(tmp_path, small(layers=[{"file": name}]))
    with pytest.raises(PackError, match="beside the rig"):
        load_rig(path)


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    broken = small(
        canvas=[0, "x"], layers=[{"file": "gone.png", "motion": "jump"}], states={"sad": {"tilt": 90}}
    )
    with pytest.raises(PackError) as caught:
        load_rig(written(tmp_path, broken))
    assert all(word in caught.value.what for word in ("canvas", "gone.png", "motion", "tilt"))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 100_000, '{"format": "companion-rig", "version": 2}']
)
def test_damaged_json_is_an_error_a_person_can_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rig.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match=r"rig\.json"):
        load_rig(path)


def test_a_huge_rig_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "rig.json"
    path.write_bytes(b" " * 300_000)
    with pytest.raises(PackError, match="larger"):
        load_rig(path)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(key=st.sampled_from(["canvas", "anchors", "layers", "states", "blink", "visemes"]), value=_JSON)
def test_foreign_values_are_refused_or_read_but_never_crash(tmp_path: Path, key: str, value: Any) -> None:
    try:
        rig = load_rig(written(tmp_path, small(**{key: value})))
    except PackError:
        return
    assert rig.width > 0
