"""From settings to engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from companion import wiring
from companion.domain.cancel import CancelToken
from companion.engines.catalog import Catalog
from companion.errors import ModelError, UsageError
from companion.hardware import plan_threads
from companion.paths import Paths
from companion.settings import Settings
from companion.workers.spec import EngineSpec, RecallSpec

pytestmark = pytest.mark.unit


def no_progress(done: int, total: int) -> None:
    del done, total


def test_a_remote_mind_needs_an_address(tmp_path: Path) -> None:
    settings = Settings()
    settings.mind.engine = "remote"
    with pytest.raises(UsageError, match="server address"):
        wiring.language_spec(
            settings, Paths.under(tmp_path), Catalog(()), progress=no_progress, cancel=CancelToken()
        )
    settings.mind.remote_url = " http://127.0.0.1:8080/v1 "
    spec = wiring.language_spec(
        settings, Paths.under(tmp_path), Catalog(()), progress=no_progress, cancel=CancelToken()
    )
    assert (spec.engine, spec.options["url"]) == ("openai_compatible", "http://127.0.0.1:8080/v1")


def test_where_memory_is_short_the_largest_smaller_model_is_taken(tmp_path: Path, gguf: Any) -> None:
    paths = Paths.under(tmp_path)
    paths.make()
    sizes = {"small": 1, "middle": 2, "large": 3}
    files = {}
    for name, n in sizes.items():
        files[name] = paths.models / f"{name}.gguf"
        files[name].write_bytes(gguf.model() + b"\0" * 1_000 * n)
    spec = EngineSpec("llama_cpp", {"model": str(files["large"]), "context_tokens": 512})
    smaller = wiring.smaller_language_spec(
        spec, paths, Catalog(()), progress=no_progress, cancel=CancelToken()
    )
    assert smaller is not None
    assert smaller.options == {"model": str(files["middle"]), "context_tokens": 512}
    least = EngineSpec("llama_cpp", {"model": str(files["small"])})
    assert (
        wiring.smaller_language_spec(least, paths, Catalog(()), progress=no_progress, cancel=CancelToken())
        is None
    )


@pytest.mark.parametrize("cores", [1, 2, 4, 8, 16])
def test_no_engine_gets_more_threads_than_there_are_cores(cores: int) -> None:
    plan = plan_threads(cores, speaks=True)
    assert all(1 <= n <= cores for n in (plan.decode, plan.prefill, plan.recogniser, plan.voice))


def test_on_two_cores_the_voice_takes_both_because_the_language_engine_gives_way() -> None:
    assert plan_threads(2, speaks=True).voice == 2


def test_a_wished_number_of_threads_is_heeded() -> None:
    plan = plan_threads(8, speaks=True, wished=3)
    assert (plan.decode, plan.prefill) == (3, 3)


def recall_of(settings: Settings, folder: Path) -> RecallSpec:
    return wiring.recall_spec(
        settings, Paths.under(folder), Catalog(()), progress=no_progress, cancel=CancelToken()
    )


def test_without_a_model_the_index_finds_what_is_written_alike(tmp_path: Path) -> None:
    spec = recall_of(Settings(), tmp_path)
    cache = tmp_path / "cache" / "recall"
    assert (spec.embedder.engine, spec.store.engine) == ("hashing", "chroma")
    assert (spec.folder, spec.store.options) == (str(cache / "index"), {"folder": str(cache / "chroma")})


def test_a_demo_needs_no_chroma(tmp_path: Path) -> None:
    settings = Settings()
    settings.mind.engine = "demo"
    assert recall_of(settings, tmp_path).store.engine == "exact"


def test_a_chroma_server_needs_an_address(tmp_path: Path) -> None:
    settings = Settings()
    settings.recall.store = "server"
    with pytest.raises(UsageError, match="Chroma server"):
        recall_of(settings, tmp_path)
    settings.recall.server_url = " http://127.0.0.1:8000 "
    assert recall_of(settings, tmp_path).store.options == {"url": "http://127.0.0.1:8000"}


def test_an_embedding_model_in_the_models_folder_is_used_and_never_taken_for_a_mind(
    tmp_path: Path, gguf: Any, onnx: Any
) -> None:
    paths = Paths.under(tmp_path)
    paths.make()
    (paths.models / "bge.gguf").write_bytes(gguf.model({"general.architecture": "bert"}))
    spec = recall_of(Settings(), tmp_path)
    assert (spec.embedder.engine, spec.embedder.options) == (
        "gguf_embedding",
        {"model": str(paths.models / "bge.gguf")},
    )
    with pytest.raises(ModelError):
        Catalog(()).provide(paths.models, "language")
    folder = paths.models / "e5"
    folder.mkdir()
    onnx.text_embedder(folder)
    settings = Settings()
    settings.recall.embedder = "e5"
    assert recall_of(settings, tmp_path).embedder == EngineSpec("onnx_text", {"folder": str(folder)})


def test_an_embedding_model_that_was_chosen_and_is_missing_is_an_error(tmp_path: Path) -> None:
    settings = Settings()
    settings.recall.embedder = "gone"
    with pytest.raises(ModelError, match="gone"):
        recall_of(settings, tmp_path)
