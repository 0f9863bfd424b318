"""What left the prompt, in a few sentences; written by the language model while nobody waits, or cut from the text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Literal

from companion.conversation.knowledge import Told
from companion.conversation.relevance import weighted
from companion.domain.character import Sampling
from companion.domain.memory import Summary
from companion.domain.messages import Message, StoredMessage
from companion.domain.remembering.questions import is_question
from companion.ports import Cancel, GenerationDone, LanguageModel, Prompt, TextDelta
from companion.text.language import language_of
from companion.text.sentences import sentence_ends

Language = Literal["zh", "en"]
Telling = Callable[[Sequence[StoredMessage]], Told]

_LIMIT = {"zh": 160, "en": 560}
_LEAST = 12
_MAX_TOKENS = 150
_FEWEST_MESSAGES = 4
_MOST_FACTS = 6
_EXTRACT_CLAUSES, _CLAUSE_CHARS = 8, {"zh": 24, "en": 80}
_LINE_CHARS = {"zh": 120, "en": 360}
_GROUNDED = 0.6
# One paragraph: a model that copies the dialogue instead is stopped at its first line.
_CALM = Sampling(temperature=0.3, top_p=0.8, max_tokens=_MAX_TOKENS, stop=("\n",))
_SYSTEM = {
    "zh": "你是记录员，只根据给出的对话写概括，不添加对话里没有的事。",
    "en": "You keep records. You sum up the dialogue that you are given and add nothing that is not in it.",
}
_ASK = {
    "zh": (
        "{before}对话：\n{lines}\n\n请用第三人称把这段对话概括成三句话，不超过100个字，"
        "写用户说了自己的哪些事、两人聊了什么、约定了什么。"
    ),
    "en": (
        "{before}Dialogue:\n{lines}\n\nSum up this dialogue in the third person, in three sentences and at most 80 "
        "words: what the user told of himself, what the two talked about, what was agreed on."
    ),
}
_BEFORE = {"zh": "更早的事：{text}\n", "en": "What happened earlier: {text}\n"}
_USER = {"zh": "用户", "en": "User"}
_COLON = {"zh": "：", "en": ": "}
_OPENING = {"zh": "用户", "en": "The user"}
_SPOKEN = re.compile(
    r"[“「\"].{6,}[”」\"]|^(?:我|说?[：:]|I\b|你|You\b)|[*（(].{0,40}[*）)]|<\||\{\{", re.MULTILINE
)
_REPORTING_TEXT = (
    "聊 聊了 约定 讲述 谈到 提到 包括 日常 职业 姓名 宠物 家人 对话 talk agre mention work famili pet"
)
_REPORTING = frozenset(_REPORTING_TEXT.split(" "))
_GAPS = re.compile(r"\s+")
_HAN = re.compile("[\u4e00-\u9fff]")


def _all(messages: Sequence[StoredMessage]) -> Told:
    return Told(tuple(messages))


def digest_of(told: Told) -> str:
    """Return what changes whenever a message does, or what is known from it: the summary is invalid then."""
    hashed = hashlib.sha256()
    for one in told.messages:
        hashed.update(f"{one.message}\0{one.role}\0{one.text}\0".encode())
    hashed.update("\0".join(told.facts).encode())
    return hashed.hexdigest()[:16]


def is_valid(summary: Summary | None, path: Sequence[StoredMessage], telling: Telling = _all) -> bool:
    """Tell whether a summary stands for what the path still says up to its last message."""
    if summary is None:
        return False
    covered = _covered(path, summary.until)
    if not covered or covered[-1].message != summary.until:
        return False
    return digest_of(telling(covered)) == summary.digest


def _covered(path: Sequence[StoredMessage], until: int) -> list[StoredMessage]:
    return [one for one in path if one.message <= until and one.text.strip()]


def needs_summary(
    path: Sequence[StoredMessage], n_dropped: int, summary: Summary | None, telling: Telling = _all
) -> bool:
    """Tell whether the first `n_dropped` messages of the path, which left the prompt, are told by no valid summary.

    A few more than the summary covers may leave before another is written: once a trim, not once a turn.
    """
    if n_dropped < _FEWEST_MESSAGES:
        return False
    if not is_valid(summary, path, telling):
        return True
    assert summary is not None
    return sum(1 for one in path[:n_dropped] if one.message > summary.until) >= _FEWEST_MESSAGES


def write_summary(
    language: Language,
    model: LanguageModel | None,
    dropped: Sequence[StoredMessage],
    path: Sequence[StoredMessage],
    cancel: Cancel,
    *,
    chat: str,
    name: str,
    now: float,
    before: str = "",
    telling: Telling = _all,
) -> Summary | None:
    """Return a summary of the `dropped` messages of `path`, None when cancelled; takes seconds with a model.

    `name` is the character's; `before` is the text of a valid summary of what left earlier, `dropped` are then
    those after it. `telling` returns what of messages still holds: nothing else is told. Without a model, and
    where it fails, the summary is made of the user's own words and the facts: models below some 3 billion weights
    seldom write a better one. Raises CompanionError.
    """
    until = dropped[-1].message
    whole, told = telling(_covered(path, until)), telling(dropped)
    text = ""
    if model is not None:
        prompt = _prompt(language, told.messages, name, before, model)
        written = _OPENING[language] + _written(model, prompt, cancel)
        text = checked(written, language, [before, name, *(one.text for one in told.messages)])
    if cancel.requested:
        return None
    return Summary(
        chat=chat,
        until=until,
        digest=digest_of(whole),
        text=text or extract(language, whole.messages, facts=whole.facts),
        model=model.info.name if text and model is not None else "extract",
        created_at=now,
    )


def _prompt(
    language: Language, dropped: Sequence[StoredMessage], name: str, before: str, model: LanguageModel
) -> Prompt:
    """Return what the model is asked; the persona is left out: a small model takes it for what was said."""
    lines = _lines(language, dropped, name, model)
    earlier = _BEFORE[language].format(text=before) if before else ""
    return Prompt(
        (Message("system", _SYSTEM[language]),),
        (),
        (Message("user", _ASK[language].format(before=earlier, lines="\n".join(lines))),),
        reply_prefix=_OPENING[language],
    )


def extract(language: Language, dropped: Sequence[StoredMessage], *, facts: Sequence[str] = ()) -> str:
    """Return a summary without a model: the facts, then the most telling of the user's openings, oldest first."""
    room = _LIMIT[language]
    said = [_first_sentence(one.text, language) for one in dropped if one.role == "user"]
    telling = {one: sum(weighted(one).values()) for one in said if not is_question(one)}
    best = sorted(telling, key=lambda one: -telling[one])[:_EXTRACT_CLAUSES]
    said = [one for one in telling if one in best and telling[one] >= 1.0]
    parts = list(dict.fromkeys(facts))[:_MOST_FACTS]
    if said:
        joined = ("；" if language == "zh" else "; ").join(said)
        parts.append(f"用户说过：{joined}" if language == "zh" else f"The user said: {joined}")
    text = ("。" if language == "zh" else ". ").join(part.strip("。. ") for part in parts if part)
    ending = "。" if language == "zh" else "."
    return f"{text[: room - 1].rstrip('；;，, ')}{ending}" if text else ""


