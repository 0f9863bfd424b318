"""What is told before the commit comes out at it, in order; what is never committed never comes out."""

from __future__ import annotations

import threading

import pytest

from companion.conversation.commitment import Commitment
from companion.domain.cancel import CancelToken
from companion.domain.events import AudioEnded, Event, Notice
from companion.errors import StorageError

pytestmark = pytest.mark.unit


def test_committed_from_the_start_nothing_is_kept_back() -> None:
    told: list[Event] = []
    Commitment(told.append).publish(AudioEnded())
    assert told == [AudioEnded()]


def test_what_was_told_before_comes_out_in_order_and_later_things_at_once() -> None:
    told: list[Event] = []
    commitment = Commitment(told.append, committed=False)
    made: list[int] = []

    def notice() -> Notice:
        made.append(threading.get_ident())
        return Notice("1")

    commitment.tell(notice)
    commitment.publish(Notice("2"))
    assert (told, made) == ([], [])
    commitment.commit()
    assert told == [Notice("1"), Notice("2")]
    assert made == [threading.get_ident()]
    commitment.publish(Notice("3"))
    assert told[-1] == Notice("3")
    commitment.commit()
    assert len(told) == 3


def test_what_cannot_be_made_at_the_commit_is_raised_there() -> None:
    told: list[Event] = []
    commitment = Commitment(told.append, committed=False)

    def broken() -> Event:
        raise StorageError("full")

    commitment.tell(broken)
    commitment.publish(Notice("never"))
    with pytest.raises(StorageError):
        commitment.commit()
    assert told == []
    assert commitment.is_made


def test_waiting_ends_with_the_commit_or_the_cancel() -> None:
    cancel = CancelToken()
    commitment = Commitment(lambda event: None, committed=False)
    cancel.request()
    assert not commitment.wait(cancel)
    commitment.commit()
    assert commitment.wait(cancel)
