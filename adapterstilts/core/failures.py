"""Any failure as one short paragraph: what happened, where, and what the user can do.

`adapterstilts.core.disk` explains what the store's disk refuses; this is for everything else.
"""

import errno
import os
import traceback

from adapterstilts.core import strict
from adapterstilts.core.errors import StiltsError

DEBUG = "ADAPTERSTILTS_DEBUG"
"""Environment variable that turns tracebacks on."""
_LONGEST = 950
"""Signs of the longest message."""
_REMEDIES = {
    errno.ENOSPC: "free some space, or choose a folder on another disk",
    errno.EDQUOT: "free some of your quota, or choose a folder on another disk",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "change its permissions, or choose another one",
    errno.EPERM: "change its permissions, or choose another one",
    errno.EMFILE: "raise the limit of open files with `ulimit -n`",
}


def explain(error: BaseException) -> str:
    """Return what went wrong in one paragraph that names the thing, the place and the remedy.

    Where the environment asks for it, the traceback stands below.
    """
    if not os.environ.get(DEBUG):
        return _paragraph(error)
    return f"{_paragraph(error)}\n{''.join(traceback.format_exception(error)).rstrip()}"


def _paragraph(error: BaseException) -> str:
    if isinstance(error, StiltsError):
        # Of a file or a recipe it may quote what is long, or steers screens.
        return "\n".join(strict.clipped(line, _LONGEST) for line in str(error).split("\n"))
    if isinstance(error, MemoryError):
        return (
            "there is not enough memory: raise accumulation, or lower max_length or"
            " runtime.evaluation_tokens in the recipe, and run it again"
        )
    if isinstance(error, OSError) and error.filename:
        remedy = _REMEDIES.get(error.errno or 0)
        named = strict.clipped(f"{error.filename}", _LONGEST // 2)
        said = f"{error.strerror or type(error).__name__}: {named}"
        return f"{said}; {remedy}" if remedy else said
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        return f"{error.strerror}; {_REMEDIES[error.errno]}"
    said = strict.clipped(" ".join(str(error).split()), _LONGEST // 2)
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return f"unexpected {what}; set {DEBUG}=1 to see where, and please report it"
