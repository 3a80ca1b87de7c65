"""Files of weights that are none, or say of themselves what is not so."""

import json
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Change = Callable[[bytes], bytes]
PICKLE = b"cposix\nsystem\n(S'touch canary'\ntR."
"""What would be run by whoever unpickles it."""
_NUMBER = b"\x00\x00\x80\x3f"
"""One, in single precision."""


def header(raw: bytes) -> tuple[dict[str, Any], bytes]:
    """Return what a file says, and its numbers."""
    length = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def packed(said: Any, data: bytes) -> bytes:
    """Return a file that says this of these numbers."""
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return len(text).to_bytes(8, "little") + text + data


def changes(*, large: bool) -> Iterator[tuple[str, Change]]:
    """Yield every way to spoil a file, with its name, of tens of megabytes if asked."""
    yield from _WHOLE.items()
    yield from ((name, _said(text)) for name, text in _HEADERS.items())
    yield from ((name, _entry(change)) for name, change in _ENTRIES.items())
    yield from ((name, _parts(change)) for name, change in _PARTS.items())
    yield "with 80,000 tensors", lambda raw: _many(80_000)
    if large:
        yield "with a million tensors", lambda raw: _many(10**6)


def _many(count: int) -> bytes:
    """Return a file of so many tensors without a number."""
    one = b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    return packed(b"{%s}" % b",".join(one % number for number in range(count)), b"")


def _said(text: bytes) -> Change:
    return lambda raw: packed(text, header(raw)[1])


def _entry(change: Callable[[dict[str, Any]], Any]) -> Change:
    """Return what changes what is said of the first tensor."""

    def spoil(raw: bytes) -> bytes:
        said, data = header(raw)
        first = _names(said)[0]
        return packed({**said, first: change(dict(said[first]))}, data)

    return spoil


def _parts(change: Callable[[dict[str, Any], bytes], tuple[Any, bytes]]) -> Change:
    return lambda raw: packed(*change(*header(raw)))


def _names(said: Mapping[str, Any]) -> list[str]:
    there = [name for name in said if name != "__metadata__"]
    return sorted(there, key=lambda name: said[name]["data_offsets"])


def _again(said: dict[str, Any], key: str, text: bytes) -> bytes:
    """Return a header in which something stands twice."""
    return json.dumps({key: said[key]}).encode()[:-1] + b", " + text


