"""Numbers as people read them; a missing one is an empty string."""

import math
from collections.abc import Callable
from functools import wraps

MINUS = "\N{MINUS SIGN}"
STAR = "*"
"""Mark of an interval that excludes zero."""


def _unless_missing(write: Callable[[float], str]) -> Callable[[float | None], str]:
    @wraps(write)
    def written(value: float | None) -> str:
        return "" if missing(value) or value is None else write(float(value))

    return written


def missing(value: float | None) -> bool:
    """Return whether there is no number: `None`, NaN, or what pandas writes for either."""
    return value is None or not isinstance(value, int | float) or math.isnan(value)


@_unless_missing
def points(value: float) -> str:
    """Return a score in points of its metric."""
    return f"{value:.1f}".replace("-", MINUS)


@_unless_missing
def signed(value: float) -> str:
    """Return a difference of scores with its sign, and none where it rounds to zero."""
    text = f"{value:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", MINUS)


@_unless_missing
def count(value: float) -> str:
    """Return a number of things."""
    return f"{value:,.0f}"


@_unless_missing
def size(value: float) -> str:
    """Return a number of bytes."""
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} GB"


@_unless_missing
def duration(value: float) -> str:
    """Return a number of seconds."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, seconds = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval of scores."""
    return "" if missing(low) or missing(high) else f"[{points(low)}, {points(high)}]"


def signed_interval(low: float | None, high: float | None) -> str:
    """Return an interval of differences."""
    return "" if missing(low) or missing(high) else f"[{signed(low)}, {signed(high)}]"


def verdict(low: float | None, high: float | None) -> str:
    """Return `up` or `down` where an interval excludes zero, `open` where it does not."""
    if low is None or high is None or missing(low) or missing(high):
        return ""
    return "up" if low > 0 else "down" if high < 0 else "open"
