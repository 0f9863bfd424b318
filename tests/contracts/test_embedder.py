"""What every embedder promises, on each engine that is at hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from companion.engines.catalog import ensure, load_catalog, missing_packages
from companion.engines.embedders.gguf_embedding import GgufEmbedding
from companion.engines.embedders.hashing import Hashing
from companion.engines.embedders.onnx_text import OnnxText
from companion.engines.embedders.use_numpy import UseNumpy
from companion.errors import CompanionError
from companion.ports import Embedder

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
Opener = Callable[[pytest.FixtureRequest, Path], Embedder]
TEXTS = ["黛玉葬花", "Lin Daiyu buries flowers", "", "刘姥姥进大观园" * 600, "半个字\ud800", "😀 مرحبا"]


def provided(id: str, folder: Path) -> Path:
    row = load_catalog(ROOT / "models" / "catalog.toml").row(id)
    if missing := missing_packages(row):
        pytest.skip(f"packages are missing: {', '.join(missing)}; run with the starter extras")
    return ensure(row, folder)


def open_hashing(request: pytest.FixtureRequest, folder: Path) -> Embedder:
    return Hashing.load()


def open_use(request: pytest.FixtureRequest, folder: Path) -> Embedder:
    return UseNumpy.load(provided("use-multilingual-v3", folder))


def open_onnx(request: pytest.FixtureRequest, folder: Path) -> Embedder:
    return OnnxText.load(request.getfixturevalue("onnx").text_embedder(folder))


def open_gguf(request: pytest.FixtureRequest, folder: Path) -> Embedder:
    return GgufEmbedding.load(provided("qwen2.5-coder-0.5b-instruct-q4_k_m", folder), threads=2)


OPENERS = [open_hashing, open_use, open_onnx, open_gguf]


@pytest.fixture(scope="module", params=OPENERS)
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedder]:
    opener: Opener = request.param
    opened = opener(request, tmp_path_factory.mktemp("models"))
    yield opened
    opened.close()


@pytest.mark.parametrize("query", [False, True])
def test_every_text_gets_a_unit_vector(embedder: Embedder, query: bool) -> None:
    vectors = embedder.embed(TEXTS, query=query)
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), embedder.dimensions), np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-4)


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_a_text_has_one_vector_whatever_stands_beside_it(embedder: Embedder) -> None:
    alone = embedder.embed(["宝玉挨打"])[0]
    among: NDArray[np.float32] = embedder.embed(["a", "宝玉挨打", "凤姐" * 40])[1]
    assert float(alone @ among) == pytest.approx(1.0, abs=1e-3)


def test_other_texts_have_other_vectors(embedder: Embedder) -> None:
    one, other = embedder.embed(["今天下雨了", "The train leaves at nine"])
    assert float(one @ other) < 0.999


def test_the_model_has_a_name_with_a_hash_or_version(embedder: Embedder) -> None:
    name, _, mark = embedder.model_id.rpartition(":")
    assert name
    assert mark


@pytest.mark.parametrize("opener", OPENERS)
def test_closing_twice_is_safe_and_embedding_afterwards_is_an_error(
    opener: Opener, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    opened = opener(request, tmp_path)
    opened.close()
    opened.close()
    with pytest.raises(CompanionError):
        opened.embed(["你好"])


def test_the_sentence_encoder_puts_like_meanings_together(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    encoder = open_use(request, tmp_path)
    flowers, english, weather = encoder.embed(["她把花埋了", "She buried the flowers", "明天要下雨"])
    assert flowers @ english > flowers @ weather + 0.2
    encoder.close()


def test_a_recipe_beside_the_model_changes_its_identity(tiny_embedder: Path) -> None:
    plain = OnnxText.load(tiny_embedder)
    (tiny_embedder / "embedder.json").write_text(json.dumps({"query_prefix": "query: ", "pooling": "cls"}))
    prefixed = OnnxText.load(tiny_embedder)
    assert plain.model_id != prefixed.model_id
    asked, held = prefixed.embed(["花"], query=True)[0], prefixed.embed(["花"])[0]
    assert float(asked @ held) < 0.999
    for one in (plain, prefixed):
        one.close()
