from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.catalog import ensure, load_catalog, missing_packages
from companion.engines.voices.kokoro_onnx import KokoroOnnx, split_phones
from companion.errors import Cancelled, ModelError
from companion.text.phonemes import Language, Phone, Phonemes

ROOT = Path(__file__).parents[3]
GREETING = "ni↓xau↓, tɕin→tʰjɛn→tʰjɛn→tɕʰi↓xən↓xau↓."


def by_hand(text: str, language: Language, alphabet: str) -> Phonemes:
    repeats = max(1, len(text) // 9)
    symbols = GREETING * repeats if text.strip("…") else "…"
    return Phonemes(text, tuple(Phone(s, min(i // 4, len(text) - 1)) for i, s in enumerate(symbols)))


@pytest.mark.unit
class TestSplitting:
    def test_short_runs_stay_whole(self) -> None:
        phones = [Phone("a", 0)] * 180
        assert [len(piece) for piece in split_phones(phones)] == [180]

    @pytest.mark.parametrize("n_phones", [181, 400, 900, 2000])
    def test_nothing_is_lost_and_no_piece_is_too_long(self, n_phones: int) -> None:
        phones = [Phone("." if i % 37 == 0 else "a", i) for i in range(n_phones)]
        pieces = split_phones(phones)
        assert [phone.char for piece in pieces for phone in piece] == list(range(n_phones))
        assert max(len(piece) for piece in pieces) <= 508

    def test_cuts_follow_a_sentence_end_rather_than_a_comma_or_gap(self) -> None:
        symbols = ["a"] * 300
        symbols[150], symbols[170], symbols[160] = ",", ".", " "
        first = split_phones([Phone(symbol, 0) for symbol in symbols])[0]
        assert (len(first), first[-1].symbol) == (171, ".")

    def test_text_without_any_mark_is_cut_all_the_same(self) -> None:
        assert max(len(piece) for piece in split_phones([Phone("a", 0)] * 700)) <= 508


@pytest.fixture(scope="module")
def kokoro(tmp_path_factory: pytest.TempPathFactory) -> KokoroOnnx:
    row = load_catalog(ROOT / "models" / "catalog.toml").row("kokoro-82m-v1.0-int8")
    if missing := missing_packages(row):
        pytest.skip(f"packages are missing: {', '.join(missing)}; run with --extra starter")
    model = ensure(row, tmp_path_factory.mktemp("models"))
    return KokoroOnnx.load(model, ROOT / "assets" / "voices", threads=2, phonemise=by_hand)


@pytest.mark.engine
class TestSpeaking:
    def test_marks_are_exact_and_follow_the_sound(self, kokoro: KokoroOnnx) -> None:
        (speech,) = kokoro.synthesise("你好，今天天气很好。", CancelToken(), voice=VoiceSpec())
        begins = [mark.sample for mark in speech.marks]
        assert speech.exact
        assert begins == sorted(begins)
        assert 1.0 < speech.clip.seconds < 4.0
        # The final mark is where the last vowel has faded, within a frame of 25 ms.
        loudness = np.abs(speech.clip.samples)
        end = next(mark.sample for mark in speech.marks if mark.phoneme == ".")
        assert loudness[end + 600 :].max() < 0.1 * loudness.max() < loudness[end - 1800 : end].max()

    def test_speed_changes_the_length(self, kokoro: KokoroOnnx) -> None:
        def seconds(speed: float) -> float:
            (speech,) = kokoro.synthesise("你好，今天天气很好。", CancelToken(), voice=VoiceSpec(speed=speed))
            return speech.clip.seconds

        assert seconds(1.5) < 0.8 * seconds(1.0) < 0.8 * seconds(0.75)

    def test_pitch_keeps_the_length_and_the_marks_exact(self, kokoro: KokoroOnnx) -> None:
        def spoken(pitch: float) -> tuple[float, bool]:
            (speech,) = kokoro.synthesise("你好，今天天气很好。", CancelToken(), voice=VoiceSpec(pitch=pitch))
            return speech.clip.seconds, speech.exact

        assert spoken(2.0)[1]
        assert spoken(2.0)[0] == pytest.approx(spoken(0.0)[0], rel=0.12)

    def test_long_clause_comes_in_chunks_and_only_the_final_one_is_last(self, kokoro: KokoroOnnx) -> None:
        chunks = list(kokoro.synthesise("你好今天天气很好。" * 6, CancelToken(), voice=VoiceSpec()))
        assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
        assert len(chunks) > 1

    def test_stop_ends_the_work(self, kokoro: KokoroOnnx) -> None:
        cancel = CancelToken()
        chunks = kokoro.synthesise("你好今天天气很好。" * 6, cancel, voice=VoiceSpec())
        next(chunks)
        cancel.request()
        with pytest.raises(Cancelled):
            next(chunks)

    def test_stop_reaches_into_a_running_computation(self, kokoro: KokoroOnnx) -> None:
        class SecondLook:
            """Not requested when work begins, requested from then on."""

            n_looks = 0

            @property
            def requested(self) -> bool:
                self.n_looks += 1
                return self.n_looks > 2

        with pytest.raises(Cancelled):
            list(kokoro.synthesise("你好今天天气很好。" * 4, SecondLook(), voice=VoiceSpec()))

    def test_unknown_style_is_a_voice_error(self, kokoro: KokoroOnnx) -> None:
        with pytest.raises(ModelError) as caught:
            list(kokoro.synthesise("你好。", CancelToken(), voice=VoiceSpec(styles=(("nobody", 1.0),))))
        assert caught.value.code == "voice"
