"""What was trained is what runs: parity of logits and of the change, tokens, cleared and merged adapters."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the packages of the extra `train` are not installed")
pytest.importorskip("gguf", reason="the packages of the extra `train` are not installed")
pytest.importorskip("llama_cpp", reason="llama_cpp is not installed")

from companion.domain.messages import Message  # noqa: E402 - below the packages that may be missing
from companion.engines.language_models.llama_cpp import LlamaCpp  # noqa: E402
from companion.engines.language_models.vocabulary import Vocabulary  # noqa: E402
from companion.errors import ModelError, UsageError  # noqa: E402
from companion.forge.gates import Sides, cleared_gate, merged_gate, pairs_gate, parity_gate  # noqa: E402
from companion.forge.gates_running import Running, Told, token_gates  # noqa: E402
from companion.forge.merging import (  # noqa: E402
    adapter_pairs,
    descriptions,
    pack_weights,
    tensor_types,
    write_half_floats,
)
from companion.model_files.gguf_check import check_gguf  # noqa: E402
from companion.training.lora import gates as job_gates  # noqa: E402
from companion.training.lora.adapter import permuted, save_adapter, write_gguf  # noqa: E402
from companion.training.lora.job import LoraJob, read_rows  # noqa: E402
from companion.training.lora.model import load_base, pairs, with_lora  # noqa: E402

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]
WriteJob = Callable[..., Path]


def _adapted(job: LoraJob) -> Any:
    """Return the base with adapters as strong as learnt ones are, saved into the job's folder."""
    model = with_lora(load_base(job.base, "float32"), rank=job.rank, alpha=job.alpha, dropout=0.0, seed=1)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.normal_(0, 0.02)
    save_adapter(model, job)
    return model


def _sides(job: LoraJob, adapter: Path) -> list[Sides]:
    texts = job_gates.sample_texts(read_rows(job.out)[0], 1)
    running = Running.load(job.base, threads=1)
    off = [running.logits(text) for text in texts]
    running.use([(adapter, 1.0)])
    on = [running.logits(text) for text in texts]
    running.close()
    trained = job_gates.trained_logits(job, texts)
    return [Sides(*trained[i], off[i], on[i]) for i in range(len(texts))]


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_training_and_running_agree(lora_job: WriteJob, architecture: str) -> None:
    job = LoraJob.read(lora_job("parity", architecture))
    _adapted(job)

    gate = parity_gate(_sides(job, job.out / "style.gguf"))

    assert gate.passed, gate


@pytest.mark.fault
@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_rows_in_the_other_family_s_order_do_not_pass(lora_job: WriteJob, architecture: str) -> None:
    """The control: a Llama's q and k left as PEFT has them, a Qwen2's turned as if it were a Llama."""
    job = LoraJob.read(lora_job("wrong", architecture))
    model = _adapted(job)
    found = pairs(model)
    header = check_gguf(job.base)
    for name, value in found.items():
        if "lora_B" in name and ("q_proj" in name or "k_proj" in name):
            n_heads = header.n_head if "q_proj" in name else header.n_head_kv
            turned = permuted(value.detach().numpy(), n_heads)
            if architecture == "llama":
                turned = _turned_back(value.detach().numpy(), n_heads)
            found[name] = torch.from_numpy(np.ascontiguousarray(turned))
    write_gguf(found, header, job.alpha, job.out / "wrong.gguf")

    gate = parity_gate(_sides(job, job.out / "wrong.gguf"))

    assert not gate.passed
    assert gate.value < 0.999


