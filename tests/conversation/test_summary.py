"""What left the prompt is told in a few sentences, or not at all in wrong ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from companion.conversation.knowledge import Told
from companion.conversation.summary import (
    Telling,
    checked,
    digest_of,
    extract,
    is_valid,
    needs_summary,
    write_summary,
)
from companion.domain.cancel import CancelToken
from companion.domain.character import Sampling
from companion.domain.memory import Summary
from companion.domain.messages import StoredMessage
from companion.engines.language_models.scripted import Scripted
from companion.ports import Cancel, GenerationDone, Prompt, TextDelta

pytestmark = pytest.mark.unit

_ZH = ("我叫林晚舟，刚搬到青岛", "我是一名牙医", "我养了一只猫，叫豆包", "秋天我带你去看海", "给我来杯普洱吧")
_EN = (
    "My name is Tom and I live in Bristol.",
    "I work as a night nurse.",
    "My dog is called Rex.",
    "Let us go to the sea in autumn.",
    "Tea, please.",
)
_FACTS = {"zh": ("用户叫林晚舟",), "en": ("The user's name is Tom",)}
_GOOD = {
    "zh": "用户叫林晚舟，是青岛的牙医。他养了一只猫，叫豆包。两人约定秋天去看海。",
    "en": "The user is Tom, a night nurse in Bristol. He has a dog called Rex. They agreed to go to the sea in autumn.",
}


def _chat(language: str) -> list[StoredMessage]:
    said = _ZH if language == "zh" else _EN
    answer = "嗯，好呀。" if language == "zh" else "All right."
    messages: list[StoredMessage] = []
    for n, text in enumerate(said):
        messages.append(StoredMessage(2 * n + 1, "c", 2 * n or None, "user", text, 1.0))
        messages.append(StoredMessage(2 * n + 2, "c", 2 * n + 1, "assistant", answer, 1.0))
    return messages


class Says:
    """The demo mind, but what it writes is given; it keeps what it was asked."""

    def __init__(self, text: str) -> None:
        self._scripted = Scripted.load()
        self.text = text
        self.prompts: list[Prompt] = []

    @property
    def info(self) -> object:
        return self._scripted.info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._scripted.count_tokens(texts)

    def generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        assert sampling.max_tokens <= 200
        self.prompts.append(prompt)
        for piece in self.text:
            if cancel.requested:
                break
            yield TextDelta(piece)
        yield GenerationDone(1, 0, 1, len(self.text), 0.0, 0.0, "end")


def _written(language: str, text: str, messages: Sequence[StoredMessage] | None = None) -> tuple[str, str]:
    path = list(messages or _chat(language))
    mind = Says(text)
    summary = write_summary(
        language,  # type: ignore[arg-type]
        mind,  # type: ignore[arg-type]
        path[:8],
        path,
        CancelToken(),
        chat="c",
        name="小满",
        now=5.0,
        telling=lambda messages: Told(tuple(messages), _FACTS[language]),
    )
    assert summary is not None
    assert (summary.until, summary.chat, summary.created_at) == (8, "c", 5.0)
    assert is_valid(summary, path, lambda messages: Told(tuple(messages), _FACTS[language]))
    assert len(mind.prompts) == 1
    return summary.model, summary.text


@pytest.mark.parametrize(("language", "opening"), [("zh", "用户"), ("en", "The user")])
def test_a_sound_summary_is_kept_as_written(language: str, opening: str) -> None:
    model, text = _written(language, _GOOD[language].removeprefix(opening))
    assert model != "extract"
    assert text == _GOOD[language]


@pytest.mark.parametrize(
    ("language", "wrong"),
    [
        ("zh", ""),
        ("zh", "好。"),
        ("zh", " likes the sea and the cat, and he works as a dentist in the city."),
        ("zh", "说：“我叫林晚舟，刚搬到青岛，我是一名牙医。”"),
        ("zh", "（微笑）你来啦，快坐下喝杯茶吧，外面冷。"),
        ("zh", "喜欢猫，喜欢猫，喜欢猫，喜欢猫，喜欢猫，喜欢猫，喜欢猫，喜欢猫。"),
        ("zh", "在江南水乡开了一家旧书铺，每天修补古籍，还会做桂花糕招待邻居。"),
        ("zh", "叫林晚舟，是青岛的牙医，养了一只猫叫豆包" * 12),
        ("en", "喜欢大海，也喜欢狗，他是护士。"),
        ("en", ' said: "My name is Tom and I live in Bristol, nice to meet you."'),
        ("en", " runs a bakery in Vienna, collects stamps and plays the trumpet on Sundays."),
    ],
)
def test_a_bad_summary_gives_way_to_the_user_s_own_words(language: str, wrong: str) -> None:
    model, text = _written(language, wrong)
    assert model == "extract"
    assert ("林晚舟" if language == "zh" else "Tom") in text
    assert len(text) <= (160 if language == "zh" else 560)


def test_a_cut_last_sentence_is_left_out() -> None:
    text = checked(_GOOD["zh"] + "他还说以后要", "zh", _ZH)
    assert text == _GOOD["zh"]


def test_a_cancelled_summary_is_none() -> None:
    cancel = CancelToken()
    cancel.request()
    path = _chat("zh")
    mind = Says(_GOOD["zh"])
    assert (
        write_summary("zh", mind, path[:8], path, cancel, chat="c", name="小满", now=1.0)  # type: ignore[arg-type]
        is None
    )


def test_what_was_told_before_goes_on_in_the_next_summary() -> None:
    path = _chat("zh")
    mind = Says("")
    summary = write_summary(
        "zh",
        mind,  # type: ignore[arg-type]
        path[4:8],
        path,
        CancelToken(),
        chat="c",
        name="小满",
        now=1.0,
        before="用户叫林晚舟。",
    )
    assert summary is not None
    assert summary.text.startswith("用户说过：我叫林晚舟")
    assert "更早的事：用户叫林晚舟。" in mind.prompts[0].turn[-1].text
    assert is_valid(summary, path)


def test_an_edit_above_makes_a_summary_invalid() -> None:
    path = _chat("zh")
    _, _ = _written("zh", "", path)
    mind = Says("")
    summary = write_summary("zh", mind, path[:8], path, CancelToken(), chat="c", name="小满", now=1.0)  # type: ignore[arg-type]
    edited = [replace(path[2], text="我是兽医") if n == 2 else one for n, one in enumerate(path)]
    assert is_valid(summary, path)
    assert not is_valid(summary, edited)
    assert not is_valid(summary, path[:4])
    assert not is_valid(None, path)
    assert is_valid(summary, [*path, replace(path[-1], message=99)])
    assert digest_of(Told(tuple(path[:8]))) != digest_of(Told(tuple(edited[:8])))


def test_a_correction_makes_a_summary_invalid_and_leaves_the_next_one() -> None:
    path = _chat("zh")

    def written(telling: Telling) -> Summary:
        summary = write_summary(
            "zh", None, path[:8], path, CancelToken(), chat="c", name="小满", now=1.0, telling=telling
        )
        assert summary is not None
        return summary

    def before(messages: Sequence[StoredMessage]) -> Told:
        return Told(tuple(messages), ("用户的工作是牙医",))

    def silenced(messages: Sequence[StoredMessage]) -> Told:
        return Told(tuple(one for one in messages if "牙医" not in one.text), ("用户的工作是牙医",))

    def corrected(messages: Sequence[StoredMessage]) -> Told:
        return Told(tuple(one for one in messages if "牙医" not in one.text), ("用户的工作是兽医",))

    told = written(before)
    assert "牙医" in told.text
    assert is_valid(told, path, before)
    assert not is_valid(told, path, silenced)
    assert not is_valid(written(silenced), path, corrected)
    assert "牙医" not in written(corrected).text
    assert "兽医" in written(corrected).text
    assert needs_summary(path, 8, told, corrected)


def test_a_message_without_text_does_not_make_a_summary_invalid() -> None:
    path = _chat("zh")
    summary = write_summary("zh", None, path[:8], path, CancelToken(), chat="c", name="小满", now=1.0)
    assert is_valid(summary, [*path[:4], StoredMessage(4, "c", 4, "assistant", "", 1.0), *path[4:]])


def test_a_summary_is_written_once_a_trim() -> None:
    path = _chat("zh")
    assert not needs_summary(path, 0, None)
    assert not needs_summary(path, 3, None)
    assert needs_summary(path, 6, None)
    mind = Says("")
    summary = write_summary("zh", mind, path[:6], path, CancelToken(), chat="c", name="小满", now=1.0)  # type: ignore[arg-type]
    assert not needs_summary(path, 6, summary)
    assert not needs_summary(path, 8, summary)
    assert needs_summary(path, 10, summary)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_extract_stays_within_its_limit(language: str) -> None:
    long = [replace(one, text=one.text * 30) for one in _chat(language) * 20]
    text = extract(language, long, facts=("事实" * 40,))  # type: ignore[arg-type]
    assert 0 < len(text) <= (160 if language == "zh" else 560)
    assert extract(language, []) == ""  # type: ignore[arg-type]


def test_without_a_model_the_user_s_own_words_are_kept() -> None:
    path = [*_chat("zh"), StoredMessage(11, "c", 10, "user", "你几点开门？", 1.0)]
    summary = write_summary("zh", None, path, path, CancelToken(), chat="c", name="小满", now=1.0)
    assert summary is not None
    assert summary.model == "extract"
    assert (
        summary.text
        == "用户说过：我叫林晚舟，刚搬到青岛；我是一名牙医；我养了一只猫，叫豆包；秋天我带你去看海；给我来杯普洱吧。"
    )
