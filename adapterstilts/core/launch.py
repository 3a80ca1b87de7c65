"""Whether a launcher started several processes to train as one, and which of them this is.

`torchrun` and `accelerate launch` say so in the environment, in the same words.
"""

import os
from dataclasses import dataclass

from adapterstilts.core.errors import StiltsError


class Parted(StiltsError):
    """The processes of a run have lost each other: it ends, whatever stage it was at."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One process among those that were started together."""

    rank: int = 0
    """Its number, from 0; the first one speaks, writes, and does alone what is not training."""
    size: int = 1
    """How many there are."""
    local: int = 0
    """Its number on its own machine, which is that of its GPU."""

    @property
    def leads(self) -> bool:
        """Return whether this is the first process."""
        return self.rank == 0

    @property
    def word(self) -> str:
        """Return how a message names it."""
        return f"process {self.rank + 1} of {self.size}"


def launched() -> Launch:
    """Return which process this is; one that nobody launched with others is alone."""
    rank, size, local = (_number(name) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    if rank is None or size is None or not 0 <= rank < size:
        return Launch()
    return Launch(rank=rank, size=size, local=local or 0)


def _number(name: str) -> int | None:
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() else None
