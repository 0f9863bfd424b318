"""A folder of an ONNX embedding model is checked before it is opened, and pooled as it asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.engines.embedders.onnx_text import OnnxText
from companion.engines.embedders.recipe import Recipe, read_recipe
from companion.errors import ModelError

pytestmark = pytest.mark.unit


def raised(folder: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        OnnxText.load(folder).close()
    return caught.value


def test_mean_pooling_leaves_padding_out(tiny_embedder: Path) -> None:
    embedder = OnnxText.load(tiny_embedder)
    alone = embedder.embed(["花"])[0]
    padded = embedder.embed(["花", "花 园 里 下 雨"])[0]
    assert alone == pytest.approx(padded, abs=1e-6)
    embedder.close()


def test_the_layout_of_sentence_transformers_is_understood(tmp_path: Path) -> None:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    (tmp_path / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "为这个句子生成表示：", "document": ""}})
    )
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 256}))
    assert read_recipe(tmp_path) == Recipe("cls", "为这个句子生成表示：", "", 256)


@pytest.mark.parametrize(("mode", "pooling"), [("cls", "cls"), ("lasttoken", "last"), ("mean", "mean")])
def test_the_one_mode_of_newer_sentence_transformers_is_understood(
    tmp_path: Path, mode: str, pooling: str
) -> None:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": mode}))
    assert read_recipe(tmp_path).pooling == pooling


def test_a_pooling_that_does_not_exist_here_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "weightedmean"}))
    with pytest.raises(ModelError) as caught:
        read_recipe(tmp_path)
    assert caught.value.code == "embedder"


def test_own_recipe_wins_and_english_prefixes_stand_before_the_text(tmp_path: Path) -> None:
    (tmp_path / "embedder.json").write_text(
        json.dumps({"pooling": "last", "query_prefix": "query: ", "passage_prefix": "passage: "})
    )
    recipe = read_recipe(tmp_path)
    assert recipe.pooling == "last"
    assert recipe.prefixed("where", query=True) == "query: where"
    assert recipe.prefixed("here", query=False) == "passage: here"


@pytest.mark.parametrize(
    "content", ['{"pooling": "max"}', '{"max_tokens": 10000000}', '{"query_prefix": 3}', "{", "[" * 100_000]
)
def test_an_impossible_recipe_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "embedder.json").write_text(content)
    with pytest.raises(ModelError) as caught:
        read_recipe(tmp_path)
    assert caught.value.code == "embedder"


def test_missing_files_are_named(tmp_path: Path, tiny_embedder: Path) -> None:
    assert (raised(tmp_path).code, "model.onnx" in raised(tmp_path).what) == ("missing", True)
    (tiny_embedder / "tokenizer.json").unlink()
    assert (raised(tiny_embedder).code, "tokenizer.json" in raised(tiny_embedder).what) == ("missing", True)


def test_a_damaged_tokenizer_is_refused(tiny_embedder: Path) -> None:
    (tiny_embedder / "tokenizer.json").write_text('{"model": {"type": "Wish"}}')
    assert raised(tiny_embedder).code == "embedder"


def test_a_model_that_is_not_for_texts_is_refused(tiny_embedder: Path, onnx: Any) -> None:
    (tiny_embedder / "model.onnx").write_bytes(onnx.adder())
    assert raised(tiny_embedder).code == "embedder"


def test_weights_in_another_file_are_refused(tiny_embedder: Path, onnx: Any) -> None:
    outside = onnx.external("w", "../../etc/passwd")
    (tiny_embedder / "model.onnx").write_bytes(onnx.adder(initializer=outside))
    assert raised(tiny_embedder).code == "onnx"


def test_dimensions_come_from_the_model(tiny_embedder: Path) -> None:
    embedder = OnnxText.load(tiny_embedder)
    assert embedder.dimensions == 8
    assert np.isfinite(embedder.embed(["花园", "rain"])).all()
    embedder.close()
