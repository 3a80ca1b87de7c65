"""A question to the Hub, which is answered in time or not at all: a server may also drip for ever.

It is asked beside, in a thread. Nothing else ends a read that is kept alive byte by byte, and
huggingface_hub itself waits for most answers without a limit.
"""

import contextvars
import itertools
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from adapterstilts.core.hub import guard
from adapterstilts.core.hub.errors import NoAnswer

PATIENCE = 60.0
"""Seconds that an answer may take; of an answer of several pages each."""


def question(
    endpoint: str, method: str, *given: Any, most: int | None = None, **options: Any
) -> Callable[[], Any]:
    """Return what asks the Hub's API; of several pages it takes all, or so many things at most."""
    from huggingface_hub import HfApi

    def ask() -> Any:
        found = getattr(HfApi(endpoint=endpoint), method)(*given, **options)
        return list(itertools.islice(found, most)) if hasattr(found, "__next__") else found

    return ask


def asked(what: str, ask: Callable[[], Any]) -> Any:
    """Return what a question is answered, held to what an answer may be, and to its time.

    Args:
        what: What is asked for.
        ask: Asks, by the session that huggingface_hub has for a thread.
    """
    began, given_up = [time.monotonic()], threading.Event()

    def heard() -> None:
        if given_up.is_set():
            raise NoAnswer("nobody waits for it any more")
        began.append(time.monotonic())

    def guarded() -> Any:
        with guard.guarded(what, files=False, heard=heard):
            return ask()

    ended = aside(guarded)
    try:
        while True:
            left = began[-1] + PATIENCE - time.monotonic()
            try:
                # At least one look, however late this thread comes to it.
                found, error = ended.get(timeout=max(left, 0.0))
            except queue.Empty:
                if began[-1] + PATIENCE > time.monotonic():
                    continue
                raise NoAnswer(f"no whole answer within {PATIENCE:g} s") from None
            if error is not None:
                raise error
            return found
    finally:
        given_up.set()


def aside(work: Callable[[], Any]) -> "queue.SimpleQueue[tuple[Any, BaseException | None]]":
    """Return where it will be said once what some work, done beside, gives or raises."""
    ended: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
    context = contextvars.copy_context()

    def call() -> None:
        try:
            ended.put((context.run(work), None))
        except BaseException as error:
            ended.put((None, error))

    # A daemon, so that neither Ctrl-C nor an end waits for what nobody waits for any more.
    threading.Thread(target=call, daemon=True).start()
    return ended
