"""Who says what: tags, subjects, pronouns, turns, and where nobody can be told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from companion.forge.extraction import Extraction

pytestmark = pytest.mark.unit

Extract = Callable[..., Extraction]

_MODERN = """第一章 雨夜

林晚推开咖啡馆的门，雨水顺着伞尖滴下来。

“你迟到了。”陈屿头也不抬地说。

“堵车。”林晚把伞靠在墙边，“再说，你不是也刚到吗？”

“我已经喝完两杯了。”

“那你请客。”

陈屿终于抬起头，笑了一下。“凭什么？”

“凭你让我大老远跑过来。”

她坐下来，招手叫服务员。服务员走过来问：“请问要点什么？”

“一杯热可可，谢谢。”林晚说。

“林晚，”陈屿压低声音，“我看见他了。”

她愣住了。“谁？”

“你哥哥。”他说。

林晚沉默了很久，才轻声问道：“他……还好吗？”

“不知道。”陈屿摇摇头。

门铃响了。周明从外面走进来，拍了拍身上的雨水：“你们两个，果然在这里！”

“周明？”林晚站起来，“你怎么来了？”

所谓的“巧合”，她是不信的。

“别紧张，”周明笑着说，“我是来送信的。”
"""
_ENGLISH = """Chapter 1

Alice Brown closed the door. The rain had soaked her coat.

"You are late," said Thomas without looking up.

"Traffic." Alice hung her coat on the hook. "Besides, you have only just arrived yourself."

"I have had two cups already."

"Then you are paying."

Thomas looked up at last and smiled. "Why should I?"

"Because you made me come all this way," she said.

The waiter came over. "What would you like?" he asked.

"Hot chocolate, please," Alice said.

"Alice," Thomas whispered, "I saw him."

"Whom?"

"Your brother."

Mr. Grey entered and cried, "There you are!"

"Mr. Grey?" said Alice. "What are you doing here?"

The so-called "coincidence" did not fool her.

"I bring a letter," replied Mr. Grey. "It is from Thomas's aunt."
"""


def _speakers(found: Extraction) -> list[str | None]:
    return [one.speaker for one in found.attributions]


def test_a_modern_chinese_novel_is_told_apart(extract: Extract) -> None:
    lin, chen, zhou = "林晚", "陈屿", "周明"
    wanted = [
        chen,
        lin,
        lin,
        chen,
        lin,
        chen,
        lin,
        "服务员",
        lin,
        chen,
        chen,
        lin,
        chen,
        lin,
        chen,
        zhou,
        lin,
        lin,
        zhou,
        zhou,
    ]
    assert wanted == _speakers(extract(_MODERN))


def test_an_english_novel_is_told_apart(extract: Extract) -> None:
    alice, thomas, grey = "Alice", "Thomas", "Mr. Grey"
    wanted = [
        thomas,
        alice,
        alice,
        thomas,
        alice,
        thomas,
        alice,
        "the waiter",
        alice,
        thomas,
        thomas,
        alice,
        thomas,
        grey,
    ]
    assert [*wanted, alice, alice, grey, grey] == _speakers(extract(_ENGLISH))


@pytest.mark.parametrize(
    ("told", "speaker", "form"),
    [
        ("宝玉道：“好。”", "宝玉", "explicit"),
        ("宝玉因问黛玉道：“好？”", "宝玉", "explicit"),
        ("黛玉听了，低头一语不发，半日说道：“好。”", "黛玉", "anaphoric"),
        ("宝玉向黛玉说了几句话，又看了看天，因笑道：“好。”", "宝玉", "anaphoric"),
        ("可巧黛玉的小丫鬟雪雁走来，笑道：“好。”", "雪雁", "anaphoric"),
        ("宝玉正说着，只见黛玉走来，笑道：“好。”", "黛玉", "anaphoric"),
        ("宝玉听见黛玉道：“好。”", "黛玉", "explicit"),
        ("宝玉未及开口，被黛玉喝道：“好！”", "黛玉", "explicit"),
        ("唬的宝玉忙央告道：“好。”", "宝玉", "explicit"),
        ("宝玉黛玉都笑道：“好。”", "宝玉、黛玉", "explicit"),
        ("众人都笑道：“好。”", "众人", "explicit"),
        ("忽见人说：“好。”", "有人", "explicit"),
        ("那长史官听了，笑道：“好。”", "长史官", "anaphoric"),
        ("何三道：“好。”", "何三", "explicit"),
        ("宝玉走了进去，只听说道：“好。”", None, "anaphoric"),
    ],
)
def test_the_subject_of_a_chinese_tag_is_found(
    extract: Extract, told: str, speaker: str | None, form: str
) -> None:
    known = ["宝玉", "黛玉", "雪雁"]
    padding = "。".join(f"{name}走了，{name}来了" for name in known)
    found = extract(f"{padding}。\n\n{told}", known=known)
    assert (speaker, form) == (found.attributions[-1].speaker, found.attributions[-1].form)


def test_the_one_who_is_asked_does_not_ask(extract: Extract) -> None:
    found = extract("黛玉来了。宝玉来了。\n\n黛玉听了，问黛玉道：“你守着哭什么？”", known=["黛玉", "宝玉"])
    assert None is found.attributions[0].speaker


def test_a_speaker_goes_on_after_a_pause(extract: Extract) -> None:
    found = extract("晴雯来了。宝玉笑道：“好，太早了些。”因又问晴雯道：“你可吃了？”", known=["晴雯", "宝玉"])
    assert [(one.speaker, one.addressee) for one in found.attributions] == [("宝玉", None), ("宝玉", "晴雯")]


def test_who_is_called_by_name_does_not_speak(extract: Extract) -> None:
    found = extract(
        "张明走了。李华来了。\n\n“你来了。”张明说。\n\n“来了。”李华说。\n\n“张明，坐吧。”",
        known=["张明", "李华"],
    )
    assert (found.attributions[-1].speaker, found.attributions[-1].addressee) == ("李华", "张明")


def test_nobody_is_named_where_nothing_tells(extract: Extract) -> None:
    found = extract("天黑了。\n\n“谁在那里？”\n\n门开了。")
    assert [(one.speaker, one.method) for one in found.attributions] == [(None, "none")]
    assert "unattributed" in {one.kind for one in found.problems}


def test_evidence_is_the_name_in_the_text(extract: Extract) -> None:
    found = extract("宝玉来了。宝玉道：“好。”", known=["宝玉"])
    start, end = found.attributions[0].evidence or (0, 0)
    assert found.source.document.text[start:end] == "宝玉"


def test_the_narrator_of_a_first_person_story_speaks_too(extract: Extract) -> None:
    text = (
        "林晚走了进来。\n\n“你来了。”我说。\n\n林晚说：“来了。”\n\n我看着林晚，问道：“冷吗？”\n\n"
        "林晚摇摇头：“不冷。”\n\n“坐吧。”\n"
    )
    found = extract(text, known=["林晚"])
    assert _speakers(found) == ["我", "林晚", "我", "林晚", "我"]
    english = 'Anna came in.\n\n"You are here," I said.\n\n"Yes," said Anna.\n\n"Cold?" I asked.\n\n"No," said Anna.\n'
    assert _speakers(extract(english)) == ["I", "Anna", "I", "Anna"]


def test_a_story_in_the_third_person_has_no_narrator_in_it(extract: Extract) -> None:
    found = extract("林晚说：“我说过的。”\n\n陈屿说：“我知道。”\n", known=["林晚", "陈屿"])
    assert {one.id for one in found.cast.people} == {"林晚", "陈屿"}
