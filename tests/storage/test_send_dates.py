"""Dates in other programs' chats."""

from __future__ import annotations

import pytest

from companion.storage.send_dates import from_send_date, to_send_date

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "value",
    [
        "2023-06-19T14:20:00.000Z",
        "2023-06-19T16:20:00+02:00",
        "June 19, 2023 2:20pm",
        "june 19, 2023 02:20 PM",
        "2023-6-19 @14h 20m 0s 0ms",
        "2023-06-19@14h20m00s",
        1_687_184_400_000,
        "1687184400000",
    ],
)
def test_every_known_shape_names_the_same_moment(value: object) -> None:
    assert from_send_date(value) == 1_687_184_400.0


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "昨天",
        "Smarch 3, 2023 2:20pm",
        "June 39, 2023 2:20pm",
        1e300,
        float("nan"),
        [],
        "9" * 60,
    ],
)
def test_anything_else_is_no_date(value: object) -> None:
    assert from_send_date(value) is None


def test_dates_go_out_as_iso_and_impossible_ones_as_1970() -> None:
    assert to_send_date(1_687_184_400.5) == "2023-06-19T14:20:00.500Z"
    assert to_send_date(1e20) == to_send_date(float("nan")) == "1970-01-01T00:00:00.000Z"
