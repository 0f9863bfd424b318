"""From English words to symbols: dictionary, inflections, letters, and a network for the rest."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from companion.text.english_lexicon import knows, pronunciations, spellings
from companion.text.english_unknown import guess
from companion.text.heteronyms import part_of_speech

VOWELS: Final = frozenset("AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻɐᵊ")
_STRESS: Final = "ˈˌ"
_FLAPPING: Final = frozenset("AIOWYiuæɑəɛɪɹʊʌ")
# Spelt out in capitals although the same letters make a word.
_LETTER_WORDS: Final = frozenset(
    (
        "US",
        "ID",
        "IT",
        "OS",
        "ISO",
        "ER",
        "PA",
        "AD",
        "PC",
        "AC",
        "DC",
        "IP",
        "UI",
        "UN",
        "EU",
        "IQ",
        "TV",
        "DJ",
        "VR",
    )
)
_LEADEN: Final = frozenset(("pipe", "pipes", "paint", "poisoning", "bullet", "bullets", "acid"))
_EXTRA: Final = {
    "qwen": "kwˈɛn",
    "wifi": "wˈIfˌI",
    "wi-fi": "wˈIfˌI",
    "app": "ˈæp",
    "apps": "ˈæps",
    "emoji": "ɪmˈOʤi",
    "selfie": "sˈɛlfi",
    "vlog": "vlˈɔɡ",
    "youtube": "jˈutˌub",
    "google": "ɡˈuɡəl",
    "iphone": "ˈIfˌOn",
    "ipad": "ˈIpˌæd",
    "tiktok": "tˈɪktˌɑk",
    "wechat": "wˈiʧˌæt",
    "bilibili": "bˌilibˈili",
    "linux": "lˈɪnəks",
    "python": "pˈIθˌɑn",
    "anime": "ˈænəmˌA",
    "hmm": "hm",
    "mm": "m",
    "shh": "ʃ",
    "ugh": "ˈʌɡ",
    "aww": "ˈɔ",
    "haha": "hˌɑhˈɑ",
    "hehe": "hˌihˈi",
    "nope": "nˈOp",
    "yup": "jˈʌp",
    "yeah": "jˈæə",
}


def read_english(words: Sequence[str], ends_clause: Sequence[bool]) -> list[str]:
    """Return misaki's symbols for each word; `ends_clause[i]` tells that punctuation follows word i."""
    lower = [word.lower().replace("’", "'") for word in words]
    shouted = not any(letter.islower() for word in words for letter in word)
    result = [""] * len(words)
    following = ""
    for place in range(len(words) - 1, -1, -1):
        next_sound = "" if ends_clause[place] else following
        symbols = _in_context(lower, place, next_sound)
        if symbols is None:
            symbols = _word(words[place].replace("’", "'"), lower, place, next_sound, shouted)
        result[place] = symbols
        following = symbols or following
    return result


def spelt(letters: str) -> str:
    """Return the names of the letters as one word, the last one stressed most."""
    names = [pronunciations(letter.upper()).get("DEFAULT", "") for letter in letters if letter.isalpha()]
    names = [name.replace("ˈ", "ˌ") for name in names[:-1]] + names[-1:]
    return "".join(names)


def _in_context(words: Sequence[str], place: int, following: str) -> str | None:
    """Return the form of a little word that depends on the sound after it, or None for other words."""
    vowel_next = _begins_with_vowel(following)
    match words[place]:
        case "the":
            return "ði" if vowel_next else "ðə"
        case "a":
            return "ɐ" if following else "ˈA"
        case "an":
            return "ɐn"
        case "to":
            if not following:
                return None
            return "tʊ" if vowel_next else "tə"
        case "am" if following:
            return "ɐm"
        case "in":
            return "ɪn" if following else "ˈɪn"
        case "i":
            return "ˌI"
        case "lead":
            after = words[place + 1] if place + 1 < len(words) else ""
            return "lˈɛd" if words[place - 1 : place] == ["of"] or after in _LEADEN else None
        case "used":
            to_next = place + 1 < len(words) and words[place + 1] == "to" and bool(following)
            return "jˈust" if to_next else "jˈuzd"
        case _:
            return None


def _begins_with_vowel(symbols: str) -> bool:
    first = symbols.lstrip(_STRESS)[:1]
    return first in VOWELS if first else False


