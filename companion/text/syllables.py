"""Mandarin syllables, and how each voice alphabet writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Tone = Literal[1, 2, 3, 4, 5]

_INITIALS: Final = {
    "b": "p",
    "p": "pʰ",
    "m": "m",
    "f": "f",
    "d": "t",
    "t": "tʰ",
    "n": "n",
    "l": "l",
    "g": "k",
    "k": "kʰ",
    "h": "x",
    "j": "ʨ",
    "q": "ʨʰ",
    "x": "ɕ",
    "zh": "ꭧ",
    "ch": "ꭧʰ",
    "sh": "ʂ",
    "r": "ɻ",
    "z": "ʦ",
    "c": "ʦʰ",
    "s": "s",
}
# Head and tail of each final: the tone stands between them, after the vowel.
_FINALS: Final = {
    "a": ("a", ""),
    "ai": ("ai", ""),
    "an": ("a", "n"),
    "ang": ("a", "ŋ"),
    "ao": ("au", ""),
    "e": ("ɤ", ""),
    "ei": ("ei", ""),
    "en": ("ə", "n"),
    "eng": ("ə", "ŋ"),
    "i": ("i", ""),
    "ia": ("ja", ""),
    "ian": ("jɛ", "n"),
    "iang": ("ja", "ŋ"),
    "iao": ("jau", ""),
    "ie": ("je", ""),
    "in": ("i", "n"),
    "iu": ("jou", ""),
    "ing": ("i", "ŋ"),
    "iong": ("jʊ", "ŋ"),
    "ong": ("ʊ", "ŋ"),
    "ou": ("ou", ""),
    "u": ("u", ""),
    "ui": ("wei", ""),
    "ua": ("wa", ""),
    "uai": ("wai", ""),
    "uan": ("wa", "n"),
    "un": ("wə", "n"),
    "uang": ("wa", "ŋ"),
    "ueng": ("wə", "ŋ"),
    "uo": ("wo", ""),
    "o": ("wo", ""),
    "v": ("y", ""),
    "ve": ("ɥe", ""),
    "van": ("ɥɛ", "n"),
    "vn": ("y", "n"),
    "apical": ("ɨ", ""),
}
_WHOLE: Final = {
    "er": ("ɚ", ""),
    "r": ("ɚ", ""),
    "o": ("ɔ", ""),
    "io": ("jɔ", ""),
    "yo": ("jɔ", ""),
    "ê": ("ɛ", ""),
    "m": ("m", ""),
    "n": ("n", ""),
    "ng": ("ŋ", ""),
    "hm": ("hm", ""),
    "hng": ("hŋ", ""),
}
_Y: Final = {
    "yu": "v",
    "yue": "ve",
    "yuan": "van",
    "yun": "vn",
    "yi": "i",
    "yin": "in",
    "ying": "ing",
    "you": "iu",
    "wu": "u",
    "wei": "ui",
    "wen": "un",
    "weng": "ueng",
}
_KOKORO_TONES: Final = {1: "→", 2: "↗", 3: "↓", 4: "↘", 5: ""}
_PIPER_LETTERS: Final = {"ʨ": "tɕ", "ꭧ": "ʈʂ", "ʦ": "ts"}
_UMLAUT_INITIALS: Final = frozenset("jqx")
_APICAL_INITIALS: Final = frozenset({"zh", "ch", "sh", "r", "z", "c", "s"})


@dataclass(frozen=True, slots=True)
class Syllable:
    """One syllable: pinyin without tone (`v` for ü; `r` for the suffix 儿), and the character it speaks."""

    pinyin: str
    tone: Tone
    char: int = 0

    @property
    def numbered(self) -> str:
        return f"{self.pinyin}{self.tone}"


def parse_pinyin(text: str) -> Syllable:
    """Return the syllable written like `hang2`, `lv4` or `ma` (neutral). Raises ValueError for anything else."""
    letters = text.strip().lower().replace("u:", "v").replace("ü", "v")
    tone: Tone = 5
    for known in (1, 2, 3, 4, 5):
        if letters.endswith(str(known)):
            letters, tone = letters[:-1], known
    if letters.endswith("0"):
        letters = letters[:-1]
    _parts(letters)
    return Syllable(letters, tone)


def kokoro_symbols(syllable: Syllable) -> str:
    """Return the IPA with tone arrows on which Kokoro-82M v1.0 was trained; the arrow follows the vowel."""
    initial, head, tail = _parts(syllable.pinyin)
    if syllable.pinyin == "r":
        # Its training text spelt the suffix like the word 儿.
        return "ɚ↗"
    return f"{initial}{head}{_KOKORO_TONES[syllable.tone]}{tail}"


def piper_symbols(syllable: Syllable, *, rhotic: bool = False) -> str:
    """Return IPA out of Piper's 151 symbols with a digit for the tone; `rhotic` merges a following 儿."""
    initial, head, tail = _parts(syllable.pinyin)
    if syllable.pinyin == "r":
        return ""
    if rhotic:
        if head in ("i", "y", "ɨ"):
            head = "ə" if head == "ɨ" else head + "ə"
        elif head.endswith(("ai", "ei")):
            head = head[:-1]
        tail = ("" if tail == "n" else tail) + "ɻ"
    letters = "".join(_PIPER_LETTERS.get(letter, letter) for letter in initial + head + tail)
    return f"{letters}{syllable.tone}"


def initial_and_final(pinyin: str) -> tuple[str, str]:
    """Return initial and final in pinyin letters: `yuan` is ("", "van"), `zhi` ("zh", "apical"), `er` ("", "er").

    Raises ValueError for what is no syllable of Mandarin.
    """
    _parts(pinyin)
    if pinyin in _WHOLE:
        return "", "er" if pinyin == "r" else pinyin
    return _split(pinyin)


def _parts(pinyin: str) -> tuple[str, str, str]:
    """Return initial, head and tail in IPA. Raises ValueError for what is no syllable of Mandarin."""
    if pinyin in _WHOLE:
        return ("", *_WHOLE[pinyin])
    initial, final = _split(pinyin)
    if final not in _FINALS or (initial and initial not in _INITIALS):
        raise ValueError(f"{pinyin!r} is not a syllable of Mandarin")
    return (_INITIALS.get(initial, ""), *_FINALS[final])


def _split(pinyin: str) -> tuple[str, str]:
    if pinyin in _Y:
        return "", _Y[pinyin]
    if pinyin[:1] == "y":
        return "", "i" + pinyin[1:]
    if pinyin[:1] == "w":
        return "", "u" + pinyin[1:]
    initial = pinyin[:2] if pinyin[1:2] == "h" else pinyin[:1]
    if initial not in _INITIALS:
        return "", pinyin
    final = pinyin[len(initial) :]
    if initial in _UMLAUT_INITIALS and final[:1] == "u":
        final = "v" + final[1:]
    if initial in _APICAL_INITIALS and final == "i":
        final = "apical"
    if final == "ue":
        final = "ve"
    return initial, final
