"""Bad sound is told from good by its figures, each fault with the right name."""

from __future__ import annotations

import numpy as np
import pytest

from companion.voice_training.clip import Clip
from companion.voice_training.faults import (
    clipped_share,
    needs_cleaning,
    snr_db,
    steady_share,
    with_sound_faults,
)
from companion.voice_training.naturalness import Naturalness
from companion.voice_training.outline import Outline
from companion.voice_training.planted import music

from .sounds import dirty, fine, speechlike

pytestmark = pytest.mark.unit

RATE_HZ = 16_000


def clip(seconds: float = 4.0, **figures: float) -> Clip:
    fair = {"speech_s": seconds * 0.9, "level_dbfs": -20.0, "snr_db": 45.0, "clipped": 0.05}
    return Clip("0001", "a.wav", 0.0, seconds).measured(**fair | figures)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("drive_db", [10.0, 16.0, 24.0])
def test_clipped_speech_heaps_up_at_its_top_at_any_level(seed: int, drive_db: float) -> None:
    voice = speechlike(3, RATE_HZ, seed=seed)
    clipped = 0.1 * np.clip(voice * 2 * 10 ** (drive_db / 20), -1, 1)
    assert clipped_share(voice) < 0.2 < clipped_share(clipped.astype(np.float32))


@pytest.mark.parametrize("seed", range(6))
def test_notes_stand_still_and_voices_do_not(seed: int) -> None:
    voice = speechlike(4, RATE_HZ, seed=seed)
    notes = music(4 * RATE_HZ, RATE_HZ, np.random.default_rng(seed))
    assert steady_share(voice, RATE_HZ) < 0.01
    assert steady_share(notes, RATE_HZ) > 0.25
    together = voice + notes * np.float32(0.3 * voice.std() / notes.std())
    assert steady_share(together, RATE_HZ) > 0.03


def test_hiss_and_low_hum_are_no_music() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(4 * RATE_HZ) / RATE_HZ
    hiss = rng.normal(0, 0.1, len(time)).astype(np.float32)
    hum = (0.3 * np.sin(2 * np.pi * 50 * time) + hiss * 0.1).astype(np.float32)
    assert steady_share(hiss, RATE_HZ) < 0.01
    assert steady_share(hum, RATE_HZ) < 0.01


@pytest.mark.parametrize("snr", [5.0, 20.0, 40.0])
def test_noise_is_measured_in_the_pauses(snr: float) -> None:
    speech = np.zeros(200, np.float32)
    speech[60:140] = 0.9
    level = np.full(200, -20.0 - snr, np.float32)
    level[60:140] = 10 * np.log10(10**-2.0 + 10 ** (-2.0 - snr / 10))
    assert snr_db(Outline(speech, level, 6.4), 60 * 0.032, 140 * 0.032) == pytest.approx(snr, abs=0.2)


def test_pauses_that_were_cut_to_nothing_tell_nothing_of_the_noise() -> None:
    speech = np.zeros(200, np.float32)
    speech[60:140] = 0.9
    level = np.where(speech > 0.5, -20.0, -120.0).astype(np.float32)
    assert snr_db(Outline(speech, level, 6.4), 2.0, 4.4) == 80.0


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({}, None),
        ({"level_dbfs": -70.0}, "silence"),
        ({"level_dbfs": -44.0, "speech_s": 0.0}, "silence"),
        ({"speech_s": 0.0}, "noise"),
        ({"clipped": 0.5, "snr_db": 8.0}, "clipping"),
    ],
)
def test_figures_decide_the_reason(figures: dict[str, float], reason: str | None) -> None:
    judged = with_sound_faults(clip(**figures), speechlike(4, RATE_HZ), RATE_HZ, fine)
    assert judged.dropped == reason
    assert bool(judged.detail) == (reason is not None)
    assert {"sig", "bak", "ovrl", "steady"} <= set(judged.figures)


def test_background_that_only_the_network_hears_is_noise_too() -> None:
    assert with_sound_faults(clip(), speechlike(4, RATE_HZ), RATE_HZ, dirty).dropped == "noise"


@pytest.mark.parametrize(
    ("snr", "bak", "reason"),
    [
        (32.0, 2.7, None),
        (80.0, 2.7, "noise"),
        (20.0, 2.7, "noise"),
        (32.0, 2.2, "noise"),
        (9.0, 3.4, "noise"),
        (9.0, 4.1, None),
    ],
)
def test_quiet_pauses_speak_for_a_clip_that_the_network_finds_noisy(
    snr: float, bak: float, reason: str | None
) -> None:
    judged = with_sound_faults(
        clip(snr_db=snr), speechlike(4, RATE_HZ), RATE_HZ, lambda samples, rate: Naturalness(3.4, bak, 2.6)
    )
    assert judged.dropped == reason


def test_music_is_told_from_noise_with_and_without_a_voice() -> None:
    notes = music(4 * RATE_HZ, RATE_HZ, np.random.default_rng(3))
    voice = speechlike(4, RATE_HZ)
    behind = (voice + notes * (0.5 * voice.std() / notes.std())).astype(np.float32)
    assert with_sound_faults(clip(snr_db=6.0), behind, RATE_HZ, dirty).dropped == "music"
    assert with_sound_faults(clip(speech_s=0.0), notes, RATE_HZ, dirty).dropped == "music"


def test_some_noise_is_a_doubt_and_worth_cleaning() -> None:
    judged = with_sound_faults(clip(snr_db=17.0), speechlike(4, RATE_HZ), RATE_HZ, fine)
    assert (judged.dropped, judged.flags) == (None, ("noisy",))
    assert needs_cleaning(judged)
    assert not needs_cleaning(with_sound_faults(clip(), speechlike(4, RATE_HZ), RATE_HZ, fine))
