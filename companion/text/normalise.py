"""Write numbers, dates, units, signs and addresses as the words that one says, keeping the alignment."""

from __future__ import annotations

import re
from typing import Final

from companion.text.aligned import Aligned
from companion.text.chinese_wording import chinese_wording
from companion.text.english_wording import english_wording
from companion.text.phonemes import Language

# Full-width letters, digits and signs that mean the same as their ASCII forms, and odd spaces and quotes.
_FOLDED: Final[dict[int, str | int]] = {
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **{0xFF21 + letter: chr(65 + letter) for letter in range(26)},
    **{0xFF41 + letter: chr(97 + letter) for letter in range(26)},
    **str.maketrans("％＋－＝＄＠＆＊／．＃～＜＞｜", "%+-=$@&*/.#~<>|"),
    **str.maketrans("\u00a0\u3000\t\u200b", "    "),
    **str.maketrans("‘’ʼ−‐‑", "'''---"),
}
_EMOJI: Final = re.compile(
    "[\U0001f000-\U0001faff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0e\ufe0f\u200d\u20e3\U000e0020-\U000e007f]+"
)
_ADDRESS: Final = re.compile(
    r"(?:https?://|www\.)[^\s\u3000-\u9fff\uff00-\uffef<>\"'）)】\]]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII
)
_HOST: Final = re.compile(r"(?:https?://)?(?:www\.)?([^/?#:]+)")


def normalised(text: Aligned, language: Language) -> Aligned:
    """Return the spoken wording of `text`: letters, Chinese characters, punctuation and spaces, no digits."""
    plain = text.translate(_FOLDED).sub(_EMOJI, " ")
    plain = plain.sub(_ADDRESS, lambda match: _address(match.group(), language))
    return chinese_wording(plain) if language == "zh" else english_wording(plain)


def _address(address: str, language: Language) -> str:
    """Return what one says of an address: of a page only its host, of a mailbox all."""
    dot, at = (" 点 ", " 艾特 ") if language == "zh" else (" dot ", " at ")
    if "@" in address and "://" not in address:
        return address.rstrip(".").replace("@", at).replace(".", dot)
    match = _HOST.match(address)
    return match.group(1).strip(".").replace(".", dot) if match else ""
