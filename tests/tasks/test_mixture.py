import json
from dataclasses import replace

import pytest

from adapterstilts.core.expressions import slug
from adapterstilts.core.fingerprint import canonical
from adapterstilts.tasks.mixture import PLAIN, Part, Sampling, is_plain, title
from adapterstilts.tasks.registry import TASKS

MNLI, SQUAD = Part(task="mnli"), Part(task="squad")


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (MNLI, "mnli"),
        (Part(task="mlm", languages=("de", "sw")), "mlm[languages=de+sw]"),
        (Part(task="mnli", examples=1000), "sample(mnli, 1000)"),
        (Part(task="mnli", languages=("de", "sw")), "translated(mnli, de, sw)"),
        (Part(task="mnli", languages=("de",), examples=9), "sample(translated(mnli, de), 9)"),
    ],
)
def test_a_part_is_called_by_what_it_learns(part: Part, expected: str) -> None:
    assert part.title == title((part,), PLAIN) == expected


def test_a_mixture_is_called_by_all_that_it_learns_and_how() -> None:
    assert title((MNLI, SQUAD), PLAIN) == "mix(mnli, squad)"
    how = Sampling(weights=(4.0, 1.0), batches="mixed")
    assert title((MNLI, SQUAD), how) == "mix[batches=mixed,weights=4+1](mnli, squad)"
    assert title((SQUAD, MNLI), Sampling(cap=100)) == "mix[cap=100](squad, mnli)"
    assert title((MNLI, SQUAD), Sampling(rule="uniform")) == "mix[sampling=uniform](mnli, squad)"
    assert title((MNLI, SQUAD), Sampling(temperature=2.0)) == "mix[temperature=2](mnli, squad)"


def test_other_mixtures_have_other_names_for_folders() -> None:
    parts = tuple(Part(task=task) for task in TASKS.names() if task.startswith("toy-"))[:9]
    names = {
        slug(title(parts, how))
        for how in (PLAIN, Sampling(cap=9), Sampling(temperature=3.0), Sampling(weights=(1.0,) * 9))
    } | {slug(title(parts[::-1], PLAIN))}
    assert len(names) == 5
    assert max(map(len, names)) <= 60


@pytest.mark.parametrize("part", [MNLI, Part(task="mnli", examples=16)])
def test_one_task_in_english_is_plain_however_few_its_rows(part: Part) -> None:
    assert is_plain((part,))
    assert part.identity() == {"task": "mnli"}


@pytest.mark.parametrize("parts", [(MNLI, SQUAD), (Part(task="mnli", languages=("de",)),)])
def test_several_tasks_or_other_languages_are_not_plain(parts: tuple[Part, ...]) -> None:
    assert not is_plain(parts)


def test_an_identity_says_what_is_not_as_usual_and_nothing_else() -> None:
    assert PLAIN.identity() == {}
    assert Part(task="mlm", languages=("de",)).identity() == {"task": "mlm", "languages": ["de"]}
    every = Sampling(rule="uniform", cap=3, temperature=2.0, weights=(1.0,), batches="mixed")
    found = every.identity()
    assert found == {
        "rule": "uniform",
        "cap": 3,
        "temperature": 2.0,
        "weights": [1.0],
        "batches": "mixed",
    }
    assert json.loads(canonical(found)) == found
    assert replace(every, weights=()).identity().keys() == found.keys() - {"weights"}
