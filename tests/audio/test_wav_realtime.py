"""Files speak, replies are recorded at the moment they are heard, and the conversation ends by itself."""

from __future__ import annotations

import wave

import numpy as np
import pytest

from companion.audio.wav import write_wav
from companion.audio.wav_realtime import WavAudio
from companion.domain.messages import TurnId
from companion.errors import AudioError
from companion.ports import AudioPlan, PlaybackEnded, PlaybackStarted, SpeechStarted, UtteranceEnded

pytestmark = pytest.mark.unit


@pytest.fixture
def hello(tmp_path, make_tone):
    path = tmp_path / "你好.wav"
    write_wav(path, make_tone(0.8, rate_hz=22_050, hertz=300.0).samples, 22_050)
    return path


def channels(path):
    with wave.open(str(path), "rb") as file:
        assert file.getframerate() == 24_000
        raw = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return raw[:, 0] / 32768, raw[:, 1] / 32768


def loud_spans(samples):
    """Return (start, end) in seconds of what is loud, joined over gaps of 100 ms."""
    at = np.flatnonzero(np.abs(samples) > 0.1)
    gaps = np.flatnonzero(np.diff(at) > 2400)
    starts, ends = np.concatenate(([0], gaps + 1)), np.concatenate((gaps, [len(at) - 1]))
    return [(at[a] / 24_000, at[b] / 24_000) for a, b in zip(starts, ends, strict=True)]


def converse(audio, make_speech, seconds=0.5):
    """Answer each utterance with a tone; return all signals."""
    audio.open(AudioPlan())
    audio.listen("hands_free")
    signals = []
    for signal in audio.signals():
        signals.append(signal)
        if isinstance(signal, UtteranceEnded):
            turn = TurnId(len([each for each in signals if isinstance(each, UtteranceEnded)]))
            audio.enqueue(turn, make_speech(seconds))
            audio.finish(turn)
    audio.close()
    return signals


def test_two_files_are_answered_one_after_the_other(hello, tmp_path, detector, make_speech):
    out = tmp_path / "out.wav"
    audio = WavAudio.load([hello, hello], out, detector=detector, speed=8.0)
    signals = converse(audio, make_speech)
    user, character = (loud_spans(channel) for channel in channels(out))
    assert audio.done
    assert [round(end - start, 1) for start, end in user] == [0.8, 0.8]
    assert [round(end - start, 1) for start, end in character] == [0.5, 0.5]
    assert user[0][1] < character[0][0] < character[0][1] < user[1][0] < character[1][0]
    assert len([each for each in signals if isinstance(each, PlaybackEnded)]) == 2


def test_signals_tell_the_times_of_the_recording(hello, tmp_path, detector, make_speech):
    out = tmp_path / "out.wav"
    audio = WavAudio.load([hello], out, detector=detector, speed=8.0)
    signals = converse(audio, make_speech)
    (user,), (character,) = (loud_spans(channel) for channel in channels(out))

    def at(kind, name):
        return next(getattr(each, name) for each in signals if isinstance(each, kind)) - audio.started_s

    assert at(SpeechStarted, "at_s") == pytest.approx(user[0], abs=0.033)
    assert at(UtteranceEnded, "speech_end_s") == pytest.approx(user[1], abs=0.033)
    assert at(PlaybackStarted, "at_s") == pytest.approx(character[0], abs=0.002)


def test_reply_is_never_recorded_before_it_was_given(hello, tmp_path, detector, make_speech):
    out = tmp_path / "out.wav"
    audio = WavAudio.load([hello], out, detector=detector, speed=4.0, latency_s=0.06)
    audio.open(AudioPlan())
    audio.listen("hands_free")
    given_s = 0.0
    for signal in audio.signals():
        if isinstance(signal, UtteranceEnded):
            given_s = audio.now_s - audio.started_s
            audio.enqueue(TurnId(1), make_speech(0.5))
            audio.finish(TurnId(1))
    audio.close()
    (character,) = loud_spans(channels(out)[1])
    assert character[0] >= given_s + 0.05


def test_file_without_speech_is_passed_over(tmp_path, detector, hello, make_speech):
    silence = tmp_path / "silence.wav"
    write_wav(silence, np.zeros(8_000, np.float32), 16_000)
    audio = WavAudio.load([silence, hello], tmp_path / "out.wav", detector=detector, speed=20.0)
    signals = converse(audio, make_speech)
    assert len([each for each in signals if isinstance(each, UtteranceEnded)]) == 1


def test_missing_reply_is_not_waited_for_for_ever(hello, tmp_path, detector):
    audio = WavAudio.load([hello], tmp_path / "out.wav", detector=detector, speed=20.0, reply_timeout_s=2.0)
    audio.open(AudioPlan())
    audio.listen("hands_free")
    assert any(isinstance(each, UtteranceEnded) for each in audio.signals())
    audio.close()
    assert audio.done


def test_closing_early_keeps_the_recording_so_far(hello, tmp_path, detector):
    out = tmp_path / "out.wav"
    audio = WavAudio.load([hello], out, detector=detector, speed=4.0)
    audio.open(AudioPlan())
    audio.listen("hands_free")
    next(each for each in audio.signals() if isinstance(each, SpeechStarted))
    audio.close()
    audio.close()
    assert len(channels(out)[0]) > 0


def test_unreadable_input_and_missing_folder_are_refused(hello, tmp_path, detector):
    with pytest.raises(AudioError):
        WavAudio.load([tmp_path / "none.wav"], tmp_path / "out.wav", detector=detector)
    with pytest.raises(AudioError):
        WavAudio.load([hello], tmp_path / "none" / "out.wav", detector=detector)
