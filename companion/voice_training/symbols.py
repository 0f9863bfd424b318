"""The symbols that a voice is trained on, as rows of its embedding: the speaking voice's own code, in its own order.

Source of the table: rhasspy/piper, 151 symbols of espeak's alphabet; `ids` follow `^ _ p _ p _ ... $`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from companion.engines.voices.piper_onnx import symbol_ids
from companion.text.frontend import phonemise
from companion.text.phonemes import Language

# Grows with every change of the text front end that changes ids: a voice keeps the version it was trained on.
TEXT_VERSION: Final = 1
ALPHABETS: Final[Mapping[str, str]] = {"en": "espeak", "zh": "companion"}

_LETTERS: Final = "_^$ !'(),-.:;?abcdefhijklmnopqrstuvwxyz\u00e6\u00e7\u00f0\u00f8\u0127\u014b\u0153"
_IPA: Final = (
    "\u01c0\u01c1\u01c2\u01c3\u0250\u0251\u0252\u0253\u0254\u0255\u0256\u0257\u0258\u0259\u025a\u025b\u025c\u025e"
    "\u025f\u0260\u0261\u0262\u0263\u0264\u0265\u0266\u0267\u0268\u026a\u026b\u026c\u026d\u026e\u026f\u0270\u0271"
    "\u0272\u0273\u0274\u0275\u0276\u0278\u0279\u027a\u027b\u027d\u027e\u0280\u0281\u0282\u0283\u0284\u0288\u0289"
    "\u028a\u028b\u028c\u028d\u028e\u028f\u0290\u0291\u0292\u0294\u0295\u0298\u0299\u029b\u029c\u029d\u029f\u02a1"
    "\u02a2\u02b2\u02c8\u02cc\u02d0\u02d1\u02de\u03b2\u03b8\u03c7\u1d7b\u2c71"
)
_REST: Final = '0123456789\u0327\u0303\u032a\u032f\u0329\u02b0\u02e4\u03b5\u2193#"'
TABLE: Final[Mapping[str, tuple[int, ...]]] = {
    symbol: (row,) for row, symbol in enumerate(_LETTERS + _IPA + _REST)
}
"""Every symbol's row in a voice without a base of its own."""


def ids(
    text: str,
    language: Language,
    pack_lexicon: Mapping[str, str] | None = None,
    *,
    table: Mapping[str, tuple[int, ...]] = TABLE,
) -> list[int]:
    """Return the rows that speak `text`, first the start, last the end; empty where nothing can be spoken.

    `table` is the base voice's own; symbols it lacks are left out, as in speaking.
    """
    phones = phonemise(text, language=language, alphabet="espeak", lexicon=pack_lexicon).phones
    known = [phone for phone in phones if phone.symbol in table]
    return symbol_ids(known, table)[0] if known else []


def table_of(description: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the table in a voice's `.onnx.json`. Raises KeyError, ValueError or TypeError where it has none."""
    return {
        str(symbol): tuple(int(row) for row in rows) for symbol, rows in description["phoneme_id_map"].items()
    }
