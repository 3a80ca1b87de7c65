"""LAReQA's XQuAD-R: XQuAD with sentence breaks, whose sentences answer questions of any language.

A candidate is a sentence in its paragraph, and the right ones for a question are those that hold
its answer, one in each language. Ids and texts are those of XTREME-R's baseline.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.strict import shown
from adapterstilts.tasks.formats.format import POOL
from adapterstilts.tasks.readers import json_text
from adapterstilts.tasks.readers.reader import Request, Row, refuse


@dataclass(frozen=True, kw_only=True)
class _Paragraph:
    """One paragraph of one language."""

    name: str
    """Language and number, as `de_17`: the start of its sentences' ids."""
    file: str
    """How messages name its file."""
    place: str
    """File and paragraph, for messages."""
    context: str
    """The whole text."""
    breaks: Sequence[tuple[int, int]]
    """Where its sentences begin and end."""
    questions: Sequence[Mapping[str, Any]]
    """SQuAD's `qas`."""

    def answering(self, question: Mapping[str, Any]) -> str:
        """Return the id of the sentence that a question's answer begins in."""
        answers = question.get("answers")
        first = answers[0] if isinstance(answers, list) and answers else None
        if not isinstance(first, dict):
            raise refuse(self.place, f"question {question.get('id')} has no answer; mend the file")
        start = first.get("answer_start")
        for number, (low, high) in enumerate(self.breaks):
            if isinstance(start, int) and low <= start < high:
                return f"{self.name}_{number}"
        raise refuse(
            self.place, f"the answer of question {question.get('id')} is in no sentence; mend it"
        )


def lareqa(paths: Sequence[Path], request: Request) -> Iterator[Row]:
    """Yield the questions of a language, or the sentences of all where the split is the pool.

    Both take the files of every language: a pool with some of them would be an easier task.
    """
    files = {path.stem: path for path in paths}
    if missing := [code for code in request.task.languages if code not in files]:
        raise StiltsError(
            f"task '{request.task.name}' looks answers up in {len(request.task.languages)}"
            f" languages, and there are no files of {', '.join(missing)} beside"
            f" {request.name(paths[0])}: get the folder whole"
        )
    read = {code: list(_paragraphs(files[code], code, request)) for code in request.task.languages}
    if request.split == POOL:
        for paragraphs in read.values():
            yield from (row for paragraph in paragraphs for row in _sentences(paragraph))
        return
    right: dict[str, list[str]] = {}
    for paragraphs in read.values():
        for paragraph in paragraphs:
            for question in paragraph.questions:
                right.setdefault(question["id"], []).append(paragraph.answering(question))
    for paragraph in read[request.language]:
        for question in paragraph.questions:
            text = question["question"].strip()
            if not text:
                raise refuse(paragraph.place, f"question {question['id']} is empty; mend the file")
            yield {
                "id": question["id"],
                "place": f"{paragraph.file}#{question['id']}",
                "text": text,
                "targets": right[question["id"]],
            }


def _sentences(paragraph: _Paragraph) -> Iterator[Row]:
    for number, (start, end) in enumerate(paragraph.breaks):
        sentence = paragraph.context[start:end]
        yield {
            "id": f"{paragraph.name}_{number}",
            "place": f"{paragraph.file}#{paragraph.name}_{number}",
            # Without a space between the two, as the baseline has it.
            "text": (sentence + paragraph.context).replace("\n", ""),
            "targets": [],
        }


def _paragraphs(path: Path, language: str, request: Request) -> Iterator[_Paragraph]:
    name = request.name(path)
    document = json_text.document(path, request)
    try:
        paragraphs = [each for article in document["data"] for each in article["paragraphs"]]
    except (KeyError, TypeError) as error:
        raise refuse(name, f"not SQuAD's JSON ({error!r}); get the file anew") from error
    for number, paragraph in enumerate(paragraphs, start=1):
        place = f"{name} paragraph {number}"
        try:
            yield _Paragraph(
                name=f"{language}_{number}",
                file=name,
                place=place,
                context=_said(paragraph["context"]),
                breaks=[
                    (_place(start), _place(end)) for start, end in paragraph["sentence_breaks"]
                ],
                questions=[
                    {**each, "id": str(each["id"]), "question": str(each["question"])}
                    for each in paragraph["qas"]
                ],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise refuse(
                place,
                f"lacks {error}: XQuAD itself has no sentence_breaks; take the files of"
                " google-research-datasets/lareqa",
            ) from error


def _said(found: Any) -> str:
    if not isinstance(found, str):
        raise TypeError(f"a text for its context, which is {shown(repr(found))}")
    return found


def _place(found: Any) -> int:
    if type(found) is not int:
        raise TypeError(f"a number where a sentence breaks, which is {shown(repr(found))}")
    return found


READERS = {"lareqa": lareqa}
