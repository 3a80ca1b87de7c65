from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.conllu import Sentence, Span, Word, sentences
from tests.tasks.readers.reading import request_of


def word(number: int, form: str, head: int | str, *, upos: str = "X", deps: str = "_") -> str:
    return "\t".join([str(number), form, "_", upos, "_", "_", str(head), "dep", deps, "_"])


def extra(number: str, form: str) -> str:
    return "\t".join([number, form, *"________"])


def parsed(folder: Path, *lines: str) -> list[Sentence]:
    path = folder / "sample.conllu"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return list(sentences(path, request_of(names={path: "sample.conllu"})))


def refused(folder: Path, *lines: str) -> str:
    with pytest.raises(StiltsError) as caught:
        parsed(folder, *lines)
    return str(caught.value)


def test_comments_and_empty_nodes_are_no_words(tmp_path: Path) -> None:
    empty = extra("1.1", "went")
    (sentence,) = parsed(
        tmp_path, "# text = Ada home", word(1, "Ada", 0), empty, word(2, "home", 1)
    )
    assert [each.form for each in sentence.words] == ["Ada", "home"]
    assert sentence.place == "sample.conllu:2"


def test_heads_are_those_of_the_tree_and_of_the_enhanced_graph(tmp_path: Path) -> None:
    deps = "0:root|1:nsubj:pass|3.1:dep"
    lines = [word(1, "a", 2), word(2, "b", 3, deps=deps), word(3, "c", "_")]
    (sentence,) = parsed(tmp_path, *lines)
    assert [each.heads for each in sentence.words] == [{2}, {0, 1, 3}, set()]


def test_several_empty_lines_and_none_at_the_end_part_sentences(tmp_path: Path) -> None:
    one, two = word(1, "a", 0), word(1, "b", 0)
    assert len(parsed(tmp_path, "", one, "", "", two)) == 2


@pytest.mark.parametrize(
    ("lines", "place", "reason"),
    [
        (["1\tword\tX"], ":1", "3 columns"),
        ([word(1, "a", 0), word(3, "b", 1)], ":2", "word '3' follows word 1"),
        ([word(1, "a", "root")], ":1", "head 'root'"),
        ([word(1, "a", 4)], ":1", "a head above 1"),
        ([extra("1-2", "ab"), word(1, "a", 0)], ":1", "ends at word 2 of 1"),
        ([extra("2-3", "ab"), word(1, "a", 0)], ":1", "'2-3' after word 0"),
        ([extra("1-x", "ab"), word(1, "a", 0)], ":1", "'1-x'"),
        ([extra("1-2", "ab"), extra("1-2", "ab"), word(1, "a", 0)], ":2", "no span of its own"),
        (["# only a comment", "1.1" + "\t_" * 9], ":2", "without words"),
    ],
)
def test_a_broken_sentence_is_refused_with_its_line(
    tmp_path: Path, lines: Sequence[str], place: str, reason: str
) -> None:
    said = refused(tmp_path, *lines)
    assert said.startswith(f"sample.conllu{place}: ") and reason in said


FORMS = st.text(
    st.characters(codec="utf-8", exclude_characters="\t\n\r", exclude_categories=("Cs",)),
    min_size=1,
    max_size=6,
)


@st.composite
def trees(draw: st.DrawFn) -> Sentence:
    """Draw a sentence: a tree over its words, and spans that do not touch one another."""
    length = draw(st.integers(1, 9))
    words = []
    for number in range(1, length + 1):
        # A head before the word, or the root, makes a tree whatever is drawn.
        heads = frozenset({draw(st.integers(0, number - 1))})
        tag = draw(st.sampled_from(["NOUN", "VERB", "DET", "SYM"]))
        words.append(Word(form=draw(FORMS), upos=tag, heads=heads))
    spans, at = [], 1
    while at <= length:
        last = min(at + draw(st.integers(0, 3)), length)
        if draw(st.booleans()):
            spans.append(Span(first=at, last=last, form=draw(FORMS)))
        at = last + 1
    return Sentence(words=tuple(words), spans=tuple(spans), place="")


def written(sentence: Sentence) -> list[str]:
    """Return a sentence as a treebank has it."""
    first = {span.first: span for span in sentence.spans}
    lines = []
    for number, each in enumerate(sentence.words, start=1):
        if number in first:
            lines.append(extra(f"{number}-{first[number].last}", first[number].form))
        lines.append(word(number, each.form, min(each.heads), upos=each.upos))
    return [*lines, ""]


@given(drawn=st.lists(trees(), min_size=1, max_size=4))
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Sentence]
) -> None:
    lines = [line for sentence in drawn for line in written(sentence)]
    found = parsed(tmp_path_factory.mktemp("conllu"), *lines)
    assert [each.words for each in found] == [each.words for each in drawn]
    assert [each.spans for each in found] == [each.spans for each in drawn]
