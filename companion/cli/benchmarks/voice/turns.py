"""Each turn of a sitting, measured: all from the recording, the program's own stamps beside it."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import Final

from companion.cli.benchmarks.voice.clips import SpokenTurn
from companion.cli.benchmarks.voice.heard import HeardError, heard_error
from companion.cli.benchmarks.voice.naive import spoken_clauses
from companion.cli.benchmarks.voice.recording import Gap, Reaction, Recording, Reply
from companion.cli.benchmarks.voice.sitting import Sitting
from companion.cli.benchmarks.voice.stamps import Stamped
from companion.domain import events
from companion.domain.messages import StoredMessage
from companion.text.pinyin import syllable_error_rate, word_error_rate

_LONGEST_S: Final = 60.0


@dataclass(slots=True)
class MeasuredTurn:
    """Seconds; `marks` count from the acoustic end of what was said, names as in the timeline of the report.

    `voice_to_voice_s` is None where she was heard before the user had ended (`is_cut`), where she was still answering
    the turn before (`is_crossed`), or where no reply came. `n_early` is how often the program took the utterance for
    complete before its end.
    """

    spoken: SpokenTurn
    order: int
    begin: int
    onset: int
    end: int
    until: int
    voice_to_voice_s: float | None = None
    is_cut: bool = False
    is_crossed: bool = False
    n_early: int = 0
    reaction: Reaction | None = None
    during_onset: int | None = None
    during_end: int | None = None
    after_barge_in_s: float | None = None
    transcript: str = ""
    hearing_error: float | None = None
    replies: list[MeasuredReply] = field(default_factory=list)
    marks: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class MeasuredReply:
    """One reply that was heard during a turn; `stamp_error_s` is by how much the program's own start differs."""

    reply: Reply
    text: str
    recognised: str
    interrupted: bool
    heard: HeardError | None
    gaps: list[Gap]
    stamp_error_s: float
    timings: events.TurnTimings | None


def measured_turns(sitting: Sitting) -> list[MeasuredTurn]:
    """Return the turns of our program, in order."""
    recording = sitting.recording
    turns = _frame(recording, sitting.spoken, sitting.orders)
    for turn in turns:
        _measure_voice_to_voice(turn, recording)
        _measure_reaction(turn, recording)
        _measure_hearing(turn, sitting)
        _measure_replies(turn, sitting)
        _mark(turn, sitting)
    return turns


def naive_turns(sitting: Sitting) -> list[MeasuredTurn]:
    """Return the control's turns, with what can be told of them from its recording."""
    recording = sitting.naive
    if recording is None:
        return []
    wanted = {order: place for place, order in enumerate(sitting.orders)}
    # The control's turn follows ours of the same words.
    spoken = [sitting.spoken[wanted[order - 1]] for order in sitting.naive_orders]
    turns = _frame(recording, spoken, sitting.naive_orders)
    for turn in turns:
        _measure_voice_to_voice(turn, recording)
    return turns


def _frame(recording: Recording, spoken: list[SpokenTurn], orders: list[int]) -> list[MeasuredTurn]:
    begun = {row["order"]: row["sample"] for row in recording.told if row.get("what") == "said"}
    came_in = {row["order"]: row["sample"] for row in recording.told if row.get("what") == "during"}
    begins = sorted(begun.values())
    turns = []
    for one, order in zip(spoken, orders, strict=True):
        if order not in begun:
            continue  # the sitting broke off before
        begin = begun[order]
        later = bisect.bisect_right(begins, begin)
        until = begins[later] if later < len(begins) else len(recording.hers)
        turn = MeasuredTurn(one, order, begin, begin + one.said.onset, begin + one.said.end, until)
        if order in came_in and one.during is not None:
            turn.during_onset = came_in[order] + one.during.onset
            turn.during_end = came_in[order] + one.during.end
        turns.append(turn)
    return turns


def _measure_voice_to_voice(turn: MeasuredTurn, recording: Recording) -> None:
    early = recording.first_sound(turn.onset, turn.end)
    if early is not None:
        # What begins before the first pause answers the turn before.
        pauses = [row["sample"] for row in recording.told if row["name"] == "SoftEnd"]
        turn.is_cut = any(turn.onset <= pause <= early for pause in pauses)
        turn.is_crossed = not turn.is_cut
    first = recording.first_sound(turn.end, turn.until)
    if early is None and first is not None:
        turn.voice_to_voice_s = recording.seconds(first - turn.end)
    if turn.during_end is None or turn.spoken.turn.during != "barge_in":
        return
    again = next((one.start for one in recording.replies if turn.during_end <= one.start < turn.until), None)
    if again is not None and (sound := recording.first_sound(again, turn.until)) is not None:
        turn.after_barge_in_s = recording.seconds(sound - turn.during_end)


