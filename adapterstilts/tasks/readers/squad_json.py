"""Question answering in SQuAD's JSON: articles, their paragraphs, the questions on each."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from adapterstilts.tasks.readers import json_text, records
from adapterstilts.tasks.readers.reader import Record, Request, Row, kept, refuse

_Question = tuple[str, Mapping[str, Any]]
"""Passage, and the question with its answers."""


def squad_json(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the questions of files of SQuAD 1.1 or 2.0, of XQuAD or MLQA.

    A question without an answer has an empty list. XTREME overwrites the answers of its test files
    with one empty text at 0: there they are None.
    """
    return _rows(paths, request, lambda identity: True)


def squad_json_of_language(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the questions whose id begins with the language's name, as TyDiQA's files mix them.

    Questions in other languages are left out.
    """
    return _rows(paths, request, lambda identity: identity.startswith(f"{request.subset}-"))


def squad(record: Record, request: Request) -> Iterator[Row]:
    """Yield the question of a record, whose answers are a list, or lists, in one column."""
    question = {role: records.column(record, request.column(role)) for role in request.task.roles}
    identity = str(records.column(record, "id"))
    place = f"{record.place} #{identity}"
    question["answers"] = _listed(question["answers"], place)
    yield from _row(identity, question["context"], question, place, request)


def squad_of_language(record: Record, request: Request) -> Iterator[Row]:
    """Yield the question of a table's row if its id begins with the language's name, else none."""
    if str(records.column(record, "id")).startswith(f"{request.subset}-"):
        yield from squad(record, request)


def _rows(paths: Sequence[Path], request: Request, wanted: Callable[[str], bool]) -> Iterator[Row]:
    numbers = count()
    for path in paths:
        name = request.name(path)
        questions = [
            each for each in _questions(path, request) if wanted(_text(each[1], "id", name))
        ]
        # XTREME has cut TyDiQA's training ids, so that they no longer tell questions apart.
        uses = Counter(question["id"] for _, question in questions)
        own = max(uses.values(), default=1) == 1
        for context, question in questions:
            number = next(numbers)
            identity = question["id"] if own else str(number)
            place = f"{name}#{identity if own else number + 1}"
            yield from kept(_row(identity, context, question, place, request), request)


def _questions(path: Path, request: Request) -> Iterator[_Question]:
    """Yield every question of a file with its passage."""
    name, data = request.name(path), json_text.document(path, request)
    for article in _items(data, "data", name):
        for paragraph in _items(article, "paragraphs", name):
            context = _text(paragraph, "context", name)
            for question in _items(paragraph, "qas", name):
                _text(question, "id", name)
                yield context, question


def _row(
    identity: str, context: Any, question: Mapping[str, Any], place: str, request: Request
) -> Iterator[Row]:
    row = {
        "id": identity,
        "place": place,
        "context": _filled(context, "context", place),
        "question": _filled(question.get("question"), "question", place),
    }
    may_lose = request.lost is not None
    answers = _answers(row["context"], question, place, may_lose) if request.labelled else None
    if may_lose and not answers and not request.task.unanswerable:
        raise refuse(place, "no answer is left that stands where it says; mend the file")
    yield {**row, "answers": answers}


def _answers(
    context: str, question: Mapping[str, Any], place: str, may_lose: bool
) -> list[dict[str, Any]] | None:
    """Return the answers, each seen to stand where it says, or None where they were taken away.

    One that stands elsewhere is refused, or left out where a translation may lose it.
    """
    found = question.get("answers")
    if not isinstance(found, list):
        raise refuse(place, f"answers is {found!r} where a list belongs; mend the file")
    if question.get("is_impossible"):
        return []
    answers = []
    for answer in found:
        if not isinstance(answer, dict) or not {"text", "answer_start"} <= answer.keys():
            raise refuse(place, f"{answer!r} is no `text` with its `answer_start`; mend the file")
        text, start = answer["text"], answer["answer_start"]
        if not isinstance(text, str) or type(start) is not int:
            raise refuse(place, f"{answer!r} is no `text` with its `answer_start`; mend the file")
        if not text and not start and len(found) == 1:
            return None
        if not text or start < 0 or not context.startswith(text, start):
            if may_lose:
                continue
            raise refuse(
                place,
                f"the answer {text!r} does not stand at character {start} of its context; offsets"
                " count code points; mend the file",
            )
        answers.append({"text": text, "start": start})
    return answers


def _listed(answers: Any, place: str) -> list[dict[str, Any]]:
    """Return answers as a list of texts with their starts, of two lists or of one."""
    if isinstance(answers, list):
        return answers
    texts, starts = (answers.get(name) if isinstance(answers, dict) else None for name in _BOTH)
    if not isinstance(texts, list) or not isinstance(starts, list) or len(texts) != len(starts):
        raise refuse(place, f"answers is {answers!r}, not texts with as many starts; mend the data")
    return [
        {"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=True)
    ]


_BOTH = ("text", "answer_start")


def _items(found: Any, key: str, name: str) -> Sequence[Mapping[str, Any]]:
    items = found.get(key) if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise refuse(name, f"no list '{key}' where SQuAD's format has one; get the file again")
    return items


def _text(found: Any, key: str, name: str) -> str:
    text = found.get(key) if isinstance(found, dict) else None
    if not isinstance(text, str):
        raise refuse(name, f"no text '{key}' where SQuAD's format has one; get the file again")
    return text


def _filled(found: Any, role: str, place: str) -> str:
    if not isinstance(found, str) or not found.strip():
        raise refuse(place, f"{role} is {found!r} where a text belongs; mend the file")
    return found


READERS = {"squad_json": squad_json, "squad_json_of_language": squad_json_of_language}
"""Readers of questions on passages."""
CONVERTERS = {"squad": squad, "squad_of_language": squad_of_language}
"""Converters of questions on passages."""
