"""Values of the ports as JSON and back: only the classes named here, every field, exact types.

A clip's samples travel in the frame's body; a value holds at most one clip. What does not fit the class it
is said to be raises WorkerError, code `codec`: the other side may have been taken over.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import Any, Final, Literal, TypeVar

import numpy as np

from companion import errors, ports
from companion.domain.audio import AudioClip, Speech, SpeechMark
from companion.domain.character import Adapter, Sampling, VoiceSpec
from companion.domain.messages import Message, TurnId
from companion.errors import Cancelled, CompanionError, WorkerError
from companion.workers.frames import BODY_LIMIT
from companion.workers.spec import EngineSpec

T = TypeVar("T")

SIGNALS: Final[Mapping[str, type]] = {one.__name__: one for one in typing.get_args(ports.AudioSignal)}
_CLASSES: Final[frozenset[type]] = frozenset(
    {
        Adapter,
        Message,
        Sampling,
        Speech,
        SpeechMark,
        TurnId,
        VoiceSpec,
        ports.AudioPlan,
        ports.EchoTest,
        ports.GenerationDone,
        ports.IndexHit,
        ports.IndexInfo,
        ports.IndexItem,
        ports.ModelInfo,
        ports.Prompt,
        ports.Transcript,
        ports.Warmed,
        *SIGNALS.values(),
    }
)
_ERRORS: Final[Mapping[str, type[CompanionError]]] = {
    one.__name__: one
    for one in (
        errors.CompanionError,
        errors.ModelError,
        errors.PackError,
        errors.StorageError,
        errors.StoreError,
        errors.DocumentError,
        errors.AudioError,
        errors.WorkerError,
        errors.UsageError,
    )
}
_LONGEST_WORDS: Final = 2000
_Decoder = Callable[[Any, bytes], Any]


def encode(value: object) -> tuple[Any, bytes]:
    """Return `value` as JSON and the float32 samples of the clip in it, if there is one."""
    bodies: list[bytes] = []
    plain = _plain(value, bodies)
    if len(bodies) > 1:
        raise _misfit("a value with more than one clip")
    return plain, bodies[0] if bodies else b""


def decode(kind: type[T], plain: object, body: bytes = b"") -> T:
    """Return the value of class `kind` that `encode` turned into `plain` and `body`."""
    value: T = _decoder(typing.cast(Any, kind))(plain, body)
    return value


def encode_signal(signal: ports.AudioSignal) -> tuple[dict[str, Any], bytes]:
    """Return an audio signal with its class's name."""
    plain, body = encode(signal)
    return {"signal": type(signal).__name__, "value": plain}, body


def decode_signal(name: object, plain: object, body: bytes) -> ports.AudioSignal:
    """Return the signal that `encode_signal` named and encoded."""
    kind = SIGNALS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise _misfit("an unknown signal")
    return typing.cast(ports.AudioSignal, decode(kind, plain, body))


def encode_error(error: CompanionError) -> dict[str, str]:
    """Return an error with the name of its class."""
    return {"kind": type(error).__name__, "what": error.what, "hint": error.hint, "code": error.code}


def decode_error(plain: Mapping[str, object]) -> CompanionError:
    """Return an error of the same class; an unknown one becomes a WorkerError."""
    if plain.get("kind") == "Cancelled":
        return Cancelled()
    kind = _ERRORS.get(str(plain.get("kind")), WorkerError)
    what, hint, code = (str(plain.get(key, ""))[:_LONGEST_WORDS] for key in ("what", "hint", "code"))
    return kind(what, hint, code=code or "failed")


def encode_spec(spec: EngineSpec | None) -> dict[str, Any] | None:
    """Return an engine's name and options; raises TypeError for an option that is no JSON value and no path."""
    return None if spec is None else {"engine": spec.engine, "options": _option(dict(spec.options))}


def decode_spec(plain: object) -> EngineSpec | None:
    """Return the engine that `encode_spec` encoded."""
    if plain is None:
        return None
    match plain:
        case {"engine": str(engine), "options": dict(options)}:
            return EngineSpec(engine, options)
    raise _misfit("an engine without a name or options")


