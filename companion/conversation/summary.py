"""What left the prompt, in a few sentences; written by the language model while nobody waits, or cut from the text."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Sequence
from typing import Literal

from companion.domain.character import Sampling
from companion.domain.memory import Summary
from companion.domain.messages import Message, StoredMessage
from companion.ports import Cancel, GenerationDone, LanguageModel, Prompt, TextDelta
from companion.text.language import language_of
from companion.text.sentences import sentence_ends

Language = Literal["zh", "en"]

_LIMIT = {"zh": 160, "en": 560}
_LEAST = 12
_MAX_TOKENS = 160
_FEWEST_MESSAGES = 4
_EXTRACT_CLAUSES, _CLAUSE_CHARS = 8, {"zh": 24, "en": 80}
_CALM = Sampling(temperature=0.3, top_p=0.8, max_tokens=_MAX_TOKENS)
_ASK = {
    "zh": (
        "（先不要扮演。请用第三人称，把上面的对话概括成三句话，一共不超过100个字：用户说了自己的哪些事，"
        "两人聊了什么，约定了什么。只写概括，不要对话，不要评论。）{before}"
    ),
    "en": (
        "(Stop playing for a moment. Sum up the conversation above in the third person, in three sentences and at "
        "most 80 words: what the user told of himself, what the two talked about, what they agreed on. Write only "
        "the summary, no dialogue, no comment.){before}"
    ),
}
_BEFORE = {"zh": "更早的事：{text}", "en": " What happened earlier: {text}"}
_OPENING = {"zh": "用户", "en": "The user"}
_SPOKEN = re.compile(r"[“「\"].{6,}[”」\"]|^(?:我|I\b|你|You\b)|[*（(].{0,40}[*）)]|<\||\{\{", re.MULTILINE)
_GAPS = re.compile(r"\s+")
_HAN = re.compile("[\u4e00-\u9fff]")


def digest_of(messages: Sequence[StoredMessage]) -> str:
    """Return what changes whenever one of the messages does: an edit above makes a summary invalid."""
    hashed = hashlib.sha256()
    for one in messages:
        hashed.update(f"{one.message}\0{one.role}\0{one.text}\0".encode())
    return hashed.hexdigest()[:16]


def is_valid(summary: Summary | None, path: Sequence[StoredMessage]) -> bool:
    """Tell whether a summary stands for what the path still says up to its last message."""
    if summary is None:
        return False
    covered = [one for one in path if one.message <= summary.until]
    return bool(covered) and covered[-1].message == summary.until and digest_of(covered) == summary.digest


def needs_summary(path: Sequence[StoredMessage], n_dropped: int, summary: Summary | None) -> bool:
    """Tell whether the first `n_dropped` messages of the path, which left the prompt, are told by no valid summary.

    A few more than the summary covers may leave before another is written: once a trim, not once a turn.
    """
    if n_dropped < _FEWEST_MESSAGES:
        return False
    if not is_valid(summary, path):
        return True
    assert summary is not None
    return sum(1 for one in path[:n_dropped] if one.message > summary.until) >= _FEWEST_MESSAGES


def write_summary(
    language: Language,
    model: LanguageModel,
    pinned: Sequence[Message],
    dropped: Sequence[StoredMessage],
    path: Sequence[StoredMessage],
    cancel: Cancel,
    *,
    chat: str,
    now: float,
    before: str = "",
    facts: Sequence[str] = (),
) -> Summary | None:
    """Return a summary of the `dropped` messages of `path`, None when cancelled.

    `before` is the text of a valid summary of what left earlier; `dropped` are then those after it. `pinned` and
    the messages are put as in a turn, so that what the model has read of them need not be read again. Where the
    model fails, the summary is made of the user's own words and `facts`. Raises CompanionError.
    """
    history = tuple(Message(one.role, one.text) for one in dropped if one.text.strip())
    earlier = _BEFORE[language].format(text=before) if before else ""
    ask = Message("user", _ASK[language].format(before=earlier))
    text = ""
    for candidate in _tries(history):
        prompt = Prompt(tuple(pinned), candidate, (ask,), reply_prefix=_OPENING[language])
        text = _checked(_OPENING[language] + _written(model, prompt, cancel), language)
        if cancel.requested:
            return None
        if text:
            break
    name = model.info.name if text else "extract"
    covered = [one for one in path if one.message <= dropped[-1].message]
    return Summary(
        chat=chat,
        until=dropped[-1].message,
        digest=digest_of(covered),
        text=text or extract(language, dropped, before=before, facts=facts),
        model=name,
        created_at=now,
    )


def extract(
    language: Language, dropped: Sequence[StoredMessage], *, before: str = "", facts: Sequence[str] = ()
) -> str:
    """Return a summary without a model: what was told before, the facts, then the user's openings, oldest first."""
    room = _LIMIT[language]
    said = [_first_sentence(one.text, language) for one in dropped if one.role == "user"]
    said = [one for one in dict.fromkeys(said) if len(one) >= 4]
    step = max(1, len(said) // _EXTRACT_CLAUSES)
    parts = [before[: room // 2].strip("。. ")] if before else []
    parts += list(dict.fromkeys(facts))[:6]
    if said:
        joined = ("；" if language == "zh" else "; ").join(said[::step][:_EXTRACT_CLAUSES])
        parts.append(f"用户说过：{joined}" if language == "zh" else f"The user said: {joined}")
    text = ("。" if language == "zh" else ". ").join(part.strip("。. ") for part in parts if part)
    ending = "。" if language == "zh" else "."
    return f"{text[: room - 1].rstrip('；;，, ')}{ending}" if text else ""


def _tries(history: tuple[Message, ...]) -> list[tuple[Message, ...]]:
    """Return what to show the model: all, then the newer half, should the first attempt fail."""
    return [history, history[len(history) // 2 :]] if len(history) >= 2 * _FEWEST_MESSAGES else [history]


def _written(model: LanguageModel, prompt: Prompt, cancel: Cancel) -> str:
    text = ""
    for item in model.generate(prompt, dataclasses.replace(_CALM), cancel):
        match item:
            case TextDelta(delta):
                text += delta
            case GenerationDone():
                break
    return text


def _checked(text: str, language: Language) -> str:
    """Return a written summary as it can be used; empty when it is none.

    It is none when it is too short, in another language, goes round in circles, or speaks as somebody.
    """
    flat = _GAPS.sub(
        "" if language == "zh" and not re.search("[A-Za-z] [A-Za-z]", text) else " ", text
    ).strip()
    if _SPOKEN.search(flat.removeprefix(_OPENING[language])):
        return ""
    whole = _whole_sentences(flat, _LIMIT[language])
    if len(whole) < _LEAST + len(_OPENING[language]) or language_of(whole, language) != language:
        return ""
    return "" if _goes_round(whole) else whole


def _whole_sentences(text: str, limit: int) -> str:
    """Return the sentences that are complete and fit; empty when not even the first one does."""
    kept = ""
    start = 0
    for end in sentence_ends(text):
        sentence, start = text[start:end], end
        if len(kept) + len(sentence) > limit or sentence.rstrip()[-1:] not in "。！？.!?…":
            break
        kept += sentence
    return kept.strip()


def _goes_round(text: str) -> bool:
    """Tell whether a stretch of the text stands in it three times, or a sentence twice."""
    size = 8 if _HAN.search(text) else 24
    pieces = [text[at : at + size] for at in range(len(text) - size + 1)]
    if any(text.count(piece) >= 3 for piece in set(pieces)):
        return True
    ends = sentence_ends(text)
    sentences = [text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]
    return len(set(sentences)) < len(sentences)


def _first_sentence(text: str, language: Language) -> str:
    flat = _GAPS.sub(" ", text).strip()
    ends = sentence_ends(flat)
    return flat[: min(ends[0] if ends else 0, _CLAUSE_CHARS[language])].strip("。.！!，, ")
