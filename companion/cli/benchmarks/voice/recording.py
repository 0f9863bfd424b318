"""Figures from a two-channel recording: when she was heard, when she fell silent, what was between her clauses.

All positions are samples of the recording. Audible is above -50 dBFS.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from companion.audio.wav import read_wav

AUDIBLE: Final = 10 ** (-50 / 20)
_CLEARLY: Final = 10 ** (-40 / 20)
_DUCKED: Final = 10 ** (-12 / 20)
_FRAME_S: Final = 0.01
_SOUNDING_S: Final = 0.2
_SILENT_S: Final = 0.25
_TEMPLATE_S: Final = 0.08
_LONGEST_GAP_S: Final = 15.0
_REACTION_S: Final = 3.0
_RESUME_S: Final = 6.0
_HANDING_S: Final = 0.15
_TELLING_S: Final = 0.4  # so much of her must have been to come
_ALIKE: Final = 0.9

Samples = NDArray[np.float32]
Effect = Literal["untouched", "ducked", "resumed", "stopped"]


@dataclass(frozen=True, slots=True)
class MadeClip:
    """A clip of hers as it was handed over: where it begins in `made`, and whether its clause ends with it."""

    begin: int
    n: int
    last: bool
    handed_s: float


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply as it was heard: `start` is its first sample, `end` the last before another one."""

    turn: tuple[int, int]
    start: int
    end: int
    clips: tuple[MadeClip, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Silence between two clips that neither of them holds; `in_clause` where no clause had ended."""

    seconds: float
    in_clause: bool


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a sound of the user did to her voice; latencies in seconds from its first audible sample."""

    effect: Effect
    duck_s: float | None = None
    stop_s: float | None = None
    resume_s: float | None = None


class Recording:
    """`user`, `hers` and `made` have shape (n,); `told` is what the audio told, with its sample."""

    def __init__(
        self, user: Samples, hers: Samples, made: Samples, log: dict[str, Any], rate_hz: int
    ) -> None:
        self.user, self.hers, self.made, self.rate_hz = user, hers, made, rate_hz
        self.told: list[dict[str, Any]] = log["told"]
        self.outcomes: list[dict[str, Any]] = log["outcomes"]
        self.origin_s: float = log["origin_s"]
        self.underruns: int = log["underruns"]
        self.late_ms: dict[str, float] = log["late_ms"]
        self.replies = self._replies(log["made"])

    @classmethod
    def read(cls, folder: Path) -> Recording:
        """Read what a scripted user left in `folder`. Raises AudioError, OSError."""
        user, hers = (read_wav(folder / "recording.wav", channel=channel) for channel in (0, 1))
        made = read_wav(folder / "made.wav")
        log = json.loads((folder / "log.json").read_text(encoding="utf-8"))
        return cls(user.samples, hers.samples, made.samples, log, hers.rate_hz)

    def seconds(self, samples: int) -> float:
        return samples / self.rate_hz

    def sample_at(self, monotonic_s: float) -> int:
        """Return where a moment of the monotonic clock lies."""
        return round((monotonic_s - self.origin_s) * self.rate_hz)

    def reply_at(self, sample: int) -> Reply | None:
        """Return the reply that was under way at `sample`."""
        return next((one for one in self.replies if one.start <= sample < one.end), None)

    # ---- her first sound

    def first_sound(self, after: int, before: int | None = None) -> int | None:
        """Return her first audible sample in the range, or None."""
        found = np.flatnonzero(np.abs(self.hers[after:before]) > AUDIBLE)
        return after + int(found[0]) if len(found) else None

    def is_sounding(self, at: int) -> bool:
        """Tell whether she was audible within the 200 ms before `at`."""
        begin = max(0, at - int(_SOUNDING_S * self.rate_hz))
        return bool((np.abs(self.hers[begin:at]) > AUDIBLE).any())

    # ---- between her clauses

    def gaps(self, reply: Reply) -> list[Gap]:
        """Return what lies between the clips of a reply that nobody came into; nothing where one is not found."""
        places = self._places(reply, self.rate_hz * 10**6)
        out = []
        for before, begun, place in zip(reply.clips, places, places[1:], strict=False):
            out.append(Gap(max(0, place - begun - before.n) / self.rate_hz, not before.last))
        return out

    def expected(self, reply: Reply, until: int) -> Samples:
        """Return what would have been heard from `reply.start` on, had nobody come in after `until`."""
        places = self._places(reply, until)
        out = np.zeros(
            max(p + c.n for p, c in zip(places, reply.clips, strict=True)) - reply.start, np.float32
        )
        for place, clip in zip(places, reply.clips, strict=True):
            at = place - reply.start
            out[at : at + clip.n] = self.made[clip.begin : clip.begin + clip.n]
        return out

    def _places(self, reply: Reply, until: int) -> list[int]:
        """Return where each clip began, looked for as long as it begins before `until`, else one after the other."""
        places: list[int] = []
        next_ = reply.start
        for clip in reply.clips:
            place = self._found(clip, next_, reply.end) if next_ < until else None
            # What was handed over late could not be heard earlier, on its way to the loudspeaker.
            handed = min(round((clip.handed_s + _HANDING_S) * self.rate_hz), reply.end)
            places.append(max(next_, handed) if place is None else place)
            next_ = places[-1] + clip.n
        return places

    def _found(self, clip: MadeClip, expected: int, end: int) -> int | None:
        sound = self.made[clip.begin : clip.begin + clip.n]
        offset, template = _loudest(sound, int(_TEMPLATE_S * self.rate_hz))
        low = max(0, expected + offset - int(0.02 * self.rate_hz))
        high = min(end, expected + offset + int(_LONGEST_GAP_S * self.rate_hz))
        at = find(template, self.hers[low:high])
        return None if at is None else low + at - offset

    # ---- what the user's sounds do to her

    def reaction(self, onset: int) -> Reaction | None:
        """Return what a sound that begins at `onset` did; None when she was not speaking, or had all but ended."""
        reply = self.reply_at(onset)
        if reply is None:
            return None
        expected, at = self.expected(reply, onset), onset - reply.start
        if len(expected) - at < int(_TELLING_S * self.rate_hz) and not self._broke_off(reply, onset):
            return None
        if at >= len(expected):
            return None
        until = min(len(expected) - at, int(_REACTION_S * self.rate_hz))
        wanted, heard = (
            _frames(expected[at : at + until], self.rate_hz),
            _frames(self.hers[onset : onset + until], self.rate_hz),
        )
        n = min(len(wanted), len(heard))
        wanted, heard = wanted[:n], heard[:n]
        duck, stop = _duck(wanted, heard), _stop(wanted, heard)
        duck_s = None if duck is None else duck * _FRAME_S
        if stop is None:
            if self._broke_off(reply, onset):  # and there was nothing more for her to say just then
                loud = np.flatnonzero(_frames(self.hers[onset : reply.end], self.rate_hz)[:n] >= AUDIBLE)
                silent_s = (int(loud[-1]) + 1) * _FRAME_S if len(loud) else 0.0
                return Reaction("stopped", min(duck_s or silent_s, silent_s), silent_s)
            return Reaction("untouched" if duck is None else "ducked", duck_s)
        resumed = self._resumed(expected, at, reply, stop)
        stop_s = stop * _FRAME_S
        return Reaction(
            "stopped" if resumed is None else "resumed", min(duck_s or stop_s, stop_s), stop_s, resumed
        )

    def _resumed(self, expected: Samples, at: int, reply: Reply, stop: int) -> float | None:
        """Return the seconds of silence until she went on where she had stopped, or None."""
        size = int(_FRAME_S * self.rate_hz)
        held, silent_from = at + stop * size, reply.start + at + stop * size
        _, template = _loudest(
            expected[held : held + int(0.8 * self.rate_hz)], int(_TEMPLATE_S * self.rate_hz)
        )
        search = self.hers[silent_from : min(reply.end, silent_from + int(_RESUME_S * self.rate_hz))]
        if len(template) == 0 or find(template, search) is None:
            return None
        loud = np.flatnonzero(_frames(search, self.rate_hz) >= AUDIBLE)
        return float(loud[0]) * _FRAME_S if len(loud) else None

    def stopped(self, reply: Reply) -> bool:
        """Tell whether the program broke the reply off."""
        return self._stopped_at(reply) is not None

    def _stopped_at(self, reply: Reply) -> int | None:
        rows = (row for row in self.told if row["name"] == "PlaybackEnded" and row["stopped"])
        return next((row["sample"] for row in rows if (row["turn"], row["revision"]) == reply.turn), None)

    def _broke_off(self, reply: Reply, onset: int) -> bool:
        at = self._stopped_at(reply)
        return at is not None and onset <= at < onset + int(_REACTION_S * self.rate_hz)

    def _replies(self, made: list[dict[str, Any]]) -> list[Reply]:
        begun = [row for row in self.told if row["name"] == "PlaybackStarted"]
        out = []
        for i, row in enumerate(begun):
            turn = (row["turn"], row["revision"])
            end = begun[i + 1]["at"] if i + 1 < len(begun) else len(self.hers)
            clips = tuple(
                MadeClip(one["begin"], one["n"], one["last"], one["at_s"])
                for one in made
                if (one["turn"], one["revision"]) == turn and one["n"]
            )
            out.append(Reply(turn, max(0, row["at"]), end, clips))
        return out


def find(template: Samples, where: Samples) -> int | None:
    """Return where `template` lies in `where`, at any loudness, or None when nothing there is like it."""
    n = len(template)
    if not n or len(where) < n or not np.any(template):
        return None
    size = 1 << (len(where) + n - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(where, size) * np.conj(np.fft.rfft(template, size)), size)
    sums = np.concatenate(([0.0], np.cumsum(where.astype(np.float64) ** 2)))
    energy = np.maximum(sums[n:] - sums[:-n], 1e-9)
    alike = product[: len(energy)] / np.sqrt(energy * float(np.sum(template.astype(np.float64) ** 2)))
    best = int(np.argmax(alike))
    return best if alike[best] >= _ALIKE else None


def _loudest(sound: Samples, n: int) -> tuple[int, Samples]:
    if len(sound) <= n:
        return 0, sound
    sums = np.concatenate(([0.0], np.cumsum(sound.astype(np.float64) ** 2)))
    at = int(np.argmax(sums[n:] - sums[:-n]))
    return at, sound[at : at + n]


def _frames(sound: Samples, rate_hz: int) -> NDArray[np.float64]:
    size = int(rate_hz * _FRAME_S)
    whole = sound[: len(sound) // size * size].reshape(-1, size).astype(np.float64)
    level: NDArray[np.float64] = np.sqrt(np.mean(whole**2, axis=1)) if len(whole) else np.zeros(0)
    return level


def _duck(wanted: NDArray[np.float64], heard: NDArray[np.float64]) -> int | None:
    telling = np.flatnonzero(wanted > AUDIBLE)
    low = heard[telling] < wanted[telling] * _DUCKED
    both = np.flatnonzero(low[:-1] & low[1:])
    return int(telling[both[0]]) if len(both) else None


def _stop(wanted: NDArray[np.float64], heard: NDArray[np.float64]) -> int | None:
    n = round(_SILENT_S / _FRAME_S)
    for i in range(max(0, len(heard) - n + 1)):
        if (heard[i : i + n] < AUDIBLE).all() and (wanted[i : i + n] > _CLEARLY).any():
            loud = np.flatnonzero(heard[:i] >= AUDIBLE)  # she may have had nothing to say at first
            return int(loud[-1]) + 1 if len(loud) else 0
    return None
