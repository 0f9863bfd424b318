"""Audio through a worker: signals, room in the queue, and an end for every turn."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from companion.audio.wav import read_wav, write_wav
from companion.domain.audio import AudioClip, Speech
from companion.domain.events import WorkerLost, WorkerReady
from companion.domain.messages import TurnId
from companion.errors import AudioError
from companion.ports import (
    AudioPlan,
    AudioSignal,
    DeviceLost,
    DeviceOpened,
    EchoTest,
    Level,
    MicClosed,
    MicOpened,
    PlaybackEnded,
    Played,
    Resumed,
    SoftEnd,
)
from companion.workers.audio_client import AudioClient
from companion.workers.process import Launch
from companion.workers.spec import EngineSpec
from companion.workers.supervisor import Limits

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(sys.platform != "linux", reason="the stubs end themselves by POSIX signals"),
]

S = TypeVar("S")


class Listener:
    """The one consumer of the signals, on a thread of its own."""

    def __init__(self, client: AudioClient) -> None:
        self.seen: list[AudioSignal] = []
        self._queue: queue.Queue[AudioSignal] = queue.Queue()
        self._client = client
        self._thread = threading.Thread(target=self._run, name="listener")
        self._thread.start()

    def wait_for(self, kind: type[S]) -> S:
        while not isinstance(one := self._queue.get(timeout=60), kind):
            pass
        return one

    def join(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        for one in self._client.signals():
            self.seen.append(one)
            self._queue.put(one)


@pytest.fixture
def audio(launch: Launch, limits: Limits, events: Any) -> Iterator[AudioClient]:
    client = AudioClient(
        EngineSpec("stub_engines:Speakers"),
        detector=EngineSpec("stub_engines:Detector"),
        on_event=events,
        launch=launch,
        limits=limits,
    )
    yield client
    client.close()


@pytest.fixture
def listener(audio: AudioClient) -> Iterator[Listener]:
    listener = Listener(audio)
    yield listener
    audio.close()
    listener.join()


def _speech(text: str) -> Speech:
    return Speech(AudioClip(np.zeros(12_000, np.float32), 24_000), text)


def test_signals_and_clips_arrive(audio: AudioClient, listener: Listener) -> None:
    audio.open(AudioPlan(output_name="耳机"))
    assert listener.wait_for(DeviceOpened).name == "耳机 at 1.0"
    audio.listen("hands_free")
    clip = listener.wait_for(SoftEnd).clip
    assert (len(clip.samples), clip.rate_hz, float(clip.samples[-1])) == (16_000, 16_000, 15_999.0)
    audio.enqueue(TurnId(1), _speech("你好"))
    assert listener.wait_for(Played) == Played(TurnId(1), 0.5)
    audio.finish(TurnId(1))
    assert listener.wait_for(PlaybackEnded) == PlaybackEnded(TurnId(1), 1.0, stopped=False)


def test_the_decision_about_a_pause_and_the_end_of_an_utterance_reach_the_worker(
    audio: AudioClient, listener: Listener
) -> None:
    audio.resume(TurnId(1))
    assert listener.wait_for(Resumed) == Resumed(TurnId(1))
    audio.end_after(450)
    assert listener.wait_for(Level).level_db == -450.0


def test_the_echo_test_is_done_in_the_worker(audio: AudioClient, listener: Listener) -> None:
    assert audio.test_echo() == EchoTest(80.0, None, "weak")


def test_a_full_queue_holds_the_writer_until_the_turn_is_stopped(
    audio: AudioClient, listener: Listener
) -> None:
    writer = threading.Thread(target=audio.enqueue, args=(TurnId(1), _speech("full")), name="writer")
    writer.start()
    listener.wait_for(Played)
    assert writer.is_alive()
    audio.stop(TurnId(1))
    writer.join(30)
    assert not writer.is_alive()
    assert listener.wait_for(PlaybackEnded) == PlaybackEnded(TurnId(1), 0.25, stopped=True)


def test_a_death_ends_the_turns_where_they_were_heard_to(
    audio: AudioClient, listener: Listener, events: Any
) -> None:
    audio.open(AudioPlan(output_name="a"))
    audio.listen("hands_free")
    listener.wait_for(SoftEnd)
    audio.enqueue(TurnId(1), _speech("ok"))
    listener.wait_for(Played)
    audio.enqueue(TurnId(2), _speech("die"))
    assert events.wait_for(WorkerLost).cause == "stopped by the system (signal 9)"
    ends = [listener.wait_for(PlaybackEnded), listener.wait_for(PlaybackEnded)]
    assert PlaybackEnded(TurnId(1), 0.5, stopped=True) in ends
    assert {TurnId(1), TurnId(2)} == {end.turn for end in ends}
    assert listener.wait_for(MicClosed).why == "stopped by the system (signal 9)"
    assert listener.wait_for(DeviceLost) == DeviceLost(
        "output", "a at 1.0", "stopped by the system (signal 9)", reopening=True
    )


def test_a_new_worker_takes_up_plan_volume_and_listening(
    audio: AudioClient, listener: Listener, events: Any
) -> None:
    audio.open(AudioPlan(output_name="a"))
    audio.listen("hands_free")
    audio.set_volume(0.5)
    listener.wait_for(SoftEnd)
    os.kill(audio.pid or 0, signal.SIGKILL)
    listener.wait_for(DeviceLost)
    assert listener.wait_for(DeviceOpened).name == "a at 0.5"
    listener.wait_for(MicOpened)
    audio.enqueue(TurnId(3), _speech("在"))
    audio.finish(TurnId(3))
    assert not listener.wait_for(PlaybackEnded).stopped


def test_a_turn_that_ended_with_the_worker_stays_over(
    audio: AudioClient, listener: Listener, events: Any
) -> None:
    audio.enqueue(TurnId(1), _speech("die"))
    listener.wait_for(PlaybackEnded)
    events.wait_for(WorkerLost)
    events.wait_for(WorkerReady)
    audio.enqueue(TurnId(1), _speech("late"))
    audio.finish(TurnId(1))
    audio.stop(TurnId(1))
    audio.finish(TurnId(2))  # control: another turn ends in the new worker
    assert listener.wait_for(PlaybackEnded).turn == TurnId(2)


def test_without_a_worker_turns_end_unheard(launch: Launch, events: Any) -> None:
    client = AudioClient(
        EngineSpec("stub_engines:Speakers"),
        detector=EngineSpec("stub_engines:Detector"),
        on_event=events,
        launch=launch,
        limits=Limits(crashes=1),
    )
    listener = Listener(client)
    os.kill(client.pid or 0, signal.SIGKILL)
    assert not events.wait_for(WorkerLost).restarts
    client.enqueue(TurnId(1), _speech("你好"))
    client.finish(TurnId(2))
    client.stop(TurnId(3))
    ends = [listener.wait_for(PlaybackEnded) for _ in range(3)]
    client.close()
    listener.join()
    assert ends == [PlaybackEnded(TurnId(n), 0.0, stopped=True) for n in (1, 2, 3)]


def test_signals_end_when_the_engine_says_so(audio: AudioClient) -> None:
    listener = Listener(audio)
    audio.enqueue(TurnId(1), _speech("end"))
    listener.join()
    assert audio.done


def test_closed_audio_says_so(audio: AudioClient) -> None:
    audio.close()
    audio.close()
    with pytest.raises(AudioError) as caught:
        audio.enqueue(TurnId(1), _speech("x"))
    assert caught.value.code == "closed"


def test_wav_files_go_through_the_worker_and_are_recorded(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    loud = (0.3 * rng.standard_normal(16_000)).astype(np.float32)
    quiet = np.zeros(8_000, np.float32)
    write_wav(tmp_path / "in.wav", np.concatenate((quiet, loud, quiet)), 16_000)
    client = AudioClient(
        EngineSpec(
            "wav",
            {"inputs": [str(tmp_path / "in.wav")], "output": tmp_path / "out.wav", "reply_timeout_s": 5.0},
        ),
        detector=EngineSpec("energy"),
    )
    client.open(AudioPlan())
    client.listen("hands_free")
    turn = TurnId(1)
    heard: list[AudioSignal] = []
    for one in client.signals():
        heard.append(one)
        if type(one).__name__ == "UtteranceEnded":
            client.enqueue(turn, _speech("答"))
            client.finish(turn)
    client.close()
    assert client.done
    assert [one.turn for one in heard if isinstance(one, PlaybackEnded)] == [turn]
    assert read_wav(tmp_path / "out.wav").seconds > 2.0
