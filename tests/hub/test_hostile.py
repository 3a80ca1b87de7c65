"""Hostile repositories: each is refused with one message, in time and in little room, undone."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import torch

from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import parse
from adapterstilts.core.hub import Repository
from tests.hub.hostile import corpus, goods, served
from tests.hub.hostile.case import Case
from tests.hub.hostile.sandbox import MARK, Result, results
from tests.hub.hostile.ways import LONGEST, WAYS
from tests.hub.server import serving

SECONDS, BYTES = 5.0, 500_000_000
"""Computing and memory that one refusal may take."""


@pytest.fixture(scope="module")
def good(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folder of a good repository of each layout."""
    torch.set_num_threads(1)
    return goods.goods(tmp_path_factory.mktemp("good"), tiny_backbone)


def tried(cases: Sequence[Case], good: Mapping[str, Path], root: Path) -> list[Result]:
    """Return what became of cases, each of which has a name of its own."""
    assert len({case.name for case in cases}) == len(cases)
    return list(results(cases, good, WAYS, root))


def wrong(result: Result, case: Case) -> str:
    """Return what is wrong with what became of a case, or an empty string."""
    named = any(name in result.message for name in (case.repository, f"{MARK}/"))
    complaints = {
        f"it {result.outcome}": result.outcome not in ("refused", "taken"),
        "it was taken": result.outcome == "taken" and not case.harmless and result.way != "show",
        "no place is named": result.outcome == "refused" and not named,
        "the message is too long": len(result.message) >= LONGEST,
        "the message is not plain": not result.message.isprintable(),
        f"it took {result.cpu:.1f} s": result.cpu > SECONDS,
        f"it took {result.grown:,} bytes": result.grown > BYTES,
        f"it did {result.deeds}": bool(result.deeds),
    }
    told = ", ".join(complaint for complaint, true in complaints.items() if true)
    return f"{result.way}: {result.case}: {told}: {result.message[:300]}" if told else ""


def all_wrong(found: Sequence[Result], cases: Sequence[Case]) -> list[str]:
    """Return everything that is wrong with what became of cases."""
    by_name = {case.name: case for case in cases}
    return [told for result in found if (told := wrong(result, by_name[result.case]))]


def test_good_ones_of_every_layout_are_taken_on_every_way(
    good: Mapping[str, Path], tmp_path: Path
) -> None:
    cases = corpus.controls()
    found = tried(cases, good, tmp_path)
    assert {result.outcome for result in found} == {"taken"}, [r for r in found if r.message]
    assert {result.way for result in found} == WAYS.keys() - {"served"}
    assert all_wrong(found, cases) == []


@pytest.mark.parametrize("layout", ["adapters", "peft", "head", "model", "setup", "backbone"])
def test_a_hostile_repository_is_refused_and_does_nothing(
    good: Mapping[str, Path], tmp_path: Path, layout: str
) -> None:
    cases = corpus.cases(layout)
    found = tried(cases, good, tmp_path)
    assert all_wrong(found, cases) == []
    refused = Counter(result.case for result in found if result.outcome == "refused")
    assert sum(refused[case.name] > 0 and not case.harmless for case in cases) >= 60


def test_a_hub_that_lies_is_not_believed(
    good: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {path.name: path.read_bytes() for path in good["adapters"].iterdir()}
    with serving(tmp_path / "served") as hub:
        cases = served.cases(hub, files)
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        found = tried(cases, good, tmp_path)
    assert all_wrong(found, cases) == []
    assert found[0].outcome == "taken", found[0].message
    assert sum(result.outcome == "refused" for result in found) >= 100


def test_there_are_hundreds_of_each_kind_and_no_two_alike() -> None:
    cases = corpus.cases()
    assert len({case.name for case in cases}) == len(cases)
    refused = Counter(case.layout for case in cases if not case.harmless)
    assert sum(refused.values()) >= 1000
    assert min(refused.values()) >= 150
    assert refused.keys() == {"adapters", "peft", "head", "model", "setup", "backbone"}


@pytest.mark.parametrize(
    ("name", "revision"),
    [
        ("../x", "main"),
        ("a/../b", "main"),
        ("/etc/passwd", "main"),
        ("a/b/c", "main"),
        ("a--b/c", "main"),
        ("a/b\n", "main"),
        ("a/\x1b[2J", "main"),
        ("ä/b", "main"),
        (f"a/{'b' * 500}", "main"),
        ("", "main"),
        ("a/b", ".."),
        ("a/b", "../../x"),
        ("a/b", "/etc"),
        ("a/b", "x\\..\\y"),
        ("a/b", "x\0"),
        ("a/b", "\x1b[2J"),
        ("a/b", "x" * 5000),
        ("a/b", "nul"),
        ("a/b", "x//y"),
        ("a/b", "./x"),
        ("a/b", ""),
    ],
)
def test_a_name_or_a_revision_that_leads_away_is_none(name: str, revision: str) -> None:
    with pytest.raises(UsageError) as caught:
        Repository(name=name, revision=revision, kind="model").check()
    message = str(caught.value)
    assert message.isprintable() and len(message) < LONGEST


def test_an_expression_that_never_ends_is_told_in_short() -> None:
    for text in ("hub(" * 10_000, "hub(" + "x" * 100_000, "\x1b[2J(" * 50, "a(" + "'" * 9999):
        with pytest.raises(UsageError) as caught:
            parse(text)
        assert re.search("character [0-9]+: ", str(caught.value))
        assert str(caught.value).isprintable() and len(str(caught.value)) < LONGEST
