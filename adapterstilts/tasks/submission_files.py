"""The files of XTREME's submissions: labels and answers of one task in one language.

A reader returns what it found by id, with the line where it stands; where the layout has no ids
they are numbers from 0. What is wrong is added to a list, so that all of it can be said at once.
Line ends of Windows and a byte order mark are tolerated. Only line feeds end a line: texts may
hold the separators that `str.splitlines` would cut at.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import some
from adapterstilts.core.records import Prediction


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a file says of one example."""

    value: Any
    """A label, tags, a text, or ids."""
    line: int
    """Where it begins, from 1; 0 in files that are one JSON document."""


Entries = dict[str, Entry]
"""Example to what a file says of it."""
Reader = Callable[[Path, Collection[str], list[str]], Entries]
"""Reads a file with the labels that are known and the list that problems are added to."""


def labels(path: Path, known: Collection[str], problems: list[str]) -> Entries:
    """Return one label a line."""
    found: Entries = {}
    for number, line in enumerate(_lines(path, problems), start=1):
        if line not in known:
            problems.append(f"{path}:{number}: {_quoted(line)} is not one of {_listed(known)}")
        found[str(number - 1)] = Entry(value=line, line=number)
    return found


def tags(path: Path, known: Collection[str], problems: list[str]) -> Entries:
    """Return one tag a line, alone or after its token and a tab, sentences apart by blank lines."""
    found: Entries = {}
    sentence: list[str] = []
    start = 0
    for number, line in enumerate([*_lines(path, problems), ""], start=1):
        if line:
            tag = line.rpartition("\t")[2]
            if tag not in known:
                problems.append(f"{path}:{number}: {_quoted(tag)} is not one of {_listed(known)}")
            start = start or number
            sentence.append(tag)
        elif sentence:
            found[str(len(found))] = Entry(value=sentence, line=start)
            sentence, start = [], 0
    return found


def places(path: Path, known: Collection[str], problems: list[str]) -> Entries:
    """Return one line number a line, counted from 0."""
    found: Entries = {}
    for number, line in enumerate(_lines(path, problems), start=1):
        if not (line.isascii() and line.isdigit()):
            problems.append(
                f"{path}:{number}: {_quoted(line)} is not a line number counted from 0, as `308`"
            )
        found[str(number - 1)] = Entry(value=line, line=number)
    return found


def choices(path: Path, known: Collection[str], problems: list[str]) -> Entries:
    """Return the `label` of one JSON object a line."""
    found: Entries = {}
    for number, line in enumerate(_lines(path, problems), start=1):
        row = _parsed(line, f"{path}:{number}", problems)
        label = row.get("label") if isinstance(row, dict) else None
        if row is not None and (isinstance(label, bool) or str(label) not in known):
            problems.append(
                f"{path}:{number}: not an object with a `label` that is one of {_listed(known)}"
            )
        found[str(number - 1)] = Entry(value=str(label), line=number)
    return found


def pairs(path: Path, known: Collection[str], problems: list[str]) -> Entries:
    """Return the English ids of each sentence that is in a pair, one pair a line, if any."""
    found: Entries = {}
    for number, line in enumerate(_lines(path, problems, needed=False), start=1):
        parts = line.split("\t")
        if len(parts) != 2 or not all(parts):
            problems.append(f"{path}:{number}: not two ids with a tab between them")
            continue
        found.setdefault(parts[0], Entry(value=[], line=number)).value.append(parts[1])
    return found


def right_pairs(path: Path, known: Collection[str], problems: list[str]) -> Entries:
    """Return the right pairs in the same way, of which there are some."""
    found = pairs(path, known, problems)
    if not found:
        problems.append(f"{path}: no pair in it")
    return found


def texts(path: Path, known: Collection[str], problems: list[str]) -> Entries:
    """Return the answer of each question of a JSON object."""
    found: Entries = {}
    document = dict(_object(path, problems))
    if isinstance(document.get("data"), list):
        problems.append(f"{path}: labels, where answers belong")
        return found
    for name, answer in document.items():
        if not isinstance(answer, str):
            problems.append(f"{path}: the answer of question '{name}' is not a text")
            answer = ""
        found[name] = Entry(value=answer, line=0)
    return found


def rankings(path: Path, known: Collection[str], problems: list[str]) -> Entries:
    """Return the ids of each query of a JSON object, the best first."""
    found: Entries = {}
    for name, ids in _object(path, problems):
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            problems.append(f"{path}: what is given for '{name}' is not a list of ids")
            ids = []
        found[name] = Entry(value=[each.strip() for each in ids], line=0)
    return found


