"""Draw the next token: repeat and copy penalty, min_p, top_k, top_p, temperature, in this order.

Done here and not in the native chain because the penalty has to spare punctuation and function words: Chinese text in
which 。 or 的 costs something decays within a few sentences.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from companion.domain.character import Sampling
from companion.errors import ModelError

PENALTY_WINDOW = 128
_MOST_CANDIDATES = 1_000
# fmt: off
_FUNCTION_WORDS = frozenset(
    {
        "的", "地", "得", "了", "着", "过", "是", "在", "我", "你", "他", "她", "它", "们", "我们", "你们", "这", "那",
        "不", "没", "有", "也", "都", "就", "和", "与", "吗", "呢", "吧", "啊", "呀", "嗯", "一", "个", "the", "a",
        "an", "i", "you", "he", "she", "it", "we", "they", "and", "or", "but", "to", "of", "in",
        "on", "at", "is", "are", "was", "be", "not", "no", "my", "your", "that", "this",
    }
)
# fmt: on


class Sampler:
    """The draws of one reply; `seed` None takes a new one."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._random = np.random.default_rng(sampling.seed)

    def pick(
        self,
        logits: NDArray[np.float32],
        punished: NDArray[np.int64],
        copied: Mapping[int, float] | None = None,
        barred: Sequence[int] = (),
    ) -> int:
        """Return a token id; `logits` has shape (n_vocab,), `punished` are distinct ids. `logits` is left alone.

        `copied` holds what tokens lose that would go on with a passage of the context; `barred` are not drawn.

        Raises ModelError when the logits hold no finite maximum.
        """
        logits = self._penalised(logits, punished, copied or {})
        if barred:
            logits = logits.copy()
            logits[list(barred)] = -np.inf
        best = int(logits.argmax())
        top = float(logits[best])
        if not np.isfinite(top):
            raise ModelError(
                "The language model calculates with invalid numbers.",
                "Detach the character's adapter, or fetch the model again.",
                code="numbers",
            )
        if self._sampling.temperature <= 0.0:
            return best
        ids, values = self._candidates(logits, top)
        weights = np.exp((values - top) / self._sampling.temperature)
        return int(ids[np.searchsorted(np.cumsum(weights), self._random.random() * weights.sum())])

    def _penalised(
        self, logits: NDArray[np.float32], punished: NDArray[np.int64], copied: Mapping[int, float]
    ) -> NDArray[np.float32]:
        penalty = self._sampling.repeat_penalty
        if penalty == 1.0 or not (len(punished) or copied):
            return logits
        logits = logits.copy()
        if len(punished):
            seen = logits[punished]
            logits[punished] = np.where(seen > 0, seen / penalty, seen * penalty)
        for token, cost in copied.items():
            logits[token] -= cost
        return logits

    def _candidates(
        self, logits: NDArray[np.float32], top: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return ids and logits, best first, after min_p, top_k and top_p."""
        least = top + float(np.log(self._sampling.min_p)) if self._sampling.min_p > 0 else -np.inf
        ids = np.flatnonzero(logits >= least)
        keep = self._sampling.top_k if self._sampling.top_k > 0 else _MOST_CANDIDATES
        if len(ids) > keep:
            ids = ids[np.argpartition(-logits[ids], keep - 1)[:keep]]
        ids = ids[np.argsort(-logits[ids], kind="stable")]
        values = logits[ids].astype(np.float64)
        if self._sampling.top_p < 1.0:
            weights = np.exp(values - top)
            reached = np.searchsorted(np.cumsum(weights), self._sampling.top_p * weights.sum()) + 1
            ids, values = ids[:reached], values[:reached]
        return ids, values


def is_spared(piece: str) -> bool:
    """Tell whether a token may come again at no cost: punctuation, spaces, symbols, function words, control tokens."""
    text = piece.strip().lower()
    if not text or text in _FUNCTION_WORDS:
        return True
    return all(unicodedata.category(char)[0] in "PSZC" for char in text)


def opens_aside(piece: str) -> bool:
    """Tell whether a token begins what is not said aloud: a bracket or an asterisk."""
    return piece.lstrip()[:1] in tuple("（([【*＊<")
