"""The words of a voice training: its steps, why clips were dropped, what recordings are good for."""

from __future__ import annotations

from companion.gui.translation import tr


def stage_name(stage: str) -> str:
    """Return what a step of the job does."""
    return {
        "preflight": tr("Looking at this computer"),
        "import": tr("Reading the recordings"),
        "cut": tr("Cutting them into sentences"),
        "check": tr("Listening for noise, music and other voices"),
        "label": tr("Writing down what is said"),
        "review": tr("Going through the pieces"),
        "verdict": tr("Judging the recordings"),
        "train": tr("Learning the voice"),
        "choose": tr("Choosing the best result"),
        "export": tr("Trying it out"),
        "install": tr("Giving it to her"),
    }.get(stage, stage)


def reason_words(reason: str) -> str:
    """Return why a clip was dropped."""
    return {
        "noise": tr("too noisy"),
        "music": tr("music"),
        "clipping": tr("too loud, distorted"),
        "silence": tr("silence"),
        "second_speaker": tr("another voice"),
        "wrong_transcript": tr("the text is another one"),
        "unintelligible": tr("cannot be understood"),
        "too_short": tr("too short"),
        "too_long": tr("too long"),
        "unreadable": tr("cannot be read"),
        "odd_speed": tr("much faster or slower"),
        "duplicate": tr("the same again"),
    }.get(reason, reason)


def doubt_words(flag: str) -> str:
    """Return what is doubtful about a clip; what is not known is shown as it is."""
    return {
        "text_differs": tr("something else was heard"),
        "not_in_text": tr("not in the text that came along"),
        "unsure": tr("hard to understand"),
        "two_readings": tr("can be heard in two ways"),
        "repeats": tr("repeats itself"),
        "speaker_doubtful": tr("perhaps another voice"),
        "music_behind": tr("music behind it"),
        "noisy": tr("noisy"),
        "faint_speech": tr("faint"),
        "dull": tr("dull"),
        "cut_in_speech": tr("cut in the middle of a word"),
        "cleaned": tr("noise was taken out"),
        "kept by hand": tr("kept by you"),
    }.get(flag, flag)


def level_words(level: str) -> tuple[str, str]:
    """Return what the recordings are good for, in a few words and in a sentence."""
    return {
        "nothing": (
            tr("Not enough"),
            tr("There is no usable speech in them. Record some sentences in a quiet room."),
        ),
        "similar": (
            tr("A similar voice"),
            tr("Under a minute: a voice that comes with the program is made to resemble them."),
        ),
        "preview": (tr("A first impression"), tr("Enough to try it. With five minutes it becomes good.")),
        "good": (tr("Good"), tr("Enough for a good voice. Half an hour makes it best.")),
        "best": (tr("Very good"), tr("All that the training can make use of.")),
    }.get(level, (level, ""))


def duration_words(seconds: float) -> str:
    """Return a length of time as one would say it."""
    if seconds < 90:
        return tr("{n} s", n=max(1, round(seconds)))
    if seconds < 90 * 60:
        return tr("{n} min", n=round(seconds / 60))
    return tr("{n} h", n=f"{seconds / 3600:.1f}")


def similarity_words(cosine: float) -> str:
    """Return how alike two voices are, from the cosine of their embeddings."""
    if cosine >= 0.85:
        return tr("hardly to be told apart")
    if cosine >= 0.80:
        return tr("very alike")
    if cosine >= 0.75:
        return tr("alike")
    return tr("somewhat alike")
