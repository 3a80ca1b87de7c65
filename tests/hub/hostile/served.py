"""Repositories whose Hub lies: in its lists, its headers and its bodies."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.hub.hostile.case import Case
from tests.hub.hostile.tensors import PICKLE
from tests.hub.server import Hub, Odd

CONFIG, WEIGHTS = "adapter_config.json", "adapter.safetensors"
Files = Mapping[str, bytes]
Serve = Callable[[Hub, str, Files], None]
"""Puts a repository of a name on a Hub, made of good files."""


def cases(hub: Hub, files: Files) -> list[Case]:
    """Return every repository that a Hub serves with lies, once it is there.

    Args:
        hub: The Hub.
        files: Good files, about which it lies.
    """
    found = []
    for number, (name, serve) in enumerate(_all()):
        repository = f"evil/lie-{number}"
        serve(hub, repository, files)
        found.append(
            Case(
                name=f"served: {name}",
                layout="served",
                spoil=lambda folder: None,
                repository=repository,
                harmless=name in _HARMLESS,
            )
        )
    return found


def _all() -> Iterator[tuple[str, Serve]]:
    yield "a good one", _odd({})
    for said in _LISTED:
        yield f"listed with {said!r:.60}", _odd({CONFIG: Odd(b"", listed=said)})
        yield f"weights listed with {said!r:.60}", _odd({WEIGHTS: Odd(b"", listed=said)})
    for told in _HEADERS:
        yield f"answered with {told!r:.70}", _odd({CONFIG: Odd(b"", headers=told)})
        yield f"weights answered with {told!r:.70}", _odd({WEIGHTS: Odd(b"", headers=told)})
    for path in _PATHS:
        yield f"beside a file called {path!r:.40}", _odd({path: Odd(PICKLE)})
    for name, body in _ANSWERS.items():
        yield f"a list of files that is {name}", _answered("*/api/models/{name}/tree/*", body)
        yield f"a commit that is {name}", _answered("*/api/models/{name}/revision/*", body)
    for status in (301, 302, 401, 403, 404, 418, 500):
        if status < 500:  # These huggingface_hub asks for again and again.
            yield f"files answered by {status}", _failed("*/{name}/resolve/*", status)
        yield f"a list answered by {status}", _failed("*/api/models/{name}/tree/*", status)
    yield from _OTHERS.items()


def _odd(changed: Mapping[str, Odd]) -> Serve:
    """Return what serves good files, some of them with lies about them."""

    def serve(hub: Hub, name: str, files: Files) -> None:
        lied = {
            path: Odd(
                odd.content or files.get(path, b""),
                listed=odd.listed,
                headers=odd.headers,
                endless=odd.endless,
            )
            for path, odd in changed.items()
        }
        hub.push(name, {**files, **lied}, kind="model")

    return serve


def _answered(path: str, body: bytes) -> Serve:
    def serve(hub: Hub, name: str, files: Files) -> None:
        hub.push(name, files, kind="model")
        hub.fault(path.format(name=name), body=body, times=-1)

    return serve


def _failed(path: str, status: int) -> Serve:
    def serve(hub: Hub, name: str, files: Files) -> None:
        hub.push(name, files, kind="model")
        for method in ("GET", "HEAD"):
            there = {"Location": f"{hub.url}/{name}/resolve/main/{CONFIG}"}
            hub.fault(path.format(name=name), method=method, status=status, headers=there, times=-1)

    return serve


def _paged(hub: Hub, name: str, files: Files) -> None:
    """Serve a list whose every page is empty and names itself as the next."""
    hub.push(name, files, kind="model")
    here = f'<{hub.url}/api/models/{name}/tree/main?recursive=True>; rel="next"'
    hub.fault(f"*/api/models/{name}/tree/*", body=b"[]", headers={"Link": here}, times=-1)


def _corrupt(hub: Hub, name: str, files: Files) -> None:
    hub.push(name, files, kind="model")
    hub.fault(f"*/{name}/*{WEIGHTS}", corrupt=True, times=-1)


_LFS: Mapping[str, Any] = {"oid": "0" * 64, "size": 10, "pointerSize": 134}
_LISTED: tuple[Mapping[str, Any], ...] = (
    {"size": -1},
    {"size": 1 << 50},
    {"size": 10**30},
    {"size": "100"},
    {"size": None},
    {"size": 1.5},
    {"size": [1]},
    {"size": 3},
    {"oid": "../../../../outside"},
    {"oid": "/etc/passwd"},
    {"oid": ""},
    {"oid": 1},
    {"oid": "z" * 40},
    {"oid": "a" * 40},
    {"lfs": {**_LFS, "oid": "../../../../outside"}},
    {"lfs": {**_LFS, "oid": 1}},
    {"lfs": {**_LFS, "oid": "0" * 64}},
    {"lfs": {}},
    {"lfs": [1]},
    {"lfs": "x"},
    {"path": "../outside"},
    {"path": None},
    {"path": 1},
    {"path": ["a"]},
    {"type": "symlink"},
    {"type": "directory"},
    {"type": None},
)
"""What a list of files says of one of them instead of the truth."""
_HEADERS: tuple[Mapping[str, str], ...] = (
    {"ETag": '"../../../../outside"', "X-Linked-Etag": '"../../../../outside"'},
    {"ETag": '"/tmp/outside"', "X-Linked-Etag": '"/tmp/outside"'},
    {"ETag": '"..\\\\outside"', "X-Linked-Etag": '"..\\\\outside"'},
    {"ETag": f'"{"a" * 3000}"', "X-Linked-Etag": f'"{"a" * 3000}"'},
    {"ETag": '""', "X-Linked-Etag": '""'},
    {"X-Repo-Commit": "../../../../outside"},
    {"X-Repo-Commit": ""},
    {"X-Repo-Commit": "main"},
    {"Content-Length": "1000000000000", "X-Linked-Size": "1000000000000"},
    {"Content-Length": "3", "X-Linked-Size": "3"},
    {"Content-Length": "x", "X-Linked-Size": "x"},
    {"Content-Length": "-1", "X-Linked-Size": "-1"},
    {"Content-Encoding": "gzip"},
    {"Content-Encoding": "evil"},
    {"Location": "file:///etc/passwd"},
    {"Location": "ftp://127.0.0.1/x"},
    {"Location": "//[bad"},
    {"X-Xet-Hash": "../../x"},
)
"""What answers about a file say in their headers."""
_PATHS = (
    "../../outside",
    "/etc/passwd",
    "a\\..\\b",
    "a\nb\x1b[31m",
    "x/../../y",
    "\u202etxt.exe",
    "..",
    "a" * 2000,
    "adapter_config.json ",
    "ADAPTER_CONFIG.JSON",
    "adapter_config.jsoń",
    "CON",
    "nul.safetensors",
    "x:stream",
    "heads/../../x/head_config.json",
    "heads/\x1b[2J/head_config.json",
    "custom_generate/generate.py",
)
"""Names of files beside good ones."""
_ANSWERS: Mapping[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<html>evil</html>",
    "never closed": b"[" * 100_000,
    "null": b"null",
    "a word": b'"evil"',
    "a number": b"1",
    "an empty table": b"{}",
    "of nothings": b"[null, 1, []]",
    "of tables of nothing": b"[{}, {}]",
    "of another commit": b'{"id": "evil", "sha": "../../x", "siblings": []}',
    "of 70 megabytes": b"[" + b" " * 70_000_000 + b"]",
    "of a huge number": b"[" + b"9" * 100_000 + b"]",
    "of garbled text": b"\xff\xfe[]",
}
_OTHERS: Mapping[str, Serve] = {
    "a list without an end": _paged,
    "bytes that are others": _corrupt,
    "a configuration without an end": _odd({CONFIG: Odd(b"", endless=True)}),
    "weights without an end": _odd({WEIGHTS: Odd(b"", endless=True)}),
    "a configuration that grows as it is unpacked": _odd(
        {CONFIG: Odd(gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"})}
    ),
    "weights that are a pickle": _odd({WEIGHTS: Odd(PICKLE)}),
    "a configuration that is a table of nothing": _odd({CONFIG: Odd(json.dumps({}).encode())}),
}
_HARMLESS = frozenset(
    {
        "a good one",
        "answered with {'Content-Encoding': 'evil'}",
        "answered with {'X-Xet-Hash': '../../x'}",
        "listed with {'size': 3}",
        "weights answered with {'Content-Encoding': 'evil'}",
        "weights answered with {'X-Xet-Hash': '../../x'}",
        "weights listed with {'oid': ''}",
        f"weights listed with { ({'oid': 'a' * 40})!r:.60}",
        *(f"beside a file called {path!r:.40}" for path in _PATHS),
    }
)
