"""What tells of a machine and of whose it is, taken out of texts that others will read.

A path becomes its last part; the name of a user or of a machine becomes a word that says no more
than that. Names on the Hub (`owner/name`) and addresses stay, for they are public as they are.
"""

import getpass
import os
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_USER, _HOST, _HOME, _TOKEN, _HIDDEN = "user", "host", "home", "hf_token", "hidden"
_UNTELLING = frozenset(
    """
    adapter adapters admin administrator app average build ci container continue cpu cuda data
    default dev docker full fuse github gpu head home host hosted job jovyan lab local localhost
    lora main mean merge mix mnli model models none nobody notebook path peft pod root run runner
    runs score server spark squad stack target task tasks test toy toyworld train trained ubuntu
    user users vagrant work worker workspace xlm xlmr xnli zero
    """.split()
)
"""Names of users and machines that tell nothing, and words of what is published."""
_SHORTEST = 3
"""Signs of a name that is looked for; a shorter one stands in too many words."""
_FIRST = (
    r"(?:file:/{1,3}"  # What stands before a path's first part.
    r"|(?<!:)/{2,}(?=[^/\s])|/(?=[^/\s])"
    r"|(?:~[\w.-]*|\.{1,2}|\$\{?\w+\}?|%\w+%|[A-Za-z]:)[/\\]"
    r"|\\\\(?=\w))"
)
_BEFORE = r"(?<![\w.~$%/\\)\]}>*?-])"
_QUOTED = re.compile(rf"(?P<mark>[\"'`])(?P<path>{_FIRST}[^\n\"'`]*)(?P=mark)")
_VALUE = re.compile(
    r"(?P<key>^[ \t]*(?:-[ \t]+)*[\w.-]+:[ \t]+|^[ \t]*(?:-[ \t]+)+"
    r"|[{\[(,][ \t]*(?:[\w.-]+:[ \t]+)?)"
    rf"(?P<path>{_FIRST}[^\n\"'`#,(){{}}\[\]]*)",
    re.M,
)
"""The whole value of a key or of an item in YAML, blanks and all."""
_END_TAG = r"(?!(?<=<)/[A-Za-z][\w:-]*>)"
"""What is no path, but the end of an element."""
_PLAIN = re.compile(rf"{_BEFORE}{_END_TAG}(?P<path>{_FIRST}[^\s\"'`,;(){{}}\[\]<>|#]*)")
_BELOW = r"(?![\w.-])(?:[/\\]+[^\s\"'`,;(){}\[\]<>|#/\\]+)*[/\\]*"
"""What may follow on the name of a folder."""
_TILDE = re.compile(rf"{_BEFORE}~[A-Za-z_][\w.-]*(?![\w~])")
_SOMEBODYS = re.compile(r"(?:file:/{2})?(?:[A-Za-z]:)?[/\\]+(?:home|Users)[/\\]+[^/\\]+[/\\\s]*")
_SECRET = re.compile(r"\bhf_[A-Za-z0-9]{8,}")
_CREDENTIALS = re.compile(r"(?<=Bearer )[^\s\"']+|(?<=//)[^/\s@]*:[^/\s@]*(?=@)")
"""What stands for a user where a request is made: a token, a name with a password."""
_OWNER = r"(?<![\w./-])[\w.-]+/(?=[\w.-]+(?![\w./-]))"
"""Who may be the owner of something on the Hub."""


@dataclass(frozen=True, kw_only=True)
class Scrubber:
    """What is looked for beside all that is a path."""

    folders: tuple[str, ...] = ()
    """Folders of this machine as they are written, which may have blanks in them."""
    users: tuple[str, ...] = ()
    """What its user is called."""
    hosts: tuple[str, ...] = ()
    """What it is called itself."""
    public: tuple[str, ...] = ()
    """Names that anyone may read, whatever is in them: ids on the Hub."""

    def text(self, text: str) -> str:
        """Return a text, such as a recipe, without any of it."""
        text = _CREDENTIALS.sub(_HIDDEN, _SECRET.sub(_TOKEN, text))
        for folder in self.folders:
            text = re.sub(rf"{re.escape(folder)}{_BELOW}", lambda found: _last(found[0]), text)
        for pattern in (_QUOTED, _VALUE, _PLAIN):
            text = pattern.sub(_shortened, text)
        return self._nameless(_TILDE.sub(_HOME, text))

    def value(self, value: Any) -> Any:
        """Return a value of JSON without any of it, in texts and in keys."""
        if isinstance(value, str):
            whole = re.fullmatch(rf"(?P<path>{_FIRST}[^\n]*)", value)
            return self.text(_last(value) if whole else value)
        if isinstance(value, Mapping):
            return {self.value(key): self.value(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        return value

    def _nameless(self, text: str) -> str:
        """Return a text without names of users and machines, but in names that are public."""
        kept = "|".join([*map(re.escape, self.public), _OWNER])
        for names, word in ((self.hosts, _HOST), (self.users, _USER)):
            if names:
                told = "|".join(map(re.escape, names))
                pattern = rf"(?P<kept>{kept})|(?<![A-Za-z0-9])(?:{told})(?![A-Za-z0-9])"
                text = re.sub(pattern, _but(word), text, flags=re.IGNORECASE)
        return text


def scrubber(folders: Iterable[Path] = (), *, public: Iterable[str] = ()) -> Scrubber:
    """Return what knows this machine and its user, and some folders beside.

    Args:
        folders: Where something of what is published lies: the store, a backbone, data.
        public: Names that stay as they are.
    """
    homes = [Path(home) for home in _said("HOME", "USERPROFILE")]
    users = [*_said("USER", "LOGNAME", "USERNAME"), *(home.name for home in homes)]
    with suppress(KeyError, OSError):  # A user without an entry, as in some containers.
        users.append(getpass.getuser())
    hosts = [socket.gethostname(), *_said("HOSTNAME", "COMPUTERNAME")]
    hosts += [host.partition(".")[0] for host in hosts]
    places = {str(place) for each in [*homes, *folders] for place in (each, each.resolve())}
    return Scrubber(
        folders=_longest(place for place in places if len(Path(place).parts) > 1),
        users=_longest(name for name in users if _tells(name)),
        hosts=_longest(name for name in hosts if _tells(name)),
        public=_longest(filter(None, public)),
    )


def _said(*names: str) -> list[str]:
    return [os.environ[name] for name in names if os.environ.get(name)]


def _tells(name: str) -> bool:
    return len(name) >= _SHORTEST and name.lower() not in _UNTELLING


def _longest(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*names}, key=lambda name: (-len(name), name)))


def _but(word: str) -> Callable[[re.Match[str]], str]:
    """Return what puts a word in place of what was found, where that is not to be kept."""
    return lambda found: found["kept"] or word


def _shortened(found: re.Match[str]) -> str:
    """Return what was found with its path made short."""
    path = found["path"]
    within = path.rstrip()
    whole = found[0]
    at = found.start("path") - found.start()
    return whole[:at] + _last(within) + path[len(within) :] + whole[at + len(path) :]


def _last(path: str) -> str:
    """Return the last part of a path; of somebody's home no more than that it is one."""
    if _SOMEBODYS.fullmatch(path):
        return _HOME
    parts = [part for part in re.split(r"[/\\]+", path.strip()) if part not in ("", ".", "..")]
    named = parts and not re.fullmatch(r"~.*|[A-Za-z]:|\$\{?\w+\}?|%\w+%|file:", parts[-1])
    return parts[-1] if named else _HOME