_WHOLE: Mapping[str, Change] = {
    "empty": lambda raw: b"",
    "of seven bytes": lambda raw: raw[:7],
    "with a header of no bytes": lambda raw: bytes(8) + raw[8:],
    "with a header of 2**63 bytes": lambda raw: struct.pack("<Q", 2**63) + raw[8:],
    "with a header of 2**64 - 1 bytes": lambda raw: b"\xff" * 8 + raw[8:],
    "with a header longer than itself": lambda raw: struct.pack("<Q", len(raw)) + raw[8:],
    "cut in its header": lambda raw: raw[:60],
    "cut by a byte": lambda raw: raw[:-1],
    "cut in half": lambda raw: raw[: 8 + len(raw) // 2],
    "with a byte too many": lambda raw: raw + b"\0",
    "with an archive behind it": lambda raw: raw + b"PK\x03\x04" + PICKLE,
    "that is a pickle": lambda raw: b"\x80\x04" + PICKLE,
    "that is an archive of torch": lambda raw: b"PK\x03\x04\x14\0archive/data.pkl" + PICKLE,
    "that is gguf": lambda raw: b"GGUF\x03\0\0\0" + raw[8:],
    "of zeros": lambda raw: bytes(len(raw)),
    "of ones": lambda raw: b"\xff" * len(raw),
    "of text": lambda raw: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
}
_HEADERS: Mapping[str, bytes] = {
    "whose header is not UTF-8": b'{"\xff\xfe": 1}',
    "whose header is UTF-16": '{"a": 1}'.encode("utf-16"),
    "whose header has a mark of its bytes": b"\xef\xbb\xbf{}",
    "whose header is a list": b"[1]",
    "whose header is nothing": b"null",
    "whose header is a text": b'"a"',
    "whose header is of blanks": b" " * 64,
    "whose header says nothing": b"{}",
    "whose header is nested 10,000 deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "whose header is a deep list": b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "whose header is never closed": b'{"a":' + b"[" * 100_000,
    "whose header has an infinite number": b'{"a": {"dtype": "F32", "shape": [Infinity]}}',
    "whose header goes on": b"{} {}",
    "whose header begins with blanks": b" \n {}",
}
_ENTRIES: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "with a number for a tensor": lambda said: 1,
    "with nothing for a tensor": lambda said: None,
    "with a list for a tensor": lambda said: [said],
    "with a negative offset": lambda said: {**said, "data_offsets": [-4, said["data_offsets"][1]]},
    "with offsets that are swapped": lambda said: {
        **said,
        "data_offsets": said["data_offsets"][::-1],
    },
    "with offsets of petabytes": lambda said: {**said, "data_offsets": [0, 2**52]},
    "with offsets beyond 64 bits": lambda said: {**said, "data_offsets": [2**64, 2**64 + 4]},
    "with an offset of 4,000 digits": lambda said: {**said, "data_offsets": [0, 10**4000]},
    "with offsets of fractions": lambda said: {
        **said,
        "data_offsets": [float(each) for each in said["data_offsets"]],
    },
    "with offsets of words": lambda said: {
        **said,
        "data_offsets": [str(each) for each in said["data_offsets"]],
    },
    "with three offsets": lambda said: {**said, "data_offsets": [*said["data_offsets"], 8]},
    "with one offset": lambda said: {**said, "data_offsets": [0]},
    "with no offsets": lambda said: {key: said[key] for key in ("dtype", "shape")},
    "with a table for offsets": lambda said: {**said, "data_offsets": {"begin": 0, "end": 4}},
    "with no shape": lambda said: {key: said[key] for key in ("dtype", "data_offsets")},
    "with nothing for a shape": lambda said: {**said, "shape": None},
    "with a shape of words": lambda said: {**said, "shape": ["1", "2"]},
    "with a negative size": lambda said: {**said, "shape": [-1, *said["shape"]]},
    "with sizes that are flags": lambda said: {**said, "shape": [True, *said["shape"]]},
    "with sizes that overflow": lambda said: {**said, "shape": [2**40, 2**40]},
    "with sizes that wrap around to its own": lambda said: {
        **said,
        "shape": [2**62 + 1, 4, *said["shape"]],
    },
    "that announces terabytes": lambda said: {
        **said,
        "shape": [2**40],
        "data_offsets": [0, 2**42],
    },
    "with a thousand sizes": lambda said: {**said, "shape": [*said["shape"], *[1] * 1000]},
    "with sizes too many to multiply": lambda said: {**said, "shape": [10**18] * 100_000},
    "with a size of nothing": lambda said: {**said, "shape": [0], "data_offsets": [0, 0]},
    "of a type that nobody knows": lambda said: {**said, "dtype": "F31"},
    "of a type that is a number": lambda said: {**said, "dtype": 32},
    "of a type that is a list": lambda said: {**said, "dtype": ["F32"]},
    "of a type with signs for a screen": lambda said: {**said, "dtype": "\x1b[2J\x1b]0;owned\x07"},
    "of whole numbers": lambda said: {**said, "dtype": "I32"},
    "of truths": lambda said: {**said, "dtype": "BOOL"},
    "that says more of a tensor": lambda said: {**said, "code": "import os"},
    "of another shape": lambda said: {**said, "shape": [*said["shape"], 1]},
}


def _without_first(said: dict[str, Any], data: bytes) -> tuple[Any, bytes]:
    first = _names(said)[0]
    size = said[first]["data_offsets"][1]
    left = {
        name: {**each, "data_offsets": [at - size for at in each["data_offsets"]]}
        for name, each in said.items()
        if name not in (first, "__metadata__")
    }
    return left, data[size:]


def _with(name: str) -> Callable[[dict[str, Any], bytes], tuple[Any, bytes]]:
    """Return what adds a tensor of one number under a name."""

    def add(said: dict[str, Any], data: bytes) -> tuple[Any, bytes]:
        end = len(data)
        more = {"dtype": "F32", "shape": [1], "data_offsets": [end, end + 4]}
        return {**said, name: more}, data + _NUMBER

    return add


def _called(name: str) -> Callable[[dict[str, Any], bytes], tuple[Any, bytes]]:
    """Return what gives the first tensor another name."""

    def rename(said: dict[str, Any], data: bytes) -> tuple[Any, bytes]:
        first = _names(said)[0]
        return {name: said[first], **{key: said[key] for key in said if key != first}}, data

    return rename


def _twice(said: dict[str, Any], data: bytes) -> tuple[Any, bytes]:
    first = _names(said)[0]
    text = json.dumps(said).encode()[:-1] + b", " + json.dumps({first: said[first]}).encode()[1:]
    return text, data


def _key_twice(said: dict[str, Any], data: bytes) -> tuple[Any, bytes]:
    return json.dumps(said).encode().replace(b'"dtype": ', b'"dtype": "F16", "dtype": ', 1), data


def _aliased(said: dict[str, Any], data: bytes) -> tuple[Any, bytes]:
    first = _names(said)[0]
    return {**said, f"{first}.again": said[first]}, data


def _with_a_hole(said: dict[str, Any], data: bytes) -> tuple[Any, bytes]:
    moved = {
        name: {**each, "data_offsets": [at + 8 for at in each["data_offsets"]]}
        for name, each in said.items()
        if name != "__metadata__"
    }
    return moved, bytes(8) + data


def _filled(number: bytes) -> Callable[[dict[str, Any], bytes], tuple[Any, bytes]]:
    return lambda said, data: (said, data[:-4] + number)


def _told(metadata: Any) -> Callable[[dict[str, Any], bytes], tuple[Any, bytes]]:
    return lambda said, data: ({**said, "__metadata__": metadata}, data)


_PARTS: Mapping[str, Callable[[dict[str, Any], bytes], tuple[Any, bytes]]] = {
    "that lacks a tensor": _without_first,
    "with a tensor twice": _twice,
    "with a type twice": _key_twice,
    "with two names for the same numbers": _aliased,
    "with a hole": _with_a_hole,
    "with one that is not a number": _filled(b"\x00\x00\xc0\x7f"),
    "with one that is infinite": _filled(b"\x00\x00\x80\x7f"),
    "of numbers that overflow": lambda said, data: (said, b"\x99\x76\x61\x7f" * (len(data) // 4)),
    "with a tensor of a name that leads away": _with("../../../../etc/passwd"),
    "with a tensor of a name of signs for a screen": _with("\x1b]8;;http://evil\x07\x1b[31mweight"),
    "with a tensor of a name of several lines": _with("a\nerror: all is well\r\n"),
    "with a tensor of a name of markup": _with("<script>alert(1)</script>[x](javascript:1)"),
    "with a tensor of half a character": _with("weight\ud800"),
    "with a tensor of a name with nothing in it": _with("a\0b"),
    "with a tensor of no name": _with(""),
    "with a tensor of a long name": _with("a" * 100_000),
    "with a tensor of a name that turns around": _with("\u202eweight\u2066"),
    "with a tensor called otherwise": _called("model.layers.0.self_attn.q_proj.lora_A.weight"),
    "with remarks that are a list": _told([1]),
    "with remarks of numbers": _told({"format": 1}),
    "with remarks that are deep": _told({"a": [[[[[[1]]]]]]}),
}