def _option(value: object) -> object:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case PurePath():
            return str(value)
        case list() | tuple():
            return [_option(one) for one in value]
        case dict():
            return {str(key): _option(one) for key, one in value.items()}
    raise TypeError(f"an engine option cannot be a {type(value).__name__}")


def _plain(value: object, bodies: list[bytes]) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case AudioClip():
            bodies.append(np.ascontiguousarray(value.samples, dtype="<f4").tobytes())
            return {"rate_hz": value.rate_hz}
        case PurePath():
            return str(value)
        case tuple() | list():
            return [_plain(one, bodies) for one in value]
        case np.floating() | np.integer():
            return value.item()
    if type(value) not in _CLASSES:
        raise _misfit(f"a {type(value).__name__}")
    fields = dataclasses.fields(typing.cast(Any, value))
    return {field.name: _plain(getattr(value, field.name), bodies) for field in fields}


@functools.cache
def _decoder(kind: Any) -> _Decoder:
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _optional(typing.get_args(kind))
    if origin is Literal:
        return _literal(typing.get_args(kind))
    if origin is tuple:
        return _tuple(typing.get_args(kind))
    if kind is AudioClip:
        return _clip
    if kind is Path:
        return lambda plain, _: Path(_checked(str, plain))
    if kind is float:
        return lambda plain, _: float(_checked((int, float), plain))
    if kind in (str, int, bool):
        return lambda plain, _: _checked(kind, plain)
    if kind in _CLASSES:
        return _dataclass(kind)
    raise TypeError(f"{kind} does not travel")


def _checked(kind: type | tuple[type, ...], plain: object) -> Any:
    if not isinstance(plain, kind) or (isinstance(plain, bool) and kind is not bool):
        raise _misfit(f"a {type(plain).__name__} in the wrong place")
    return plain


def _optional(kinds: tuple[Any, ...]) -> _Decoder:
    (inner,) = (kind for kind in kinds if kind is not type(None))
    decoder = _decoder(inner)
    return lambda plain, body: None if plain is None else decoder(plain, body)


def _literal(allowed: tuple[object, ...]) -> _Decoder:
    def decode_literal(plain: Any, _: bytes) -> Any:
        if not isinstance(plain, str) or plain not in allowed:
            raise _misfit("an unknown word")
        return plain

    return decode_literal


def _tuple(kinds: tuple[Any, ...]) -> _Decoder:
    if kinds[-1] is Ellipsis:
        decoder = _decoder(kinds[0])
        return lambda plain, body: tuple(decoder(one, body) for one in _checked(list, plain))
    decoders = [_decoder(kind) for kind in kinds]

    def decode_fixed(plain: Any, body: bytes) -> Any:
        if len(_checked(list, plain)) != len(decoders):
            raise _misfit("a list of the wrong length")
        return tuple(decoder(one, body) for decoder, one in zip(decoders, plain, strict=True))

    return decode_fixed


def _dataclass(kind: Any) -> _Decoder:
    hints = typing.get_type_hints(kind)
    decoders = {field.name: _decoder(hints[field.name]) for field in dataclasses.fields(kind)}

    def decode_fields(plain: Any, body: bytes) -> Any:
        if _checked(dict, plain).keys() != decoders.keys():
            raise _misfit(f"a {kind.__name__} with other fields")
        return kind(**{name: decoder(plain[name], body) for name, decoder in decoders.items()})

    return decode_fields


def _clip(plain: Any, body: bytes) -> AudioClip:
    if not isinstance(plain, dict) or plain.keys() != {"rate_hz"}:
        raise _misfit("a clip with other fields")
    rate_hz = _checked(int, plain["rate_hz"])
    if not 1000 <= rate_hz <= 384_000 or len(body) % 4 or len(body) > BODY_LIMIT:
        raise _misfit("a clip that is none")
    samples = np.frombuffer(body, dtype="<f4").astype(np.float32)
    return AudioClip(samples, rate_hz)


def _misfit(what: str) -> WorkerError:
    return WorkerError(f"A worker broke its protocol: {what} cannot be sent.", code="codec")
