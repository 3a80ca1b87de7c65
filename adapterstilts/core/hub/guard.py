"""What a Hub answers, held to what it may be, before huggingface_hub makes a path or a file of it.

huggingface_hub calls files in its cache by headers of an answer (`ETag`, `X-Repo-Commit`), and
writes and reads a body for as long as it goes on. The sessions that it asks with are its own, one a
thread; while something of ours is asked, what each of them is answered passes through here.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.strict import shown

ANSWER = 2**26
"""Bytes of an answer that is no file: the list of 100,000 files has a third of it."""
QUESTIONS = 500
"""Pages of one answer."""
_NAME, _COMMIT = re.compile(r"[\w.-]{1,128}", re.ASCII), re.compile("[0-9a-f]{40}")
_HEADERS = {"ETag": _NAME, "X-Linked-Etag": _NAME, "X-Repo-Commit": _COMMIT}
"""Headers that become names in the cache to what they may be."""


@contextmanager
def guarded(
    what: str,
    *,
    most: int = ANSWER,
    files: bool = True,
    heard: Callable[[], None] = lambda: None,
    led: Callable[[str], None] = lambda place: None,
) -> Iterator[None]:
    """Refuse what this thread is answered meanwhile that no Hub answers.

    Args:
        what: What is asked for.
        most: Bytes that a body may have.
        files: Whether files are asked for, which are called by headers; what answers a question
            may have any there.
        heard: Called for each answer that begins.
        led: Called with the place that an answer leads to, where that is another server.
    """
    from huggingface_hub import get_session

    session, asked = get_session(), 0

    def check(answer: Any, **options: Any) -> None:
        nonlocal asked
        heard()
        asked += 1
        if asked > QUESTIONS:
            raise StiltsError(f"the Hub does not come to an end with {what}: nothing more is asked")
        for name, plain in _HEADERS.items() if files else ():
            said = answer.headers.get(name)
            if said is not None and not plain.fullmatch(said.removeprefix("W/").strip('"')):
                raise StiltsError(
                    f"the Hub answers '{shown(said)}' for {name} when asked for {what}, and no file"
                    " is called so: nothing of it is kept"
                )
        if place := _place(answer.headers.get("Location")):
            led(place)
        answer.iter_content = _bounded(answer, what, most)

    session.hooks["response"].append(check)
    try:
        yield
    finally:
        session.hooks["response"].remove(check)


def _place(address: str | None) -> str:
    """Return the server that an address names, or nothing where it names none."""
    with suppress(ValueError):
        url = urlsplit(address or "")
        if url.hostname and url.scheme:
            return f"{url.scheme}://{url.netloc}"
    return ""


def _bounded(answer: Any, what: str, most: int) -> Any:
    """Return what yields a body, as long as it is no longer than it may be."""
    inside = answer.iter_content

    def content(*given: Any, **options: Any) -> Iterator[Any]:
        left = most
        for piece in inside(*given, **options):
            left -= len(piece)
            if left < 0:
                raise StiltsError(
                    f"the Hub sends more than {most:,} bytes when asked for {what}, which has no"
                    " more: nothing of it is kept"
                )
            yield piece

    return content
