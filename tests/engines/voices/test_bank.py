from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.voices.bank import VoiceBank
from companion.errors import ModelError
from companion.text.phonemes import Language, Phone, Phonemes

pytestmark = pytest.mark.unit


def letters(text: str, language: Language, alphabet: str) -> Phonemes:
    return Phonemes(text, tuple(Phone(char, place) for place, char in enumerate(text)))


def piper(folder: Path, name: str, onnx: Any) -> VoiceSpec:
    (folder / name).mkdir()
    return VoiceSpec(engine="piper", model=onnx.piper_voice(folder / name))


def rates(bank: VoiceBank, voice: VoiceSpec) -> set[int]:
    return {speech.clip.rate_hz for speech in bank.synthesise("ab", CancelToken(), voice=voice)}


def test_voice_is_chosen_by_its_engine(tmp_path: Path, onnx: Any) -> None:
    bank = VoiceBank.load(phonemise=letters)
    assert rates(bank, VoiceSpec(engine="tones")) == {24_000}
    assert rates(bank, piper(tmp_path, "a", onnx)) == {22_050}


def test_least_used_voice_is_dropped_and_comes_back(tmp_path: Path, onnx: Any) -> None:
    bank = VoiceBank.load(cache=2, phonemise=letters)
    voices = [piper(tmp_path, name, onnx) for name in "abc"]
    for voice in voices:
        rates(bank, voice)
    assert len(bank._voices) == 2
    assert rates(bank, voices[0]) == {22_050}
    shutil.rmtree(tmp_path / "b")
    with pytest.raises(ModelError):
        rates(bank, voices[1])


@pytest.mark.parametrize("engine", ["kokoro", "piper"])
def test_missing_voice_says_so_each_time_and_others_go_on(engine: Any) -> None:
    bank = VoiceBank.load(phonemise=letters)
    for _ in range(2):
        with pytest.raises(ModelError, match="The voice cannot speak") as caught:
            list(bank.synthesise("ab", CancelToken(), voice=VoiceSpec(engine=engine)))
        assert caught.value.code == "voice"
        assert caught.value.hint
    assert rates(bank, VoiceSpec(engine="tones")) == {24_000}


def test_broken_voice_file_is_a_voice_error(tmp_path: Path, onnx: Any) -> None:
    voice = piper(tmp_path, "a", onnx)
    assert voice.model is not None
    voice.model.write_bytes(onnx.adder(initializer=onnx.external("w", "/etc/passwd")))
    with pytest.raises(ModelError, match="point to other files") as caught:
        list(VoiceBank.load(phonemise=letters).synthesise("ab", CancelToken(), voice=voice))
    assert caught.value.code == "voice"


def test_replaced_voice_file_is_loaded_anew(tmp_path: Path, onnx: Any) -> None:
    bank = VoiceBank.load(phonemise=letters)
    voice = piper(tmp_path, "a", onnx)
    assert rates(bank, voice) == {22_050}
    onnx.piper_voice(tmp_path / "a", audio={"sample_rate": 16000})
    assert rates(bank, voice) == {16_000}
