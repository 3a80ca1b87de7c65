"""BUCC's two files of sentences with their ids, and the pairs among them that are translations."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.mining import SIDES
from adapterstilts.tasks.readers.lines import filled
from adapterstilts.tasks.readers.reader import Request, Row, refuse


def bucc(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield every sentence of the foreign file and then of the English one.

    A source sentence's `targets` are the ids that the gold file pairs it with. Layouts without
    labels have no gold file: there nobody knows the targets of any sentence.
    """
    texts = paths[: len(SIDES)]
    pairs = _pairs(paths[-1], request) if request.labelled else {}
    ids: dict[str, str] = {}
    for path, side in zip(texts, SIDES, strict=True):
        for place, name, text in _columns(path, request, "an id and a sentence"):
            if name in ids:
                raise refuse(place, f"the id {name} is that of {ids[name]}; mend the file")
            ids[name] = place
            found = [target for target, _ in pairs.get(name, ())] if side == SIDES[0] else []
            yield {
                "id": name,
                "place": place,
                "text": text,
                "side": side,
                "targets": found if request.labelled else None,
            }
    for source, targets in pairs.items():
        for target, place in targets:
            for name in (source, target):
                if name not in ids:
                    raise refuse(place, f"there is no sentence {name}; get the files anew")


def _pairs(path: Path, request: Request) -> dict[str, list[tuple[str, str]]]:
    """Return the targets of each source, each with its place in the gold file."""
    found: dict[str, list[tuple[str, str]]] = {}
    for place, source, target in _columns(path, request, "the ids of a pair"):
        found.setdefault(source, []).append((target, place))
    if not found:
        raise StiltsError(f"{request.name(path)} has no pair: get the file anew")
    return found


def _columns(path: Path, request: Request, what: str) -> Iterator[tuple[str, str, str]]:
    for line in filled(path, request):
        first, tab, second = line.text.partition("\t")
        if not first.strip() or not second.strip():
            there = "nothing" if tab else "no tab"
            raise refuse(line.place, f"{there} where {what} belong, in two columns; mend the file")
        yield line.place, first.strip(), second.strip()


READERS = {"bucc": bucc}
