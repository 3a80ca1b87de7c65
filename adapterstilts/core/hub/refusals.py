"""Why the Hub takes something not, in one paragraph: which repository, what it says, what to do.

Beside `adapterstilts.core.hub.errors`, which is about what is fetched: the same answer means
another thing to somebody who sends.
"""

from typing import Any

from adapterstilts.core import strict
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import errors
from adapterstilts.core.hub.cached import Repository
from adapterstilts.core.hub.errors import NotOnHub, Unreachable

LOGIN = "log in with `hf auth login`, or set HF_TOKEN"
"""How a token comes to this machine."""
LONGEST = 400
"""Characters that are shown at most of what the Hub itself says."""
_CARD, _LARGE = "Invalid metadata in README.md", "LFS batch API returned errors"


class Overtaken(StiltsError):
    """Somebody else has published to the same branch meanwhile."""


class Untold(StiltsError):
    """Nobody knows whether what was sent last has arrived."""


def refused(error: Exception, repository: Repository, endpoint: str) -> Exception:
    """Return the error to raise instead of one that huggingface_hub meets while it sends."""
    what = f"{repository.kind} '{repository.name}'"
    owner = repository.name.partition("/")[0] if "/" in repository.name else ""
    at = f"{errors.named(endpoint)}/{repository.name}"
    return _refused(sent(error), what, owner, at, endpoint, repository.revision)


def refused_answer(error: Exception, repository: Repository, endpoint: str) -> Exception:
    """Return the error to raise where a question is answered with what cannot be read either."""
    found = refused(error, repository, endpoint)
    return _readable(error, found, f"{repository.kind} '{repository.name}'", endpoint)


def refused_to_all(error: Exception, endpoint: str) -> Exception:
    """Return the error to raise where it is asked whose token this is."""
    met, at = sent(error), errors.named(endpoint)
    code, said = errors.status(met), _said(met)
    if code == 401:
        return StiltsError(
            f"{at} does not know the token that was to publish (401{said}): it may have expired;"
            f" {LOGIN}"
        )
    if code == 403:
        return StiltsError(
            f"the token may not write (403{said}): make one with write permission at"
            f" {at}/settings/tokens, then {LOGIN}"
        )
    if code:
        wait = code == 429 or code >= 500
        then = "wait, and run the same command again" if wait else "look at what HF_ENDPOINT names"
        return StiltsError(f"{at} answers {code} when asked whose token this is{said}: {then}")
    found = _refused(met, "anything", "", at, endpoint, "")
    return _readable(met, found, "anything", endpoint)


def refused_collection(error: Exception, title: str, owner: str, endpoint: str) -> Exception:
    """Return the error to raise where a collection cannot be made or changed."""
    what, at = f"collection '{words(title)}'", f"{errors.named(endpoint)}/{owner}"
    if isinstance(error, LookupError | TypeError):
        # huggingface_hub takes a conflict for a collection of that title, whatever it is about.
        return _other(what, endpoint)
    return _refused(sent(error), what, owner, at, endpoint, "")


def sent(error: Exception) -> Exception:
    """Return what really went wrong where huggingface_hub says only which file it was sending."""
    while isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return errors.cause(error)


def method(error: Exception) -> str:
    """Return the HTTP method of the request that went wrong, or an empty string."""
    return str(getattr(_request(error), "method", "") or "")


def is_lost(error: Exception) -> bool:
    """Return whether a connection was lost, so that nobody knows what has arrived."""
    from requests.exceptions import ChunkedEncodingError, ConnectionError, Timeout

    lost = isinstance(error, ChunkedEncodingError | ConnectionError | Timeout)
    return lost and not errors.status(error)


def address(error: Exception) -> str:
    """Return the address that a request went to."""
    return str(getattr(_request(error), "url", "") or "")


def words(text: object) -> str:
    """Return what a server or a name says so that it can be shown: one line, short, no token."""
    return strict.plain(errors.SECRET.sub("(hidden)", " ".join(str(text).split())), LONGEST)


