from __future__ import annotations

import pytest

from companion.gui.preferences.fields import SettingField, setting_sections
from companion.settings import Effect, Settings

pytestmark = pytest.mark.unit


def fields() -> dict[str, SettingField]:
    return {field.key: field for section in setting_sections() for field in section.fields}


def test_every_setting_that_is_not_hidden_has_a_row() -> None:
    model = {
        f"{section}.{name}"
        for section, info in Settings.model_fields.items()
        for name in info.annotation.model_fields  # type: ignore[union-attr]
    }
    assert model - set(fields()) == {
        "general.first_run_done",
        "general.last_character",
        "background.told_of_tray",
    }


def test_every_row_has_words_in_both_languages() -> None:
    for field in fields().values():
        assert field.title(chinese=False)
        assert any("\u4e00" <= one <= "\u9fff" for one in field.title(chinese=True)), field.key
        assert len(field.labels(chinese=True)) == len(field.labels(chinese=False))


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("general.reduced_motion", "switch"),
        ("general.theme", "choice"),
        ("general.zoom", "percent"),
        ("general.user_name", "text"),
        ("mind.remote_key", "secret"),
        ("mind.model", "model"),
        ("mind.context_tokens", "number"),
        ("ears.device", "device"),
    ],
)
def test_a_setting_gets_the_control_of_its_type_and_kind(key: str, shape: str) -> None:
    assert fields()[key].shape == shape


def test_bounds_length_effect_and_default_come_from_the_model() -> None:
    zoom, name, tokens = (
        fields()[key] for key in ("general.zoom", "general.user_name", "mind.context_tokens")
    )
    assert (zoom.least, zoom.most, zoom.default) == (80, 200, 100)
    assert name.longest == 40
    assert name.effect is Effect.NEXT_REPLY
    assert tokens.effect is Effect.RELOAD
    assert tokens.is_advanced


def test_device_and_model_know_what_they_are_for() -> None:
    assert fields()["voice.device"].detail == "output"
    assert fields()["ears.model"].detail == "recogniser"
