"""Recordings with known faults: what the checks must find, and what they must leave alone.

Somebody speaks known sentences; noise, music, clipping, silence, other speakers, wrong texts, other tempos and copies
are planted at known places. The same seed gives the same corpus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from companion.audio.resample import resample
from companion.audio.wav import read_wav, write_wav
from companion.domain.audio import AudioClip
from companion.voice_training.clip import Clip

F32 = NDArray[np.float32]
Kind = Literal[
    "good", "noise", "music", "clipping", "silence", "second_speaker", "wrong_transcript", "too_short",
    "duplicate",
]  # fmt: skip

CHINESE: Final = (
    "今天早上下了一场小雨，空气变得很清新。",
    "请把桌子上的那本书递给我，谢谢你。",
    "他昨天晚上工作到十二点才回家。",
    "春天来了，公园里的花都开了。",
    "这家小店的面条又便宜又好吃。",
    "我们打算下个星期去海边度假。",
    "图书馆里很安静，只能听见翻书的声音。",
    "妈妈在厨房里做饭，弟弟在院子里玩。",
    "你觉得这件红色的衣服怎么样？",
    "如果明天不下雨，我们就去爬山吧。",
    "老师让我们每天写一篇短短的日记。",
    "火车还有十分钟就要开了，快一点！",
    "窗外的月亮又圆又亮，像一个银盘。",
    "她从小就喜欢唱歌，声音非常好听。",
    "我把钥匙忘在办公室的抽屉里了。",
    "这条路一直往前走，到红绿灯左转。",
    "爷爷年轻的时候去过很多地方。",
    "别担心，事情总会慢慢好起来的。",
    "小猫躲在沙发底下，不肯出来。",
    "秋天的树叶变黄了，一片一片落下来。",
    "我想喝一杯热牛奶，然后早点睡觉。",
    "这部电影我已经看过三遍了。",
    "他说话的时候总是带着微笑。",
    "天黑以后，街上的灯一盏一盏亮起来。",
)
ENGLISH: Final = (
    "The garden behind the house is full of roses in June.",
    "Please put the blue cup back on the kitchen shelf.",
    "We walked along the river until the sun went down.",
    "My brother is learning to play the old piano.",
    "There was a thick fog over the harbour this morning.",
    "Could you tell me where the nearest station is?",
    "She closed the window because the wind was cold.",
    "The train leaves at nine, so we should hurry.",
    "He wrote a long letter to his friend in the city.",
    "Nobody noticed the small bird under the table.",
    "I would like some tea and a piece of cake, please.",
    "The children built a castle out of wet sand.",
    "After dinner we sat by the fire and told stories.",
    "That book on the left belongs to my grandmother.",
    "It is too late to change the plan for tomorrow.",
    "The teacher smiled and opened the heavy door.",
    "A long time ago this valley was covered with ice.",
    "You can leave your coat and your bag over there.",
    "They bought fresh bread and honey at the market.",
    "The dog followed us all the way to the bridge.",
    "Her voice was calm, but her hands were shaking.",
    "We need three more chairs for the guests tonight.",
    "The boat moved slowly through the quiet water.",
    "I forgot my umbrella, and now it is raining hard.",
)

_FILE_HZ: Final = (48_000, 44_100, 24_000, 22_050)
_PEAK: Final = 0.5
# Recordings whose background is this far below the voice are good ones.
_GOOD_SNR_DB: Final = (28.0, 60.0)
_NOISE_SNR_DB: Final = (0.0, 13.0)
_MUSIC_SNR_DB: Final = (-3.0, 12.0)
_CLIPPING_DB: Final = (10.0, 24.0)
_COUNTS: Final[Mapping[Kind, int]] = {
    "noise": 3,
    "music": 3,
    "clipping": 2,
    "silence": 2,
    "second_speaker": 3,
    "wrong_transcript": 2,
    "too_short": 1,
    "duplicate": 1,
}


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """One sentence as somebody said it."""

    text: str
    clip: AudioClip


@dataclass(frozen=True, slots=True)
class Planted:
    """A recording of the corpus; `kind` is what is wrong with it, `detail` how much."""

    file: str
    kind: Kind
    text: str
    detail: str = ""


def plant(
    folder: Path,
    sentences: Sequence[Spoken],
    others: Sequence[Spoken],
    *,
    seed: int,
    counts: Mapping[Kind, int] = _COUNTS,
    texts: bool = True,
) -> list[Planted]:
    """Write the corpus into `folder`, which is made, and return what is wrong with which file.

    `sentences` are of the voice that is wanted, `others` of somebody else. As many as `counts` says get a fault, the
    rest are good: with a quiet room, at other levels and rates, some in stereo. With `texts` a `metadata.csv` is
    written, in which wrong transcripts stand; without it that fault is left out. Raises AudioError.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    left_out = {"duplicate"} | (set() if texts else {"wrong_transcript"})
    kinds: list[Kind] = [kind for kind, n in counts.items() if kind not in left_out for _ in range(n)]
    kinds += ["good"] * (len(sentences) - len(kinds))
    rng.shuffle(kinds)
    planted = []
    rows = []
    for number, (kind, spoken) in enumerate(zip(kinds, sentences, strict=False)):
        wrong = sentences[(number + len(sentences) // 2) % len(sentences)].text
        if kind == "second_speaker":
            spoken = others[int(rng.integers(len(others)))]
        samples, detail = _with_fault(kind, spoken, rng)
        file = f"{number:03d}.wav"
        _write(folder / file, samples, spoken.clip.rate_hz, rng, clipped=kind == "clipping")
        planted.append(Planted(file, kind, spoken.text, detail))
        rows.append(f"{file}|{wrong if kind == 'wrong_transcript' else spoken.text}")
    copies = _copies(folder, planted, counts.get("duplicate", 0), rng)
    planted += copies
    rows += [f"{one.file}|{one.text}" for one in copies]
    if texts:
        (folder / "metadata.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return planted


def confusion(planted: Sequence[Planted], clips: Sequence[Clip]) -> dict[tuple[Kind, str], int]:
    """Return how many recordings of each kind ended as what: a reason, `kept`, or `lost` where no clip is left."""
    by_source: dict[str, list[Clip]] = {}
    for clip in clips:
        by_source.setdefault(clip.source, []).append(clip)
    table: dict[tuple[Kind, str], int] = {}
    for one in planted:
        of_it = by_source.get(one.file, [])
        dropped = next((clip.dropped for clip in of_it if clip.dropped), None)
        ended = dropped or ("kept" if of_it else "lost")
        table[one.kind, ended] = table.get((one.kind, ended), 0) + 1
    return table


def is_right(kind: Kind, ended: str) -> bool:
    """Tell whether `ended` is what a recording of `kind` deserves."""
    return ended == ("kept" if kind == "good" else kind)


def _with_fault(kind: Kind, spoken: Spoken, rng: np.random.Generator) -> tuple[F32, str]:
    voice = spoken.clip.samples / np.abs(spoken.clip.samples).max() * _PEAK
    voice = np.pad(voice, round(0.4 * spoken.clip.rate_hz)).astype(np.float32)
    rate = spoken.clip.rate_hz
    match kind:
        case "noise":
            name = str(rng.choice(list(_NOISES)))
            snr = float(rng.uniform(*_NOISE_SNR_DB))
            return _mixed(voice, _NOISES[name](len(voice), rate, rng), snr), f"{name} {snr:.0f} dB"
        case "music":
            snr = float(rng.uniform(*_MUSIC_SNR_DB))
            return _mixed(voice, music(len(voice), rate, rng), snr), f"{snr:.0f} dB"
        case "clipping":
            drive = float(rng.uniform(*_CLIPPING_DB))
            return _clipped(voice, drive, rng), f"{drive:.0f} dB"
        case "silence":
            level = float(rng.uniform(-90, -55))
            return _pink(len(voice), rate, rng) * np.float32(10 ** (level / 20)), f"{level:.0f} dBFS"
        case "second_speaker":
            return voice, "somebody else"
        case "too_short":
            middle = len(voice) // 2
            part = voice[middle : middle + round(0.8 * rate)]
            return np.pad(part, round(0.4 * rate)), "0.8 s"
        case _:
            snr = float(rng.uniform(*_GOOD_SNR_DB))
            return _mixed(voice, _pink(len(voice), rate, rng), snr), f"{snr:.0f} dB"


def _write(path: Path, samples: F32, rate_hz: int, rng: np.random.Generator, *, clipped: bool) -> None:
    """Write as people's recorders do: other rates, stereo, other levels. A clipped one stays as it is."""
    if clipped:
        write_wav(path, samples, rate_hz)
        return
    file_hz = int(rng.choice(_FILE_HZ))
    level = 10 ** (float(rng.uniform(-18, 5)) / 20)
    sound = resample(AudioClip(samples, rate_hz), file_hz).samples * np.float32(level)
    sound /= max(1.0, float(np.abs(sound).max()) / 0.95)
    write_wav(path, np.repeat(sound[:, np.newaxis], 2, axis=1) if rng.random() < 0.3 else sound, file_hz)


def _copies(
    folder: Path, planted: Sequence[Planted], n_copies: int, rng: np.random.Generator
) -> list[Planted]:
    """Write copies of good recordings, quieter and at another rate."""
    good = [one for one in planted if one.kind == "good"]
    copies = []
    for number in range(min(n_copies, len(good))):
        original = good[int(rng.integers(len(good)))]
        sound = resample(read_wav(folder / original.file), 32_000)
        file = f"copy {number}.wav"
        write_wav(folder / file, sound.samples * np.float32(0.6), sound.rate_hz)
        copies.append(Planted(file, "duplicate", original.text, f"of {original.file}"))
    return copies


def _mixed(voice: F32, background: F32, snr_db: float) -> F32:
    """Return both, the background `snr_db` below the voice where that speaks."""
    loud = np.abs(voice) > 0.02 * np.abs(voice).max()
    wanted = float(np.sqrt(np.mean(np.square(voice[loud])))) * 10 ** (-snr_db / 20)
    scale = wanted / max(1e-9, float(np.sqrt(np.mean(np.square(background)))))
    return (voice + scale * background).astype(np.float32)


def _clipped(voice: F32, drive_db: float, rng: np.random.Generator) -> F32:
    driven = np.clip(voice / _PEAK * 10 ** (drive_db / 20), -1.0, 1.0)
    return np.asarray(driven * rng.uniform(0.5, 1.0), np.float32)


def music(n_samples: int, rate_hz: int, rng: np.random.Generator) -> F32:
    """Return chords with a melody and a beat, shape (n,), float32."""
    time = np.arange(n_samples) / rate_hz
    sound = np.zeros(n_samples)
    beat_s = float(rng.uniform(0.35, 0.6))
    root = 110.0 * 2 ** (int(rng.integers(12)) / 12)
    scale = np.asarray([0, 2, 4, 7, 9, 12, 14, 16, 19])
    for start in np.arange(0.0, n_samples / rate_hz, 4 * beat_s):
        chord = root * 2 ** (int(rng.choice([0, 5, 7, 9])) / 12)
        for step in (0, 4, 7):
            sound += _note(time, start, 4 * beat_s, chord * 2 ** (step / 12), 6, 0.5)
    for start in np.arange(0.0, n_samples / rate_hz, beat_s):
        sound += _note(
            time,
            start,
            float(rng.choice([1, 2])) * beat_s,
            2 * root * 2 ** (int(rng.choice(scale)) / 12),
            5,
            2.0,
        )
        hit = (time >= start) & (time < start + 0.06)
        sound[hit] += rng.normal(0, 0.4, int(hit.sum())) * np.exp(-40 * (time[hit] - start))
    return np.asarray(sound, np.float32)


def _note(
    time: NDArray[np.float64], start: float, seconds: float, hertz: float, partials: int, decay: float
) -> NDArray[np.float64]:
    inside = (time >= start) & (time < start + seconds)
    since = time[inside] - start
    tone = sum(np.sin(2 * np.pi * hertz * n * since) / n for n in range(1, partials + 1))
    note = np.zeros(len(time))
    note[inside] = (
        tone
        * np.exp(-decay * since)
        * np.minimum(1.0, since / 0.01)
        * np.minimum(1.0, (seconds - since) / 0.03)
    )
    return note


def _white(n_samples: int, rate_hz: int, rng: np.random.Generator) -> F32:
    return rng.normal(0, 1, n_samples).astype(np.float32)


def _pink(n_samples: int, rate_hz: int, rng: np.random.Generator) -> F32:
    spectrum = np.fft.rfft(rng.normal(0, 1, n_samples))
    hertz = np.maximum(np.fft.rfftfreq(n_samples, 1 / rate_hz), 40.0)
    sound = np.fft.irfft(spectrum / np.sqrt(hertz), n_samples)
    return np.asarray(sound / sound.std(), np.float32)


def _street(n_samples: int, rate_hz: int, rng: np.random.Generator) -> F32:
    """Low rumble that swells, as of cars and fans."""
    rumble = _pink(n_samples, rate_hz, rng) + 0.5 * np.convolve(
        _pink(n_samples, rate_hz, rng), np.ones(40) / 40, "same"
    )
    swell = 1.0 + 0.6 * np.sin(2 * np.pi * float(rng.uniform(0.2, 0.8)) * np.arange(n_samples) / rate_hz)
    return np.asarray(rumble * swell, np.float32)


def _hum(n_samples: int, rate_hz: int, rng: np.random.Generator) -> F32:
    """Mains hum with its harmonics over a hiss."""
    time = np.arange(n_samples) / rate_hz
    mains = 50.0 if rng.random() < 0.5 else 60.0
    tones = sum(np.sin(2 * np.pi * mains * n * time + n) / n for n in range(1, 9))
    return np.asarray(tones + 0.3 * rng.normal(0, 1, n_samples), np.float32)


_NOISES: Final[Mapping[str, Callable[[int, int, np.random.Generator], F32]]] = {
    "white": _white,
    "pink": _pink,
    "street": _street,
    "hum": _hum,
}
