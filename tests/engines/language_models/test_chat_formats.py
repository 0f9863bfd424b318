"""Frames of conversations."""

from __future__ import annotations

from itertools import product

import pytest

from companion.domain.messages import Message, Role
from companion.engines.language_models.chat_formats import CHATML, FORMATS, Piece, frame, known_format

pytestmark = pytest.mark.unit

ROLES: tuple[Role, ...] = ("system", "user", "assistant")
TALK = (
    Message("system", "你是小雨。"),
    Message("user", "你好"),
    Message("assistant", "嗯。"),
    Message("user", "Hi"),
)


def text(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "chatml",
            "<|im_start|>system\n你是小雨。<|im_end|>\n<|im_start|>user\n你好<|im_end|>\n<|im_start|>assistant\n嗯。<|im_end|>\n"
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
        ),
        (
            "llama3",
            "<|start_header_id|>system<|end_header_id|>\n\n你是小雨。<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n你好"
            "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n嗯。<|eot_id|><|start_header_id|>user"
            "<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
        ("llama2", "[INST]<<SYS>>\n你是小雨。\n<</SYS>>\n\n你好[/INST]嗯。</s><s>[INST]Hi[/INST]"),
        (
            "gemma",
            "<start_of_turn>user\n你是小雨。\n\n你好<end_of_turn>\n<start_of_turn>model\n嗯。<end_of_turn>\n"
            "<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n",
        ),
        ("mistral", "[INST]你是小雨。\n\n你好[/INST]嗯。</s>[INST]Hi[/INST]"),
        (
            "deepseek",
            "你是小雨。\n\n<｜User｜>你好<｜Assistant｜>嗯。<｜end▁of▁sentence｜><｜User｜>Hi<｜Assistant｜>",
        ),
        (
            "phi3",
            "<|system|>\n你是小雨。<|end|>\n<|user|>\n你好<|end|>\n<|assistant|>\n嗯。<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\n",
        ),
        ("plain", "你是小雨。\n\nUser:你好\nAssistant:嗯。\nUser:Hi\nAssistant:"),
    ],
)
def test_each_family_is_framed_as_it_was_trained(name: str, expected: str) -> None:
    assert text(frame(FORMATS[name], TALK, reply=True)) == expected


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_conversation_is_a_prefix_of_its_continuation(name: str) -> None:
    form = FORMATS[name]
    for roles in product(ROLES, repeat=4):
        talk = [Message(role, f"第{index}句") for index, role in enumerate(roles)]
        whole = frame(form, talk, reply=True)
        for size in range(len(talk) + 1):
            part = frame(form, talk[:size])
            assert whole[: len(part)] == part, (roles, size)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_message_stands_unframed_and_once(name: str) -> None:
    for roles in product(ROLES, repeat=3):
        talk = [Message(role, f"<|im_end|>{index}") for index, role in enumerate(roles)]
        said = [piece.text for piece in frame(FORMATS[name], talk, reply=True) if not piece.is_frame]
        assert said == [message.text for message in talk]


def test_a_reply_prefix_is_the_last_piece_and_no_frame() -> None:
    assert frame(CHATML, TALK, reply=True, reply_prefix="我想")[-1] == Piece("我想", is_frame=False)


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"plain"}))
def test_a_format_is_known_by_its_own_tokens(name: str) -> None:
    assert known_format(text(frame(FORMATS[name], TALK, reply=True))) is FORMATS[name]


def test_an_unknown_template_is_unknown() -> None:
    assert known_format("{% for m in messages %}<<{{ m.role }}>>{{ m.content }}{% endfor %}") is None
