"""jieba, loaded once and quietly, with its own dictionary cache or none."""

from __future__ import annotations

import logging
import threading
import warnings
from pathlib import Path
from typing import Any, Final

_LOCK = threading.Lock()
_LOADED: Final[list[Any]] = []


def segmenter(cache: Path | None = None) -> Any:
    """Return jieba's tokenizer, one for the process; with `cache`, a folder of the caller, it keeps its parsed
    dictionary there if it is loaded now.
    """
    with _LOCK:
        if not _LOADED:
            _LOADED.append(_load(cache))
        return _LOADED[0]


def _load(cache: Path | None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
        import jieba.finalseg
    logger = logging.getLogger("jieba")
    logger.setLevel(logging.CRITICAL)
    logger.handlers.clear()
    tokenizer = jieba.Tokenizer()
    if cache is None:
        # Without a private folder jieba would trust a file in the shared temporary folder.
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
        tokenizer.initialized = True
    else:
        cache.mkdir(parents=True, exist_ok=True)
        tokenizer.tmp_dir = str(cache)
        tokenizer.initialize()
    return tokenizer
