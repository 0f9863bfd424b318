"""Values that cross the pipe: everything comes back equal, nothing else comes in."""

from __future__ import annotations

import dataclasses
import json
import typing
from pathlib import Path

import numpy as np
import pytest

from companion import ports
from companion.domain.audio import AudioClip, Speech, SpeechMark
from companion.domain.character import Adapter, Sampling, VoiceSpec
from companion.domain.messages import Message, TurnId
from companion.errors import (
    AudioError,
    Cancelled,
    CompanionError,
    ModelError,
    PackError,
    StorageError,
    UsageError,
    WorkerError,
)
from companion.workers.codec import (
    SIGNALS,
    decode,
    decode_error,
    decode_signal,
    decode_spec,
    encode,
    encode_error,
    encode_signal,
    encode_spec,
)
from companion.workers.spec import EngineSpec

pytestmark = pytest.mark.unit

CLIP = AudioClip(np.array([0.0, -1.0, 0.25, 1e-9], np.float32), 22_050)
TURN = TurnId(3, 1)
VALUES: list[object] = [
    Adapter(Path("角色/style.gguf"), 0.75),
    Message("user", "你好 <|im_start|>"),
    Sampling(),
    Sampling(temperature=1, seed=7, stop=("\n用户：", "User:")),
    VoiceSpec(),
    VoiceSpec(
        "piper", (("zf_xiaobei", 0.5), ("af_heart", 0.5)), Path("a.bin"), Path("m.onnx"), 2, 1.2, -1.0, "en"
    ),
    TURN,
    SpeechMark(120, 2, "ɕ"),
    ports.Prompt(
        (Message("system", "她是小满。"),), (Message("assistant", "嗯"),), (Message("user", "Hi"),), "（"
    ),
    ports.AudioPlan("麦克风", "Lautsprecher", 100, 600, "auto", 0.5),
    ports.EchoTest(80.5, None, "weak"),
    ports.GenerationDone(10, 4, 6, 3, 0.1, 0.2, "cancelled"),
    ports.Warmed(5, 5, True, 0.25),
    ports.ModelInfo("m", 4096, "cpu", 0, 28, "chatml", False, ("少了三层",)),
    ports.Transcript("今天天气很好", "zh", 0.1, 1.5),
]
PLAIN_SIGNALS: list[ports.AudioSignal] = [
    ports.Level(float("-inf"), 0.5),
    ports.MicOpened("USB"),
    ports.MicClosed("拔掉了"),
    ports.SpeechStarted(1.0),
    ports.SpeechResumed(2.0),
    ports.Played(TURN, 0.5),
    ports.PlaybackStarted(TURN, 4.0),
    ports.PlaybackEnded(TURN, 1.5, True),
    ports.Ducked(TURN, 2.5),
    ports.Paused(TURN, 1.25),
    ports.Resumed(TURN),
    ports.DeviceOpened("input", "a", "portaudio"),
    ports.DeviceLost("output", "b", "gone", True),
]
CLIP_SIGNALS: list[ports.AudioSignal] = [
    ports.StillSpeaking(CLIP, 1.0),
    ports.SoftEnd(CLIP, 1.0),
    ports.UtteranceEnded(CLIP, 2.0, False),
    ports.BargeIn(TURN, CLIP, True),
]


def _over_the_wire(plain: object) -> object:
    return json.loads(json.dumps(plain, ensure_ascii=False))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_equal(value: object) -> None:
    plain, body = encode(value)
    assert (value, b"") == (decode(type(value), _over_the_wire(plain)), body)


@pytest.mark.parametrize("signal", PLAIN_SIGNALS, ids=lambda signal: type(signal).__name__)
def test_a_signal_comes_back_equal(signal: ports.AudioSignal) -> None:
    fields, body = encode_signal(signal)
    assert signal == decode_signal(fields["signal"], _over_the_wire(fields["value"]), body)


def test_every_signal_of_the_port_is_tried_here() -> None:
    tried = {type(signal).__name__ for signal in PLAIN_SIGNALS + CLIP_SIGNALS}
    assert {one.__name__ for one in typing.get_args(ports.AudioSignal)} == tried == set(SIGNALS)


@pytest.mark.parametrize("signal", CLIP_SIGNALS, ids=lambda signal: type(signal).__name__)
def test_the_clip_of_a_signal_travels_in_the_body(signal: ports.AudioSignal) -> None:
    fields, body = encode_signal(signal)
    back = decode_signal(fields["signal"], _over_the_wire(fields["value"]), body)
    assert isinstance(back, ports.StillSpeaking | ports.SoftEnd | ports.UtteranceEnded | ports.BargeIn)
    assert len(body) == 16
    assert (CLIP.samples.tolist(), CLIP.rate_hz) == (back.clip.samples.tolist(), back.clip.rate_hz)


