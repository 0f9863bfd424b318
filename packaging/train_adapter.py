"""Train the adapter of a bundled character from the dialogue written for her.

    uv run --extra train --extra starter python packaging/train_adapter.py --base MODEL.gguf --job FOLDER [--resume]

reads `models/xiaoman/dialogue`, writes the job into FOLDER and trains there; Ctrl-C saves and stops. The adapter is
FOLDER/style.gguf.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from companion.domain.cancel import CancelToken
from companion.domain.character import Sampling
from companion.domain.messages import Message
from companion.engines.language_models.llama_cpp import LlamaCpp
from companion.engines.language_models.vocabulary import Vocabulary
from companion.forge.datasets.dialogue import DialogueRows, read_dialogue
from companion.forge.datasets.rendering import render
from companion.packs.library import Library
from companion.ports import Prompt, TextDelta

ROOT = Path(__file__).resolve().parents[1]
_TOLD = 200
QUESTIONS = Path(__file__).with_name("general_questions.txt")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--job", type=Path, required=True)
    parser.add_argument("--character", default="xiaoman")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a field of the job")
    arguments = parser.parse_args()
    job = arguments.job.resolve()
    job.mkdir(parents=True, exist_ok=True)
    if not arguments.resume or not (job / "rows.jsonl").exists():
        _write_rows(arguments.base.resolve(), arguments.character, job)
    fields = {name: json.loads(value) for name, _, value in (one.partition("=") for one in arguments.set)}
    text = {
        "format": 1,
        "base": str(arguments.base.resolve()),
        "out": str(job),
        "resume": arguments.resume,
        **fields,
    }
    (job / "training.json").write_text(json.dumps(text, indent=1), encoding="utf-8")
    command = [sys.executable, "-m", "companion.training.lora", str(job / "training.json")]
    try:
        return subprocess.call(command, cwd=ROOT)
    except KeyboardInterrupt:
        return 130


def _write_rows(base: Path, character: str, job: Path) -> None:
    library = Library([], bundled=ROOT / "characters", cache=job / "cache")
    vocabulary = Vocabulary.load(base)
    maker = DialogueRows(library.get(character), vocabulary)
    dialogue = read_dialogue(ROOT / "models" / character / "dialogue")
    rows = [maker.row(one) for one in dialogue]
    rows += _replay(base, vocabulary)
    prefixes = {character: maker.prefix, "general": vocabulary.tokens([])}
    (job / "prefixes.json").write_text(json.dumps(prefixes), encoding="utf-8")
    with (job / "rows.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    # For the gates: what was said, beside the tokens that were made of it.
    with (job / "messages.jsonl").open("w", encoding="utf-8") as out:
        for one in dialogue[-_TOLD:]:
            messages = [[message.role, message.text] for message in (*maker.pinned, *maker.messages(one))]
            out.write(json.dumps({"id": one.id, "messages": messages}, ensure_ascii=False) + "\n")
    vocabulary.close()


def _replay(base: Path, vocabulary: Vocabulary) -> list[dict[str, object]]:
    """Return the base's own answers to general questions: what must not be forgotten."""
    model = LlamaCpp.load(base, context_tokens=1024, threads=2, threads_batch=2)
    rows: list[dict[str, object]] = []
    for number, question in enumerate(QUESTIONS.read_text(encoding="utf-8").splitlines()):
        said = Message("user", question)
        parts = model.generate(
            Prompt((), (), (said,)), Sampling(temperature=0.0, max_tokens=64), CancelToken()
        )
        answer = "".join(part.text for part in parts if isinstance(part, TextDelta))
        made = render(vocabulary, (), [said, Message("assistant", answer)], [False, True])
        # A cut answer has no end of its own.
        spans = [(a, b - 1, 0) for a, b, _ in made.spans]
        rows.append(
            {"id": f"general-{number}", "prefix": "general", "ids": made.ids, "spans": spans,
             "n_chars": made.n_chars, "split": "replay", "view": "replay"}
        )  # fmt: skip
    model.close()
    return rows


if __name__ == "__main__":
    sys.exit(main())
