"""Rates change, pitch and time do not."""

from __future__ import annotations

import numpy as np
import pytest

from companion.audio.resample import StreamResampler, resample

pytestmark = pytest.mark.unit

RATES = (8_000, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000)


@pytest.mark.parametrize("rate_in_hz", RATES)
@pytest.mark.parametrize("rate_out_hz", [16_000, 22_050, 24_000, 48_000])
def test_stream_in_odd_blocks_keeps_pitch_length_and_phase(make_tone, rate_in_hz, rate_out_hz):
    clip = make_tone(1.0, rate_hz=rate_in_hz)
    stream = StreamResampler(rate_in_hz, rate_out_hz)
    parts = [stream.feed(part) for part in np.split(clip.samples, range(331, len(clip.samples), 331))]
    out = np.concatenate([*parts, stream.flush()])
    expected = make_tone(1.0, rate_hz=rate_out_hz).samples
    assert len(out) == pytest.approx(rate_out_hz, abs=2)
    middle = slice(rate_out_hz // 10, rate_out_hz * 9 // 10)
    assert np.abs(out[middle] - expected[middle]).max() < 0.01


def test_flushed_stream_begins_anew(make_tone):
    stream = StreamResampler(24_000, 16_000)
    clip = make_tone(0.2)
    first, second = (np.concatenate((stream.feed(clip.samples), stream.flush())) for _ in range(2))
    assert np.array_equal(first, second)


def test_same_rate_and_empty_clips_pass(make_tone):
    clip = make_tone(0.1)
    assert resample(clip, clip.rate_hz) is clip
    assert len(resample(make_tone(0.0), 16_000).samples) == 0
