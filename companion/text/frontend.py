"""From text to the symbols of a voice: normalisation, pronunciation, alphabet, each symbol tied to its character."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from companion.text.aligned import Aligned
from companion.text.alphabets import Alphabet, english_symbols, mark, opens
from companion.text.english import read_english
from companion.text.english_lexicon import load_lexicon
from companion.text.english_unknown import load_network
from companion.text.language import HAN, language_of
from companion.text.mandarin import Word, load_dictionaries, read_mandarin
from companion.text.normalise import normalised
from companion.text.phonemes import Language, Phone, Phonemes
from companion.text.syllables import Syllable, kokoro_symbols, parse_pinyin, piper_symbols

_OVERRIDE: Final = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
_LATIN: Final = "A-Za-z\u00c0-\u024f"
_TOKEN: Final = re.compile(
    f"(?P<han>[{HAN}]+)|(?P<latin>[{_LATIN}]+(?:['’][{_LATIN}]+)*['’]?)|(?P<other>\\S|\\n)"
)
_PINYIN: Final = re.compile(r"[a-zü:]+[1-5](?: [a-zü:]+[1-5])*")

Lexicon = Mapping[str, str]


def warm(cache: Path | None = None) -> None:
    """Load every dictionary now; with `cache`, a private folder, later starts are quicker."""
    load_dictionaries(cache)
    load_lexicon()
    load_network()


def phonemise(
    text: str,
    *,
    language: Language,
    alphabet: Alphabet = "kokoro",
    lexicon: Lexicon | None = None,
) -> Phonemes:
    """Return how `text` is pronounced; each phone carries the place of its character in `text`.

    `language` decides how numbers and signs are read where the text itself does not; Chinese characters and
    Latin words are each read in their own language. `{行|hang2}` forces a reading, and so does `lexicon`: a
    Chinese word maps to pinyin syllables with tone digits, a Latin word to those or to misaki's symbols.
    """
    plain, forced = _overrides(Aligned.of(text))
    spoken = normalised(plain, _spoken_language(plain.text, language))
    writer = _Writer(alphabet)
    tokens = list(_TOKEN.finditer(spoken.text))
    english = _english(tokens, spoken, forced, lexicon or {})
    for place, token in enumerate(tokens):
        part = spoken.slice(*token.span())
        if token["han"]:
            for word in read_mandarin(part, forced=forced, lexicon=lexicon):
                writer.mandarin(word)
        elif token["latin"]:
            writer.english(english[place], part)
        else:
            writer.mark(part)
    return Phonemes(text, tuple(writer.phones))


class _Writer:
    """Collects phones, with a gap between words and around marks."""

    def __init__(self, alphabet: Alphabet) -> None:
        self._alphabet = alphabet
        self.phones: list[Phone] = []

    def mandarin(self, word: Word) -> None:
        self._gap(word[0].char)
        for place, syllable in enumerate(word):
            following = word[place + 1].pinyin if place + 1 < len(word) else ""
            for symbol in self._syllable(syllable, rhotic=following == "r"):
                self.phones.append(Phone(symbol, syllable.char))

    def english(self, reading: str | Word, part: Aligned) -> None:
        if not isinstance(reading, str):
            self.mandarin(reading)
            return
        symbols = english_symbols(reading, self._alphabet)
        if symbols:
            self._gap(part.origin[0])
        for place, symbol in enumerate(symbols):
            self.phones.append(Phone(symbol, part.origin[place * len(part.origin) // len(symbols)]))

    def mark(self, part: Aligned) -> None:
        symbol = mark(part.text, self._alphabet)
        if not symbol or (not self.phones and not opens(symbol)):
            return
        if opens(symbol):
            self._gap(part.origin[0])
        elif self.phones[-1].symbol == symbol:
            return
        self.phones.append(Phone(symbol, part.origin[0]))

    def _gap(self, char: int) -> None:
        if self.phones and self.phones[-1].symbol != " " and not opens(self.phones[-1].symbol):
            self.phones.append(Phone(" ", char))

    def _syllable(self, syllable: Syllable, *, rhotic: bool) -> str:
        if self._alphabet == "kokoro":
            return kokoro_symbols(syllable)
        return piper_symbols(syllable, rhotic=rhotic)


def _overrides(text: Aligned) -> tuple[Aligned, dict[int, str]]:
    """Return the text without the marks of forced readings, and the readings by original place."""
    forced: dict[int, str] = {}
    parts: list[Aligned] = []
    done = 0
    for match in _OVERRIDE.finditer(text.text):
        parts += [text.slice(done, match.start()), text.slice(*match.span(1))]
        word, reading = match.group(1), match.group(2).strip()
        readings = reading.split(" ") if len(word) > 1 and _PINYIN.fullmatch(reading) else [reading]
        for offset, one in enumerate(readings[: len(word)]):
            forced[match.start(1) + offset] = one
        done = match.end()
    parts.append(text.slice(done, len(text.text)))
    origin = tuple(place for part in parts for place in part.origin)
    return Aligned("".join(part.text for part in parts), origin), forced


def _spoken_language(text: str, language: Language) -> Language:
    """Return the language that numbers are read in: the text's own, or the given one where it has both."""
    if language == "zh" and re.search(f"[{HAN}]", text):
        return "zh"
    return language_of(text, language)


def _english(
    tokens: Sequence[re.Match[str]], spoken: Aligned, forced: Mapping[int, str], lexicon: Lexicon
) -> dict[int, str | Word]:
    """Return the reading of each Latin token, read in groups that no Chinese interrupts."""
    readings: dict[int, str | Word] = {}
    group: list[int] = []
    for place, token in enumerate([*tokens, None]):
        if token is not None and token["latin"]:
            group.append(place)
        elif group and (token is None or token["han"]):
            words = [tokens[at].group() for at in group]
            ends = [at + 1 >= len(tokens) or tokens[at + 1]["latin"] is None for at in group]
            readings.update(zip(group, read_english(words, ends), strict=True))
            group = []
    lower = {word.lower(): reading for word, reading in lexicon.items()}
    for place in readings:
        start = spoken.origin[tokens[place].start()]
        reading = forced.get(start) or lower.get(tokens[place].group().lower())
        if reading is not None:
            readings[place] = _given(reading, start)
    return readings


def _given(reading: str, char: int) -> str | Word:
    """Return a reading that was written down by hand: pinyin syllables, or symbols as they are."""
    if not _PINYIN.fullmatch(reading):
        return reading
    syllables = (parse_pinyin(part) for part in reading.split(" "))
    return tuple(Syllable(syllable.pinyin, syllable.tone, char) for syllable in syllables)
