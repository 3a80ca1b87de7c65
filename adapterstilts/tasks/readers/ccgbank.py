"""CCGbank's derivations (`data/AUTO/00/wsj_0001.auto`): words and their lexical categories.

A derivation is one line below the line with its `ID`; its leaves are
`<L CATEGORY MODIFIED-POS POS WORD PREDICATE>` (Hockenmaier and Steedman 2005, section 2.2).
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from adapterstilts.tasks.readers.lines import lines
from adapterstilts.tasks.readers.reader import Request, Row, refuse
from adapterstilts.tasks.supertags import RARE

_LEAF = re.compile(r"<L ([^<>]*)>")
_CELLS = 5


def ccgbank(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the sentences of sections of CCGbank, the rare categories of words as `<unk>`."""
    known = frozenset(request.task.labels)
    for path in paths:
        head = ""
        for place, line in lines(path, request):
            if line.startswith("ID="):
                head = line.split()[0].removeprefix("ID=")
            elif line.startswith("("):
                if not head:
                    raise refuse(place, "a derivation without a line 'ID=…' above it")
                tokens, categories = _leaves(line, place)
                tags = [each if each in known else RARE for each in categories]
                yield {
                    "id": head,
                    "place": place,
                    "tokens": tokens,
                    "tags": tags if request.labelled else None,
                }
                head = ""
            elif line.strip():
                raise refuse(place, "neither 'ID=…' nor a derivation '(…)'; mend the file")


def _leaves(line: str, place: str) -> tuple[list[str], list[str]]:
    """Return the words of a derivation and their categories."""
    tokens, categories = [], []
    for leaf in _LEAF.finditer(line):
        cells = leaf[1].split(" ")
        if len(cells) != _CELLS or not all(cells):
            raise refuse(place, f"the leaf {leaf[0]!r} has no five fields; mend the file")
        categories.append(cells[0])
        tokens.append(cells[3])
    if not tokens or line.count("<L ") != len(tokens):
        raise refuse(place, "a derivation with no leaf, or with a broken one; mend the file")
    return tokens, categories


READERS = {"ccgbank": ccgbank}
"""The reader of CCGbank."""
