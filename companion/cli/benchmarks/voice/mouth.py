"""How far her mouth was from her recorded voice, had the stage been shown all the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from companion.cli.benchmarks.figures import summary
from companion.cli.benchmarks.lipsync import Curve, lipsync_offsets, openness_curve
from companion.cli.benchmarks.voice.recording import Reply
from companion.cli.benchmarks.voice.sitting import Sitting
from companion.domain import events
from companion.domain.audio import AudioClip
from companion.gui.stage.playhead import Playhead
from companion.gui.stage.visemes import MouthTrack


def lipsync(sittings: Sequence[Sitting]) -> dict[str, Any]:
    """Return the offsets of the mouth's starts and ends in seconds, and the shift at which it fits best.

    The stage's own playhead and mouth are moved by the events of the talk, at the moments at which they came.
    Replies that were interrupted or held are left out.
    """
    found = lipsync_offsets(pair for one in sittings for pair in _pairs(one))
    return {**summary(found.edges), "shift": round(found.lag, 3)}


def _pairs(sitting: Sitting) -> Iterator[tuple[AudioClip, Curve]]:
    recording = sitting.recording
    held = {(row["turn"], row["revision"]) for row in recording.told if row["name"] in ("Ducked", "Paused")}
    for reply in recording.replies:
        if reply.turn in held or recording.stopped(reply):
            continue
        n = min(reply.end, reply.start + sum(clip.n for clip in reply.clips))
        clip = AudioClip(recording.hers[reply.start : n], recording.rate_hz)
        begun_s = recording.origin_s + recording.seconds(reply.start)
        yield clip, openness_curve(_viseme_at(sitting, reply, begun_s), clip.seconds)


def _viseme_at(sitting: Sitting, reply: Reply, begun_s: float) -> Callable[[float], str]:
    """Return the shape of the mouth so many seconds after `begun_s`; to be asked in ascending order."""
    mouth, playhead = MouthTrack(), Playhead()
    heard: list[tuple[float, float | tuple[float, float]]] = []
    for moment, event in sitting.stamps:
        match event:
            case events.SpeechReady(turn, speech, offset_s) if (turn.turn, turn.revision) == reply.turn:
                mouth.add(speech, offset_s)
                heard.append((moment, (offset_s, speech.clip.seconds)))
            case events.HeardTo(turn, seconds) if (turn.turn, turn.revision) == reply.turn:
                heard.append((moment, seconds))
    heard.reverse()

    def viseme(after_s: float) -> str:
        now_s = begun_s + after_s
        while heard and heard[-1][0] <= now_s:
            moment, told = heard.pop()
            if isinstance(told, tuple):
                playhead.queued(*told)
            else:
                playhead.heard(told, moment)
        return mouth.at(playhead.position(now_s)) if playhead.is_running else "rest"

    return viseme
