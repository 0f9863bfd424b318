from __future__ import annotations

import pytest

from companion.text.phonemes import Language
from companion.voice_training.coverage import N_SENTENCES, coverage, prompts, sentences_to_record
from companion.voice_training.figures import measuring_lines

pytestmark = pytest.mark.unit

LANGUAGES: tuple[Language, ...] = ("zh", "en")


def counts(texts: list[str], language: Language) -> dict[tuple[str, str], int]:
    return {(sound.kind, sound.name): sound.count for sound in coverage(texts, language).sounds}


def test_chinese_counts_initials_finals_and_tones_as_spoken() -> None:
    found = counts(["你好，老师。"], "zh")
    assert (found["initial", "n"], found["initial", "h"], found["initial", "l"], found["initial", "sh"]) == (
        1,
        1,
        1,
        1,
    )
    assert (found["final", "ao"], found["final", "apical"], found["final", "i"]) == (2, 1, 1)
    # The first of two third tones becomes a second one.
    assert (found["tone", "1"], found["tone", "2"], found["tone", "3"]) == (1, 1, 2)


def test_a_syllable_without_initial_counts_as_such() -> None:
    assert counts(["爱儿"], "zh")["initial", "-"] == 2


def test_english_counts_phonemes() -> None:
    found = counts(["The thin thief"], "en")
    assert (found["phoneme", "θ"], found["phoneme", "ð"], found["phoneme", "f"]) == (2, 1, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_lacks_everything(language: Language) -> None:
    found = coverage([], language)
    assert (found.share, found.n_units, len(found.lacking)) == (0.0, 0, len(found.sounds))


@pytest.mark.parametrize("language", LANGUAGES)
def test_twenty_sentences_bring_every_sound_often_enough(language: Language) -> None:
    chosen = sentences_to_record(coverage([], language))
    assert len(chosen) == len(set(chosen)) == N_SENTENCES
    assert coverage(chosen, language).share == 1.0


def test_what_lacks_comes_first() -> None:
    present = [text for text in prompts("zh") if not any(rare in text for rare in "嗡翁佛破熊")]
    lacking = {sound.name for sound in coverage(present, "zh").lacking}
    assert "ueng" not in {sound.name for sound in coverage(present, "zh").sounds}
    first = sentences_to_record(
        coverage([text for text in present if "女" not in text and "绿" not in text], "zh")
    )[0]
    gained = counts([first], "zh")
    assert not lacking or any(
        gained.get(("final", name)) or gained.get(("initial", name)) for name in lacking
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_nothing_lacks_there_are_still_sentences(language: Language) -> None:
    whole = coverage(list(prompts(language)), language)
    assert whole.share == 1.0
    assert len(sentences_to_record(whole)) == N_SENTENCES


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_that_measures_a_voice_is_one_that_it_was_asked_to_record(language: Language) -> None:
    lines = [line.text for line in measuring_lines(language)]
    assert len(lines) == len(set(lines)) >= 30
    assert len(prompts(language)) >= 70
    assert not set(lines) & set(prompts(language))
