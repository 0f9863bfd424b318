"""Language models of two layers with words of their own, as GGUF files, and jobs that train on them in seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.domain.messages import Message

DIALOGUE = Path(__file__).resolve().parents[2] / "models" / "xiaoman" / "dialogue"
N_WORDS = 700


@pytest.fixture(scope="session")
def dialogue_texts() -> list[str]:
    """Return what is said in the bundled character's dialogue, in order."""
    from companion.forge.datasets.dialogue import read_dialogue

    return [turn.text for one in read_dialogue(DIALOGUE) for turn in one.turns]


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory, dialogue_texts: list[str]) -> Callable[[str], Path]:
    """Return a function that gives the GGUF of a random `llama` or `qwen2` of two layers, always the same."""
    torch = pytest.importorskip("torch", reason="the packages of the extra `train` are not installed")
    for needed in ("transformers", "peft", "gguf", "llama_cpp"):
        pytest.importorskip(needed, reason=f"{needed} is not installed")
    from companion.training.lab.gguf_model import write_model
    from companion.training.lab.vocabulary import learn_vocabulary

    folder = tmp_path_factory.mktemp("bases")
    vocabulary = learn_vocabulary(dialogue_texts[:600], N_WORDS)

    def base(architecture: str) -> Path:
        file = folder / architecture / "tiny.gguf"
        if not file.exists():
            file.parent.mkdir()
            torch.manual_seed(5)
            write_model(_random_model(architecture, len(vocabulary.tokens)), vocabulary, file)
        return file

    return base


@pytest.fixture
def lora_job(
    tmp_path: Path, tiny_base: Callable[[str], Path], dialogue_texts: list[str]
) -> Callable[..., Path]:
    """Return a function that writes a job of 48 short rows behind two prefixes and gives its file."""

    def write(name: str, architecture: str = "qwen2", **fields: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        base = tiny_base(architecture)
        _write_rows(folder, base, dialogue_texts)
        job = {"format": 1, "base": str(base), "out": str(folder), "dtype": "float32", "threads": 1, "seed": 3,
               "lr": 5e-3, "max_tokens": 256, "evaluate_every": 4, "checkpoint_every": 2, "epochs": 1.0}  # fmt: skip
        file = folder / "training.json"
        file.write_text(json.dumps(job | fields), encoding="utf-8")
        return file

    return write


def _random_model(architecture: str, n_words: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    # Wide enough to look at what was said: with 0.02 every word would be foretold alike.
    shape: dict[str, Any] = {
        "vocab_size": n_words,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2_048,
        "initializer_range": 0.15,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 2,
    }
    if architecture == "llama":
        return LlamaForCausalLM(LlamaConfig(**shape)).eval()
    return Qwen2ForCausalLM(Qwen2Config(**shape)).eval()


def _write_rows(folder: Path, base: Path, texts: list[str]) -> None:
    from companion.engines.language_models.vocabulary import Vocabulary
    from companion.forge.datasets.rendering import render

    vocabulary = Vocabulary.load(base)
    system = {"a": "你是小满。You are kind.", "b": "只说实话"}
    pinned = {name: [Message("system", text)] for name, text in system.items()}
    rows, told = [], []
    for number in range(48):
        said, reply = texts[2 * number : 2 * number + 2]
        prefix = "ab"[number % 5 == 0]
        turns = [Message("user", said), Message("assistant", reply)]
        made = render(vocabulary, pinned[prefix], turns, [False, True])
        split = ("train", "train", "train", "train", "val", "replay")[number % 6]
        rows.append({"id": f"row-{number}", "prefix": prefix, "ids": made.ids, "spans": made.spans,
                     "n_chars": made.n_chars, "split": split})  # fmt: skip
        messages = [["system", system[prefix]], ["user", said], ["assistant", reply]]
        told.append({"id": f"row-{number}", "messages": messages})
    prefixes = {name: vocabulary.tokens(messages) for name, messages in pinned.items()}
    vocabulary.close()
    (folder / "prefixes.json").write_text(json.dumps(prefixes), encoding="utf-8")
    for name, lines in (("rows.jsonl", rows), ("messages.jsonl", told)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / name).write_text(text, encoding="utf-8")
