from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.voices.piper_onnx import PiperOnnx, read_config
from companion.errors import ModelError
from companion.text.phonemes import Language, Phone, Phonemes

pytestmark = pytest.mark.unit


def letters(text: str, language: Language, alphabet: str) -> Phonemes:
    return Phonemes(text, tuple(Phone(char.lower(), place) for place, char in enumerate(text)))


def test_durations_of_a_foreign_voice_give_exact_marks(tmp_path: Path, onnx: Any) -> None:
    voice = PiperOnnx.load(onnx.piper_voice(tmp_path), phonemise=letters)
    (speech,) = voice.synthesise("ab.", CancelToken(), voice=VoiceSpec(engine="piper"))
    # Each of `^ _ a _ b _ . _ $` lasts 3 frames of 256 samples; a phone owns itself and its pad.
    assert speech.exact
    assert [(mark.sample, mark.char) for mark in speech.marks] == [(1536, 0), (3072, 1), (4608, 2)]
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
