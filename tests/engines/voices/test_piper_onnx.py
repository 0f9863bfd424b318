from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.domain.audio import Speech
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.domain.heard import Spoken, heard_char
from companion.engines.voices.piper_onnx import PiperOnnx, read_config
from companion.engines.voices.shaping import pause_after
from companion.errors import Cancelled, ModelError
from companion.text.phonemes import Language, Phone, Phonemes

pytestmark = pytest.mark.unit


def letters(text: str, language: Language, alphabet: str) -> Phonemes:
    return Phonemes(text, tuple(Phone(char.lower(), place) for place, char in enumerate(text)))


def test_durations_of_a_foreign_voice_give_exact_marks(tmp_path: Path, onnx: Any) -> None:
    voice = PiperOnnx.load(onnx.piper_voice(tmp_path), phonemise=letters)
    (speech,) = voice.synthesise("ab.", CancelToken(), voice=VoiceSpec(engine="piper"))
    # Each of `^ _ a _ b _ . _ $` lasts 3 frames of 256 samples; a phone owns itself and the pad before it.
    assert speech.exact
    assert [(mark.sample, mark.char) for mark in speech.marks] == [(768, 0), (2304, 1), (3840, 2)]
    assert (speech.clip.rate_hz, speech.last) == (22050, True)


def test_voice_without_that_node_gets_estimated_marks(tmp_path: Path, onnx: Any) -> None:
    voice = PiperOnnx.load(onnx.piper_voice(tmp_path, ceil=False), phonemise=letters)
    (speech,) = voice.synthesise("ab.", CancelToken(), voice=VoiceSpec(engine="piper"))
    assert (speech.exact, len(speech.marks)) == (False, 3)


def test_speed_shortens_the_sound(tmp_path: Path, onnx: Any) -> None:
    voice = PiperOnnx.load(onnx.piper_voice(tmp_path), phonemise=letters)

    def n_samples(speed: float) -> int:
        (speech,) = voice.synthesise("abc", CancelToken(), voice=VoiceSpec(engine="piper", speed=speed))
        return len(speech.clip.samples)

    assert n_samples(2.0) < n_samples(1.0) < n_samples(0.5)


def test_symbols_the_voice_does_not_know_are_left_out(tmp_path: Path, onnx: Any) -> None:
    voice = PiperOnnx.load(onnx.piper_voice(tmp_path), phonemise=letters)
    (speech,) = voice.synthesise("a你b", CancelToken(), voice=VoiceSpec(engine="piper"))
    assert [mark.char for mark in speech.marks] == [0, 2]
    (nothing,) = voice.synthesise("你好", CancelToken(), voice=VoiceSpec(engine="piper"))
    assert len(nothing.clip.samples) == 0


@pytest.mark.parametrize(
    ("description", "alphabet", "language"),
    [
        ({}, "espeak", "en"),
        ({"phoneme_type": "pinyin", "espeak": {}, "language": {"code": "zh_CN"}}, "piper", "zh"),
        ({"espeak": {"voice": "cmn"}}, "espeak", "zh"),
        ({"espeak": {}}, "espeak", None),
    ],
)
def test_description_tells_alphabet_and_language(
    tmp_path: Path, onnx: Any, description: dict[str, object], alphabet: str, language: str | None
) -> None:
    file = onnx.piper_voice(tmp_path, **description)
    config = read_config(file.with_name("voice.onnx.json"))
    assert (config.alphabet, config.language) == (alphabet, language)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"phoneme_id_map": {"_": [0]}, "audio": {"sample_rate": 22050}}',
        "null",
        '{"audio": 3}',
    ],
)
def test_broken_description_is_a_voice_error(tmp_path: Path, onnx: Any, content: str) -> None:
    file = onnx.piper_voice(tmp_path)
    file.with_name("voice.onnx.json").write_text(content)
    with pytest.raises(ModelError) as caught:
        PiperOnnx.load(file, phonemise=letters)
    assert caught.value.code == "voice"


