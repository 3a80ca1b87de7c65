import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.tasks.chunks import entities, runs


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("", set()),
        ("O O", set()),
        ("B-PER I-PER O B-LOC", {("PER", 0, 2), ("LOC", 3, 4)}),
        ("O I-PER I-PER", {("PER", 1, 3)}),
        ("I-PER", {("PER", 0, 1)}),
        ("B-PER B-PER I-PER", {("PER", 0, 1), ("PER", 1, 3)}),
        ("B-PER I-LOC I-LOC", {("PER", 0, 1), ("LOC", 1, 3)}),
        ("I-ORG B-ORG", {("ORG", 0, 1), ("ORG", 1, 2)}),
        ("B-PER O I-PER", {("PER", 0, 1), ("PER", 2, 3)}),
    ],
)
def test_entities_are_read_leniently(tags: str, expected: set[tuple[str, int, int]]) -> None:
    assert entities(tags.split()) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("", set()),
        ("NOUN NOUN VERB NOUN", {("NOUN", 0, 2), ("VERB", 2, 3), ("NOUN", 3, 4)}),
        ("SYM SYM", {("SYM", 0, 1), ("SYM", 1, 2)}),
        ("CCONJ CCONJ SCONJ", {("CCONJ", 0, 2), ("SCONJ", 2, 3)}),
        ("SCONJ SYM SYM", {("SCONJ", 0, 1), ("SYM", 1, 2), ("SYM", 2, 3)}),
        ("DET O O DET", {("DET", 0, 1), ("DET", 3, 4)}),
    ],
)
def test_runs_follow_the_rule_of_the_published_scores(
    tags: str, expected: set[tuple[str, int, int]]
) -> None:
    assert runs(tags.split()) == expected


@given(st.lists(st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]), max_size=12))
def test_entities_cover_every_tag_but_outside_once(tags: list[str]) -> None:
    covered = sorted(place for _, start, stop in entities(tags) for place in range(start, stop))
    assert covered == [place for place, tag in enumerate(tags) if tag != "O"]


@given(st.lists(st.sampled_from(["O", "NOUN", "VERB", "SYM", "SCONJ"]), max_size=12))
def test_runs_cover_every_tag_but_outside_once(tags: list[str]) -> None:
    covered = sorted(place for _, start, stop in runs(tags) for place in range(start, stop))
    assert covered == [place for place, tag in enumerate(tags) if tag != "O"]
    assert all(tags[start:stop] == [tag] * (stop - start) for tag, start, stop in runs(tags))
