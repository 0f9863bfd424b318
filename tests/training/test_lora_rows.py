"""The bundled character's dialogue as training rows: her words are learnt, and the tokens are those of the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from companion.engines.language_models.llama_cpp import LlamaCpp
from companion.engines.language_models.vocabulary import Vocabulary
from companion.forge.datasets.dialogue import DialogueRows, read_dialogue
from companion.forge.gates_running import Told, token_gates
from companion.packs.library import Library

pytestmark = pytest.mark.engine
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def vocabulary(small_mind: Path) -> Iterator[Vocabulary]:
    with closing(Vocabulary.load(small_mind)) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def rows(vocabulary: Vocabulary, tmp_path_factory: pytest.TempPathFactory) -> DialogueRows:
    library = Library([], bundled=ROOT / "characters", cache=tmp_path_factory.mktemp("cache"))
    return DialogueRows(library.get("xiaoman"), vocabulary)


def test_what_is_learnt_spells_her_replies_in_50_rows(rows: DialogueRows, vocabulary: Vocabulary) -> None:
    for one in read_dialogue(ROOT / "models" / "xiaoman" / "dialogue")[::20][:50]:
        row = rows.row(one)
        ids, spans = row["ids"], row["spans"]

        replies = [turn.text for turn in one.turns if turn.role == "assistant"]
        assert [vocabulary.text(ids[start : end - n]) for start, end, n in spans] == replies
        assert all(vocabulary.ends_reply(ids[end - 1]) for _, end, _ in spans)
        assert row["n_chars"] == sum(map(len, replies))


def test_200_conversations_have_the_tokens_that_the_running_model_reads(
    rows: DialogueRows, vocabulary: Vocabulary, small_mind: Path
) -> None:
    lines = []
    for one in read_dialogue(ROOT / "models" / "xiaoman" / "dialogue")[::5][:200]:
        messages = (*rows.pinned, *rows.messages(one))
        lines.append(Told(messages, (*rows.prefix, *rows.row(one)["ids"])))

    with closing(LlamaCpp.load(small_mind, context_tokens=512, gpu_layers=0, gives_way=False)) as model:
        same_tokens, same_text = token_gates(model, vocabulary, lines)

    assert len(lines) == 200
    assert (same_tokens.value, same_text.value) == (1.0, 1.0)
    assert same_tokens.detail["n"] == 200
