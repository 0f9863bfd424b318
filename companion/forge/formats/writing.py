"""Rows into every form: what a form cannot hold is counted, not lost in silence."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from companion.forge.datasets.rows import Row, RowTurn

ExportForm = Literal[
    "pairs",
    "input_output",
    "alpaca",
    "sharegpt",
    "messages",
    "chatml",
    "xtuner",
    "preference",
    "kto",
    "csv",
    "sillytavern",
]


@dataclass(frozen=True, slots=True)
class Written:
    """The content of a file, how many rows are in it, and how many were left out or cut, by reason."""

    content: bytes
    suffix: str
    n_rows: int
    left_out: Mapping[str, int]


def written(rows: Sequence[Row], form: ExportForm, *, character: str = "") -> Written:
    """Return `rows` as a file of `form`; forms of one question and one answer hold the last of them alone."""
    lost: Counter[str] = Counter()
    if form == "sillytavern":
        return _tavern(rows, character, lost)
    made = [value for row in rows if (value := _MAKERS[form](row, lost)) is not None]
    if form == "csv":
        return Written(_csv(made), ".csv", len(made), dict(lost))
    if form in _LISTS:
        return Written(
            json.dumps(made, ensure_ascii=False, indent=1).encode(), ".json", len(made), dict(lost)
        )
    lines = b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in made)
    return Written(lines, ".jsonl", len(made), dict(lost))


def said(turns: Sequence[RowTurn]) -> list[tuple[str, str, bool]]:
    """Return turns as (`user` or `assistant`, text, learnt) in alternation; others' lines have their names in front."""
    out: list[tuple[str, str, bool]] = []
    for turn in turns:
        role = "assistant" if turn.role == "character" else "user"
        text = turn.text
        if turn.role == "env":
            text = f"（{text}）"
        elif turn.role == "other" and turn.name:
            text = f"{turn.name}：{text}"
        if out and out[-1][0] == role:
            before = out.pop()
            out.append((role, f"{before[1]}\n{text}", before[2] or turn.train))
        else:
            out.append((role, text, turn.train))
    return out


def _last_pair(row: Row, lost: Counter[str]) -> tuple[str, str] | None:
    turns = said(row.turns)
    if len(turns) < 2 or turns[-1][0] != "assistant" or turns[-2][0] != "user":
        lost["no_question"] += 1
        return None
    return turns[-2][1], turns[-1][1]


def _flat(row: Row, lost: Counter[str]) -> tuple[str, str] | None:
    """Return the last question and answer; what stood before them is lost."""
    pair = _last_pair(row, lost)
    if pair is not None and len(said(row.turns)) > 2:
        lost["earlier_turns"] += 1
    if pair is not None and row.system:
        lost["system"] += 1
    return pair


def _pairs(row: Row, lost: Counter[str]) -> dict[str, Any] | None:
    pair = _flat(row, lost)
    return None if pair is None else {"question": pair[0], "answer": pair[1]}


def _input_output(row: Row, lost: Counter[str]) -> dict[str, Any] | None:
    pair = _flat(row, lost)
    return None if pair is None else {"input": pair[0], "output": pair[1]}


def _alpaca(row: Row, lost: Counter[str]) -> dict[str, Any] | None:
    pair = _last_pair(row, lost)
    if pair is None:
        return None
    earlier = said(row.turns)[:-2]
    if earlier and earlier[0][0] == "assistant":
        lost["opening"] += 1
        earlier = earlier[1:]
    history = [[earlier[n][1], earlier[n + 1][1]] for n in range(0, len(earlier) - 1, 2)]
    return {
        "instruction": pair[0],
        "input": "",
        "output": pair[1],
        **({"system": row.system} if row.system else {}),
        **({"history": history} if history else {}),
    }


def _sharegpt(row: Row, lost: Counter[str]) -> dict[str, Any]:
    names = {"user": "human", "assistant": "gpt"}
    turns = [{"from": names[role], "value": text} for role, text, _ in said(row.turns)]
    return {"conversations": turns, **({"system": row.system} if row.system else {})}


def _messages(row: Row, lost: Counter[str]) -> dict[str, Any]:
    head = [{"role": "system", "content": row.system}] if row.system else []
    turns: list[dict[str, Any]] = []
    for role, text, learnt in said(row.turns):
        turn: dict[str, Any] = {"role": role, "content": text}
        if role == "assistant" and not learnt:
            turn["weight"] = 0
        turns.append(turn)
    return {"messages": [*head, *turns]}


def _chatml(row: Row, lost: Counter[str]) -> dict[str, Any]:
    head = [("system", row.system)] if row.system else []
    turns = [(role, text) for role, text, _ in said(row.turns)]
    return {"text": "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in [*head, *turns])}


def _xtuner(row: Row, lost: Counter[str]) -> dict[str, Any]:
    out: list[dict[str, str]] = []
    asked = ""
    for role, text, _ in said(row.turns):
        if role == "user":
            asked = text
        else:
            first = {"system": row.system} if row.system and not out else {}
            out.append({**first, "input": asked, "output": text})
            asked = ""
    return {"conversation": out}


def _preference(row: Row, lost: Counter[str]) -> dict[str, Any] | None:
    if not row.rejected:
        lost["no_pair"] += 1
        return None
    turns = said(row.turns)
    prompt = [{"role": role, "content": text} for role, text, _ in turns[:-1]]
    if row.system:
        prompt.insert(0, {"role": "system", "content": row.system})
    return {
        "prompt": prompt,
        "chosen": [{"role": "assistant", "content": turns[-1][1]}],
        "rejected": [{"role": "assistant", "content": row.rejected}],
    }


def _kto(row: Row, lost: Counter[str]) -> dict[str, Any] | None:
    if row.label is None:
        lost["no_label"] += 1
        return None
    pair = _flat(row, lost)
    return None if pair is None else {"prompt": pair[0], "completion": pair[1], "label": row.label}


_Maker = Callable[[Row, Counter[str]], dict[str, Any] | None]
_MAKERS: Final[Mapping[str, _Maker]] = {
    "pairs": _pairs,
    "input_output": _input_output,
    "alpaca": _alpaca,
    "sharegpt": _sharegpt,
    "messages": _messages,
    "chatml": _chatml,
    "xtuner": _xtuner,
    "preference": _preference,
    "kto": _kto,
    "csv": _pairs,
}
EXPORTS: Final[tuple[str, ...]] = (*_MAKERS, "sillytavern")
_LISTS: Final = ("pairs", "input_output", "alpaca", "sharegpt", "xtuner")


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, ("question", "answer"))
    writer.writeheader()
    writer.writerows(rows)
    # Without the mark a spreadsheet takes Chinese for another encoding.
    return out.getvalue().encode("utf-8-sig")


def _tavern(rows: Sequence[Row], character: str, lost: Counter[str]) -> Written:
    """A chat of SillyTavern is one conversation: of several rows the longest is written."""
    if not rows:
        return Written(b"", ".jsonl", 0, {})
    row = max(rows, key=lambda one: len(one.turns))
    if len(rows) > 1:
        lost["other_conversations"] = len(rows) - 1
    name = character or row.who or "Character"
    lines: list[dict[str, Any]] = [{"user_name": "User", "character_name": name, "chat_metadata": {}}]
    for role, text, _ in said(row.turns):
        is_user = role == "user"
        lines.append(
            {"name": "User" if is_user else name, "is_user": is_user, "is_system": False, "mes": text}
        )
    content = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
    return Written(content, ".jsonl", 1, dict(lost))