def _refused(
    error: Exception, what: str, owner: str, at: str, endpoint: str, revision: str
) -> Exception:
    from huggingface_hub import errors as theirs
    from requests.exceptions import InvalidJSONError, RequestException

    code, said = errors.status(error), _said(error)
    if isinstance(error, StiltsError):
        return error
    if isinstance(error, theirs.LocalTokenNotFoundError):
        return no_token(what)
    if isinstance(error, theirs.HFValidationError):
        return UsageError(f"the Hub has no names like that of {what}: {words(error)}")
    if code == 401 and not isinstance(error, theirs.RepositoryNotFoundError):
        return StiltsError(
            f"{errors.named(endpoint)} does not know the token that was to publish {what}"
            f" (401{said}): it may have expired; {LOGIN}"
        )
    if code == 403:
        space = f" to what belongs to '{owner}'" if owner else ""
        return StiltsError(
            f"the token may not write {what} (403{said}): make one with write permission{space} at"
            f" {errors.named(endpoint)}/settings/tokens, then {LOGIN}; or publish under a name"
            " of your own"
        )
    if isinstance(error, theirs.RevisionNotFoundError):
        return StiltsError(
            f"{what} has no branch '{revision}' on the Hub (any more): name another revision"
        )
    if isinstance(error, theirs.RepositoryNotFoundError) or code == 404:
        return NotOnHub(
            f"there is no {what} on the Hub ({errors.named(endpoint)}) any more, or it is not"
            " for you: run the same command again to make it anew, or mend the name"
        )
    if code == 409:
        return StiltsError(
            f"{what} is in conflict with what is on the Hub (409{said}): look at {at}, and choose"
            " another name, or run the same command again"
        )
    if code == 412:
        return Overtaken(
            f"somebody else has published to {what} meanwhile (412), so nothing was changed: look"
            f" at {at}, and run the same command again, which compares with what is there now"
        )
    if code == 413:
        return StiltsError(
            f"a file of {what} is larger than the Hub takes (413{said}): publish what is smaller,"
            f" or ask for more room at {errors.named(endpoint)}"
        )
    if isinstance(error, ValueError) and str(error).startswith(_CARD):
        why = words(str(error)[len(_CARD) :]).lstrip(". -")
        return StiltsError(f"the Hub does not take the card of {what}: {why}; nothing was sent")
    if isinstance(error, ValueError) and str(error).startswith(_LARGE):
        return StiltsError(
            f"the Hub does not take a file of {what}:{words(str(error)[len(_LARGE) :]).lstrip(':')}"
        )
    if code in (400, 422):
        return StiltsError(
            f"the Hub does not take what was sent for {what} ({code}{said}): mend that, and run"
            " the same command again"
        )
    if code == 429 or code >= 500:
        return StiltsError(
            f"{errors.named(endpoint)} answers {code} when {what} is sent{said}: wait, and run"
            " the same command again; what has arrived is not sent again"
        )
    if code:
        return StiltsError(f"{errors.named(endpoint)} answers {code} for {what}{said}")
    if isinstance(error, InvalidJSONError):
        return _other(what, endpoint)
    if isinstance(error, RequestException | ConnectionError | TimeoutError):
        return unreachable(what, endpoint, errors.lost(error))
    if isinstance(error, RuntimeError):
        # hf_xet, which sends what is large, raises nothing else.
        return StiltsError(
            f"{what} did not arrive in the Hub's store of large files ({words(error)}): run the"
            " same command again, or send it another way with HF_HUB_DISABLE_XET=1"
        )
    return error


def no_token(what: str) -> StiltsError:
    """Return the error where nobody has said who publishes."""
    return StiltsError(f"there is no token to publish {what} with: {LOGIN}")


def unreachable(what: str, endpoint: str, why: str) -> Unreachable:
    """Return the error of a network that is away."""
    reached = f"{errors.named(endpoint)} cannot be reached"
    return Unreachable(
        f"{reached} to publish {what} ({why}): connect to the network and run the same command"
        " again; what has arrived is not sent again",
        f"{reached} ({why})",
    )


def _other(what: str, endpoint: str) -> StiltsError:
    return StiltsError(
        f"{errors.named(endpoint)} does not answer as the Hub does for {what}: look at what"
        " HF_ENDPOINT names, or run again later"
    )


def _readable(error: Exception, found: Exception, what: str, endpoint: str) -> Exception:
    """Return an error, or what is told of an answer that huggingface_hub stumbles over."""
    stumbled = isinstance(error, RecursionError) or found is error
    return _other(what, endpoint) if stumbled and isinstance(error, errors.GARBLED) else found


def _said(error: Exception) -> str:
    """Return what the Hub itself says, to stand behind its number."""
    found = getattr(error, "server_message", "") or getattr(error.__cause__, "server_message", "")
    return f": {words(found)}" if found else ""


def _request(error: Exception) -> Any:
    response = getattr(error, "response", None)
    return getattr(response, "request", None) or getattr(error, "request", None)
