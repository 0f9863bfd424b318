"""Learn a chat format from a model's own Jinja template.

The template is run once, when the model is loaded, on a made-up conversation of placeholders; the frames between
them become a `ChatFormat`. It is a stranger's program: it gets no objects of ours, a short list of filters and methods,
and a bound on steps, on the size of each text and on time. Whatever fails gives None, and the caller falls back.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from companion.engines.language_models.chat_formats import ChatFormat, Frame

MAX_TEMPLATE_CHARS = 64_000
MAX_TEXT_CHARS = 200_000
MAX_WORK_CHARS = 8_000_000
MAX_STEPS = 20_000
MAX_RANGE = 1_000
TIME_LIMIT_S = 0.25

# fmt: off
_FILTERS = frozenset(
    {
        "capitalize", "count", "d", "default", "e", "escape", "first", "float", "int", "items",
        "join", "last", "length", "list", "lower", "map", "reject", "rejectattr", "replace", "safe",
        "select", "selectattr", "string", "title", "tojson", "trim", "upper",
    }
)
_METHODS = frozenset(
    {
        "capitalize", "count", "endswith", "find", "get", "index", "isalnum", "isalpha", "isdigit",
        "items", "join", "keys", "lower", "lstrip", "removeprefix", "removesuffix", "replace",
        "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper",
        "values",
    }
)
# fmt: on
_FAILURES = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)


def learn_format(template: str, *, bos: str = "", eos: str = "") -> ChatFormat | None:
    """Return the frames of `template`, or None when it fails, does too much or frames one role in several ways."""
    if len(template) > MAX_TEMPLATE_CHARS:
        return None
    try:
        return _Learner(_Sandbox().compiled(template), bos, eos).learn()
    except _FAILURES:
        return None


class _Learner:
    """Find the frames by leaving one message more or less in the conversation."""

    def __init__(self, render: Callable[[Mapping[str, object]], str], bos: str, eos: str) -> None:
        self._render = render
        self._bos = bos
        self._eos = eos

    def learn(self) -> ChatFormat | None:
        plain = self._between(["user", "assistant", "user", "assistant", "user"], reply=True)
        opened, user_to_reply, reply_to_user, again, back, start = plain
        if user_to_reply != again or reply_to_user != back:
            return None
        user_behind = self._between(["user"], reply=False)[1]
        reply_behind = self._between(["user", "assistant"], reply=False)[2]
        if not (start.startswith(user_behind) and reply_to_user.startswith(reply_behind)):
            return None
        if not user_to_reply.startswith(user_behind):
            return None
        user = Frame(reply_to_user[len(reply_behind) :], user_behind)
        assistant = Frame(user_to_reply[len(user_behind) :], reply_behind)
        if not opened.endswith(user.before):
            return None
        system = self._system(user)
        folds = system is None
        stop = tuple({mark for mark in (user_behind.strip(), reply_behind.strip()) if len(mark) > 3})
        head = opened[: len(opened) - len(user.before)] if folds else ""
        return ChatFormat(
            "template",
            system or Frame("", "\n\n"),
            user,
            assistant,
            folds_system=folds,
            start=head,
            stop=stop,
        )

    def _system(self, user: Frame) -> Frame | None:
        """Return the frame of a system message, or None where the template puts it somewhere else or refuses it."""
        try:
            first, second, _ = self._between(["system", "user"], reply=False)
        except _FAILURES:
            return None
        if not second.endswith(user.before) or not user.before:
            return None
        return Frame(first, second[: len(second) - len(user.before)])

    def _between(self, roles: Sequence[str], *, reply: bool) -> list[str]:
        """Return the frames before, between and behind messages of these roles."""
        texts = [f"\ue000{index}\ue001" for index in range(len(roles))]
        rest = self._render(
            {
                "messages": [
                    {"role": role, "content": text} for role, text in zip(roles, texts, strict=True)
                ],
                "add_generation_prompt": reply,
                "bos_token": self._bos,
                "eos_token": self._eos,
                "tools": None,
                "documents": None,
            }
        )
        found: list[str] = []
        for text in texts:
            before, hit, rest = rest.partition(text)
            if not hit:
                raise ValueError("a message is missing")
            found.append(before)
        found.append(rest)
        if any("\ue000" in part for part in found):
            raise ValueError("a message stands twice")
        # The token that begins every text is added by the tokeniser.
        found[0] = found[0].removeprefix(self._bos)
        return found


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without bombs: sized operators, listed filters and methods, counted steps."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=self._printed,
            extensions=["jinja2.ext.loopcontrols"],
        )
        self._work = 0
        filters = dict(self.filters)
        filters["tojson"] = _json
        self.filters = {name: self._filter(name, filters[name]) for name in _FILTERS if name in filters}
        self.globals = {
            "_concat": self._concat,
            "range": self._range,
            "namespace": self.globals["namespace"],
            "raise_exception": _raise,
            "strftime_now": _today,
        }

    def compiled(self, template: str) -> Callable[[Mapping[str, object]], str]:
        """Return a function that renders `template` with given variables under the bounds. Raises TemplateError."""
        tree = self.parse(template)
        _resize_concat(tree)
        longest = max((len(text) for text in _constants(tree)), default=1)
        steps = min(MAX_STEPS, MAX_WORK_CHARS // max(1, longest))
        program = self.from_string(tree)

        def render(variables: Mapping[str, object]) -> str:
            self._work = 0
            with _Watch(steps):
                parts: list[str] = []
                for part in program.generate(**variables):
                    self._grow(len(part))
                    parts.append(part)
                return "".join(parts)

        return render

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, LoopContext | Namespace):
            return not attr.startswith("_")
        return attr in _METHODS and isinstance(obj, str | list | dict | tuple)

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str):
            self._foresee(owner, *args)
        return self._sized(super().call(context, obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator in ("*", "**", "%") and not (_is_small(left) and _is_small(right)):
            raise SecurityError(f"{operator} is for small numbers")
        return self._sized(super().call_binop(context, operator, left, right))

    def _filter(self, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        def bounded(*args: Any, **kwargs: Any) -> Any:
            if name in ("join", "replace"):
                self._foresee(*args, *kwargs.values())
            return self._sized(run(*args, **kwargs))

        if hasattr(run, "jinja_pass_arg"):
            bounded.jinja_pass_arg = run.jinja_pass_arg  # type: ignore[attr-defined]
        return bounded

    def _foresee(self, *values: Any) -> None:
        """Refuse an operation whose result could be the product of its operands."""
        product = 1
        for value in values:
            if isinstance(value, str | list | tuple):
                product *= max(1, len(value))
        if product > MAX_TEXT_CHARS:
            raise SecurityError("too large")

    def _concat(self, *values: Any) -> str:
        texts = [str(value) for value in values]
        if sum(map(len, texts)) > MAX_TEXT_CHARS:
            raise SecurityError("too large")
        return "".join(texts)

    def _sized(self, value: Any) -> Any:
        if isinstance(value, str | list | tuple | dict):
            self._grow(len(value))
        return value

    def _printed(self, value: Any) -> Any:
        if isinstance(value, str):
            self._grow(len(value))
        return value

    def _grow(self, size: int) -> None:
        self._work += size
        if size > MAX_TEXT_CHARS or self._work > MAX_WORK_CHARS:
            raise SecurityError("too much text")

    def _range(self, *bounds: int) -> range:
        numbers = range(*bounds)
        if len(numbers) > MAX_RANGE:
            raise SecurityError("too long a range")
        return numbers


class _Watch:
    """Count the lines that this thread runs, and end it after too many or too long a time."""

    def __init__(self, steps: int) -> None:
        self._left = steps
        self._end = 0.0
        self._before: Any = None

    def __enter__(self) -> None:
        self._end = time.monotonic() + TIME_LIMIT_S
        self._before = sys.gettrace()
        sys.settrace(self._step)

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _step(self, frame: FrameType, event: str, argument: object) -> Any:
        self._left -= 1
        if self._left < 0 or time.monotonic() > self._end:
            raise SecurityError("too many steps")
        return self._step


def _resize_concat(tree: nodes.Template) -> None:
    """Turn every `a ~ b` into a call that measures, in place."""
    for parent in [tree, *tree.find_all(nodes.Node)]:
        for name in parent.fields:
            value = getattr(parent, name)
            if isinstance(value, nodes.Concat):
                setattr(parent, name, _measured(value))
            elif isinstance(value, list):
                value[:] = [_measured(item) if isinstance(item, nodes.Concat) else item for item in value]


def _measured(concat: nodes.Concat) -> nodes.Call:
    name = nodes.Name("_concat", "load", lineno=concat.lineno)
    call = nodes.Call(name, concat.nodes, [], None, None, lineno=concat.lineno)
    if concat.environment is not None:
        call.set_environment(concat.environment)
    return call


def _constants(tree: nodes.Template) -> list[str]:
    data = [node.data for node in tree.find_all(nodes.TemplateData)]
    return data + [node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str)]


def _is_small(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < 10_000


def _json(value: Any, indent: object = None) -> str:
    """Serialise without indentation, for its width is up to the template."""
    return json.dumps(value, ensure_ascii=False)


def _raise(message: str = "") -> str:
    raise TemplateError(str(message)[:200])


def _today(form: str = "") -> str:
    return time.strftime("%d %b %Y")
