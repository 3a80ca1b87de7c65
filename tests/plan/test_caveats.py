"""What is said beside numbers of data that are not the official ones."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adapterstilts.core.records import RECORD, StageRecord, write_record
from adapterstilts.core.store import Store
from adapterstilts.plan.caveats import caveats
from adapterstilts.plan.planner import Plan

REAL = ("grid.0.targets=xnli", "grid.0.compositions=target", "languages=[de, en, fr, sw]")
Planned = Callable[..., Plan]


def finished(plan: Plan, store: Store, resolved: Mapping[str, Mapping[str, Any]]) -> None:
    """Leave the records of the stages whose names these are."""
    for spec in plan.stages.values():
        if spec.slug in resolved:
            with store.writing(spec.kind, spec.slug, spec.id) as folder:
                record = StageRecord(
                    id=spec.id,
                    kind=spec.kind,
                    version=1,
                    slug=spec.slug,
                    identity={},
                    needs={},
                    resolved=dict(resolved[spec.slug]),
                )
                write_record(folder / RECORD, record)


def test_official_data_with_all_of_their_labels_need_no_word(
    planned: Planned, tmp_path: Path
) -> None:
    plan, store = planned(*REAL), Store(tmp_path)
    assert caveats(plan, store) == []
    # How much of the training data is taken is the recipe's to say.
    finished(plan, store, {"xnli-test-en": {"rows": 5010}, "mnli-train-en": {"rows": 8}})
    assert caveats(plan, store) == []


def test_another_number_of_evaluated_rows_is_told_with_its_languages(
    planned: Planned, tmp_path: Path
) -> None:
    plan, store = planned(*REAL), Store(tmp_path)
    finished(plan, store, {f"xnli-test-{code}": {"rows": 10} for code in ("de", "en", "fr", "sw")})
    assert caveats(plan, store) == [
        "xnli was not evaluated on the official test data (10 of 5,010 rows in de, 10 of 5,010 rows"
        " in en, 10 of 5,010 rows in fr, so in 1 more), so its scores do not compare with those of"
        " others."
    ]


def test_languages_without_labels_are_told_once(planned: Planned, tmp_path: Path) -> None:
    plan, store = planned(*REAL, "seeds=[0, 1]"), Store(tmp_path)
    slugs = [f"seq_bn-target-xnli-s{seed}" for seed in (0, 1)]
    finished(plan, store, {slug: {"unlabelled": ["de", "sw"]} for slug in slugs})
    assert caveats(plan, store) == ["xnli is not scored in de, sw: the data have no labels there."]


def test_generated_data_are_official_whatever_their_number(
    planned: Planned, tmp_path: Path
) -> None:
    plan, store = planned(), Store(tmp_path)
    finished(plan, store, {"toy-xnli-test-qab": {"rows": 3}})
    assert caveats(plan, store) == []
