"""A table of utterances as a recogniser writes them: is she called, and what is left of it."""

from __future__ import annotations

import pytest

from companion.domain.name_call import Called, called

pytestmark = pytest.mark.unit

XIAOMAN = ("顾小满", "小满")
WREN = ("Wren Ashdown", "Wren")

CHINESE_CALLS = [
    ("小满小满，今天天气怎么样", "今天天气怎么样"),
    ("小满，帮我看看这本书", "帮我看看这本书"),
    ("小满今天天气怎么样", "今天天气怎么样"),
    ("小满今天有什么好喝的", "今天有什么好喝的"),
    ("小满小满今天下雨了", "今天下雨了"),
    ("小满。小满。", ""),
    ("小满", ""),
    ("小满？", ""),
    ("小满！", ""),
    ("小满啊", ""),
    ("小满呀，你说呢？", "你说呢？"),
    ("嘿，小满", ""),
    ("嘿小满，放首歌", "放首歌"),
    ("喂喂，小满，听得见吗？", "听得见吗？"),
    ("喂，小满你在吗？", "你在吗？"),
    ("哎小满，我跟你说", "我跟你说"),
    ("诶，小满你猜我看见谁了", "你猜我看见谁了"),
    ("嗯，那个，小满，明天几点开门？", "明天几点开门？"),
    ("你好小满", "你好"),
    ("你好，小满，我回来了。", "你好，我回来了。"),
    ("早上好小满", "早上好"),
    ("早啊小满", "早"),
    ("晚安，小满。", "晚安。"),
    ("晚安小满", "晚安"),
    ("谢谢你小满", "谢谢你"),
    ("谢谢，小满！", "谢谢！"),
    ("今天天气怎么样，小满？", "今天天气怎么样？"),
    ("今天天气怎么样小满", "今天天气怎么样"),
    ("你在干嘛呢小满？", "你在干嘛呢？"),
    ("我回来了小满", "我回来了"),
    ("我饿了小满", "我饿了"),
    ("别说了，小满", "别说了"),
    ("帮帮我小满", "帮帮我"),
    ("我爱你小满", "我爱你"),
    ("我想你了，小满。", "我想你了。"),
    ("我跟你说，小满，今天我遇到一只猫", "我跟你说，今天我遇到一只猫"),
    ("你说，小满，今天去哪？", "你说，今天去哪？"),
    ("好的，小满，那就这样吧", "好的，那就这样吧"),
    ("顾小满，你给我出来", "你给我出来"),
    ("顾小满你在吗", "你在吗"),
    ("小满姐姐，给我讲个故事吧", "给我讲个故事吧"),
    ("小满在吗", "在吗"),
    ("小满在不在", "在不在"),
    ("小满你是谁", "你是谁"),
    ("小满你喜欢什么茶", "你喜欢什么茶"),
    ("小满我今天好累", "我今天好累"),
    ("小满告诉我现在几点", "告诉我现在几点"),
    ("小满别走", "别走"),
    ("小满等一下", "等一下"),
    ("小满晚安", "晚安"),
    ("小满，她昨天说了什么？", "她昨天说了什么？"),
    # As a recogniser writes them.
    ("小曼，你在吗？", "你在吗？"),
    ("小慢你在吗", "你在吗"),
    ("晓曼晓曼，讲个笑话", "讲个笑话"),
    ("肖曼，今天吃什么？", "今天吃什么？"),
    ("笑满，放首歌", "放首歌"),
    ("小蛮，过来一下", "过来一下"),
    ("古小曼你在吗", "你在吗"),
    ("嘿，小漫，早。", "早。"),
    ("黑小满放手歌吧。", "放手歌吧。"),
    ("为小满，听得见吗？", "听得见吗？"),
    ("万岸小满。", "万岸。"),
    ("小满。把握看看这笨书。", "把握看看这笨书。"),
    ("今天吃什么好呢？消满。", "今天吃什么好呢？"),
    ("好的小满，我知道了。", "好的，我知道了。"),
]
CHINESE_OTHERS = [
    "小满今天没来上班",
    "小满昨天说她不舒服",
    "小满的生日是哪天",
    "小满是谁",
    "小满是我最好的朋友",
    "小满说过这句话",
    "小满和铜板都在店里",
    "小满也喜欢喝茶",
    "小满很会泡茶",
    "小满喜欢什么",
    "小满怎么了",
    "小满最近怎么样",
    "小满这个人真有意思",
    "小满节气是什么时候",
    "小满足一下我的好奇心吧",
    "我昨天看见小满了",
    "我喜欢小满",
    "我最喜欢的角色是小满",
    "我跟小满说过了",
    "你认识小满吗",
    "你把小满叫来",
    "这是小满的书",
    "这本书是小满写的吗",
    "她的名字叫小满",
    "我在给小满买礼物",
    "他问我小满去哪了",
    "我昨天在书店里遇到了小满，还有她的猫，我们一起喝了茶，聊了很久才回家",
    "今天天气怎么样",
    "你在干嘛呢",
    "嘿，你好啊",
    "",
    "。。。",
    "小明，你在吗？",
    "小麦多少钱一斤",
    "小碗拿来给我",
    "小猫在哪里？",
    "满满一大杯",
    "老板，来一碗面",
    "大小满意吗",
    "圆满结束了",
    "为小满准备了礼物",
    "爱小满的人很多",
    "那小满呢",
    "黑小满的衣服",
]
ENGLISH_CALLS = [
    ("Hey Wren, you there?", "you there?"),
    ("Wren, what's the weather like?", "what's the weather like?"),
    ("Wren what time is it", "what time is it"),
    ("Wren.", ""),
    ("Wren?", ""),
    ("Wren, Wren!", ""),
    ("Hey, Wren.", ""),
    ("Hello Wren", "Hello"),
    ("Hi, Wren. How are you?", "Hi, How are you?"),
    ("Good morning, Wren.", "Good morning."),
    ("Good night Wren", "Good night"),
    ("How's the weather, Wren?", "How's the weather?"),
    ("Are you there, Wren?", "Are you there?"),
    ("Are you there Wren", "Are you there"),
    ("Thank you, Wren!", "Thank you!"),
    ("Thanks Wren", "Thanks"),
    ("What do you think Wren", "What do you think"),
    ("How are you Wren?", "How are you?"),
    ("See you later Wren", "See you later"),
    ("Well, Wren, tell me a story.", "tell me a story."),
    ("You know, Wren, I had a bad day.", "You know, I had a bad day."),
    ("Wren can you hear me", "can you hear me"),
    ("Wren could you play some music", "could you play some music"),
    ("Wren tell me a joke", "tell me a joke"),
    ("Wren stop", "stop"),
    ("Wren please wait", "please wait"),
    ("Wren I'm home", "I'm home"),
    ("Wren you are funny", "you are funny"),
    ("Okay Wren, let's begin", "let's begin"),
    ("Um, Wren, I have a question", "I have a question"),
    ("Wren Ashdown, are you listening?", "are you listening?"),
    ("Sorry, Wren, say that again?", "Sorry, say that again?"),
    ("Wren, she left.", "she left."),
    ("I love you Wren", "I love you"),
    # As a recogniser writes it.
    ("Ren, can you hear me?", "can you hear me?"),
    ("Ren can you hear me", "can you hear me"),
    ("Hey Renn, what's up?", "what's up?"),
    ("Hey Wrenn.", ""),
    ("Hey Ran, play some music", None),
]
ENGLISH_OTHERS = [
    "Wren is nice",
    "Wren was here yesterday",
    "Wren said it would rain",
    "Wren has a telescope",
    "Wren likes black tea",
    "Wren and I went home",
    "Wren's radio is on",
    "Wren doesn't sing",
    "Wren went upstairs",
    "I saw Wren",
    "I like Wren",
    "I was talking to Wren about the radio",
    "Do you know Wren",
    "Did you see Wren?",
    "She is called Wren",
    "My favourite character is Wren",
    "I like Anna, Bea and Wren",
    "Tell Wren that I said hello to her friends",
    "When are you there?",
    "When, are you sure?",
    "Then, what happened?",
    "Run, it is going to rain!",
    "Went there yesterday",
    "Rent is due tomorrow",
    "Hello there",
    "How's the weather?",
    "Anna, are you there?",
    "",
    "...",
]


