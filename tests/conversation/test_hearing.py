"""A newer clip takes the place of the one before; errors come as results."""

from __future__ import annotations

import queue

import numpy as np
import pytest

from companion.conversation.hearing import Heard, Hearing
from companion.conversation.slots import Engines
from companion.domain.audio import AudioClip
from companion.engines.recognisers.scripted import ScriptedRecogniser

pytestmark = pytest.mark.unit

LOUD = AudioClip(np.full(8_000, 0.3, np.float32), 16_000)


def test_only_the_newest_clip_is_recognised() -> None:
    engines, results = Engines(), queue.Queue[Heard]()
    hearing = Hearing(engines, results.put)
    hearing.recognise(LOUD, language="zh")
    newest = hearing.recognise(LOUD, language="zh")
    engines.recogniser.put(ScriptedRecogniser.load(["只有这句"]))
    heard = results.get(timeout=10)
    hearing.close()
    assert heard.job == newest
    assert heard.transcript is not None
    assert heard.transcript.text == "只有这句"
    assert results.empty()


def test_what_is_dropped_is_never_told() -> None:
    engines, results = Engines(), queue.Queue[Heard]()
    hearing = Hearing(engines, results.put)
    hearing.recognise(LOUD, language="en")
    hearing.drop()
    engines.recogniser.put(ScriptedRecogniser.load(["no"]))
    hearing.close()
    assert results.empty()


def test_an_error_is_a_result() -> None:
    engines, results = Engines(), queue.Queue[Heard]()
    recogniser = ScriptedRecogniser.load(["no"])
    recogniser.close()
    engines.recogniser.put(recogniser)
    hearing = Hearing(engines, results.put)
    hearing.recognise(LOUD, language=None)
    heard = results.get(timeout=10)
    hearing.close()
    assert heard.transcript is None
    assert heard.error is not None
    assert heard.error.code == "closed"


def test_what_was_dropped_before_its_turn_leaves_the_hearing_idle() -> None:
    engines, results = Engines(), queue.Queue[Heard]()
    hearing = Hearing(engines, results.put)
    hearing.recognise(LOUD, language="zh")
    hearing.recognise(LOUD, language="zh")
    assert not hearing.is_idle
    hearing.drop()
    hearing.close()
    assert hearing.is_idle
