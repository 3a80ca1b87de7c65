"""What others have written, read strictly: JSON that can be read in one way, and texts to be shown.

A document is bounded in depth and in numbers, so that nothing that is done with it later, a message
of what is wrong with it least of all, can take a program's time, memory or screen.
"""

import json
from typing import Any, NoReturn

DEEPEST = 32
"""Tables and lists within one another that a document may have; real ones have ten."""
DIGITS = 19
"""Digits that a whole number may have: those of 64 bits."""
_SHOWN = 120
_LONGEST = 300


def shown(text: object) -> str:
    """Return what a file says as people may be shown it: short, and without what steers screens."""
    return plain(f"{text}", _SHOWN)


def plain(text: str, most: int) -> str:
    """Return so much of a text at most, with a sign in the place of each that steers screens."""
    said = "".join(sign if sign.isprintable() else "�" for sign in text[:most])
    return said if len(text) <= most else f"{said}…"


def clipped(text: str, most: int) -> str:
    """Return a text on one line; of a longer one the beginning and the end, where a remedy is."""
    if len(text) > most:
        end = most // 4
        text = f"{text[: most - end]} … {text[-end:]}"
    return "".join(sign if sign.isprintable() else "�" for sign in text)


def reason(error: BaseException) -> str:
    """Return what a library says of a file, on one line and of a bounded length."""
    lines = str(error).split("\n", 1)
    return plain(lines[0].strip() or "no reason given", _LONGEST)


def parsed(text: str) -> Any:
    """Return what a text of JSON says, or raise ValueError with what is wrong with it."""
    try:
        found = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_int=_whole,
            parse_float=_fraction,
        )
    except RecursionError:
        raise ValueError(f"it is nested more than {DEEPEST} deep") from None
    _check(found)
    return found


def _check(found: Any) -> None:
    """Refuse what is nested too deep, and halves of characters, which nothing can write."""
    level = [found]
    for _ in range(DEEPEST + 1):
        inside: list[Any] = []
        for value in level:
            if isinstance(value, str):
                _check_text(value)
            elif isinstance(value, list):
                inside += value
            elif isinstance(value, dict):
                inside += value.values()
        if not inside:
            return
        level = inside
    raise ValueError(f"it is nested more than {DEEPEST} deep")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"'{shown(text)}' has half a character") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"'{shown(key)}' stands twice")
        _check_text(key)
        found[key] = value
    return found


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > DIGITS:
        raise ValueError(f"{shown(text)} has more than {DIGITS} digits")
    return int(text)


def _fraction(text: str) -> float:
    found = float(text)
    if found in (float("inf"), float("-inf")):
        raise ValueError(f"{shown(text)} is beyond all numbers")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")
