"""Pronounce English words that no dictionary holds, with a small encoder-decoder network.

The weights are those of g2p_en 2.1 (Park and Kim 2019): one GRU layer reads the letters, one writes ARPAbet.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

_LETTERS: Final = ("<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz")
_VOWELS: Final = {
    "AA": "ɑ",
    "AE": "æ",
    "AH": "ʌ",
    "AO": "ɔ",
    "AW": "W",
    "AY": "I",
    "EH": "ɛ",
    "ER": "ɜɹ",
    "EY": "A",
    "IH": "ɪ",
    "IY": "i",
    "OW": "O",
    "OY": "Y",
    "UH": "ʊ",
    "UW": "u",
}
_CONSONANTS: Final = {
    "B": "b",
    "CH": "ʧ",
    "D": "d",
    "DH": "ð",
    "F": "f",
    "G": "ɡ",
    "HH": "h",
    "JH": "ʤ",
    "K": "k",
    "L": "l",
    "M": "m",
    "N": "n",
    "NG": "ŋ",
    "P": "p",
    "R": "ɹ",
    "S": "s",
    "SH": "ʃ",
    "T": "t",
    "TH": "θ",
    "V": "v",
    "W": "w",
    "Y": "j",
    "Z": "z",
    "ZH": "ʒ",
}
_SYMBOLS: Final = (
    "<pad>",
    "<unk>",
    "<s>",
    "</s>",
    *sorted(
        ["UW", *(vowel + stress for vowel in _VOWELS for stress in "012"), *_CONSONANTS],
    ),
)
_START, _STOP = 2, 3
_LONGEST = 24

_Floats = NDArray[np.float32]


def guess(word: str) -> str:
    """Return the symbols for a word of the letters a to z, of any case; other characters are passed over."""
    letters = [letter for letter in word.lower() if letter in _LETTERS][:_LONGEST]
    if not letters:
        return ""
    return "".join(_symbols(name) for name in _decode(letters))


def load_network() -> None:
    """Read the weights; later guesses take a few milliseconds."""
    _weights()


def _symbols(name: str) -> str:
    if name in _CONSONANTS:
        return _CONSONANTS[name]
    vowel, stress = name.rstrip("012"), name[-1:]
    if vowel not in _VOWELS:
        return ""
    if stress == "0":
        return {"AH": "ə", "ER": "əɹ"}.get(vowel, _VOWELS[vowel])
    return {"1": "ˈ", "2": "ˌ"}.get(stress, "") + _VOWELS[vowel]


def _decode(letters: list[str]) -> list[str]:
    weights = _weights()
    state = np.zeros(weights["enc_w_hh"].shape[1], np.float32)
    for letter in [*letters, "</s>"]:
        state = _step(weights["enc_emb"][_LETTERS.index(letter)], state, "enc")
    names: list[str] = []
    symbol = _START
    while len(names) < _LONGEST:
        state = _step(weights["dec_emb"][symbol], state, "dec")
        symbol = int((weights["fc_w"] @ state + weights["fc_b"]).argmax())
        if symbol == _STOP:
            break
        names.append(_SYMBOLS[symbol])
    return names


def _step(inputs: _Floats, state: _Floats, side: str) -> _Floats:
    """Return the GRU's next state; gates are ordered reset, update, new."""
    weights = _weights()
    from_input = weights[f"{side}_w_ih"] @ inputs + weights[f"{side}_b_ih"]
    from_state = weights[f"{side}_w_hh"] @ state + weights[f"{side}_b_hh"]
    size = len(state)
    gates = 1.0 / (1.0 + np.exp(-(from_input[: 2 * size] + from_state[: 2 * size])))
    new = np.tanh(from_input[2 * size :] + gates[:size] * from_state[2 * size :])
    update = gates[size:]
    result: _Floats = (1.0 - update) * new + update * state
    return result


@lru_cache(maxsize=1)
def _weights() -> dict[str, _Floats]:
    with (
        files("companion.text.data").joinpath("english_unknown.npz").open("rb") as file,
        np.load(file) as data,
    ):
        return {name: data[name].astype(np.float32) for name in data.files}
