"""Where the keys of a lorebook stand in a text: one pass for all of them, right in Chinese, Japanese and Latin script.

A key with Han, kana or another script written without spaces matches anywhere. One whose edge is a letter or a digit
matches only where no letter or digit of such a script touches that edge, so a Han character is a word boundary.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

Fold = Callable[[str], str]
"""One form for equal characters; keeps the length of a text."""

_MAX_TRIES: Final = 500
"""How many places inside longer words are looked at for one key, so that no text makes a key slow."""

BREAK: Final = "\x01"
"""Stands between messages, so that no key matches across two of them."""

# Scripts without spaces between words, or with particles joined to them: 々 to 〇, kana, bopomofo, hangul, Han,
# Thai, Lao, Myanmar, Khmer.
_UNSPACED: Final = (
    "\u3005-\u3007\u3021-\u3029\u3040-\u30fa\u30fc-\u318f\u31a0-\u31ff\u3400-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\uff66-\uff9f\u1100-\u11ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\U00020000-\U0003ffff"
)
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_VOICED: Final = re.compile("[\uff66-\uff9d][\uff9e\uff9f]")
_SPACES: Final = re.compile(r"\s+")
_LOOSE_SPACE: Final = re.compile(f"(?<=[{_UNSPACED}]) | (?=[{_UNSPACED}])")


def tidy(text: str) -> str:
    """Return `text` with composed characters, and no space where scripts differ in putting one.

    Invisible characters go; so does a space beside Han or kana (「AI 少女」 is 「AI少女」); other white space
    becomes one space or line end.
    """
    if text.isascii():
        return _SPACES.sub(_one_space, text)
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    text = _VOICED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return _LOOSE_SPACE.sub("", _SPACES.sub(_one_space, text))


def _one_space(match: re.Match[str]) -> str:
    return "\n" if "\n" in match[0] else " "


def is_unspaced(char: str) -> bool:
    """Tell whether `char` belongs to a script that puts no spaces between words."""
    return _IS_UNSPACED.match(char) is not None


def _is_word(char: str) -> bool:
    return char.isalnum() and not is_unspaced(char)


@dataclass(frozen=True, slots=True)
class Key:
    """A key ready to be looked for. `exact` are its cased letters if case counts, else empty."""

    folded: str
    exact: str = ""
    free_left: bool = True
    free_right: bool = True

    @classmethod
    def of(cls, key: str, fold: Fold, *, case_sensitive: bool, whole_words: bool | None) -> Key | None:
        """Return the key made ready; None for one with nothing to look for."""
        neat = tidy(key).strip()
        if not neat:
            return None
        folded = fold(neat)
        whole = whole_words is not False
        return cls(
            folded,
            _cased(neat) if case_sensitive else "",
            not (whole and _is_word(folded[0])),
            not (whole and _is_word(folded[-1])),
        )


def _cased(text: str) -> str:
    """Return the letters of `text` that have a case, in one width."""
    letters = (unicodedata.normalize("NFKC", char) for char in text)
    return "".join(char for char in letters if char.lower() != char.upper())


class Text:
    """A text to be searched: messages from the oldest to the newest, tidied and folded once."""

    def __init__(self, parts: Sequence[str], fold: Fold) -> None:
        neat = [tidy(part) for part in parts]
        self.plain = BREAK.join(neat)
        self.folded = fold(self.plain)
        self._starts = [0]
        for part in neat[:-1]:
            self._starts.append(self._starts[-1] + len(part) + len(BREAK))
        self.grams = {self.folded[i : i + 2] for i in range(len(self.folded) - 1)}
        self.chars = set(self.folded)

    def newest(self, key: Key) -> int | None:
        """Return how far back the newest match of `key` lies, 1 for the newest message; None without a match."""
        at = self.folded.rfind(key.folded)
        for _ in range(_MAX_TRIES):
            if at < 0:
                return None
            end = at + len(key.folded)
            if self._is_free(key, at, end) and (not key.exact or self._is_exact(key, at, end)):
                return len(self._starts) - bisect_right(self._starts, at) + 1
            at = self.folded.rfind(key.folded, 0, end - 1) if end > 1 else -1
        return None

    def _is_free(self, key: Key, at: int, end: int) -> bool:
        left = key.free_left or at == 0 or not _is_word(self.folded[at - 1])
        return left and (key.free_right or end >= len(self.folded) or not _is_word(self.folded[end]))

    def _is_exact(self, key: Key, at: int, end: int) -> bool:
        return _cased(self.plain[at:end]) == key.exact


class KeyTable:
    """All keys of a set of books. A search looks only for those whose rarest pair of characters the text has."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = list(keys)
        n_with = Counter(gram for key in self.keys for gram in set(_grams(key.folded)))
        self._by_gram: dict[str, list[int]] = {}
        for i, key in enumerate(self.keys):
            rarest = min(_grams(key.folded), key=lambda gram: n_with[gram])
            self._by_gram.setdefault(rarest, []).append(i)

    def search(self, text: Text) -> dict[int, int]:
        """Return for each key that the text holds, by number, how far back its newest match lies, from 1."""
        found: dict[int, int] = {}
        for gram in self._by_gram.keys() & (text.grams | text.chars):
            for i in self._by_gram[gram]:
                depth = text.newest(self.keys[i])
                if depth is not None:
                    found[i] = depth
        return found


def _grams(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(len(text) - 1)] or [text]
