"""What packaging/export_embedder.py writes gives the vectors of the original, in Chinese and English.

Runs where the packages of [train] are installed; the model is a small one with random weights.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.engines.embedders.onnx_text import OnnxText

_NEEDED = ("torch", "transformers", "sentence_transformers", "onnx")
_MISSING = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(bool(_MISSING), reason=f"{', '.join(_MISSING)} of [train] not installed"),
]

_ROOT = Path(__file__).resolve().parents[3]
_QUERY = "Represent: "
_SENTENCES = (
    "你好。",
    "明天会下雨吗？",
    "我养了一只猫，名字叫团子。",
    "黛玉把落花装进绢袋，埋在花冢里。",
    "她从小在江南长大，不爱说话。",
    "宝玉摔了玉，满屋子的人都吓坏了。",
    "我下个月要去北京出差三天。",
    "这家店的豆浆比油条好喝。",
    "图书馆九点关门。",
    "他在信里写：一切都好，勿念。",
    "Hello.",
    "Will it rain tomorrow?",
    "I have a cat whose name is Dumpling.",
    "She buried the fallen flowers in a silk bag.",
    "He grew up by the sea and never learnt to swim.",
    "The library closes at nine.",
    "Next month I travel to Beijing for three days.",
    "我用 Python 写了一个 demo。",
    "Nothing in the letter said where she had gone. " * 12,
    "一朵花落了，又一朵花落了。" * 30,
)


@pytest.mark.parametrize("pooling", ["mean", "cls", "lasttoken"])
def test_the_exported_model_gives_the_vectors_of_the_original(tmp_path: Path, pooling: str) -> None:
    original = _original(tmp_path / "original", pooling)
    written = _export(tmp_path / "original", tmp_path / "exported")
    assert written.returncode == 0, written.stderr
    exported = OnnxText.load(tmp_path / "exported")
    for query in (False, True):
        prompt = _QUERY if query else ""
        theirs = original.encode([prompt + text for text in _SENTENCES], normalize_embeddings=True)
        ours = exported.embed(_SENTENCES, query=query)
        assert np.min(np.sum(ours * np.asarray(theirs), axis=1)) >= 0.999
    exported.close()


def test_a_model_that_does_more_than_pool_is_refused(tmp_path: Path) -> None:
    _original(tmp_path / "original", "max")
    refused = _export(tmp_path / "original", tmp_path / "exported")
    assert (refused.returncode, "max" in refused.stderr) == (1, True)
    assert not (tmp_path / "exported").exists()


def _export(original: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    known = os.pathsep.join([str(_ROOT), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, str(_ROOT / "packaging" / "export_embedder.py"), str(original), str(folder)],
        env={**os.environ, "PYTHONPATH": known, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def _original(folder: Path, pooling: Any) -> Any:
    """Return a sentence-transformers model of two layers, saved to `folder`."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    bare = folder.with_name("bare")
    bare.mkdir()
    letters = sorted({letter for text in (*_SENTENCES, _QUERY) for letter in text.lower()} - {" "})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{one}" for one in letters)]
    (bare / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(str(bare))
    BertTokenizerFast(vocab=str(bare / "vocab.txt"), model_max_length=128).save_pretrained(str(bare))
    model = SentenceTransformer(
        modules=[Transformer(str(bare), max_seq_length=128), Pooling(32, pooling_mode=pooling)],
        prompts={"query": _QUERY, "document": ""},
        device="cpu",
    )
    model.save(str(folder))
    return model
