"""The recall worker is killed in the middle of builds: who talks does not notice, and the index comes out the same.

That the index would not without its manifest is shown by the control in tests/engines/recall/test_hybrid.py.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import Sampling
from companion.domain.messages import Message
from companion.errors import WorkerError
from companion.ports import GenerationDone, IndexItem, Prompt, TextDelta
from companion.workers.clients import LanguageClient
from companion.workers.recall_client import RecallClient
from companion.workers.spec import EngineSpec, RecallSpec
from companion.workers.supervisor import Limits, WorkerEvent

pytestmark = pytest.mark.fault

BOOK = "lore_book"
N_ITEMS = 400
WORDS = "山水花鸟风月雨雪春夏秋冬东西南北茶酒琴棋书画诗词歌赋楼台亭阁"
QUERIES = ["".join(random.Random(i).choices(WORDS, k=8)) for i in range(20)]
_LIMITS = Limits(crashes=1_000, backoff_s=(0.0,))
_PROMPT = Prompt(pinned=(Message("system", "你是小满。"),), turn=(Message("user", "在吗？"),))


def book(edition: int) -> list[IndexItem]:
    draw = random.Random(edition)
    return [IndexItem(f"p{i}", "".join(draw.choices(WORDS, k=60)), "", i) for i in range(N_ITEMS)]


def recall(folder: Path) -> RecallClient:
    store = EngineSpec("chroma", {"folder": str(folder / "chroma")})
    return RecallClient(RecallSpec(EngineSpec("hashing"), store, str(folder / "index")), limits=_LIMITS)


def top(client: RecallClient) -> list[list[str]]:
    return [[hit.id for hit in client.search(BOOK, query, limit=5)] for query in QUERIES]


class Beside:
    """A language worker that answers beside the index."""

    def __init__(self) -> None:
        self.events: list[WorkerEvent] = []
        self.client = LanguageClient(EngineSpec("scripted", {"delay_s": 0.0}), on_event=self.events.append)
        self.pid = self.client.pid

    def answer(self) -> str:
        parts = list(self.client.generate(_PROMPT, Sampling(max_tokens=60), CancelToken()))
        assert isinstance(parts[-1], GenerationDone)
        assert parts[-1].stop_reason != "cancelled"
        return "".join(part.text for part in parts if isinstance(part, TextDelta))


@pytest.fixture
def beside() -> Iterator[Beside]:
    language = Beside()
    yield language
    language.client.close()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[list[str]]]:
    """The digest and the best five of a build that nothing disturbed."""
    client = recall(tmp_path_factory.mktemp("undisturbed"))
    try:
        return client.sync(BOOK, book(0), CancelToken()).digest, top(client)
    finally:
        client.close()


def kill_in_a_change(client: RecallClient, edition: int, draw: random.Random) -> None:
    """Kill the worker after some of the items of a build, or of a row of single ones."""
    pid = client.pid
    assert pid is not None
    moment = draw.randrange(1, N_ITEMS // 32 + 2)
    n_seen = 0

    def kill() -> None:
        os.kill(pid, signal.SIGKILL)

    def count(done: int, total: int) -> None:
        nonlocal n_seen
        n_seen += 1
        if n_seen == moment:
            kill()

    later = threading.Timer(draw.random() * 0.3, kill)
    with pytest.raises(WorkerError):  # noqa: PT012 - the first call that meets the dead worker raises
        if draw.random() < 0.7:
            client.sync(BOOK, book(edition), CancelToken(), progress=count)
            kill()
        else:
            later.start()
            for item in book(edition) * 50:
                client.add(BOOK, [item])
        client.info(BOOK)
    later.cancel()


def rounds(folder: Path, beside: Beside, expected: tuple[str, list[list[str]]], n: int, seed: int) -> None:
    draw = random.Random(seed)
    client = recall(folder)
    try:
        client.sync(BOOK, book(0), CancelToken())
        for edition in range(1, n + 1):
            kill_in_a_change(client, edition, draw)
            assert beside.answer()
            assert client.info(BOOK) is not None
            assert any(top(client))
            told = client.sync(BOOK, book(0), CancelToken())
            assert (told.n_items, told.digest, top(client)) == (N_ITEMS, *expected)
    finally:
        client.close()
    assert beside.pid == beside.client.pid
    assert [type(event).__name__ for event in beside.events] == ["WorkerReady"]


@pytest.mark.parametrize(
    ("seed", "n"),
    [
        (0, 5),
        *(pytest.param(seed, 10, marks=[pytest.mark.slow, pytest.mark.timeout(900)]) for seed in range(1, 6)),
    ],
)
def test_a_killed_build_is_made_good_and_nobody_who_talks_notices(
    tmp_path: Path, beside: Beside, expected: tuple[str, list[list[str]]], seed: int, n: int
) -> None:
    rounds(tmp_path, beside, expected, n, seed)


def test_control_another_edition_has_another_digest_and_other_answers(
    tmp_path: Path, expected: tuple[str, list[list[str]]]
) -> None:
    client = recall(tmp_path)
    try:
        told = client.sync(BOOK, book(1), CancelToken())
        assert told.digest != expected[0]
        assert top(client) != expected[1]
    finally:
        client.close()
