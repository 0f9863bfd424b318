"""The forms of ready-made data: what a value of each looks like, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from companion.forge.datasets.rows import Row
from companion.forge.formats.turns import Notes, made_row, role_of, text_of

DataForm = Literal[
    "pairs", "alpaca", "sharegpt", "messages", "xtuner", "chatml", "preference", "kto", "sillytavern"
]
Said = Iterator[tuple[str, str, bool]]
Read = Callable[[Any, int, Notes], Row | None]

_QUESTIONS: Final = (
    "question",
    "input",
    "prompt",
    "query",
    "q",
    "user",
    "ask",
    "instruction",
    "问题",
    "问",
    "提问",
    "输入",
)
_ANSWERS: Final = (
    "answer",
    "output",
    "response",
    "completion",
    "reply",
    "a",
    "assistant",
    "回答",
    "答案",
    "答",
    "输出",
)
_LISTS: Final = ("conversations", "conversation", "messages", "dialogue", "dialog", "turns", "chat")
_CHATML: Final = re.compile(
    r"<\|im_start\|>\s*(\w+)\s*\n(.*?)(?:<\|im_end\|>|(?=<\|im_start\|>)|\Z)", re.DOTALL
)
_RENDERED: Final = re.compile(
    r"###\s*Instruction:\s*(?P<ask>.*?)(?:###\s*Input:\s*(?P<input>.*?))?###\s*Response:\s*(?P<reply>.*)\Z",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Form:
    """`fits` tells whether a value looks like one; `read` gives its row, or None with the reason in its notes."""

    name: DataForm
    fits: Callable[[Any], bool]
    read: Read


def key_in(value: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the first of `names` that is a key of `value`, whatever its case, or an empty string."""
    keys = {str(key).strip().lower(): str(key) for key in value}
    return next((keys[name] for name in names if name in keys), "")


# ---- pairs and Alpaca


def _fits_pairs(value: Any) -> bool:
    if not isinstance(value, Mapping) or _is_preference(value):
        return False
    asked = key_in(value, [name for name in _QUESTIONS if name != "instruction"])
    return bool(asked and key_in(value, _ANSWERS) and not key_in(value, ("instruction", "label", "kto_tag")))


def _read_pairs(value: Any, number: int, notes: Notes) -> Row | None:
    asked, answer = _sides(value)
    if not asked:
        notes.drop("empty_question", answer)
    return made_row(_two(asked, answer), notes, number, system=_system(value))


