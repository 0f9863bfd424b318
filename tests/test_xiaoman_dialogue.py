"""The dialogue her adapter is trained on: its form, its variety and that it can be spoken."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from companion.domain.emotion import EMOTIONS, emotion_in

pytestmark = pytest.mark.unit

_FOLDER = Path(__file__).parents[1] / "models" / "xiaoman" / "dialogue"
_CARD = Path(__file__).parents[1] / "characters" / "xiaoman" / "card.json"
_GESTURE = re.compile("（[^）]*）")
_MARKUP = re.compile(r"[*#`_{}<>|\[\]\n]|[\U0001f300-\U0001faff]|^\s*(?:\d+\.|[-•])")
_EMERGENCY = re.compile(r"(?<!\d)(?:110|119|120|12356|12338)(?!\d)")


def _conversations() -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for file in sorted(_FOLDER.glob("*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def conversations() -> list[dict[str, Any]]:
    return _conversations()


@pytest.fixture(scope="module")
def replies(conversations: list[dict[str, Any]]) -> list[str]:
    return [turn["text"] for one in conversations for turn in one["turns"] if turn["role"] == "character"]


def _spoken(reply: str) -> str:
    return _GESTURE.sub("", reply).strip()


def _near_pairs(texts: list[str], least: float) -> list[tuple[str, str]]:
    """Return the pairs whose sets of three-character pieces have a Jaccard index of `least` or more."""
    bare = [re.sub(r"[^\w]", "", text) for text in texts]
    pieces = [{text[i : i + 3] for i in range(len(text) - 2)} for text in bare]
    holders: dict[str, list[int]] = defaultdict(list)
    near = []
    for i, own in enumerate(pieces):
        shared = Counter(j for piece in own for j in holders[piece])
        near += [
            (texts[j], texts[i]) for j, n in shared.items() if n / (len(own) + len(pieces[j]) - n) >= least
        ]
        for piece in own:
            holders[piece].append(i)
    return near


def test_there_are_a_thousand_exchanges_and_the_card_counts_them(
    conversations: list[dict[str, Any]], replies: list[str]
) -> None:
    card = (_FOLDER / "README.md").read_text("utf-8")
    assert len(replies) >= 1_000
    assert f"{len(conversations):,} conversations, {len(replies):,} exchanges" in card


def test_conversations_alternate_and_have_names_of_their_own(conversations: list[dict[str, Any]]) -> None:
    ids = [one["id"] for one in conversations]
    assert len(ids) == len(set(ids))
    for one in conversations:
        roles = [turn["role"] for turn in one["turns"]]
        assert roles == ["user", "character"] * (len(roles) // 2), one["id"]
        assert one["topic"], one["id"]
        assert all(turn["text"] == turn["text"].strip() != "" for turn in one["turns"]), one["id"]


def test_context_is_of_a_kind_that_the_prompt_knows_and_says_whether_it_is_used(
    conversations: list[dict[str, Any]],
) -> None:
    with_context = [one for one in conversations if "context" in one]
    assert {one["context_kind"] for one in with_context} == {"lore", "memories", "passages", "time"}
    used = Counter(one["context_used"] for one in with_context)
    assert used[True] >= 80
    assert used[False] >= 60


def test_openings_are_the_greetings_of_her_card(conversations: list[dict[str, Any]]) -> None:
    card = json.loads(_CARD.read_text("utf-8"))["data"]
    greetings = {card["first_mes"], *card["alternate_greetings"]}
    assert {one["opening"] for one in conversations if "opening" in one} == greetings


def test_replies_open_differently(replies: list[str]) -> None:
    for texts in (replies, [_spoken(reply) for reply in replies]):
        opening, n = Counter(text[:3] for text in texts).most_common(1)[0]
        assert n < 0.02 * len(texts), opening


def test_no_two_replies_are_nearly_the_same(replies: list[str]) -> None:
    assert _near_pairs([_spoken(reply) for reply in replies], 0.6) == []


def test_nearly_equal_replies_would_be_noticed() -> None:
    assert _near_pairs(["水开了，你先坐下喝一口。", "水开了，你先坐下喝两口。", "雨停了。"], 0.6)


def test_replies_can_be_spoken(replies: list[str]) -> None:
    for reply in replies:
        assert not _MARKUP.search(reply), reply
        assert re.search(r"\w", _spoken(reply)), reply
    lengths = sorted(len(_spoken(reply)) for reply in replies)
    assert lengths[len(lengths) // 2] in range(15, 36)
    assert lengths[-1] <= 80


def test_at_most_a_third_of_the_replies_ask_back(replies: list[str]) -> None:
    assert sum("？" in reply for reply in replies) <= len(replies) / 3


def test_gestures_let_her_face_show_every_feeling(replies: list[str]) -> None:
    shown = Counter(emotion_in(reply) for reply in replies)
    assert [one for one in EMOTIONS if one != "neutral" and shown[one] < 5] == []


def test_numbers_for_help_stand_where_they_are_read_digit_by_digit(replies: list[str]) -> None:
    found = [(reply, match) for reply in replies for match in _EMERGENCY.finditer(reply)]
    assert len(found) >= 10
    for reply, match in found:
        assert reply[: match.start()].endswith(("拨打", "热线", "报警")), reply
