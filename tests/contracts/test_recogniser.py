"""What every recogniser promises, on each engine that is at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.engines.catalog import ensure, load_catalog, missing_packages
from companion.engines.recognisers.faster_whisper import FasterWhisper
from companion.engines.recognisers.scripted import ScriptedRecogniser
from companion.errors import Cancelled, CompanionError, ModelError
from companion.ports import Recogniser, Transcript

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]


def open_scripted(folder: Path) -> Recogniser:
    return ScriptedRecogniser.load()


def open_whisper(folder: Path) -> Recogniser:
    row = load_catalog(ROOT / "models" / "catalog.toml").row("whisper-base")
    if missing := missing_packages(row):
        pytest.skip(f"packages are missing: {', '.join(missing)}; run with --extra starter")
    return FasterWhisper.load(ensure(row, folder), threads=2)


OPENERS = [open_scripted, open_whisper]


@pytest.fixture(scope="module", params=OPENERS)
def recogniser(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recogniser]:
    opener: Callable[[Path], Recogniser] = request.param
    opened = opener(tmp_path_factory.mktemp("models"))
    yield opened
    opened.close()


def hear(recogniser: Recogniser, samples: np.ndarray, language: str | None = "zh") -> Transcript:
    return recogniser.transcribe(AudioClip(samples, 16_000), CancelToken(), language=language)


@pytest.mark.parametrize("n_samples", [0, 1, 2, 399, 16_000, 30 * 16_000])
@pytest.mark.parametrize("language", ["zh", "en", None])
def test_silence_of_any_length_gives_no_text(
    recogniser: Recogniser, n_samples: int, language: str | None
) -> None:
    heard = hear(recogniser, np.zeros(n_samples, np.float32), language)
    assert (heard.text, heard.no_speech) == ("", 1.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_give_no_text(recogniser: Recogniser, value: float) -> None:
    assert hear(recogniser, np.full(16_000, value, np.float32)).text == ""


def test_language_asked_for_is_the_one_reported(recogniser: Recogniser) -> None:
    assert [hear(recogniser, np.zeros(8000, np.float32), code).language for code in ("zh", "en")] == [
        "zh",
        "en",
    ]


def test_any_rate_and_hotwords_are_accepted(recogniser: Recogniser) -> None:
    clip = AudioClip(np.zeros(48_000, np.float32), 48_000)
    heard = recogniser.transcribe(clip, CancelToken(), language="zh", hotwords=["小满", "Wren", ""])
    assert heard.text == ""


def test_stopped_recogniser_raises_cancelled(recogniser: Recogniser) -> None:
    cancel = CancelToken()
    cancel.request()
    with pytest.raises(Cancelled):
        recogniser.transcribe(AudioClip(np.zeros(16_000, np.float32), 16_000), cancel)


@pytest.mark.parametrize("opener", OPENERS)
def test_closing_twice_is_safe_and_hearing_afterwards_is_an_error(
    opener: Callable[[Path], Recogniser], tmp_path: Path
) -> None:
    recogniser = opener(tmp_path)
    recogniser.close()
    recogniser.close()
    with pytest.raises(CompanionError):
        hear(recogniser, np.zeros(16_000, np.float32))


def test_whisper_may_be_warmed_again_and_hears_as_before(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    opened = open_whisper(tmp_path_factory.mktemp("warm"))
    assert isinstance(opened, FasterWhisper)
    opened.warm(languages=("zh",))
    assert hear(opened, np.zeros(16_000, np.float32)).text == ""
    opened.close()
    with pytest.raises(ModelError) as caught:
        opened.warm()
    assert caught.value.code == "closed"
