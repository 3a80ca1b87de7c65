"""Whether a regular expression of somebody else's can be looked for without going astray.

Tokenizers bring patterns along, which the backend looks for by trying one way after another. What
multiplies the ways is repetition of what repeats already, several repetitions in a row that may
share a text among them, and references back to what was found. Known tokenizers have none of these:
at most two repetitions follow one another in what stands between two bars.
"""

import re

_LONGEST = 2000
"""Characters that a pattern may have."""
_MOST, _MOST_FREE = 2, 12
"""Repetitions in a row, and parts that may be left out."""
_GREATEST = 1000
"""Times that something may be repeated, where a pattern names a number."""
_BACK = frozenset("123456789gkKRX")
"""What after a backslash leads back to what was found, or is a pattern of its own."""
_OPENS = re.compile(r"\((?:\?(?:[:=!>]|<[=!]|[imsx-]{1,4}[:)]))?(?!\?)")
"""How a group begins that captures, looks ahead or behind, or sets how letters are compared."""
_OFTEN = re.compile(r"[*+]|\{(?:\d+(?:,\d*)?|,\d+)\}")
_ONE = re.compile(r"\\(?:[pP]\{\^?\w{1,30}\}|[xu]\{?[0-9A-Fa-f]{1,8}\}?|.)|[^\\\[(]", re.DOTALL)
"""What stands for one character, a class in brackets not among it."""


def complaint(pattern: str) -> str:
    """Return why a pattern is not looked for (`it …`), or an empty string."""
    if not 0 < len(pattern) <= _LONGEST:
        return f"it has {len(pattern):,} characters, and 1 to {_LONGEST:,} are looked for"
    often = free = depth = place = 0
    while place < len(pattern):
        sign = pattern[place]
        if sign == "|" and not depth:
            often, place = 0, place + 1
            continue
        if sign == "(":
            opened = _OPENS.match(pattern, place)
            if opened is None:
                return "it has a group of a kind that no tokenizer needs"
            depth += not opened[0].endswith(")")
            place = opened.end()
            continue
        if sign == "[":
            end = _class(pattern, place)
        else:
            one = _ONE.match(pattern, place)
            end = one.end() if one else 0
        if not end or (sign == "\\" and pattern[place + 1] in _BACK):
            return "it refers back, or does not come to an end"
        depth -= sign == ")"
        place = end
        if repeats := _OFTEN.match(pattern, place):
            if sign in "()|*+?":
                return "it repeats what may repeat itself"
            if any(int(each) > _GREATEST for each in re.findall(r"\d+", repeats[0])):
                return f"it repeats something more than {_GREATEST:,} times"
            often, place = often + 1, repeats.end()
            # One sign more says how greedy it is.
            place += pattern[place : place + 1] in ("?", "+")
        elif pattern[place : place + 1] == "?":
            free, place = free + 1, place + 1
        if pattern[place : place + 1] in ("*", "+", "?") or _OFTEN.match(pattern, place):
            return "it repeats what may repeat itself"
        if often > _MOST or free > _MOST_FREE:
            return f"it has more than {_MOST} repetitions in a row"
    return ""


def _class(pattern: str, place: int) -> int:
    """Return where a class in brackets ends that begins at a place; 0 where it does not."""
    depth = 0
    while place < len(pattern):
        sign = pattern[place]
        if sign == "\\":
            place += 1
        depth += (sign == "[") - (sign == "]")
        place += 1
        if not depth:
            return place
    return 0
