"""What went wrong in a way that the user can mend: the thing, the place and the remedy."""

import difflib
from collections.abc import Iterable, Sequence


class StiltsError(Exception):
    """The work failed for a reason that the message names; the command line exits with 1."""

    exit_code = 1


class UsageError(StiltsError):
    """The request itself is wrong: a name, a key, a type; the command line exits with 2."""

    exit_code = 2


def suggest(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest known name, or the names there are."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f" (did you mean '{near[0]}'?)"
    return f" (known: {', '.join(names)})" if names else ""


def some(names: Sequence[str], *, most: int) -> str:
    """Return the first of some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
