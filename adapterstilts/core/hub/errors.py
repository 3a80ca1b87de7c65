"""What goes wrong with the Hub, in one paragraph: which repository, why, what to do.

huggingface_hub raises what its HTTP library raises, and its own errors below that library's, so
this is the one place that knows them.
"""

import errno
import re
import shlex
import time
from collections.abc import Collection
from datetime import UTC
from email.utils import parsedate_to_datetime

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub.cached import Repository
from adapterstilts.core.strict import reason

BEYOND = 416
"""The answer where more of a file is here than there is."""
QUESTION = frozenset({429, 500, 502, 503, 504})
"""Answers that a question may not get a moment later."""
FILE = frozenset({429, BEYOND})
"""The same of a file: huggingface_hub has tried again by itself after the others."""
GARBLED = AssertionError | AttributeError | LookupError | RecursionError | TypeError | ValueError
"""What huggingface_hub raises of an answer that it does not expect."""
LONGEST = 300.0
"""Seconds that are waited for at most where the Hub says how long to wait."""
SECRET = re.compile(r"\bhf_\w{4,}|(?<=Bearer )\S+|(?<=//)[^/\s@]*:[^/\s@]*(?=@)", re.ASCII)
"""A token, or a user with a password in an address."""


class NotOnHub(StiltsError):
    """There is no such repository, or it is not for everyone."""


class Unreachable(StiltsError):
    """The Hub does not answer at all, whatever it is asked for."""

    def __init__(self, message: str, head: str = "", why: str = "") -> None:
        """Take the whole message, what it says of the Hub, and the reason alone."""
        super().__init__(message)
        self.head, self.why = head or message, why or message


class NoAnswer(TimeoutError):
    """The Hub is there, and does not come to the end of an answer in time."""


class NoRoom(StiltsError):
    """The disk is full, whatever is asked for."""


def translated(error: Exception, repository: Repository, endpoint: str) -> Exception:
    """Return the error to raise instead of one of huggingface_hub's, or the same one."""
    from huggingface_hub import errors
    from requests.exceptions import ContentDecodingError, RequestException

    error, endpoint = cause(error), named(endpoint)
    what = f"{repository.kind} '{repository.name}'"
    if isinstance(error, errors.GatedRepoError):
        return NotOnHub(
            f"{what} is only for those who have accepted its terms: accept them at"
            f" {endpoint}/{_page(repository)}, then log in with `hf auth login`"
        )
    if isinstance(error, errors.RepositoryNotFoundError) or status(error) in (401, 403):
        return NotOnHub(
            f"there is no {what} on the Hub ({endpoint}), or it is private: mend the name, or log"
            " in with `hf auth login`"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return StiltsError(
            f"{what} has no revision '{repository.revision}' on the Hub ({endpoint}): give a"
            " branch, a tag or a commit that it has"
        )
    if isinstance(error, errors.EntryNotFoundError):
        return StiltsError(f"{what} has lost a file that its own list names: run again later")
    if code := status(error):
        later = "wait, and run again" if code == 429 or code >= 500 else "look at its page there"
        return StiltsError(f"{endpoint} answers {code} when asked for {what}: {later}")
    if isinstance(error, GARBLED | errors.FileMetadataError | ContentDecodingError):
        return StiltsError(
            f"{endpoint} answers what cannot be read when asked for {what}"
            f" ({type(error).__name__}: {reason(error)}): look at its page there, or run again"
            " later"
        )
    if isinstance(error, RequestException | ConnectionError | TimeoutError):
        return unreachable(repository, endpoint, lost(error))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoRoom(
            f"there is no space left for {what}: free some, or name a folder on another disk, with"
            " --to of `adapterstilts fetch` or as HF_HOME"
        )
    if isinstance(error, OSError) and error.filename is None and "onsistency" in str(error):
        return StiltsError(f"a file of {what} arrived in another size than the Hub says: run again")
    return error


def unreachable(repository: Repository, endpoint: str, why: str) -> Unreachable:
    """Return the error of a network that is away, with what brings a repository here without it."""
    return Unreachable(
        f"{named(endpoint)} cannot be reached for {repository.kind} '{repository.name}' ({why}):"
        f" connect to the network and run again; or {remedy(repository)}",
        f"{named(endpoint)} cannot be reached ({why})",
        why,
    )


def lost(error: Exception) -> str:
    """Return what is said of a connection that gave nothing."""
    return str(error) if isinstance(error, NoAnswer) else type(error).__name__


def remedy(repository: Repository) -> str:
    """Return how a repository comes to a machine that has no network."""
    what = shlex.quote(repository.expression) if repository.kind == "model" else "RECIPE"
    return (
        f"on a machine with network run `adapterstilts fetch {what} --to DIR`, and here set"
        " HF_HOME=DIR and HF_HUB_OFFLINE=1"
    )


def hush(error: BaseException) -> None:
    """Take tokens and passwords out of what an error says, and all that led to it.

    A Hub may say again what it was told, and who looks for a fault has the whole chain printed.
    """
    from huggingface_hub import get_token

    token, met = get_token(), list[BaseException]()
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop()
        if each is None or each in met:
            continue
        met.append(each)
        each.args = tuple(_hushed(said, token) for said in each.args)
        left += [each.__cause__, each.__context__]


def _hushed(said: object, token: str | None) -> object:
    if not isinstance(said, str):
        return said
    return SECRET.sub("(hidden)", said.replace(token, "(hidden)") if token else said)


def named(endpoint: str) -> str:
    """Return an address as it may be said aloud: without the user and the password in it."""
    return re.sub(r"(?<=//)[^/]*@", "", endpoint)


def pause(error: Exception, again: Collection[int], otherwise: float | None) -> float | None:
    """Return how long to wait before trying again, or None where that would not help.

    Args:
        error: What went wrong.
        again: Answers after which another try is worth while.
        otherwise: How long to wait where the Hub does not say; None where it is time to give up.
    """
    from requests.exceptions import ChunkedEncodingError, ConnectionError, SSLError, Timeout

    error = cause(error)
    if otherwise is None or isinstance(error, SSLError):
        return None
    if status(error) in again:
        said = getattr(error, "response", None)
        after = _after(said.headers.get("Retry-After", "")) if said is not None else None
        return otherwise if after is None else min(after, LONGEST)
    lost = isinstance(error, ChunkedEncodingError | ConnectionError | Timeout)
    return otherwise if lost else None


def _after(said: str) -> float | None:
    """Return the seconds that a Hub asks for, as a number or a time; None where it is neither."""
    if said.isdecimal():
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    # What names no zone is of Greenwich (RFC 9110, 5.6.7).
    return max(until.replace(tzinfo=until.tzinfo or UTC).timestamp() - time.time(), 0.0)


def status(error: Exception) -> int:
    """Return the HTTP status that an error is about, or 0."""
    return int(getattr(getattr(error, "response", None), "status_code", 0) or 0)


def cause(error: Exception) -> Exception:
    """Return what really went wrong where huggingface_hub only says that a file is not there."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    if isinstance(error, LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        return error.__cause__
    return error


def _page(repository: Repository) -> str:
    return f"datasets/{repository.name}" if repository.kind == "dataset" else repository.name