def _lines(
    language: Language, dropped: Sequence[StoredMessage], name: str, model: LanguageModel
) -> list[str]:
    """Return the dialogue, a line a message; the oldest leave where it would fill more than half of the context."""
    lines = []
    for one in dropped:
        flat = _GAPS.sub(" ", one.text).strip()[: _LINE_CHARS[language]]
        if flat and one.role != "system":
            lines.append(f"{_USER[language] if one.role == 'user' else name}{_COLON[language]}{flat}")
    room = model.info.context_tokens // 2
    costs = model.count_tokens(lines) if lines else []
    first = len(lines)
    while first and room >= costs[first - 1] + 1:
        first -= 1
        room -= costs[first] + 1
    return lines[first:]


def _written(model: LanguageModel, prompt: Prompt, cancel: Cancel) -> str:
    text = ""
    for item in model.generate(prompt, _CALM, cancel):
        match item:
            case TextDelta(delta):
                text += delta
            case GenerationDone():
                break
    return text


def checked(text: str, language: Language, told: Sequence[str]) -> str:
    """Return a written summary of `told` as it can be used; empty when it is none.

    It is none when it is too short, in another language, goes round in circles, speaks as somebody, or when much
    of it stands nowhere in what was told.
    """
    flat = _GAPS.sub(" ", text).strip()
    if _SPOKEN.search(flat.removeprefix(_OPENING[language])):
        return ""
    whole = _whole_sentences(flat, _LIMIT[language])
    if len(whole) < _LEAST + len(_OPENING[language]) or language_of(whole, language) != language:
        return ""
    return "" if _goes_round(whole) or not _is_grounded(whole, told) else whole


def _is_grounded(text: str, told: Sequence[str]) -> bool:
    words = {word: weight for word, weight in weighted(text).items() if word not in _REPORTING}
    known = {word for one in told for word in weighted(one)}
    total = sum(words.values())
    return total > 0 and sum(weight for word, weight in words.items() if word in known) >= _GROUNDED * total


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
