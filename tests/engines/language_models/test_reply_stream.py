"""Text that may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.engines.language_models.reply_stream import ReplyStream

pytestmark = pytest.mark.unit


def test_a_character_in_three_tokens_comes_out_whole() -> None:
    stream = ReplyStream()
    given_out = [stream.feed(bytes([byte])) for byte in "龘a".encode()]
    assert given_out == ["", "", "龘", "a"]


def test_half_a_character_at_the_end_is_dropped() -> None:
    stream = ReplyStream()
    assert (stream.feed("好".encode() + b"\xe9\xbe"), stream.flush()) == ("好", "")


def test_invalid_bytes_are_dropped() -> None:
    assert ReplyStream().feed(b"\xff\xfe" + "好".encode()) == "好"


@pytest.mark.parametrize(
    ("stop", "parts", "shown"),
    [
        ("用户：", ["你好", "\n用", "户", "：在吗"], "你好\n"),
        ("\nUser:", ["Hello", "\nUs", "er", ": x"], "Hello"),
        ("<|im_end|>", ["好的<", "|im_", "end|>", "more"], "好的"),
    ],
)
def test_nothing_of_a_stop_string_is_shown(stop: str, parts: list[str], shown: str) -> None:
    stream = ReplyStream((stop,))
    text = "".join(stream.feed_text(part) for part in parts) + stream.flush()
    assert (text, stream.stopped) == (shown, True)


@given(st.lists(st.text(alphabet="ab用户：")), st.sampled_from(["用户：", "aab", "b"]))
def test_what_is_shown_is_the_text_before_the_first_stop(parts: list[str], stop: str) -> None:
    stream = ReplyStream((stop,))
    shown = "".join(stream.feed_text(part) for part in parts) + stream.flush()
    assert shown == "".join(parts).partition(stop)[0]
