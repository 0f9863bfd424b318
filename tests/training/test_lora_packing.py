"""Rows packed behind their prefix are worth what they are worth one by one, computed by transformers alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the packages of the extra `train` are not installed")

from companion.training.lora.job import LoraJob, Row, read_rows  # noqa: E402 - below what may be missing
from companion.training.lora.model import load_base, token_losses, with_lora  # noqa: E402
from companion.training.lora.packing import Packed, pack, plan  # noqa: E402

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]
WriteJob = Callable[..., Path]


def _alone(model: Any, prefix: list[int], row: Row) -> list[float]:
    """Return the loss of each learnt token of one row, all logits computed, no mask of ours."""
    ids = torch.tensor([[*prefix, *row.ids]])
    losses = torch.nn.functional.cross_entropy(
        model(input_ids=ids).logits[0, :-1].float(), ids[0, 1:], reduction="none"
    )
    return [
        float(losses[len(prefix) + place - 1]) for start, end, _ in row.spans for place in range(start, end)
    ]


@pytest.fixture
def model_and_rows(lora_job: WriteJob) -> tuple[Any, list[Row], dict[str, list[int]]]:
    """Return a model with adapters that do something, and rows of one prefix."""
    file = lora_job("packing")
    model = with_lora(load_base(LoraJob.read(file).base, "float32"), rank=4, alpha=8.0, dropout=0.0, seed=1)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.normal_(0, 0.05)
    rows, prefixes = read_rows(file.parent)
    return model, [row for row in rows if row.prefix == "a"][:7], prefixes


def test_packed_rows_cost_what_they_cost_alone(
    model_and_rows: tuple[Any, list[Row], dict[str, list[int]]],
) -> None:
    model, rows, prefixes = model_and_rows

    with torch.no_grad():
        packed = token_losses(model, pack(rows, prefixes["a"])).numpy()
        alone = np.concatenate([_alone(model, prefixes["a"], row) for row in rows])

    np.testing.assert_allclose(packed, alone, rtol=0, atol=2e-4)


def test_gradients_are_those_of_the_rows_alone(
    model_and_rows: tuple[Any, list[Row], dict[str, list[int]]],
) -> None:
    model, rows, prefixes = model_and_rows

    def gradient(packs: list[Packed]) -> Any:
        model.zero_grad()
        for one in packs:
            token_losses(model, one).sum().backward()
        return torch.cat([value.grad.flatten() for value in model.parameters() if value.requires_grad])

    together = gradient([pack(rows, prefixes["a"])])
    apart = gradient([pack([row], prefixes["a"]) for row in rows])

    assert float(torch.nn.functional.cosine_similarity(together, apart, dim=0)) > 0.99999
    assert float(together.norm() / apart.norm()) == pytest.approx(1, abs=1e-4)


def test_rows_that_saw_each_other_would_cost_something_else(
    model_and_rows: tuple[Any, list[Row], dict[str, list[int]]],
) -> None:
    """The control: without the blocks the comparison fails."""
    model, rows, prefixes = model_and_rows
    packed = pack(rows, prefixes["a"])
    blind = replace(packed, block=np.zeros_like(packed.block))

    with torch.no_grad():
        losses = token_losses(model, blind).numpy()
        alone = np.concatenate([_alone(model, prefixes["a"], row) for row in rows])

    assert np.abs(losses - alone).max() > 0.05


def test_every_row_stands_in_one_pack_and_packs_keep_their_length(lora_job: WriteJob) -> None:
    rows, prefixes = read_rows(lora_job("plan").parent)

    bins = plan(rows, prefixes, 200, 7)

    assert sorted(index for one in bins for index in one) == list(range(len(rows)))
    for one in bins:
        assert len({rows[index].prefix for index in one}) == 1
        length = len(prefixes[rows[one[0]].prefix]) + sum(len(rows[index].ids) for index in one)
        assert length <= 200 or len(one) == 1


def test_the_order_is_the_seed_s(lora_job: WriteJob) -> None:
    rows, prefixes = read_rows(lora_job("order").parent)

    assert plan(rows, prefixes, 200, 7) == plan(rows, prefixes, 200, 7)
    assert plan(rows, prefixes, 200, 7) != plan(rows, prefixes, 200, 8)