def _word(word: str, words: Sequence[str], place: int, following: str, shouted: bool) -> str:
    if (
        word.isupper()
        and len(word) > 1
        and not shouted
        and (word in _LETTER_WORDS or spellings(word) is None)
    ):
        return spelt(word) if _is_abbreviation(word) else guess(word)
    if len(word) == 1:
        return spelt(word)
    bare = _without_accents(word)
    lower = bare.lower()
    if lower in _EXTRA:
        return _EXTRA[lower]
    known = _known(bare, words, place, following)
    if known is not None:
        return known
    pieces = _camel(bare)
    if len(pieces) > 1:
        return " ".join(_word(piece, [piece.lower()], 0, following, False) for piece in pieces)
    if bare.isupper() and _is_abbreviation(bare):
        return spelt(bare)
    inflected = _inflected(lower)
    if inflected is not None:
        return inflected
    joined = _joined(lower)
    if joined is not None:
        return joined
    return guess(lower) or spelt(lower)


def _known(word: str, words: Sequence[str], place: int, following: str) -> str | None:
    spelling = spellings(word)
    if spelling is None:
        return None
    forms = pronunciations(spelling)
    if len(forms) == 1:
        return forms["DEFAULT"]
    if not following and "None" in forms:
        return forms["None"]
    return forms[part_of_speech(words, place, forms.keys())]


def _is_abbreviation(word: str) -> bool:
    """Tell whether capitals are read letter by letter: short, or without a vowel between consonants."""
    if len(word) <= 3:
        return True
    vowels = sum(letter in "AEIOUY" for letter in word)
    return len(word) <= 6 and (vowels == 0 or vowels * 4 < len(word))


def _without_accents(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def _camel(word: str) -> list[str]:
    """Return the parts of words such as `YouTube`, `OpenAI`, `GitHub`."""
    parts: list[str] = []
    for place, letter in enumerate(word):
        begins = (
            place > 0
            and letter.isupper()
            and (word[place - 1].islower() or (place + 1 < len(word) and word[place + 1].islower()))
        )
        if not parts or begins:
            parts.append(letter)
        else:
            parts[-1] += letter
    return [part for part in parts if part]


def _joined(word: str) -> str | None:
    """Return the symbols of two dictionary words written as one."""
    for cut in range(len(word) - 3, 2, -1):
        left, right = word[:cut], word[cut:]
        if knows(left) and knows(right) and len(left) > 2 and len(right) > 2:
            second = pronunciations(right)["DEFAULT"].replace("ˈ", "ˌ")
            return pronunciations(left)["DEFAULT"] + second
    return None


def _inflected(word: str) -> str | None:
    for ending, rule in (("'s", _plural), ("s", _plural), ("ed", _past), ("ing", _progressive), ("'", None)):
        if not word.endswith(ending):
            continue
        for stem in _stems(word, ending):
            symbols = pronunciations(spellings(stem) or "").get("DEFAULT")
            if symbols and len(stem) > 1:
                return rule(symbols) if rule else symbols
    for ending, sound in (("ly", "li"), ("ness", "nəs"), ("less", "ləs"), ("er", "əɹ"), ("in'", "ɪn")):
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 3:
            continue
        for form in (stem, stem + "e", stem[:-1] + "y" if stem.endswith("i") else stem):
            if knows(form):
                return pronunciations(form)["DEFAULT"] + sound
    return None


def _stems(word: str, ending: str) -> list[str]:
    stem = word.removesuffix(ending)
    if ending == "s":
        forms = [stem]
        if word.endswith("ies"):
            forms.append(word[:-3] + "y")
        elif word.endswith("es"):
            forms.append(word[:-2])
        return forms if not word.endswith("ss") else []
    if ending in ("ed", "ing"):
        forms = [stem, stem + "e"]
        if len(stem) > 2 and stem[-1] == stem[-2]:
            forms.append(stem[:-1])
        if ending == "ed" and stem.endswith("i"):
            forms.append(stem[:-1] + "y")
        return forms
    return [stem]


def _plural(stem: str) -> str:
    if stem[-1] in "ptkfθ":
        return stem + "s"
    return stem + ("ᵻz" if stem[-1] in "szʃʒʧʤ" else "z")


def _past(stem: str) -> str:
    if stem[-1] in "pkfθʃsʧ":
        return stem + "t"
    if stem[-1] == "t" and len(stem) > 1 and stem[-2] in _FLAPPING:
        return stem[:-1] + "ɾᵻd"
    return stem + ("ᵻd" if stem[-1] in "td" else "d")


def _progressive(stem: str) -> str:
    if stem[-1] == "t" and len(stem) > 1 and stem[-2] in _FLAPPING:
        return stem[:-1] + "ɾɪŋ"
    return stem + "ɪŋ"
