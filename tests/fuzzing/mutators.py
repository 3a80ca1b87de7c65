"""What becomes of good bytes: flipped, cut, spliced, and JSON changed as its structure lets it."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**64),
    10**30,
    0.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "a",
    "None",
    "../../x",
    "/etc/passwd",
    "..\\x",
    "a\0b",
    "\x1b[2J\x1b]0;x\x07",
    "line\nerror: line",
    "\u202e",
    "\ud800",
    "<script>alert(1)</script>",
    "(a+)+$",
    "x" * 5000,
    "😀" * 40,
    [],
    {},
    [[]],
    [None],
    [1, "a", None],
    {"": {}},
    {"a": [{"b": {}}]},
)
"""Values that a careless reader stumbles over."""
_WORDS = (b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\0", b"\xff", b"\n", b"NaN", b"1e999")
Step = Callable[[bytes, Random], bytes]


def mutated(good: bytes, other: bytes, random: Random, *, structured: bool) -> bytes:
    """Return bytes that were good once, after some changes.

    Args:
        good: What is changed.
        other: What may be spliced in.
        random: Where all chance comes from.
        structured: Whether it is JSON, and may be changed as such.
    """
    found = good
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        if structured and random.random() < 0.7:
            found = _json(found, random)
        else:
            found = random.choice(_STEPS)(found, random)
    if random.random() < 0.05:
        cut = random.randrange(len(found) + 1)
        found = found[:cut] + other[random.randrange(len(other) + 1) :]
    return found


def _flip(raw: bytes, random: Random) -> bytes:
    found = bytearray(raw)
    for _ in range(random.choice((1, 1, 4, 32))):
        if found:
            found[random.randrange(len(found))] ^= 1 << random.randrange(8)
    return bytes(found)


def _cut(raw: bytes, random: Random) -> bytes:
    return raw[: random.randrange(len(raw) + 1)]


def _gone(raw: bytes, random: Random) -> bytes:
    begin = random.randrange(len(raw) + 1)
    return raw[:begin] + raw[begin + random.choice((1, 2, 8, 100)) :]


def _doubled(raw: bytes, random: Random) -> bytes:
    begin = random.randrange(len(raw) + 1)
    piece = raw[begin : begin + random.choice((1, 8, 100))]
    return raw[:begin] + piece * random.choice((2, 3, 50)) + raw[begin:]


def _inserted(raw: bytes, random: Random) -> bytes:
    at = random.randrange(len(raw) + 1)
    return raw[:at] + random.choice(_WORDS) * random.choice((1, 1, 2, 2000)) + raw[at:]


def _number(raw: bytes, random: Random) -> bytes:
    """Return bytes with another number in the place of a digit."""
    digits = [at for at, byte in enumerate(raw[:100_000]) if 48 <= byte <= 57]
    if not digits:
        return raw
    at = random.choice(digits)
    said = random.choice((b"-1", b"0", b"18446744073709551616", b"9" * 5000, b"1e400", b"0.5"))
    return raw[:at] + said + raw[at + 1 :]


_STEPS: tuple[Step, ...] = (_flip, _cut, _gone, _doubled, _inserted, _number)


def _json(raw: bytes, random: Random) -> bytes:
    """Return a document of JSON in which something stands that does not belong there."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return random.choice(_STEPS)(raw, random)
    places: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting and len(places) < 20_000:
        part = waiting.pop()
        keys = (
            list(part)
            if isinstance(part, dict)
            else range(len(part))
            if isinstance(part, list)
            else ()
        )
        for key in keys:
            places.append((part, key))
            waiting.append(part[key])
    if not places:
        return json.dumps(random.choice(ODD)).encode()
    part, key = random.choice(places)
    _changed(part, key, random, places)
    return json.dumps(document).encode()


def _changed(part: Any, key: Any, random: Random, places: list[tuple[Any, Any]]) -> None:
    """Put something else into one place of a document."""
    kind = random.randrange(6)
    if kind == 0:
        part[key] = random.choice(ODD)
    elif kind == 1:
        other, there = random.choice(places)
        part[key] = json.loads(json.dumps(other[there]))
    elif kind == 2:
        del part[key]
    elif kind == 3 and isinstance(part, dict):
        odd = random.choice(ODD)
        part[odd if isinstance(odd, str) else str(odd)] = part.pop(key)
    elif kind == 4:
        for _ in range(random.choice((1, 40))):
            part[key] = [part[key]] if random.random() < 0.5 else {"a": part[key]}
    elif isinstance(part[key], int) and not isinstance(part[key], bool):
        part[key] += random.choice((-1, 1, 7, 2**40))
    else:
        part[key] = [part[key]] * random.choice((2, 3, 70))