def test_speech_comes_back_with_marks_and_samples() -> None:
    speech = Speech(CLIP, "你好", (SpeechMark(0, 0, "n"), SpeechMark(2, 1, "x")), exact=True, last=False)
    plain, body = encode(speech)
    back = decode(Speech, _over_the_wire(plain), body)
    assert (speech.text, speech.marks, True, False) == (back.text, back.marks, back.exact, back.last)
    assert np.array_equal(speech.clip.samples, back.clip.samples)
    assert back.clip.samples.flags.writeable


def test_samples_of_another_type_or_layout_arrive_as_float32() -> None:
    samples = np.arange(8, dtype=np.float64)[::2]
    plain, body = encode(AudioClip(samples, 16_000))  # type: ignore[arg-type]
    assert decode(AudioClip, plain, body).samples.tolist() == [0.0, 2.0, 4.0, 6.0]


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        (TurnId, {"turn": 1}),
        (TurnId, {"turn": 1, "revision": 0, "more": 1}),
        (TurnId, {"turn": "1", "revision": 0}),
        (TurnId, {"turn": True, "revision": 0}),
        (TurnId, {"turn": 1.0, "revision": 0}),
        (TurnId, [1, 0]),
        (TurnId, None),
        (Message, {"role": "tool", "text": ""}),
        (Message, {"role": ["user"], "text": ""}),
        (ports.Played, {"turn": {"turn": 1, "revision": 0}, "seconds": "1"}),
        (SpeechMark, {"sample": 0, "char": 0, "phoneme": None}),
        (tuple[str, ...], ["a", 1]),
        (tuple[str, ...], "ab"),
        (VoiceSpec, {**encode(VoiceSpec())[0], "styles": [["a"]]}),
        (AudioClip, {"rate_hz": 0}),
        (AudioClip, {"rate_hz": 16_000, "path": "/etc/passwd"}),
    ],
    ids=range(16),
)
def test_what_does_not_fit_is_refused(kind: type, plain: object) -> None:
    with pytest.raises(WorkerError) as caught:
        decode(kind, plain)
    assert caught.value.code == "codec"


def test_a_body_that_is_no_float32_is_refused() -> None:
    assert len(decode(AudioClip, {"rate_hz": 16_000}, bytes(8)).samples) == 2  # control
    with pytest.raises(WorkerError):
        decode(AudioClip, {"rate_hz": 16_000}, bytes(7))


@pytest.mark.parametrize("name", ["Path", "Popen", "", None, 3])
def test_an_unknown_signal_is_refused(name: object) -> None:
    with pytest.raises(WorkerError):
        decode_signal(name, {}, b"")


def test_a_class_that_is_not_named_does_not_travel() -> None:
    @dataclasses.dataclass
    class Stranger:
        text: str = ""

    with pytest.raises(WorkerError):
        encode(Stranger())


@pytest.mark.parametrize(
    "kind", [CompanionError, ModelError, PackError, StorageError, AudioError, WorkerError, UsageError]
)
def test_an_error_comes_back_as_its_class(kind: type[CompanionError]) -> None:
    back = decode_error(encode_error(kind("模型文件不完整。", "Fetch it again.", code="gguf")))
    assert (kind, "模型文件不完整。", "Fetch it again.", "gguf") == (
        type(back),
        back.what,
        back.hint,
        back.code,
    )


def test_a_stop_comes_back_as_a_stop_and_an_unknown_error_as_the_workers() -> None:
    assert isinstance(decode_error(encode_error(Cancelled())), Cancelled)
    assert type(decode_error({"kind": "SystemExit", "what": "x"})) is WorkerError


def test_engine_options_are_json_values_and_paths() -> None:
    spec = EngineSpec(
        "llama_cpp", {"model": Path("模型.gguf"), "threads": 2, "more": [1.5, None, {"a": True}]}
    )
    assert decode_spec(_over_the_wire(encode_spec(spec))) == EngineSpec(
        "llama_cpp", {"model": "模型.gguf", "threads": 2, "more": [1.5, None, {"a": True}]}
    )
    assert decode_spec(encode_spec(None)) is None
    with pytest.raises(TypeError):
        encode_spec(EngineSpec("x", {"model": object()}))
    with pytest.raises(WorkerError):
        decode_spec({"engine": "x"})
