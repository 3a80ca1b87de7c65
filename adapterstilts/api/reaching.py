"""The Hub, or where it is out of reach what it last said.

Little is imported here: where there is no answer, that is to be known soon.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from adapterstilts.core import hub
from adapterstilts.core.hub import Hub, NotHere, Unreachable

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_OFFLINE = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")


@contextmanager
def network(*, offline: bool) -> Iterator[None]:
    """Keep the Hub out of reach within the block, of this process and of those that it starts."""
    before = {name: os.environ.get(name) for name in _OFFLINE}
    if offline:
        os.environ.update(dict.fromkeys(_OFFLINE, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def reaching(act: Callable[[Hub], T], *, offline: bool) -> T:
    """Return what comes of an act that asks the Hub, done with the cache alone where that is away.

    Where the cache has not all of it either, what is told is that the Hub cannot be reached.
    """
    try:
        with network(offline=offline):
            return act(hub.here())
    except Unreachable as error:
        away = error
    try:
        with network(offline=True):
            found = act(hub.here())
    except NotHere:
        raise away from None
    head = getattr(away.__cause__, "head", away.head)
    _LOG.warning("%s: what it last said is taken from the cache", head)
    return found
