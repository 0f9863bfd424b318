"""How the families of models frame a conversation.

A format is data: what stands before and behind a message of each role. Messages are framed one after the other, so the
frame of a conversation is always a prefix of the frame of its continuation, and its tokens stay in the KV cache. Only
frames are parsed for special tokens; what people and cards say never is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from companion.domain.messages import Message


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text to tokenise by itself; `is_frame` marks ours, in which special tokens count."""

    text: str
    is_frame: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before and behind a message."""

    before: str
    behind: str


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """The frames of one family.

    Where `folds_system` is set the model knows no system role: such text opens the next user message, inside `system`.
    `start` stands before everything, `stop` are texts that end a reply besides the model's own end tokens.
    """

    name: str
    system: Frame
    user: Frame
    assistant: Frame
    folds_system: bool = False
    start: str = ""
    stop: tuple[str, ...] = ()


def _same(
    name: str,
    before: str,
    behind: str,
    *,
    roles: tuple[str, str, str] = ("system", "user", "assistant"),
    start: str = "",
    stop: tuple[str, ...] = (),
) -> ChatFormat:
    system, user, assistant = (Frame(before.format(role), behind) for role in roles)
    return ChatFormat(name, system, user, assistant, start=start, stop=stop)


CHATML = _same("chatml", "<|im_start|>{}\n", "<|im_end|>\n", stop=("<|im_end|>", "<|im_start|>"))
PLAIN = ChatFormat(
    "plain",
    system=Frame("", "\n\n"),
    user=Frame("User:", "\n"),
    assistant=Frame("Assistant:", "\n"),
    stop=("\nUser:", "\nAssistant:", "\nUser：", "\n用户："),
)

FORMATS: dict[str, ChatFormat] = {
    form.name: form
    for form in (
        CHATML,
        PLAIN,
        _same("llama3", "<|start_header_id|>{}<|end_header_id|>\n\n", "<|eot_id|>"),
        _same("phi3", "<|{}|>\n", "<|end|>\n", stop=("<|end|>",)),
        _same("phi4", "<|im_start|>{}<|im_sep|>", "<|im_end|>"),
        _same("zephyr", "<|{}|>\n", "</s>\n", stop=("<|user|>", "<|system|>")),
        _same("glm4", "<|{}|>\n", "", start="[gMASK]<sop>", stop=("<|user|>",)),
        _same(
            "command-r",
            "<|START_OF_TURN_TOKEN|><|{}_TOKEN|>",
            "<|END_OF_TURN_TOKEN|>",
            roles=("SYSTEM", "USER", "CHATBOT"),
        ),
        ChatFormat(
            "gemma",
            system=Frame("", "\n\n"),
            user=Frame("<start_of_turn>user\n", "<end_of_turn>\n"),
            assistant=Frame("<start_of_turn>model\n", "<end_of_turn>\n"),
            folds_system=True,
        ),
        ChatFormat(
            "llama2",
            system=Frame("<<SYS>>\n", "\n<</SYS>>\n\n"),
            user=Frame("[INST]", "[/INST]"),
            assistant=Frame("", "</s><s>"),
            folds_system=True,
            stop=("[INST]",),
        ),
        ChatFormat(
            "mistral",
            system=Frame("", "\n\n"),
            user=Frame("[INST]", "[/INST]"),
            assistant=Frame("", "</s>"),
            folds_system=True,
            stop=("[INST]",),
        ),
        ChatFormat(
            "mistral-v7",
            system=Frame("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"),
            user=Frame("[INST]", "[/INST]"),
            assistant=Frame("", "</s>"),
            stop=("[INST]",),
        ),
        ChatFormat(
            "deepseek",
            system=Frame("", "\n\n"),
            user=Frame("<｜User｜>", ""),
            assistant=Frame("<｜Assistant｜>", "<｜end▁of▁sentence｜>"),
            stop=("<｜User｜>",),
        ),
    )
}

# In order: the first format all of whose signs a model's own template shows.
_SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("phi4", ("<|im_start|>", "<|im_sep|>")),
    ("chatml", ("<|im_start|>", "<|im_end|>")),
    ("llama3", ("<|start_header_id|>", "<|eot_id|>")),
    ("gemma", ("<start_of_turn>", "<end_of_turn>")),
    ("mistral-v7", ("[SYSTEM_PROMPT]", "[INST]")),
    ("llama2", ("<<SYS>>", "[INST]")),
    ("mistral", ("[INST]", "[/INST]")),
    ("deepseek", ("<｜User｜>", "<｜Assistant｜>")),
    ("command-r", ("<|START_OF_TURN_TOKEN|>", "<|CHATBOT_TOKEN|>")),
    ("glm4", ("[gMASK]", "<sop>", "<|assistant|>")),
    ("phi3", ("<|assistant|>", "<|end|>")),
    ("zephyr", ("<|assistant|>", "<|user|>")),
)


def known_format(template: str) -> ChatFormat | None:
    """Return the format whose control tokens the Jinja `template` of a model shows, or None."""
    for name, signs in _SIGNS:
        if all(sign in template for sign in signs):
            return FORMATS[name]
    return None


def frame(
    form: ChatFormat, messages: Sequence[Message], *, reply: bool = False, reply_prefix: str = ""
) -> list[Piece]:
    """Return the pieces of a conversation in order; `reply` opens the assistant's next message."""
    pieces = _frames(form, messages)
    if reply:
        pieces += _reply_start(form, messages)
        pieces.append(Piece(reply_prefix, is_frame=False))
    return [piece for piece in pieces if piece.text]


def _frames(form: ChatFormat, messages: Sequence[Message]) -> list[Piece]:
    pieces = [Piece(form.start, is_frame=True)]
    is_open = False
    for message in messages:
        own = {"system": form.system, "user": form.user, "assistant": form.assistant}[message.role]
        folded = form.folds_system and message.role == "system"
        if message.role == "assistant" and is_open:
            pieces.append(Piece(form.user.behind, is_frame=True))
            is_open = False
        if form.folds_system and message.role != "assistant" and not is_open:
            pieces.append(Piece(form.user.before, is_frame=True))
        before = "" if form.folds_system and message.role == "user" else own.before
        pieces.append(Piece(before, is_frame=True))
        pieces.append(Piece(message.text, is_frame=False))
        pieces.append(Piece(own.behind, is_frame=True))
        is_open = folded
    return pieces


def _reply_start(form: ChatFormat, messages: Sequence[Message]) -> Iterator[Piece]:
    if form.folds_system and messages and messages[-1].role == "system":
        yield Piece(form.user.behind, is_frame=True)
    yield Piece(form.assistant.before, is_frame=True)