def test_voice_of_letters_and_absurd_rates_are_refused(tmp_path: Path, onnx: Any) -> None:
    for description in ({"phoneme_type": "text"}, {"audio": {"sample_rate": 4_000_000}}):
        with pytest.raises(ModelError):
            PiperOnnx.load(onnx.piper_voice(tmp_path, **description), phonemise=letters)


def test_model_that_is_no_piper_voice_is_refused(tmp_path: Path, onnx: Any) -> None:
    file = onnx.piper_voice(tmp_path)
    file.write_bytes(onnx.adder())
    with pytest.raises(ModelError, match="no Piper voice"):
        PiperOnnx.load(file, phonemise=letters)


def test_missing_description_is_named(tmp_path: Path, onnx: Any) -> None:
    file = onnx.piper_voice(tmp_path)
    file.with_name("voice.onnx.json").unlink()
    with pytest.raises(ModelError, match=r"voice\.onnx\.json") as caught:
        PiperOnnx.load(file, phonemise=letters)
    assert caught.value.code == "missing"


def test_speaker_beyond_the_last_is_the_last(tmp_path: Path, onnx: Any) -> None:
    config = json.loads((onnx.piper_voice(tmp_path).with_name("voice.onnx.json")).read_text())
    assert "num_speakers" not in config
    voice = PiperOnnx.load(tmp_path / "voice.onnx", phonemise=letters)
    (speech,) = voice.synthesise("ab", CancelToken(), voice=VoiceSpec(engine="piper", speaker=99))
    assert len(speech.clip.samples) > 0


def chunks_of(voice: PiperOnnx, clause: str) -> list[Speech]:
    return list(voice.synthesise(clause, CancelToken(), voice=VoiceSpec(engine="piper")))


def test_voice_with_a_decoder_comes_in_chunks_that_make_the_clause(tmp_path: Path, onnx: Any) -> None:
    voice = PiperOnnx.load(onnx.piper_voice(tmp_path, graph=onnx.vits()), phonemise=letters)
    clause = "abcdefghijklmnopqrstuvwxyz" * 3 + "."
    chunks = chunks_of(voice, clause)
    assert len(chunks) > 3
    assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert all(chunk.exact and chunk.text == clause for chunk in chunks)
    # A phone is two ids of 6 frames of 8 samples, so 96 samples; the pause at the end is all that is added.
    spoken = sum(len(chunk.clip.samples) for chunk in chunks) - int(pause_after(clause) * 22050)
    assert abs(spoken - 96 * len(clause)) < 0.09 * 22050
    assert all(np.abs(chunk.clip.samples).max() > 0.01 for chunk in chunks)


def test_what_was_heard_grows_evenly_over_the_chunks_of_a_clause(tmp_path: Path, onnx: Any) -> None:
    voice = PiperOnnx.load(onnx.piper_voice(tmp_path, graph=onnx.vits()), phonemise=letters)
    clause = "abcdefghijklmnopqrstuvwxyz" * 3
    timeline, end_s = [], 0.0
    for chunk in chunks_of(voice, clause):
        timeline.append(Spoken(end_s, chunk, 0, len(clause)))
        end_s += chunk.clip.seconds
    lead_s = next(
        item.start_s + mark.sample / 22050
        for item in timeline
        for mark in item.speech.marks
        if mark.char == 1
    )
    for place in range(1, len(clause) - 1):
        begun_s = lead_s + (place - 1) * 96 / 22050
        assert heard_char(timeline, begun_s + 0.0005) == place
    assert heard_char(timeline, end_s) == len(clause)


def test_stop_ends_the_work_between_chunks(tmp_path: Path, onnx: Any) -> None:
    voice = PiperOnnx.load(onnx.piper_voice(tmp_path, graph=onnx.vits()), phonemise=letters)
    cancel = CancelToken()
    chunks = voice.synthesise("abcdefghij" * 5, cancel, voice=VoiceSpec(engine="piper"))
    next(chunks)
    cancel.request()
    with pytest.raises(Cancelled):
        next(chunks)
