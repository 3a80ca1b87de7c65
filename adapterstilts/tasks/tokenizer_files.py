"""What a tokenizer's file may say before the backend reads it: nothing that hangs, grows or breaks.

The backend compiles patterns, and follows tables, as they are written; what it cannot follow ends
the thread that it works in. Of a vocabulary the numbers are looked at, and how long a piece is.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from adapterstilts.core.strict import parsed, shown
from adapterstilts.tasks import patterns

LARGEST = 2**26
"""Bytes that such a file may have; that of XLM-R has 9 million."""
LARGEST_ID = 2**23
"""Number below which the ids of pieces are: no backbone has more."""
_SMALL = 2**20
"""Bytes of all that is no vocabulary, as JSON."""
_PARTS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
_MOST_STEPS, _MOST_PIECES = 64, 256
"""Steps of one part, and control pieces that are put around a text."""
_MOST_ADDED, _LONGEST_ADDED = 20_000, 500
"""Pieces beside the vocabulary, and characters of one."""
_GROWTH, _LONGEST = 64, 128
"""Times that a text may grow in all steps together, and characters of what is put into it."""
_BLOCK = 256
"""Units of a table that belong together: one for each byte that may come next."""
_LEAF = 2**31


def read(path: Path) -> bytes:
    """Return the content of a tokenizer's file, or say that it is too large."""
    with path.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"it has more than {LARGEST:,} bytes")
    return content


def check(text: str) -> int:
    """Return the greatest id that a tokenizer's file gives, or say why it is not to be read."""
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(found, dict) or not isinstance(found.get("model"), dict):
        raise ValueError("it is no object with a model in it")
    small = {key: value for key, value in found.items() if key not in ("model", "added_tokens")}
    written = json.dumps(small)
    if len(written) > _SMALL:
        raise ValueError(f"all that is no vocabulary has more than {_SMALL:,} bytes")
    small = parsed(written)
    growth = 1.0
    for part in _PARTS:
        steps = list(_steps(small.get(part)))
        if len(steps) > _MOST_STEPS:
            raise ValueError(f"its {part} has more than {_MOST_STEPS} steps")
        for step in steps:
            growth *= _checked(part, step)
    if not growth <= _GROWTH:
        raise ValueError(f"it makes a text more than {_GROWTH} times as long")
    _check_around(small.get("post_processor"))
    return max(_added(found.get("added_tokens")), _known(found["model"]))


