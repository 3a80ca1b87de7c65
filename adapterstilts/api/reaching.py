"""The Hub, or where it is out of reach what it last said."""

import logging
from collections.abc import Callable
from typing import TypeVar

from adapterstilts.api.experiment import network
from adapterstilts.core import hub
from adapterstilts.core.hub import Hub, NotHere, Unreachable

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


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