def _measure_reaction(turn: MeasuredTurn, recording: Recording) -> None:
    if turn.during_onset is not None:
        turn.reaction = recording.reaction(turn.during_onset)


def _measure_hearing(turn: MeasuredTurn, sitting: Sitting) -> None:
    recording, language = sitting.recording, sitting.language
    limit = turn.during_onset or turn.until
    said: dict[int, str] = {}
    for moment, event in sitting.stamps:
        if (
            isinstance(event, events.UserSaid)
            and turn.onset <= (at := recording.sample_at(moment)) < turn.until
        ):
            turn.n_early += at < turn.end
            if at < limit:
                message = sitting.stored.get(event.message.message, event.message)
                said[message.message] = message.text  # what was gone on with stands in the same message
    turn.transcript = " ".join(said.values())
    rate = syllable_error_rate if language == "zh" else word_error_rate
    if said:
        turn.hearing_error = rate(turn.spoken.turn.text, turn.transcript)


def _measure_replies(turn: MeasuredTurn, sitting: Sitting) -> None:
    recording = sitting.recording
    disturbed = {
        (row["turn"], row["revision"]) for row in recording.told if row["name"] in ("Ducked", "Paused")
    }
    for reply in recording.replies:
        if not turn.begin <= reply.start < turn.until:
            continue
        finished = _finished(sitting.stamps, reply)
        first = recording.first_sound(reply.start, reply.end)
        message = sitting.stored.get(finished.message.message) if finished else None
        interrupted = recording.stopped(reply)
        recognised = sitting.recognised.get(reply.turn, "")
        turn.replies.append(
            MeasuredReply(
                reply,
                message.text if message else "",
                recognised,
                interrupted,
                _heard(recognised, message, sitting.language) if message else None,
                [] if interrupted or reply.turn in disturbed else recording.gaps(reply),
                recording.seconds((first or reply.start) - reply.start),
                finished.timings if finished else None,
            )
        )


def _heard(recognised: str, message: StoredMessage, language: str) -> HeardError:
    stored = "".join(spoken_clauses(message.text, language))
    whole = "".join(spoken_clauses(message.text + message.unheard, language))
    unheard = (
        whole[len(stored) :]
        if whole.startswith(stored)
        else "".join(spoken_clauses(message.unheard, language))
    )
    return heard_error(recognised, stored, unheard, language)


def _finished(stamps: list[Stamped], reply: Reply) -> events.ReplyFinished | None:
    for _, event in stamps:
        if isinstance(event, events.ReplyFinished) and (event.turn.turn, event.turn.revision) == reply.turn:
            return event
    return None


def _mark(turn: MeasuredTurn, sitting: Sitting) -> None:
    """Put what happened on the way to the first reply on the line that begins at the acoustic end."""
    recording = sitting.recording

    def since(sample: int) -> float:
        return round(recording.seconds(sample - turn.end), 4)

    answer = next((one for one in turn.replies if one.reply.start >= turn.end), None)
    limit = answer.reply.start if answer is not None else turn.until
    ends = [
        row for row in recording.told if row["name"] == "SoftEnd" and turn.onset <= row["sample"] <= limit
    ]
    if ends:
        turn.marks["soft end"] = since(ends[-1]["sample"])
    for moment, event in sitting.stamps:
        at = recording.sample_at(moment)
        if not turn.onset <= at <= limit:
            continue
        match event:
            case events.UserPartial(text) if text and ends and at >= ends[-1]["sample"]:
                turn.marks.setdefault("recognised", since(at))
            case events.UserSaid():
                turn.marks["committed"] = since(at)
    if answer is None:
        return
    if ends and answer.timings is not None:
        began = ends[-1]["at"]
        for name in ("first_token_s", "first_clause_s"):
            if (value := getattr(answer.timings, name)) is not None:
                turn.marks[name.removesuffix("_s").replace("_", " ")] = round(since(began) + value, 4)
    if answer.reply.clips:
        turn.marks["handed over"] = since(round(answer.reply.clips[0].handed_s * recording.rate_hz))
    if (first := recording.first_sound(answer.reply.start, answer.reply.end)) is not None:
        turn.marks["first sound"] = since(first)
