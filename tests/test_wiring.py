"""From settings to engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from companion import wiring
from companion.domain.cancel import CancelToken
from companion.engines.catalog import Catalog
from companion.errors import UsageError
from companion.hardware import plan_threads
from companion.paths import Paths
from companion.settings import Settings
from companion.workers.spec import EngineSpec

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


def test_a_wished_number_of_threads_is_heeded() -> None:
    plan = plan_threads(8, speaks=True, wished=3)
    assert (plan.decode, plan.prefill) == (3, 3)