def _fits_alpaca(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(
        key_in(value, ("instruction",)) and key_in(value, _ANSWERS) and not _is_preference(value)
    )


def _read_alpaca(value: Any, number: int, notes: Notes) -> Row | None:
    asked = "\n".join(filter(None, (text_of(value.get("instruction")), text_of(value.get("input")))))
    answer = text_of(value.get(key_in(value, _ANSWERS)))
    if not asked:
        notes.drop("empty_question", answer)
    earlier: list[tuple[str, str, bool]] = []
    for pair in value.get("history") or ():
        if isinstance(pair, Sequence) and not isinstance(pair, str) and len(pair) == 2:
            earlier += _two(text_of(pair[0]), text_of(pair[1]))
        else:
            notes.note("odd_history", str(pair))
    return made_row([*earlier, *_two(asked, answer)], notes, number, system=_system(value))


# ---- conversations


def _fits_sharegpt(value: Any) -> bool:
    said = _turns_in(value)
    return bool(said) and all(isinstance(one, Mapping) and "from" in one for one in said)


def _fits_messages(value: Any) -> bool:
    said = _turns_in(value)
    return bool(said) and all(isinstance(one, Mapping) and "role" in one for one in said)


def _read_turns(value: Any, number: int, notes: Notes) -> Row | None:
    return made_row(_told(_turns_in(value), notes), notes, number, system=_system(value))


def _told(said: Sequence[Any], notes: Notes) -> Said:
    for one in said:
        name = one.get("role", one.get("from"))
        text = text_of(one.get("content", one.get("value", one.get("text"))))
        if not text and (one.get("tool_calls") or one.get("function_call")):
            notes.note("tool_call")
            continue
        # `weight` 0 and `train` false mean: read, not learnt.
        learnt = one.get("train", True) is not False and one.get("weight", 1) not in (0, 0.0)
        yield role_of(name), text, learnt
        if not role_of(name):
            notes.note("unknown_role", str(name))


def _fits_xtuner(value: Any) -> bool:
    said = value.get("conversation") if isinstance(value, Mapping) else None
    return (
        isinstance(said, list)
        and bool(said)
        and all(isinstance(one, Mapping) and "output" in one for one in said)
    )


def _read_xtuner(value: Any, number: int, notes: Notes) -> Row | None:
    said: list[tuple[str, str, bool]] = []
    for one in value["conversation"]:
        if system := text_of(one.get("system")):
            said.append(("system", system, False))
        asked = text_of(one.get("input"))
        if asked:
            said.append(("user", asked, False))
        said.append(("character", text_of(one.get("output")), True))
    return made_row(said, notes, number)


def _fits_chatml(value: Any) -> bool:
    text = value if isinstance(value, str) else value.get("text") if isinstance(value, Mapping) else None
    return isinstance(text, str) and bool(_CHATML.search(text) or _RENDERED.search(text))


def _read_chatml(value: Any, number: int, notes: Notes) -> Row | None:
    text = value if isinstance(value, str) else value["text"]
    if found := _RENDERED.search(text):
        asked = "\n".join(filter(None, ((found["ask"] or "").strip(), (found["input"] or "").strip())))
        return made_row(_two(asked, found["reply"].strip()), notes, number)
    said = [(role_of(one[1]), one[2].strip(), True) for one in _CHATML.finditer(text)]
    return made_row(said, notes, number)


# ---- preferences


def _is_preference(value: Mapping[str, Any]) -> bool:
    return bool(key_in(value, ("chosen",)) and key_in(value, ("rejected",)))


def _fits_preference(value: Any) -> bool:
    return isinstance(value, Mapping) and _is_preference(value)


def _read_preference(value: Any, number: int, notes: Notes) -> Row | None:
    chosen, rejected = _side(value["chosen"]), _side(value["rejected"])
    prompt = _side(value.get("prompt", value.get("question", value.get("instruction", ""))), role="user")
    if not prompt:
        # The prompt is what both sides have in common.
        n = next((n for n, (a, b) in enumerate(zip(chosen, rejected, strict=False)) if a != b), len(chosen))
        prompt, chosen, rejected = chosen[:n], chosen[n:], rejected[n:]
    better, worse = ("\n".join(text for _, text, _ in side) for side in (chosen, rejected))
    if better == worse:
        notes.drop("identical_sides", better)
    if not worse:
        notes.drop("empty_answer", better)
    asked = [(role, text, False) for role, text, _ in prompt]
    return made_row(
        [*asked, ("character", better, True)], notes, number, system=_system(value), rejected=worse
    )


def _fits_kto(value: Any) -> bool:
    if not isinstance(value, Mapping) or _is_preference(value):
        return False
    has_label = key_in(value, ("label", "kto_tag"))
    return bool(has_label and (key_in(value, _ANSWERS) or key_in(value, _LISTS)))


def _read_kto(value: Any, number: int, notes: Notes) -> Row | None:
    mark = value.get(key_in(value, ("label", "kto_tag")))
    label = (
        mark
        if isinstance(mark, bool)
        else {"true": True, "false": False, "1": True, "0": False}.get(str(mark).lower())
    )
    if label is None:
        notes.drop("no_label", str(mark))
    said = _told(_turns_in(value), notes) if _turns_in(value) else iter(_two(*_sides(value)))
    return made_row(said, notes, number, system=_system(value), label=label)


def _side(value: Any, role: str = "character") -> list[tuple[str, str, bool]]:
    if isinstance(value, list):
        return list(_told([one for one in value if isinstance(one, Mapping)], Notes()))
    if isinstance(value, Mapping):
        return list(_told([value], Notes()))
    text = text_of(value)
    return [(role, text, True)] if text else []


# ---- what they share


def _two(asked: str, answer: str) -> list[tuple[str, str, bool]]:
    return [("user", asked, False), ("character", answer, True)]


def _sides(value: Mapping[str, Any]) -> tuple[str, str]:
    asked = key_in(value, _QUESTIONS)
    return text_of(value.get(asked)), text_of(value.get(key_in(value, _ANSWERS)))


def _system(value: Any) -> str:
    if not isinstance(value, Mapping):
        return ""
    return text_of(value.get(key_in(value, ("system", "system_prompt", "persona"))))


def _turns_in(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping):
        return []
    said = value.get(key_in(value, _LISTS))
    return said if isinstance(said, list) else []


FORMS: Final[tuple[Form, ...]] = (
    Form("preference", _fits_preference, _read_preference),
    Form("kto", _fits_kto, _read_kto),
    Form("xtuner", _fits_xtuner, _read_xtuner),
    Form("sharegpt", _fits_sharegpt, _read_turns),
    Form("messages", _fits_messages, _read_turns),
    Form("alpaca", _fits_alpaca, _read_alpaca),
    Form("pairs", _fits_pairs, _read_pairs),
    Form("chatml", _fits_chatml, _read_chatml),
)