@pytest.mark.parametrize(("text", "rest"), CHINESE_CALLS)
def test_a_chinese_call_is_heard_and_taken_out(text: str, rest: str) -> None:
    assert called(text, XIAOMAN, "zh") == Called(True, rest)


@pytest.mark.parametrize("text", CHINESE_OTHERS)
def test_chinese_about_her_or_without_her_name_is_no_call(text: str) -> None:
    assert called(text, XIAOMAN, "zh") == Called(False, text)


@pytest.mark.parametrize(("text", "rest"), [one for one in ENGLISH_CALLS if one[1] is not None])
def test_an_english_call_is_heard_and_taken_out(text: str, rest: str) -> None:
    assert called(text, WREN, "en") == Called(True, rest)


@pytest.mark.parametrize("text", [*ENGLISH_OTHERS, *(text for text, rest in ENGLISH_CALLS if rest is None)])
def test_english_about_her_or_without_her_name_is_no_call(text: str) -> None:
    assert called(text, WREN, "en") == Called(False, text)


@pytest.mark.parametrize(
    ("text", "names", "language", "rest"),
    [
        ("张岚，在吗？", ("张岚",), "zh", "在吗？"),
        ("脏兰，在吗？", ("张岚",), "zh", "在吗？"),
        ("臧然你在吗", ("张岚",), "zh", None),
        ("刘宁，你好", ("刘宁",), "zh", "你好"),
        ("牛玲，你好", ("刘宁",), "zh", "你好"),
        ("牛玲你好", ("刘宁",), "zh", None),
        ("刘您你好", ("刘宁",), "zh", "你好"),
        ("林黛玉，你在哪儿？", ("林黛玉", "黛玉"), "zh", "你在哪儿？"),
        ("戴玉你在哪儿", ("林黛玉", "黛玉"), "zh", "你在哪儿"),
        ("满，过来", ("满",), "zh", "过来"),
        ("满了吗", ("满",), "zh", None),
        ("Wren，你在吗？", WREN, "zh", "你在吗？"),
        ("嘿Wren，放首歌", WREN, "zh", "放首歌"),
        ("Hey Xiaoman, are you there?", XIAOMAN, "en", "are you there?"),
        ("Hey Xiao Man, are you there?", XIAOMAN, "en", "are you there?"),
        ("Sofia, what's up?", ("Sophia",), "en", "what's up?"),
        ("Katherine, help me", ("Catherine",), "en", "help me"),
        ("Hey Alise, sing", ("Alice",), "en", "sing"),
        ("Hope, are you there?", ("Hope",), "en", "are you there?"),
        ("I hope you are there", ("Hope",), "en", None),
        ("Doctor, it hurts", ("Dr. House",), "en", None),
        ("House, it hurts", ("Dr. House",), "en", "it hurts"),
        ("你好", (), "zh", None),
        ("你好", ("", "！"), "zh", None),
    ],
)
def test_other_names(text: str, names: tuple[str, ...], language: str, rest: str | None) -> None:
    expected = Called(False, text) if rest is None else Called(True, rest)
    assert called(text, names, language) == expected  # type: ignore[arg-type]
