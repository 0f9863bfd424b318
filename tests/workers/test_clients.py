"""Language and speech through a worker: the ports hold, and a death is told and mended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.domain.character import Adapter, Sampling, VoiceSpec
from companion.domain.events import Notice, WorkerLost, WorkerReady
from companion.domain.messages import Message
from companion.engines.language_models.scripted import Scripted
from companion.engines.voices.tones import Tones
from companion.errors import Cancelled, ModelError, WorkerError
from companion.ports import GenerationDone, Prompt, TextDelta, Transcript
from companion.workers.clients import LanguageClient, SpeechClient
from companion.workers.process import Launch
from companion.workers.spec import EngineSpec
from companion.workers.supervisor import Limits

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(sys.platform != "linux", reason="the stubs find the pipe through /proc"),
]

MIND = EngineSpec("stub_engines:Mind", {"model": "/somewhere/小满.gguf"})


@pytest.fixture
def mind(launch: Launch, limits: Limits, events: Any) -> Iterator[LanguageClient]:
    client = LanguageClient(MIND, on_event=events, launch=launch, limits=limits)
    yield client
    client.close()


def _prompt(order: str) -> Prompt:
    return Prompt((Message("system", "她"),), (), (Message("user", order),))


def _parts(client: LanguageClient, order: str, cancel: CancelToken | None = None) -> Iterator[object]:
    return client.generate(_prompt(order), Sampling(), cancel or CancelToken())


def _text(client: LanguageClient, order: str) -> str:
    return "".join(part.text for part in _parts(client, order) if isinstance(part, TextDelta))


def test_a_model_answers_through_the_pipe(mind: LanguageClient) -> None:
    parts = list(_parts(mind, "say:你好"))
    assert [TextDelta("你"), TextDelta("好")] == parts[:2]
    assert [GenerationDone(1, 0, 1, 1, 0.1, 0.2, "end")] == parts[2:]
    assert (mind.info.name, mind.info.notes) == ("/somewhere/小满.gguf", ("中文",))
    assert mind.count_tokens(["你好", "", "abc"]) == [2, 0, 3]
    assert mind.count_tokens([]) == []
    assert mind.warm(_prompt("x"), CancelToken(), keep_as="saved").restored


def test_texts_longer_than_a_header_are_counted_in_batches(mind: LanguageClient) -> None:
    assert mind.count_tokens(["长" * 200_000] * 8) == [200_000] * 8


def test_a_prompt_longer_than_a_header_is_refused_and_the_worker_lives(mind: LanguageClient) -> None:
    pid = mind.pid
    with pytest.raises(WorkerError) as caught:
        list(_parts(mind, "say:" + "长" * 400_000))
    assert caught.value.code == "frame"
    assert (_text(mind, "say:好"), mind.pid) == ("好", pid)


def test_the_demo_mind_is_the_same_through_a_worker(closing: Any) -> None:
    prompt = _prompt("你是谁？")
    sampling = Sampling(seed=5)
    here = [
        one.text
        for one in Scripted.load().generate(prompt, sampling, CancelToken())
        if isinstance(one, TextDelta)
    ]
    client = closing(LanguageClient(EngineSpec("scripted")))
    there = [
        one.text for one in client.generate(prompt, sampling, CancelToken()) if isinstance(one, TextDelta)
    ]
    assert here == there


def test_an_error_of_the_engine_arrives_typed_and_the_worker_lives(mind: LanguageClient, events: Any) -> None:
    pid = mind.pid
    with pytest.raises(ModelError) as caught:
        list(_parts(mind, "raise"))
    assert (
        caught.value.what,
        caught.value.hint,
        caught.value.code,
    ) == ("The prompt needs 9 tokens.", "Shorten it.", "context")
    with pytest.raises(WorkerError) as fault:
        list(_parts(mind, "fault"))
    assert (fault.value.code, "ZeroDivisionError" in fault.value.what) == ("fault", True)
    assert (_text(mind, "say:ok"), mind.pid) == ("ok", pid)
    assert not [event for event in events.seen if isinstance(event, WorkerLost)]


def test_a_stop_reaches_a_model_between_two_tokens(mind: LanguageClient) -> None:
    cancel = CancelToken()
    parts = _parts(mind, "slowly", cancel)
    first = next(parts)
    cancel.request()
    rest = list(parts)
    assert (TextDelta("first"), "cancelled") == (first, rest[-1].stop_reason)  # type: ignore[attr-defined]
    assert len(rest) == 1


def test_a_stop_reaches_a_long_warm_up(mind: LanguageClient) -> None:
    cancel = CancelToken()
    threading.Timer(0.05, cancel.request).start()
    assert mind.warm(Prompt((Message("system", "long"),)), cancel).n_evaluated == 0


def test_a_model_that_does_not_hear_a_stop_is_not_waited_for(mind: LanguageClient) -> None:
    cancel = CancelToken()
    parts = _parts(mind, "deaf", cancel)
    next(parts)
    cancel.request()
    (done,) = list(parts)
    assert isinstance(done, GenerationDone)
    assert done.stop_reason == "cancelled"


def test_leaving_a_reply_early_frees_the_model(mind: LanguageClient) -> None:
    parts = _parts(mind, "slowly")
    next(parts)
    parts.close()  # type: ignore[attr-defined]
    assert _text(mind, "say:next") == "next"


def test_what_a_library_prints_stays_out_of_the_frames(
    closing: Any, launch: Launch, mind: LanguageClient
) -> None:
    noisy = EngineSpec("stub_engines:Mind", {"chatter": "加载张量 loading tensors\n" * 5000})
    client = closing(LanguageClient(noisy, launch=launch))
    assert _text(client, "chatter:print_timings") == "said"
    assert _text(client, "stdin") == "b''"


CRASHES = [
    ("kill", "stopped by the system (signal 9)"),
    ("segv", "crashed (signal 11)"),
    ("bus", "crashed (signal 7)"),
    ("abort", "crashed (signal 6): GGML_ASSERT: 内存 out of memory"),
    ("exit 0", "ended with code 0"),
    ("exit 3", "ended with code 3"),
    ("garbage", "A worker broke its protocol: it announced a message"),
    ("long line", "A worker broke its protocol: it announced a message"),
    ("large frame", "A worker broke its protocol: it announced a message of 16,777,227 bytes"),
    ("unknown frame", "A worker broke its protocol: it sent open."),
    ("freeze", "did not answer for 2 s"),
]


@pytest.mark.parametrize(("how", "cause"), CRASHES, ids=[how for how, _ in CRASHES])
def test_a_death_is_told_with_its_cause_and_the_next_request_is_served(
    mind: LanguageClient, events: Any, how: str, cause: str
) -> None:
    pid = mind.pid
    with pytest.raises(WorkerError) as caught:
        list(_parts(mind, f"die:{how}"))
    lost = events.wait_for(WorkerLost)
    assert lost.cause.startswith(cause)
    assert (lost.role, lost.restarts, caught.value.code) == ("language", True, "worker")
    assert _text(mind, "say:还在") == "还在"
    assert mind.pid != pid


def test_the_request_right_after_each_death_is_served(launch: Launch, closing: Any) -> None:
    client = closing(LanguageClient(MIND, launch=launch, limits=Limits(crashes=99, backoff_s=(0.0,))))
    for position in range(1, 9):
        pid = client.pid
        parts = _parts(client, "say:一二三四五六七八九十")
        received = [next(parts) for _ in range(position)]
        os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(WorkerError):
            received.extend(parts)  # what was in the pipe may still arrive
        assert len(received) >= position
        with contextlib.suppress(WorkerError):
            _text(client, "die:kill")
        assert _text(client, "say:还在") == "还在"


def test_a_request_that_does_not_kill_keeps_its_process(mind: LanguageClient, events: Any) -> None:
    pid = mind.pid
    assert _text(mind, "die:nothing") == "half a "
    assert (mind.pid, len(events.seen)) == (pid, 1)


def test_what_came_before_the_death_is_kept(mind: LanguageClient) -> None:
    parts = _parts(mind, "die:kill")
    first = next(parts)
    with pytest.raises(WorkerError):
        next(parts)
    assert first == TextDelta("half a ")


def test_silence_is_told_before_the_process_is_replaced(mind: LanguageClient, events: Any) -> None:
    with pytest.raises(WorkerError):
        list(_parts(mind, "die:freeze"))
    events.wait_for(WorkerLost)
    kinds = [type(event) for event in events.seen[:3]]
    assert kinds == [WorkerReady, Notice, WorkerLost]


def test_adapters_are_attached_again(mind: LanguageClient, events: Any) -> None:
    mind.attach([Adapter(Path("/pack/style.gguf"), 0.5)])
    os.kill(mind.pid or 0, signal.SIGKILL)
    events.wait_for(WorkerLost)
    assert _text(mind, "adapters") == "style.gguf@0.5"


def test_the_fifth_crash_is_the_last(mind: LanguageClient, events: Any) -> None:
    answers = []
    for _ in range(4):
        os.kill(mind.pid or 0, signal.SIGKILL)
        assert events.wait_for(WorkerLost).restarts
        answers.append(_text(mind, "say:x"))  # control: four are forgiven
    os.kill(mind.pid or 0, signal.SIGKILL)
    assert not events.wait_for(WorkerLost).restarts
    with pytest.raises(WorkerError) as caught:
        _text(mind, "say:x")
    assert answers == ["x"] * 4
    assert caught.value.code == "worker_given_up"
    assert "小满.gguf" in caught.value.what
    assert "signal 9" in caught.value.what
    assert "/somewhere" not in caught.value.what


def test_a_file_that_crashes_its_loader_is_named_after_two_attempts(launch: Launch, events: Any) -> None:
    spec = EngineSpec("stub_engines:Mind", {"model": "/x/evil.gguf", "dies": "segv"})
    with pytest.raises(WorkerError) as caught:
        LanguageClient(spec, on_event=events, launch=launch)
    assert caught.value.code == "worker_given_up"
    assert "evil.gguf" in caught.value.what
    assert [event.restarts for event in events.seen] == [True, False]


def test_a_loader_that_crashes_once_gets_a_second_chance(
    closing: Any, launch: Launch, tmp_path: Path
) -> None:
    spec = EngineSpec("stub_engines:Mind", {"dies": "segv", "once": str(tmp_path / "tried")})
    client = closing(LanguageClient(spec, launch=launch))
    assert _text(client, "say:好") == "好"


def test_a_loading_error_arrives_typed_and_is_no_crash(launch: Launch, events: Any) -> None:
    with pytest.raises(ModelError) as caught:
        LanguageClient(
            EngineSpec("stub_engines:BrokenMind", {"model": "a.gguf"}), on_event=events, launch=launch
        )
    assert (caught.value.what, caught.value.code) == ("The file a.gguf is cut off.", "gguf")
    assert events.seen == []


def test_loading_that_takes_too_long_is_ended(launch: Launch, events: Any) -> None:
    slow = EngineSpec("stub_engines:Mind", {"dies": "freeze"})
    with pytest.raises(WorkerError):
        LanguageClient(slow, on_event=events, launch=launch, limits=Limits(load_s=1.5))
    assert events.seen[0].cause == "did not finish loading within 2 s"


def test_loading_can_be_stopped(launch: Launch) -> None:
    cancel = CancelToken()
    threading.Timer(0.3, cancel.request).start()
    with pytest.raises(Cancelled):
        LanguageClient(
            EngineSpec("stub_engines:Mind", {"dies": "freeze"}),
            cancel=cancel,
            launch=launch,
            limits=Limits(close_s=0.5),
        )


def test_a_test_engine_is_refused_where_it_is_not_asked_for() -> None:
    with pytest.raises(ModelError) as caught:
        LanguageClient(MIND)
    assert caught.value.code == "engine"


@pytest.mark.parametrize("option", ["colour", "model_path"])
def test_an_unknown_option_is_an_error_and_no_crash(launch: Launch, option: str) -> None:
    with pytest.raises(WorkerError) as caught:
        LanguageClient(EngineSpec("stub_engines:Mind", {option: 1}), launch=launch)
    assert (caught.value.code, option in caught.value.what) == ("fault", True)


def test_a_closed_client_says_so(launch: Launch) -> None:
    client = LanguageClient(MIND, launch=launch)
    client.close()
    client.close()
    with pytest.raises(WorkerError) as caught:
        client.count_tokens(["x"])
    assert caught.value.code == "closed"


def test_closing_ends_a_request_in_flight(launch: Launch, limits: Limits) -> None:
    client = LanguageClient(MIND, launch=launch, limits=limits)
    parts = _parts(client, "slowly")
    next(parts)
    client.close()
    with pytest.raises(WorkerError) as caught:
        next(parts)
    assert caught.value.code == "closed"


# ---- memory


def test_a_worker_that_has_grown_is_replaced_between_requests(
    closing: Any, launch: Launch, events: Any, has_ended: Any
) -> None:
    limits = Limits(slack_bytes=30_000_000, growth=1.05, settle_requests=1, settle_s=0, recycle_every_s=0)
    client = closing(LanguageClient(MIND, on_event=events, launch=launch, limits=limits))
    pid = client.pid or 0
    _text(client, "say:warm")
    replies = _parts(client, "slowly")
    next(replies)
    assert not has_ended(pid, 1.5)  # control: nothing has grown
    replies.close()  # type: ignore[attr-defined]
    _text(client, "grow:200000")
    lost = events.wait_for(WorkerLost)
    assert "MB and was replaced" in lost.cause
    assert (lost.restarts, _text(client, "grow:0"), client.pid != pid) == (True, "1", True)


def test_a_worker_that_has_grown_keeps_its_running_request(
    closing: Any, launch: Launch, has_ended: Any
) -> None:
    limits = Limits(cap_bytes=1, settle_requests=1, settle_s=0, recycle_every_s=0)
    client = closing(LanguageClient(MIND, launch=launch, limits=limits))
    pid = client.pid or 0
    parts = _parts(client, "slowly")
    next(parts)
    assert not has_ended(pid, 2.0)
    parts.close()  # type: ignore[attr-defined]
    assert has_ended(pid, 30.0)  # control: it was too large all the time


def test_memory_beyond_the_limit_is_a_typed_error(closing: Any, launch: Launch) -> None:
    limited = Launch(memory_limit=600_000_000, allow_targets=True, environment=launch.environment)
    client = closing(LanguageClient(MIND, launch=limited))
    with pytest.raises(ModelError) as caught:
        _text(client, "grow:1000000")
    assert caught.value.code == "memory"
    assert _text(client, "grow:1000") == "1"  # control


# ---- what a worker may not do


def test_a_worker_imports_neither_the_window_nor_torch(mind: LanguageClient) -> None:
    for name in ("PySide6", "PySide6.QtCore", "torch"):
        assert _text(mind, f"import:{name}").startswith("refused: ")
    assert _text(mind, "import:wave") == "imported"  # control


def test_a_worker_does_not_see_keys(
    closing: Any, mind: LanguageClient, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("COMPANION_COLOUR", "blue")
    client = closing(LanguageClient(MIND, launch=launch))
    seen = [
        _text(client, f"environment:{name}")
        for name in ("OPENAI_API_KEY", "COMPANION_COLOUR", "HF_HUB_OFFLINE")
    ]
    assert seen == ["(not set)", "blue", "1"]


def test_a_worker_of_a_local_engine_reaches_no_network(mind: LanguageClient, launch: Launch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if "no network" not in mind.confinement:
            pytest.skip("this system does not let a process leave the network")
        assert _text(mind, f"connect:{port}") == "refused"
        remote = LanguageClient(MIND, launch=Launch(True, 0, True, launch.environment))
        assert _text(remote, f"connect:{port}") == "connected"  # control
        remote.close()


# ---- speech


@pytest.fixture
def speech(launch: Launch, limits: Limits, events: Any) -> Iterator[SpeechClient]:
    client = SpeechClient(
        EngineSpec("stub_engines:Ears"),
        EngineSpec("stub_engines:Mouth"),
        on_event=events,
        launch=launch,
        limits=limits,
    )
    yield client
    client.close()


CLIP = AudioClip(np.ones(16_000, np.float32), 16_000)


def test_clips_go_in_and_speech_comes_out(speech: SpeechClient) -> None:
    transcript = speech.transcribe(CLIP, CancelToken(), language="en", hotwords=["小满"])
    assert transcript == Transcript("16000 16000", "en")
    chunks = list(speech.synthesise("你好呀", CancelToken(), voice=VoiceSpec()))
    assert [chunk.last for chunk in chunks] == [False, False, True]
    assert [float(chunk.clip.samples[-1]) for chunk in chunks] == [0.0, 1.0, 2.0]


def test_recogniser_and_voice_work_at_once(speech: SpeechClient) -> None:
    heard: list[Transcript] = []
    listener = threading.Thread(
        target=lambda: heard.append(speech.transcribe(CLIP, CancelToken(), hotwords=["wait"]))
    )
    listener.start()
    list(speech.synthesise("好", CancelToken(), voice=VoiceSpec()))
    listener.join(30)
    assert len(heard) == 1


def test_a_stop_ends_recognition_and_speech(speech: SpeechClient) -> None:
    for request in (
        lambda cancel: speech.transcribe(CLIP, cancel, hotwords=["slowly"]),
        lambda cancel: list(speech.synthesise("慢", cancel, voice=VoiceSpec())),
    ):
        cancel = CancelToken()
        threading.Timer(0.05, cancel.request).start()
        with pytest.raises(Cancelled):
            request(cancel)
    assert speech.transcribe(CLIP, CancelToken()).language == "zh"


def test_speech_comes_back_after_a_death(speech: SpeechClient, events: Any) -> None:
    with pytest.raises(WorkerError):
        list(speech.synthesise("die", CancelToken(), voice=VoiceSpec()))
    assert events.wait_for(WorkerLost).role == "speech"
    assert len(list(speech.synthesise("在", CancelToken(), voice=VoiceSpec()))) == 1
    assert speech.transcribe(CLIP, CancelToken()).text == "16000 16000"


def test_a_voice_that_cannot_be_loaded_is_a_typed_error(speech: SpeechClient) -> None:
    with pytest.raises(ModelError) as caught:
        list(speech.synthesise("好", CancelToken(), voice=VoiceSpec("piper")))
    assert caught.value.code == "voice"


def test_one_engine_that_cannot_be_loaded_does_not_take_the_other_along(closing: Any, launch: Launch) -> None:
    broken = EngineSpec("stub_engines:BrokenMind", {"model": "耳朵"})
    client = closing(SpeechClient(broken, EngineSpec("stub_engines:Mouth"), launch=launch))
    assert client.voice_error is None
    assert client.recogniser_error is not None
    with pytest.raises(ModelError):
        client.transcribe(CLIP, CancelToken())
    assert len(list(client.synthesise("好", CancelToken(), voice=VoiceSpec()))) == 1
    with pytest.raises(ModelError):
        SpeechClient(broken, broken, launch=launch)


def test_a_turn_detector_gets_the_last_eight_seconds(closing: Any, launch: Launch) -> None:
    client = closing(SpeechClient(None, None, EngineSpec("stub_engines:Melody"), launch=launch))
    assert client.completeness(CLIP) == pytest.approx(1 / 8)
    assert client.completeness(AudioClip(np.ones(16_000 * 20, np.float32), 16_000)) == pytest.approx(1.0)


def test_a_turn_detector_that_dawdles_is_not_waited_for(closing: Any, launch: Launch) -> None:
    client = closing(SpeechClient(None, None, EngineSpec("stub_engines:Melody"), launch=launch))
    with pytest.raises(WorkerError) as caught:
        client.completeness(AudioClip(np.ones(800, np.float32), 8_000))
    assert caught.value.code == "timeout"


def test_a_turn_detector_that_cannot_be_loaded_leaves_the_voice_alone(closing: Any, launch: Launch) -> None:
    broken = EngineSpec("stub_engines:BrokenMind", {"model": "耳朵"})
    client = closing(SpeechClient(None, EngineSpec("stub_engines:Mouth"), broken, launch=launch))
    assert (client.voice_error, client.turn_error is None) == (None, False)
    with pytest.raises(ModelError):
        client.completeness(CLIP)


def test_the_demo_voice_is_the_same_through_a_worker(closing: Any) -> None:
    voice = VoiceSpec("tones")
    here = list(Tones.load().synthesise("你好，世界", CancelToken(), voice=voice))
    client = closing(SpeechClient(None, EngineSpec("bank")))
    there = list(client.synthesise("你好，世界", CancelToken(), voice=voice))
    assert [one.marks for one in here] == [one.marks for one in there]
    for ours, theirs in zip(here, there, strict=True):
        assert np.array_equal(ours.clip.samples, theirs.clip.samples)
