"""Numbers as people read them; a missing one is an empty string."""

import math
from collections.abc import Callable
from functools import wraps
from typing import TypeGuard

MINUS = "\N{MINUS SIGN}"
STAR = "*"
"""Mark of an interval that excludes zero."""


def known(value: float | None) -> TypeGuard[float]:
    """Return whether there is a number: neither `None` nor NaN nor what pandas has for them."""
    return isinstance(value, int | float) and not math.isnan(value)


def _if_known(write: Callable[[float], str]) -> Callable[[float | None], str]:
    @wraps(write)
    def written(value: float | None) -> str:
        return write(value) if known(value) else ""

    return written


@_if_known
def points(value: float) -> str:
    """Return a score in points of its metric."""
    return f"{value:.1f}".replace("-", MINUS)


@_if_known
def signed(value: float) -> str:
    """Return a difference of scores with its sign, and none where it rounds to zero."""
    text = f"{value:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", MINUS)


@_if_known
def count(value: float) -> str:
    """Return a number of things."""
    return f"{value:,.0f}"


@_if_known
def size(value: float) -> str:
    """Return a number of bytes."""
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} GB"


@_if_known
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
    return f"[{points(low)}, {points(high)}]" if known(low) and known(high) else ""


def signed_interval(low: float | None, high: float | None) -> str:
    """Return an interval of differences."""
    return f"[{signed(low)}, {signed(high)}]" if known(low) and known(high) else ""


def verdict(low: float | None, high: float | None) -> str:
    """Return `up` or `down` where an interval excludes zero, `open` where it does not."""
    if not (known(low) and known(high)):
        return ""
    return "up" if low > 0 else "down" if high < 0 else "open"
