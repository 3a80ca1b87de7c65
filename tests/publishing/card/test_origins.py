"""Where data came from, with their commits: of what was learned, and of what was scored."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from huggingface_hub import ModelCard

from adapterstilts.core.records import Score, StageRecord
from adapterstilts.publishing.card import origins
from adapterstilts.publishing.card.card import page
from adapterstilts.publishing.card.origins import Data
from adapterstilts.publishing.item import Item
from tests.publishing.made import COMMIT, layout, made, prepared, record, scores

XNLI = "[facebook/xnli](https://huggingface.co/datasets/facebook/xnli)"
OTHER = "f" * 40


def read(*sources: dict[str, Any]) -> StageRecord:
    """Return what a stage says that has read some places."""
    return record("prepare", resolved={"data": {"sources": list(sources)}})


def evaluated(records: Sequence[StageRecord], rows: Sequence[Score] = scores()) -> Item:
    """Return a publication whose languages were read by some stages, in order."""
    of = dict(zip([row.language for row in rows], records, strict=False))
    return made(scores=tuple(rows), evaluated={rows[0].stage: of}, baselines={})


def written(item: Item) -> str:
    return page(item, repository="me/it", layout=layout(), plain="a\n", ours="b\n")


def told(text: str) -> str:
    """Return what a card says of the data that were scored."""
    (line,) = (line for line in text.splitlines() if "Data of the evaluation: " in line)
    return line.removeprefix("- Data of the evaluation: ").partition(". Examples")[0]


def revisions(text: str) -> list[str | None]:
    """Return the revision of each result, as the Hub's own library reads it."""
    return [each.dataset_revision for each in ModelCard(text).data.eval_results]


def test_the_commit_of_what_was_scored_is_in_the_results_and_in_the_text() -> None:
    text = written(evaluated([prepared("xnli", "facebook/xnli")] * 3))
    assert revisions(text) == [COMMIT] * 3
    assert told(text) == f"{XNLI} at `{COMMIT[:12]}`"


def test_two_commits_are_two_and_a_language_without_one_is_said_to_have_none() -> None:
    moved = read({"task": "xnli", "repository": "facebook/xnli", "commit": OTHER})
    text = written(evaluated([prepared("xnli", "facebook/xnli"), moved]))
    assert revisions(text) == [COMMIT, OTHER, None]
    assert told(text) == (
        f"{XNLI} at `{COMMIT[:12]}`; {XNLI} at `{OTHER[:12]}`; {XNLI}, commit not recorded"
    )


def test_files_of_a_folder_have_no_commit_and_are_told_by_their_names() -> None:
    records = [
        read({"task": "xnli", "files": [{"name": f"test-{code}.tsv", "sha256": "0"}]})
        for code in ("en", "de", "sw")
    ]
    text = written(evaluated(records))
    assert revisions(text) == [None] * 3
    assert told(text) == "files of `xnli`: `test-en.tsv`, `test-de.tsv`, `test-sw.tsv`"


def test_what_was_generated_and_what_nobody_knows_are_told_as_such() -> None:
    toys = scores(target="toy-xnli", suite="toy")
    assert told(written(evaluated([record("prepare")], toys))) == "`toy-xnli`, generated"
    assert told(written(evaluated([], scores()))) == f"{XNLI}, commit not recorded"
    strange = scores(target="mine")
    assert told(written(evaluated([], strange))) == "`mine`, its place not recorded"
    assert revisions(written(evaluated([], strange))) == [None] * 3


def test_a_target_that_was_learned_a_little_is_scored_on_the_same_data() -> None:
    few = evaluated([prepared("xnli", "facebook/xnli")] * 3, scores(target="xnli@16"))
    assert revisions(written(few)) == [COMMIT] * 3
    assert told(written(few)) == f"{XNLI} at `{COMMIT[:12]}`"


def test_what_was_joined_of_two_repositories_has_no_one_commit() -> None:
    both = read(
        {"task": "xnli", "repository": "facebook/xnli", "commit": COMMIT},
        {"task": "xnli", "repository": "someone/more", "commit": OTHER},
    )
    assert origins.revision({"en": both}, "en", "facebook/xnli") == ""
    assert origins.revision({"en": both}, "de", "facebook/xnli") == ""
    assert [each.commit for each in origins.recorded(both)] == [COMMIT, OTHER]


def test_a_record_is_scrubbed_before_it_is_told() -> None:
    home = read({"task": "xnli", "files": [{"name": "/home/jane/en.tsv"}]})
    assert "jane" not in told(written(evaluated([home])))


def test_places_are_told_once_each() -> None:
    one = Data(task="xnli", repository="facebook/xnli", commit=COMMIT)
    assert origins.places([one, replace(one, commit="")]) == (
        f"{XNLI} at `{COMMIT[:12]}`; {XNLI}, commit not recorded"
    )
    assert origins.places([]) == "not recorded"
