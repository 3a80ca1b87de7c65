"""What a reader makes of bytes: a value, or a refusal in words; all else is a finding."""

import resource
import time
import traceback
from dataclasses import dataclass
from random import Random

from adapterstilts.core.errors import StiltsError
from tests.fuzzing.mutators import mutated
from tests.fuzzing.readers import Reader

LONGEST = 1000
"""Signs of the longest refusal."""
SECONDS = 3.0
"""Seconds of computing that one reading may take."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Bytes that a reader stumbled over."""

    reader: str
    """Name of the reader."""
    content: bytes
    """The bytes."""
    why: str
    """What was wrong."""


def drawn(reader: Reader, random: Random) -> bytes:
    """Return bytes that a reader has not seen."""
    good, other = random.choice(reader.good), random.choice(reader.good)
    return mutated(good, other, random, structured=reader.structured)


def tried(reader: Reader, content: bytes) -> tuple[str, Finding | None]:
    """Return `read` or `refused`, and what is wrong with how it was, if anything is."""
    begun, why, outcome = time.process_time(), "", "read"
    try:
        reader.read(content)
    except StiltsError as error:
        outcome, message = "refused", str(error)
        if len(message) >= LONGEST or not message.isprintable():
            why = f"it is refused with {len(message)} signs: {message[:300]!r}"
    except Exception as error:
        # What only other readers call says so with a ValueError, whose text they bound.
        plain = isinstance(error, ValueError) and reader.name == "strict.parsed"
        outcome = "refused" if plain else "crashed"
        at = traceback.extract_tb(error.__traceback__)[-1]
        why = (
            ""
            if plain
            else f"{type(error).__name__}: {str(error)[:300]} ({at.filename}:{at.lineno})"
        )
    spent = time.process_time() - begun
    if spent > SECONDS:
        why = why or f"it took {spent:.1f} s"
    return outcome, Finding(reader=reader.name, content=content, why=why) if why else None


def peak() -> int:
    """Return the most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
