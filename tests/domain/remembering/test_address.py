"""Cards are told to the user as "you" and kept in the third person that the prompt needs."""

from __future__ import annotations

import pytest

from companion.domain.memory import Memory
from companion.domain.remembering.address import card_text, from_user, to_user
from companion.domain.remembering.facts import _WORDS

pytestmark = pytest.mark.unit

_TOLD = [
    ("用户叫小林。", "你叫小林。"),
    ("用户养的猫：团子", "你养的猫：团子"),
    ("你和用户的关系：恋人", "你和她的关系：恋人"),
    ("用户说你答应过：陪用户看海", "你说她答应过：陪你看海"),
    ("用户答应过：给你写信", "你答应过：给她写信"),
    ("用户的工作是用户研究员", "你的工作是用户研究员"),
    ("用户最喜欢的歌是《你》", "你最喜欢的歌是《你》"),
    ("昨天用户说过：你像我的用户经理", "昨天你说过：你像我的用户经理"),
    ("The user's name is Lin", "Your name is Lin"),
    ("The user likes tea", "You like tea"),
    ("The user does not like tea", "You do not like tea"),
    ("The user studies at Leeds", "You study at Leeds"),
    ("The user teaches, and the user's cat watches", "You teach, and your cat watches"),
    ("The user really misses home", "You really miss home"),
    ("What you and the user are: friends", "What you and she are: friends"),
    ("The anniversary of you and the user: May 3", "The anniversary of you and her: May 3"),
    ("The user says you promised: to sing", "You say she promised: to sing"),
    ("On Friday the user said: I know the user", "On Friday you said: I know the user"),
]


@pytest.mark.parametrize(("kept", "told"), _TOLD)
def test_the_user_is_told_of_himself_as_you(kept: str, told: str) -> None:
    assert told == to_user(kept)
    assert kept == from_user(told, kept)


@pytest.mark.parametrize("name", sorted(_WORDS))
@pytest.mark.parametrize("language", [0, 1])
def test_every_wording_of_a_card_comes_back_as_it_was(name: str, language: int) -> None:
    kept = _WORDS[name][language].format(v=("团子", "Miles")[language], k=("猫", "cat")[language])
    told = to_user(kept)
    assert "用户" not in told
    assert "the user" not in told.lower()
    assert kept == from_user(told, kept)


@pytest.mark.parametrize(
    ("kept", "written", "then"),
    [
        ("用户住在杭州。", "你住在上海。", "用户住在上海。"),
        ("用户住在杭州。", "你和你妈妈住在上海。", "用户和用户妈妈住在上海。"),
        ("用户答应过：给你写信", "你答应过：给她打电话", "用户答应过：给你打电话"),
        ("用户住在杭州。", "我住在上海。", "我住在上海。"),
        ("我住在杭州。", "我住在你家。", "我住在你家。"),
        ("The user lives in York", "You live in Leeds", "The user lives in Leeds"),
        ("The user likes tea", "You hate tea", "The user hates tea"),
        ("The user likes tea", "You were born in May", "The user was born in May"),
        ("The user likes tea", "You can swim, your cat too", "The user can swim, the user's cat too"),
        ("I like tea", "I like you", "I like you"),
    ],
)
def test_what_the_user_corrects_is_kept_in_the_third_person(kept: str, written: str, then: str) -> None:
    assert then == from_user(written, kept)


@pytest.mark.parametrize(
    "text", ["我对花生过敏，你要记得。", "I am allergic to nuts, you know.", "", "她住在海边。"]
)
def test_what_is_not_of_the_third_person_stays(text: str) -> None:
    assert text == to_user(text)


def test_what_a_pack_says_stays_as_its_author_wrote_it() -> None:
    text = "用户是你的邻居。"
    assert text == card_text(Memory(1, "xiaoman", "fact", text, origin="pack"))
    assert card_text(Memory(1, "xiaoman", "fact", text)) == "你是她的邻居。"
