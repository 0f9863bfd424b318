"""An engine that arrives later: who waits gets it, its reason, or a stop."""

from __future__ import annotations

import threading

import pytest

from companion.conversation.slots import Slot
from companion.domain.cancel import CancelToken
from companion.errors import Cancelled, ModelError

pytestmark = pytest.mark.unit


def _waiting(slot: Slot[str], cancel: CancelToken) -> tuple[threading.Thread, list[object]]:
    got: list[object] = []

    def wait() -> None:
        try:
            got.append(slot.get(cancel))
        except (ModelError, Cancelled) as error:
            got.append(error.code)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread, got


def test_who_waits_gets_what_is_put() -> None:
    slot: Slot[str] = Slot()
    thread, got = _waiting(slot, CancelToken())
    assert slot.put("mind") is None
    thread.join(10)
    assert got == ["mind"]


def test_who_waits_is_told_why_there_will_be_none() -> None:
    slot: Slot[str] = Slot()
    thread, got = _waiting(slot, CancelToken())
    slot.fail(ModelError("The file is damaged.", code="damaged"))
    thread.join(10)
    assert got == ["damaged"]
    assert slot.ready is None


def test_who_waits_can_be_stopped() -> None:
    cancel = CancelToken()
    thread, got = _waiting(Slot(), cancel)
    cancel.request()
    thread.join(10)
    assert got == ["cancelled"]


def test_a_new_engine_hands_back_the_old_one() -> None:
    slot = Slot("old")
    assert slot.put("new") == "old"
    assert slot.clear() == "new"
    assert slot.ready is None
    slot.fail(ModelError("No."))
    assert slot.put("again") is None
    assert slot.get(CancelToken()) == "again"


def test_waiting_has_an_end() -> None:
    with pytest.raises(ModelError, match="not loaded"):
        Slot[str]().get(CancelToken(), timeout_s=0.05)
