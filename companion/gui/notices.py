"""What went wrong, in the window's language, with the one button that helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import QCoreApplication, QLocale

from companion.gui import sentences
from companion.gui.translation import CONTEXT, tr

Help = Literal["", "models", "settings", "characters", "retry", "microphone", "check"]


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice as shown: `what` happened, a `hint`, and the action that helps with its label.

    `calm` ones are no failures.
    """

    what: str
    hint: str
    help: Help = ""
    label: str = ""
    icon: Literal["warning", "check"] = "warning"
    calm: bool = False

    @property
    def whole(self) -> str:
        """Both sentences in one line."""
        return sentences.joined(self.what, self.hint)


_HELP: Final[dict[str, Help]] = {
    "missing": "models",
    "gguf": "models",
    "memory": "models",
    "worker_given_up": "models",
    "damaged": "models",
    "model": "models",
    "fit": "settings",
    "no_character": "characters",
    "language": "retry",
    "voice": "models",
    "recogniser": "models",
    "worker": "retry",
    "fault": "retry",
    "no_device": "microphone",
    "device": "microphone",
    "remote": "settings",
    "unreachable": "settings",
}


def notice_text(what: str, hint: str, code: str, *, stage: str = "") -> NoticeText:
    """Return a notice in the window's language.

    English shows the program's own sentences. In another language the sentences are looked up whole, then by
    `code`, then by `stage`; if none is known the English ones are shown.
    """
    help_: Help = _HELP.get(code) or _HELP.get(stage) or ""
    said, hinted = _known(what), _known(hint)
    if said == what and (general := _general(code, stage)) is not None and not _is_english():
        said, hinted = general
    return NoticeText(said, hinted, help_, help_label(help_))


def help_label(help_: Help) -> str:
    """Return the verb on the button of an action."""
    return {
        "": "",
        "models": tr("Open models"),
        "settings": tr("Open settings"),
        "characters": tr("Choose a character"),
        "retry": tr("Try again"),
        "microphone": tr("Choose a microphone"),
        "check": tr("Check"),
    }[help_]


def _known(sentence: str) -> str:
    if not sentence:
        return ""
    found = QCoreApplication.translate(CONTEXT, sentence)
    return found if found != sentence else sentences.said(sentence)


def _is_english() -> bool:
    return QLocale().language() == QLocale.Language.English


def _general(code: str, stage: str) -> tuple[str, str] | None:
    """Return what can be said of a code or stage without knowing the values in the sentence."""
    by_code: dict[str, tuple[str, str]] = {
        "missing": (
            tr("A model that is needed is not on this computer."),
            tr("Choose or install one under Models."),
        ),
        "damaged": (
            tr("A model file is damaged."),
            tr("Install it again, or choose another one under Models."),
        ),
        "disk": (tr("The disk is full."), tr("Make room, then try again.")),
        "disk_full": (tr("The disk is full."), tr("Make room, then try again.")),
        "io": (tr("The disk could not be written."), tr("Your chats so far are safe. Check the disk.")),
        "in_use": (tr("The chats are open in another window."), tr("Close the other one and start again.")),
        "no_character": (tr("This character is not here any more."), tr("Choose another one on the left.")),
        "message_cut": (
            tr("Your message is longer than she can read at once; she reads its beginning and its end."),
            tr("The whole text is kept in the chat. Send it in parts to have all of it read."),
        ),
        "gguf": (
            tr("This file cannot be used as a model."),
            tr("It is damaged, or not a GGUF file. Fetch it again, or choose another model."),
        ),
        "memory": (
            tr("The memory of this computer is too small for this model."),
            tr("Choose a smaller model, or close other programs."),
        ),
        "read_only": (
            tr("The chats can only be read at the moment."),
            tr("Make the folder writable or free some space, then start again."),
        ),
        "empty_reply": (tr("She found no words this time."), tr("Try again, or say it differently.")),
        "voice": (
            tr("Her voice cannot be used; the default voice speaks instead."),
            tr("Choose another voice in the editor."),
        ),
        "worker_given_up": (
            tr("A part of the program keeps crashing and was switched off."),
            tr("Choose another model, then start again."),
        ),
        "fault": (tr("Something went wrong."), tr("Try again; the log has details.")),
        "cancelled": (tr("Stopped."), ""),
    }
    by_stage: dict[str, tuple[str, str]] = {
        "storage": (
            tr("Your message could not be saved."),
            tr("It is still in the input field. Check the disk."),
        ),
        "prompt": (tr("The reply could not be prepared."), tr("Try again.")),
        "language": (tr("She could not think of a reply."), tr("What was written is kept. Try again.")),
        "voice": (tr("Her voice does not work at the moment."), tr("Her words are shown as text.")),
        "recogniser": (tr("What you said could not be understood."), tr("Say it again, or type it.")),
        "audio": (tr("The sound device does not work."), tr("You can go on in writing.")),
    }
    return by_code.get(code) or by_stage.get(stage)


def worker_lost_text(role: str, *, restarts: bool) -> str:
    """Return one sentence on a worker that ended."""
    if restarts:
        return {
            "language": tr("Her thinking stopped and is being restarted. Nothing you wrote is lost."),
            "speech": tr("Voice and listening stopped and are being restarted."),
            "audio": tr("The sound devices stopped and are being restarted."),
        }[role]
    return {
        "language": tr("Her thinking stopped several times and stays off. Try another model."),
        "speech": tr("Voice and listening stopped several times and stay off. You can go on in writing."),
        "audio": tr("The sound devices stopped several times and stay off. You can go on in writing."),
    }[role]
