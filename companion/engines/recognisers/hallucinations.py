"""What Whisper writes when nobody spoke, and how to tell.

Trained on subtitles, it fills silence and noise with their credits, echoes its prompt and loops. A
credit line is dropped only where the evidence of speech is weak: somebody may really say 谢谢观看.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Final

_CREDITS: Final = re.compile(
    r"谢谢(大家)?(的)?(观看|收看|收听)|感谢(大家)?(的)?(观看|收看|收听|聆听)|字幕|请不吝点赞|点赞.{0,6}订阅|订阅.{0,6}(转发|打赏)"
    r"|明镜与点点|优优独播剧场|中文字幕志愿者|音乐|掌声|下集再见|下期再见"
    r"|thank(s| you)( so much| very much)? for (watching|listening|viewing)|subtitles? by|subscribe|amara\.org"
    r"|captions? by|transcri(bed|ption) by|see you (in the )?next (time|video)|www\.|\.com",
    re.IGNORECASE,
)
_PROMPT_ECHO: Final = re.compile(r"以下是普通话的句子|以下是普通話的句子")
_BRACKETED: Final = re.compile(r"[（(\[【♪♫*][^）)\]】♪♫*]{0,40}[）)\]】♪♫*]|[♪♫]+")
_NOT_WORDS: Final = re.compile(r"[\W_]+")
# What Whisper falls back on for a breath or a bump, and what people answer in one word.
_FILLERS: Final = frozenset(
    {"you", "thankyou", "thanks", "bye", "byebye", "so", "the", "oh", "uh", "um", "hmm", "mm"}
    | {"嗯", "啊", "呃", "谢谢", "谢谢大家", "拜拜"}
)
_FULL_WIDTH: Final = {",": "，", "?": "？", "!": "！", ":": "：", ";": "；"}
_MAX_COMPRESSION: Final = 2.4
_MAX_UNITS_PER_S: Final = 11.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a text: seconds of detected speech, its mean and peak probability, the decoder's own figures."""

    speech_s: float
    mean: float
    peak: float
    average_logprob: float
    no_speech: float


def cleaned(text: str) -> str:
    """Return `text` without sound descriptions such as （音乐） or [laughter], and without loops."""
    return without_loop(_BRACKETED.sub("", text)).strip()


def is_hallucinated(text: str, evidence: Evidence) -> bool:
    """Tell whether `text` was probably not said."""
    words = _NOT_WORDS.sub("", text)
    if not words or _PROMPT_ECHO.search(text):
        return True
    if n_units(text) > _MAX_UNITS_PER_S * max(evidence.speech_s, 0.25) + 3:
        return True
    if evidence.no_speech > 0.6 and evidence.average_logprob < -1.0:
        return True
    if evidence.average_logprob < -1.6:
        return True
    weak = evidence.mean < 0.75 or evidence.average_logprob < -0.7 or evidence.no_speech > 0.5
    if weak and (_CREDITS.search(text) or is_looped(text)):
        return True
    faint = evidence.peak < 0.8 or evidence.speech_s < 0.2
    return faint and words.lower() in _FILLERS


def with_chinese_marks(text: str) -> str:
    """Return `text` with the marks beside Chinese characters in their full width: Whisper writes ASCII ones."""
    return re.sub(
        r"(?<=[\u3400-\u9fff])\s*([,?!:;])\s*|\s*([,?!:;])\s*(?=[\u3400-\u9fff])",
        lambda match: _FULL_WIDTH[match[1] or match[2]],
        text,
    )


def is_looped(text: str) -> bool:
    """Tell whether `text` repeats itself as only a stuck decoder does."""
    raw = text.encode()
    return len(raw) > 60 and len(raw) / len(zlib.compress(raw)) > _MAX_COMPRESSION


def without_loop(text: str) -> str:
    """Return `text` with a phrase that comes four or more times in a row kept twice.

    Short answers such as 好好好好 stay as they are: a phrase counts from three characters on.
    """
    return re.sub(r"(.{3,40}?)\1{3,}", r"\1\1", text)


def n_units(text: str) -> int:
    """Return how many syllables a voice would need at least: Chinese characters, and words of letters."""
    return len(re.findall(r"[\u3400-\u9fff]", text)) + len(re.findall(r"[A-Za-z']+|\d", text))