def right_rankings(path: Path, known: Collection[str], problems: list[str]) -> Entries:
    """Return the right ids of each query, or refuse those that were blanked."""
    found = rankings(path, known, problems)
    _refuse_blank(path, [each.value for each in found.values()], problems)
    return found


def squad(path: Path, known: Collection[str], problems: list[str]) -> Entries:
    """Return the right answers of each question of a file in SQuAD's layout."""
    found: Entries = {}
    document = _parsed(_text(path, problems), str(path), problems)
    if document is None:
        return found
    if isinstance(document, dict) and "data" not in document:
        problems.append(f"{path}: answers, where labels belong, for it has no 'data'")
        return found
    try:
        for article in document["data"]:
            for paragraph in article["paragraphs"]:
                for asked in paragraph["qas"]:
                    answers = [str(answer["text"]) for answer in asked["answers"]]
                    found[str(asked["id"])] = Entry(value=answers, line=0)
    except (KeyError, TypeError) as error:
        problems.append(f"{path}: not in SQuAD's layout, for it has no {error}")
    _refuse_blank(path, [each.value for each in found.values()], problems)
    return found


def in_order(given: Entries, gold: Entries, *, path: Path, problems: list[str]) -> list[Any]:
    """Return what is given for each gold entry, as many as there are."""
    if len(given) != len(gold):
        answers = "answer" if len(given) == 1 else "answers"
        problems.append(f"{path}: {len(given):,} {answers} for {len(gold):,} labels")
        return []
    found = []
    for name, right in gold.items():
        entry = given[name]
        if isinstance(right.value, list) and len(entry.value) != len(right.value):
            problems.append(
                f"{path}:{entry.line}: a sentence of {len(entry.value)} tags for"
                f" {len(right.value)} tokens"
            )
        found.append(entry.value)
    return found


def by_id(given: Entries, gold: Entries, *, path: Path, problems: list[str]) -> list[Any]:
    """Return what is given for each gold entry, and None where it is left out."""
    unknown = [name for name in given if name not in gold]
    if unknown:
        problems.append(f"{path}: ids that the labels do not have: {some(unknown, most=5)}")
    return [given[name].value if name in given else None for name in gold]


def write_lines(examples: Sequence[Prediction]) -> str:
    """Return one answer a line."""
    return "".join(f"{example.prediction}\n" for example in examples)


def write_tags(examples: Sequence[Prediction]) -> str:
    """Return one tag a line, and a blank line after each sentence."""
    return "".join("".join(f"{tag}\n" for tag in each.prediction) + "\n" for each in examples)


def write_choices(examples: Sequence[Prediction]) -> str:
    """Return one JSON object a line."""
    return "".join(json.dumps({"label": int(each.prediction)}) + "\n" for each in examples)


def write_pairs(examples: Sequence[Prediction]) -> str:
    """Return one pair a line."""
    return "".join(f"{each.example_id}\t{id}\n" for each in examples for id in each.prediction)


def write_object(examples: Sequence[Prediction]) -> str:
    """Return one JSON object with an entry for each example."""
    found = {each.example_id: each.prediction for each in examples}
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _object(path: Path, problems: list[str]) -> Iterator[tuple[str, Any]]:
    document = _parsed(_text(path, problems), str(path), problems)
    if isinstance(document, dict):
        yield from document.items()
    elif document is not None:
        problems.append(f"{path}: not one JSON object with an entry for each id")


def _refuse_blank(path: Path, answers: Sequence[Sequence[str]], problems: list[str]) -> None:
    """Refuse gold answers that XTREME's download scripts have blanked."""
    if answers and not any(text for texts in answers for text in texts):
        problems.append(
            f"{path}: no right answer in it, as in test files whose labels were removed"
        )


def _lines(path: Path, problems: list[str], *, needed: bool = True) -> list[str]:
    text = _text(path, problems, needed=needed)
    lines = [line.strip() for line in (text or "").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _text(path: Path, problems: list[str], *, needed: bool = True) -> str | None:
    """Return what a file holds; None where it cannot be read, or is empty and must not be."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(f"{path}:{line}: not UTF-8 ({error.reason})")
        return None
    if needed and not text.strip():
        problems.append(f"{path}: empty")
        return None
    return text


def _parsed(text: str | None, place: str, problems: list[str]) -> Any:
    """Return a JSON document; None where it cannot be read, or the text could not."""
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError) as error:
        problems.append(f"{place}: broken JSON ({error})")
        return None


def _quoted(text: str) -> str:
    return f"'{text[:40]}'"


def _listed(known: Collection[str]) -> str:
    return ", ".join(sorted(known))
