"""Make the model read a character and a chat before anybody waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from companion.conversation.slots import Engines
from companion.domain.cancel import CancelToken
from companion.domain.character import Sampling
from companion.domain.messages import Message, StoredMessage
from companion.domain.prompt import KeptHistory, Pinned, Standing, build_pinned, keep_history
from companion.errors import Cancelled, CompanionError
from companion.ports import Cancel, LanguageModel, Prompt

_log = logging.getLogger(__name__)
_SAFETY_TOKENS = 16
_KEEP_CACHE_S = 3.0


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens for a prompt: what the context holds less the longest reply."""

    prompt: int

    @classmethod
    def of(cls, language: LanguageModel, sampling: Sampling) -> Budget:
        context = language.info.context_tokens
        return cls(max(128, context - min(sampling.max_tokens, context // 3) - _SAFETY_TOKENS))


class TokenCounter:
    """Counts tokens through the model, each text once."""

    _LIMIT = 20_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, int] = {}

    def of(self, language: LanguageModel) -> Callable[[Sequence[str]], list[int]]:
        def count(texts: Sequence[str]) -> list[int]:
            with self._lock:
                found = {text: self._known[text] for text in texts if text in self._known}
            fresh = list(dict.fromkeys(text for text in texts if text not in found))
            if fresh:
                found.update(zip(fresh, language.count_tokens(fresh), strict=True))
                with self._lock:
                    # What is in use now stays, however long the chat is.
                    self._known = found if len(self._known) > self._LIMIT else self._known | found
            return [found[text] for text in texts]

        return count

    def forget(self) -> None:
        """Drop all counts: another model counts differently."""
        with self._lock:
            self._known.clear()


def as_prompt_messages(messages: Sequence[StoredMessage]) -> list[Message]:
    """Return what the model may see of a path: heard text only, empty messages left out."""
    return [Message(one.role, one.text) for one in messages if one.text.strip()]


def pinned_for(standing: Standing, language: LanguageModel, counter: TokenCounter) -> Pinned:
    """Return the stable beginning for this model; half of the budget is left to the conversation."""
    budget = Budget.of(language, standing.character.sampling).prompt
    return build_pinned(standing, counter.of(language), budget=budget * 2 // 3)


def history_for(
    standing: Standing, messages: Sequence[StoredMessage], language: LanguageModel, counter: TokenCounter
) -> tuple[Pinned, KeptHistory]:
    """Return the stable beginning and the history as the next turn will have them."""
    pinned = pinned_for(standing, language, counter)
    room = Budget.of(language, standing.character.sampling).prompt - pinned.n_tokens
    return pinned, keep_history(standing, as_prompt_messages(messages), counter.of(language), room)


def warm_chat(
    standing: Standing,
    chat: str,
    messages: Sequence[StoredMessage],
    language: LanguageModel,
    counter: TokenCounter,
    cancel: Cancel,
    *,
    keep: bool,
) -> None:
    """Bring persona and history into the KV cache, from disk where a saved state fits.

    With `keep` the state of the whole chat is saved too, tens of megabytes: not after every reply.
    """
    pinned, kept = history_for(standing, messages, language, counter)
    id_ = standing.character.id
    if keep or not kept.messages:
        language.warm(Prompt(pinned.messages), cancel, keep_as=id_)
    if kept.messages and not cancel.requested:
        prompt = Prompt((*pinned.messages, *kept.messages))
        language.warm(prompt, cancel, keep_as=f"{id_}.{chat}" if keep else None)


def keep_cache(
    standing: Standing,
    chat: str,
    messages: Sequence[StoredMessage],
    language: LanguageModel,
    counter: TokenCounter,
) -> None:
    """Save what the model has read of a chat, within 3 s, so that the next start need not read it again."""
    cancel = CancelToken()
    timer = threading.Timer(_KEEP_CACHE_S, cancel.request)
    timer.start()
    try:
        warm_chat(standing, chat, messages, language, counter, cancel, keep=True)
    except CompanionError as error:
        _log.info("the chat's cache was not saved: %s", error.code)
    finally:
        timer.cancel()
        timer.join()


class Preparation:
    """Warms one chat on a thread of its own; `done` is set at its end, whatever happened."""

    def __init__(
        self,
        work: Callable[[LanguageModel, Cancel], None],
        engines: Engines,
        on_done: Callable[[CompanionError | None], None],
    ) -> None:
        self._work, self._engines, self._on_done = work, engines, on_done
        self._cancel = CancelToken()
        self.done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="preparation")
        self._thread.start()

    def stop(self) -> None:
        """Stop soon; returns at once."""
        self._cancel.request()

    def cancel(self) -> None:
        """Stop and wait for the end."""
        self._cancel.request()
        self._thread.join()

    def _run(self) -> None:
        error: CompanionError | None = None
        try:
            self._work(self._engines.language.get(self._cancel), self._cancel)
        except Cancelled:
            pass
        except CompanionError as failure:
            error = failure
        finally:
            self.done.set()
            if not self._cancel.requested:
                self._on_done(error)
