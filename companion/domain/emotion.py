"""The feelings a face can show, and the inline tags by which a reply names them."""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

Emotion = Literal[
    "neutral", "happy", "laughing", "shy", "angry", "sad", "surprised", "thinking", "tender", "worried"
]
EMOTIONS: Final[tuple[Emotion, ...]] = get_args(Emotion)

_WORDS: Final[dict[Emotion, tuple[str, ...]]] = {
    "happy": (
        "开心",
        "高兴",
        "笑",
        "喜悦",
        "欣喜",
        "眼睛弯",
        "眼睛亮",
        "拍手",
        "得意",
        "happy",
        "smil",
        "glad",
        "cheer",
        "joy",
    ),
    "laughing": ("大笑", "哈哈", "笑出声", "laugh", "giggl", "chuckl"),
    "shy": (
        "害羞",
        "脸红",
        "羞涩",
        "不好意思",
        "捂脸",
        "嘴硬",
        "耳朵有点红",
        "耳朵红",
        "耳尖红",
        "耳根红",
        "耳朵热",
        "shy",
        "blush",
        "bashful",
        "embarrass",
    ),
    "angry": ("生气", "恼", "怒", "哼", "脸一沉", "脸色一沉", "angry", "annoy", "frown", "glare", "pout"),
    "sad": (
        "难过",
        "伤心",
        "悲",
        "哭",
        "泪",
        "失落",
        "叹气",
        "叹了口气",
        "叹口气",
        "眼圈",
        "眼眶",
        "眼睛有点红",
        "眼睛红",
        "sad",
        "cry",
        "tear",
        "grief",
    ),
    "surprised": (
        "惊讶",
        "吃惊",
        "惊",
        "瞪大",
        "一愣",
        "愣住",
        "倒吸一口气",
        "surpris",
        "gasp",
        "startl",
        "wide-eyed",
    ),
    "thinking": ("思考", "沉思", "想了想", "歪头", "think", "ponder", "consider", "hmm"),
    "tender": ("温柔", "轻声", "柔声", "声音放轻", "压低声音", "很轻", "tender", "gentl", "soft", "warm"),
    "worried": (
        "担心",
        "担忧",
        "不安",
        "关切",
        "皱眉",
        "皱着眉",
        "皱了皱眉",
        "心疼",
        "worr",
        "anxious",
        "concern",
    ),
}
_TAG = re.compile(r"[\[【（(*＊]\s*([^\]】）)*＊\n]{1,24})\s*[\]】）)*＊]")


def emotion_of_tag(tag: str) -> Emotion | None:
    """Return the feeling that a tag or stage direction names, or None: `[happy]`, `（微微脸红）`, `*laughs*`."""
    lowered = tag.strip().lower()
    for emotion in EMOTIONS:
        if lowered == emotion:
            return emotion
    for emotion in ("laughing", "shy", "surprised", "angry", "sad", "worried", "thinking", "happy", "tender"):
        if any(word in lowered for word in _WORDS[emotion]):
            return emotion
    return None


def emotion_in(text: str) -> Emotion | None:
    """Return the feeling of the last tag or stage direction in `text`, or None."""
    found: Emotion | None = None
    for match in _TAG.finditer(text):
        found = emotion_of_tag(match.group(1)) or found
    return found


_TELLING: Final[tuple[tuple[Emotion, tuple[str, ...]], ...]] = (
    ("laughing", ("哈哈", "嘿嘿", "噗", "haha", "lol")),
    ("angry", ("哼", "讨厌", "气死", "可恶", "how dare")),
    ("surprised", ("咦", "诶", "哇", "居然", "竟然", "真的吗", "oh!", "wow", "really?", "what?")),
    ("shy", ("讨厌啦", "人家", "不好意思", "blush")),
    ("sad", ("唉", "难过", "可惜", "对不起", "sorry", "i miss", "sadly")),
    ("worried", ("小心", "没事吧", "怎么了", "别太累", "are you okay", "be careful", "take care")),
    ("thinking", ("嗯…", "让我想想", "大概", "hmm", "let me think", "i wonder")),
    ("happy", ("太好了", "真好", "喜欢", "谢谢", "欢迎", "great", "lovely", "glad", "welcome", "thank")),
)


def guess_emotion(text: str) -> Emotion | None:
    """Return the feeling that the words themselves betray, or None; used where no tag names one."""
    lowered = text.lower()
    for emotion, words in _TELLING:
        if any(word in lowered for word in words):
            return emotion
    return None