def _turned_back(rows: Any, n_heads: int) -> Any:
    """Undo what the writer will do."""
    shaped = rows.reshape(n_heads, rows.shape[0] // n_heads // 2, 2, *rows.shape[1:])
    return shaped.swapaxes(1, 2).reshape(rows.shape)


def test_a_cleared_adapter_leaves_nothing_and_a_switch_is_quick(lora_job: WriteJob) -> None:
    job = LoraJob.read(lora_job("cleared"))
    _adapted(job)
    texts = job_gates.sample_texts(read_rows(job.out)[0], 1)
    running = Running.load(job.base, threads=1)
    before = [running.logits(text) for text in texts]
    running.use([(job.out / "style.gguf", 1.0)])
    on = [running.logits(text) for text in texts]
    swap_ms = running.use([])
    after = [running.logits(text) for text in texts]
    running.close()

    assert cleared_gate(before, after, swap_ms).passed
    assert not cleared_gate(before, on, swap_ms).passed


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_a_merged_model_speaks_as_the_base_with_its_adapter(lora_job: WriteJob, architecture: str) -> None:
    job = LoraJob.read(lora_job("merged", architecture))
    _adapted(job)
    adapter, merged = job.out / "style.gguf", job.out / "merged.gguf"
    write_half_floats(job.base, merged, [(adapter, 0.5)])
    texts = job_gates.sample_texts(read_rows(job.out)[0], 1)
    base, whole = Running.load(job.base, threads=1), Running.load(merged, threads=1)
    off = [base.logits(text) for text in texts]
    base.use([(adapter, 0.5)])
    sides = [Sides(off[i], base.logits(text), off[i], whole.logits(text)) for i, text in enumerate(texts)]
    base.close()
    whole.close()

    assert min(side.delta for side in sides) > 0.999
    assert merged_gate(job.base, merged).passed


def test_half_floats_of_half_floats_are_the_same_numbers(
    tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    base, out = tiny_base("qwen2"), tmp_path / "again.gguf"

    write_half_floats(base, out)

    assert descriptions(out) == descriptions(base)
    assert tensor_types(out) == tensor_types(base)
    one, other = Running.load(base, threads=1), Running.load(out, threads=1)
    assert np.array_equal(one.logits([5, 6, 7]), other.logits([5, 6, 7]))
    one.close()
    other.close()


def test_packing_tells_the_types_that_came_of_it(tiny_base: Callable[[str], Path], tmp_path: Path) -> None:
    types = pack_weights(tiny_base("qwen2"), tmp_path / "packed.gguf", "Q8_0", threads=1)

    assert types["Q8_0"] == 15
    assert types["F32"] == sum(types.values()) - 15
    assert not merged_gate(tiny_base("qwen2"), tiny_base("llama")).passed


def test_an_adapter_of_another_model_is_not_merged(lora_job: WriteJob, tmp_path: Path) -> None:
    job = LoraJob.read(lora_job("other"))
    _adapted(job)
    adapter = job.out / "style.gguf"
    shapes = {name: (b.shape[0], a.shape[1]) for name, (a, b) in adapter_pairs(adapter)[0].items()}

    assert pairs_gate(shapes, adapter, 14).passed
    assert not pairs_gate(shapes, adapter, 15).passed
    assert not pairs_gate(dict.fromkeys(shapes, (1, 1)), adapter, 14).passed
    with pytest.raises(ModelError, match="does not fit"):
        write_half_floats(_wider(job, tmp_path), tmp_path / "never.gguf", [(adapter, 1.0)])


def _wider(job: LoraJob, folder: Path) -> Path:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from companion.training.lab.gguf_model import write_model
    from companion.training.lab.vocabulary import learn_vocabulary

    vocabulary = learn_vocabulary(["你好吗？我很好。", "hello there"], 300)
    config = Qwen2Config(
        vocab_size=len(vocabulary.tokens), hidden_size=32, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, tie_word_embeddings=True,
    )  # fmt: skip
    file = folder / f"wider-{job.rank}.gguf"
    write_model(Qwen2ForCausalLM(config), vocabulary, file)
    return file


def test_200_lines_have_the_same_tokens_and_text_in_training_and_in_the_program(
    tiny_base: Callable[[str], Path], dialogue_texts: list[str]
) -> None:
    base = tiny_base("qwen2")
    vocabulary = Vocabulary.load(base)
    texts = [*dialogue_texts[:398], "Well...  1895年 — “怎么”，he said\t\n\nOK?", "<|im_end|>\n你 好　！"]
    lines = []
    for number in range(0, len(texts), 2):
        messages = (Message("system", "你是小满。"), Message("user", texts[number]))
        messages += (Message("assistant", texts[number + 1]),)
        lines.append(Told(messages, tuple(vocabulary.tokens(messages))))
    model = LlamaCpp.load(base, gpu_layers=0, threads=1, gives_way=False)

    gates = token_gates(model, vocabulary, lines)
    lines[7] = Told(lines[7].messages, lines[8].ids)
    spoilt = token_gates(model, vocabulary, lines)

    model.close()
    vocabulary.close()
    assert [(gate.number, gate.value, gate.passed) for gate in gates] == [(3, 1.0, True), (4, 1.0, True)]
    assert [gate.passed for gate in spoilt] == [False, False]


def test_a_finished_job_gets_its_gates(lora_job: WriteJob) -> None:
    job = LoraJob.read(lora_job("whole"))
    _adapted(job)

    job_gates.measure(job, merges=True)

    raw = json.loads((job.out / "gates.json").read_text(encoding="utf-8"))
    assert list(raw) == [str(number) for number in range(1, 10)]
    failed = {number for number, gate in raw.items() if not gate["pass"]}
    # A model of random weights does not know how to end a reply.
    assert failed <= {"5"}
    assert raw["3"]["detail"]["n"] == 48


def test_an_unfinished_job_has_no_gates(lora_job: WriteJob) -> None:
    with pytest.raises(UsageError, match="no adapter"):
        job_gates.measure(LoraJob.read(lora_job("unfinished")))