def broke(error: BaseException) -> bool:
    """Return whether the backend broke, and not the program, nor whoever runs it.

    A panic is no `Exception`, so that it would end the program, and has no public name.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("one of its keys stands twice")
    return found


def _steps(part: Any) -> Iterator[Mapping[str, Any]]:
    """Yield each step of a part, those of sequences among them."""
    if isinstance(part, list):
        for each in part:
            yield from _steps(each)
    elif isinstance(part, dict):
        yield part
        for key in ("normalizers", "pretokenizers", "processors", "decoders"):
            yield from _steps(part.get(key))


def _checked(part: str, step: Mapping[str, Any]) -> float:
    """Return how much longer a step can make a text, or refuse the step."""
    pattern = step.get("pattern")
    plain = pattern.get("String") if isinstance(pattern, dict) else pattern
    regex = pattern.get("Regex") if isinstance(pattern, dict) else None
    if isinstance(regex, str) and (why := patterns.complaint(regex)):
        raise ValueError(f"its {part} looks for '{shown(regex)}', and {why}")
    if plain == "":
        raise ValueError(f"its {part} looks for nothing")
    if step.get("type") == "FixedLength" and not step.get("length"):
        raise ValueError(f"its {part} cuts texts into pieces of no length")
    if "precompiled_charsmap" in step:
        return _table(step["precompiled_charsmap"])
    put = next((step[key] for key in ("content", "prepend") if isinstance(step.get(key), str)), "")
    if len(put) > _LONGEST:
        raise ValueError(f"its {part} puts in {len(put):,} characters at once")
    return max(1.0, len(put) / len(plain) if isinstance(plain, str) else float(len(put)))


def _table(said: Any) -> float:
    """Return how much longer a table of characters can make a text, or refuse what leads out of it.

    It is a tree in an array, as sentencepiece writes it, and then all that stands for something
    else, each with a zero at its end. A unit leads to another by its offset.
    """
    content = base64.b64decode(said, validate=True) if isinstance(said, str) else b""
    size = int.from_bytes(content[:4], "little")
    inside, words = content[4 : 4 + size], content[4 + size :]
    if not size or len(inside) != size or size % (4 * _BLOCK) or words[-1:] != b"\0":
        raise ValueError("its table of characters is broken")
    units = np.frombuffer(inside, dtype="<u4").astype(np.int64)
    places = np.arange(len(units)) ^ ((units >> 10) << ((units & 512) >> 6))
    inner = units < _LEAF
    ends = places[inner & ((units & 256) > 0)]
    if places[inner].max(initial=0) >= len(units) or _beyond(units[ends], words):
        raise ValueError("its table of characters leads out of itself")
    longest = max(map(len, words.split(b"\0")))
    if longest > _LONGEST:
        raise ValueError(f"its table of characters puts in {longest:,} bytes at once")
    # What a normal form makes of one sign is the longest that any has, and no text is made of it.
    return 1.0


def _beyond(ends: Any, words: bytes) -> bool:
    """Return whether the end of a word leads beyond all that stands for something else."""
    return bool(((ends & (_LEAF - 1)) >= len(words)).any())


def _check_around(part: Any) -> None:
    """Refuse more pieces around a text than anybody puts there, and ids that no backbone has."""
    for step in _steps(part):
        special = step.get("special_tokens")
        tables = list(special.values()) if isinstance(special, dict) else []
        ids = [id for each in tables if isinstance(each, dict) for id in _list(each.get("ids"))]
        pieces = [*_list(step.get("single")), *_list(step.get("pair"))]
        if len(ids) + len(pieces) > _MOST_PIECES:
            raise ValueError(f"it puts more than {_MOST_PIECES} pieces around a text")
        ids += [*_list(step.get("sep"))[1:], *_list(step.get("cls"))[1:]]
        _greatest(ids, "puts around a text")


def _added(added: Any) -> int:
    """Return the greatest id of the pieces beside the vocabulary."""
    if not isinstance(added, list) or len(added) > _MOST_ADDED:
        raise ValueError(f"it has no list of at most {_MOST_ADDED:,} added pieces")
    for each in added:
        text = each.get("content") if isinstance(each, dict) else None
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST_ADDED:
            raise ValueError(f"one of its added pieces has not 1 to {_LONGEST_ADDED} characters")
    return _greatest([each.get("id") for each in added], "adds")


def _known(model: Mapping[str, Any]) -> int:
    """Return the greatest id of a vocabulary, or refuse what cuts a text otherwise every time."""
    if model.get("dropout") not in (None, 0):
        raise ValueError("it leaves out merges at random, so that a text is never cut alike")
    vocabulary = model.get("vocab")
    for each in vocabulary if isinstance(vocabulary, list | dict) else ():
        piece = each[0] if isinstance(each, list) and each else each
        if isinstance(piece, str) and len(piece) > _LONGEST_ADDED:
            raise ValueError(f"one of its pieces has more than {_LONGEST_ADDED} characters")
    if isinstance(vocabulary, dict):
        return _greatest(list(vocabulary.values()), "knows")
    return len(vocabulary) - 1 if isinstance(vocabulary, list) else -1


def _greatest(ids: list[Any], does: str) -> int:
    """Return the greatest of some ids, or refuse them where a backbone has none such."""
    for each in ids:
        if type(each) is not int or not 0 <= each < LARGEST_ID:
            raise ValueError(f"it {does} a piece with the id {shown(repr(each))}")
    return max(ids, default=-1)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
