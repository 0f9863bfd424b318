"""A language model may choose among people whom the text names, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import Adapter, Sampling
from companion.engines.language_models.scripted import Scripted
from companion.forge.choosing import MOST_CANDIDATES, candidates, chooser
from companion.forge.extraction import Extraction
from companion.forge.subjects import Subjects
from companion.ports import Cancel, GenerationDone, ModelInfo, Prompt, TextDelta, Warmed

pytestmark = pytest.mark.unit

Extract = Callable[..., Extraction]

_TEXT = "张明走了。李华来了。\n\n天黑了。\n\n“谁在那里？”\n\n门开了。张明说：“是我。”\n"
_KNOWN = ["张明", "李华"]


class _Reader:
    """A model that finds the letter before a name, or says what it likes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[str] = []

    @property
    def info(self) -> ModelInfo:
        return ModelInfo("reader", 4_096, "cpu")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    def warm(self, prompt: Prompt, cancel: Cancel, *, keep_as: str | None = None) -> Warmed:
        return Warmed(0, 0, False, 0.0)

    def generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        self.asked.append(prompt.turn[-1].text)
        found = re.search(rf"([A-H])\. {self.name}", self.asked[-1])
        yield TextDelta(found.group(1) if found else self.name)
        yield GenerationDone(1, 0, 1, 1, 0.0, 0.0, "end")

    def attach(self, adapters: Sequence[Adapter]) -> None: ...

    def close(self) -> None: ...


def test_two_passes_that_agree_name_the_speaker(extract: Extract) -> None:
    model = _Reader("李华")
    found = extract(_TEXT, known=_KNOWN, choose=chooser(model, CancelToken()))
    assert (found.attributions[0].speaker, found.attributions[0].method) == ("李华", "model")
    first, second = model.asked
    assert first != second
    assert ">>>“谁在那里？”<<<" in first


def test_passes_that_disagree_name_nobody(extract: Extract) -> None:
    model = Scripted(["A"], delay_s=0.0, context_tokens=4_096)
    found = extract(_TEXT, known=_KNOWN, choose=chooser(model, CancelToken()))
    assert found.attributions[0].speaker is None


@pytest.mark.parametrize("said", ["X", "王芳", "H", ""])
def test_an_answer_outside_the_options_names_nobody(extract: Extract, said: str) -> None:
    found = extract(_TEXT, known=_KNOWN, choose=chooser(_Reader(said or " "), CancelToken()))
    assert found.attributions[0].speaker is None


def test_what_the_rules_are_sure_of_is_not_asked(extract: Extract) -> None:
    model = _Reader("李华")
    found = extract("张明说：“是我。”\n", known=_KNOWN, choose=chooser(model, CancelToken()))
    assert (found.attributions[0].speaker, model.asked) == ("张明", [])


def test_a_cancelled_run_keeps_what_the_rules_found(extract: Extract) -> None:
    cancel = CancelToken()
    cancel.request()
    model = _Reader("李华")
    found = extract(_TEXT, known=_KNOWN, choose=chooser(model, cancel))
    assert (found.attributions[0].speaker, model.asked) == (None, [])


def test_candidates_stand_in_the_text_and_are_not_called(extract: Extract) -> None:
    names = [f"{one}明" for one in "赵钱孙李周吴郑王冯陈"]
    text = "".join(f"{name}来了。{name}走了。" for name in names) + "\n\n“李明，你来。”\n"
    found = extract(text, known=names)
    chosen = candidates(found, Subjects(found.cast), 0)
    assert len(chosen) <= MOST_CANDIDATES
    assert set(chosen) <= set(names) - {"李明"}
