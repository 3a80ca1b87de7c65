"""Training rows that are drawn, and those in other languages, encoded as stages do it."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import RECORD, read_record
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages import run
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.references import Backbone
from adapterstilts.stages.stage import StageSpec
from adapterstilts.tasks import encoding, loading, translated
from adapterstilts.tasks.registry import TASKS
from adapterstilts.toyworld import rows

Encode = Callable[..., tuple[list[str], dict[str, Any]]]


@pytest.fixture(scope="module")
def config(tiny_backbone: Path) -> Prepare:
    return Prepare(
        task="toy-nli",
        language="qaa",
        split="train",
        size=6000,
        max_length=64,
        backbone=Backbone(name=str(tiny_backbone), revision=""),
        tokenizer="",
    )


@pytest.fixture(scope="module")
def encode(tmp_path_factory: pytest.TempPathFactory, tiny_backbone: Path) -> Encode:
    """Return a function that runs a stage and gives the ids of its rows and what it resolved."""
    from adapterstilts.modeling import locate

    store = Store(tmp_path_factory.mktemp("drawn") / "runs")
    revision = locate.locate(str(tiny_backbone), "main").revision

    def of(config: Prepare) -> tuple[list[str], dict[str, Any]]:
        backbone = replace(config.backbone, revision=revision)
        spec = StageSpec(replace(config, backbone=backbone))
        run.run(spec, store, Runtime(device="cpu"), lambda done, total, note: None)
        path = store.find(spec.id)
        assert path is not None
        ids = [example["id"] for example in encoding.read(path).examples]
        return ids, dict(read_record(path / RECORD).resolved)

    return of


def test_a_draw_says_how_many_of_each_label_it_has(encode: Encode, config: Prepare) -> None:
    ids, resolved = encode(replace(config, drawn=40, seed=5))
    assert len(set(ids)) == 40
    assert ids == sorted(ids, key=lambda id: int(id.rpartition("-")[2]))
    drawn = resolved["drawn"]
    assert (drawn["rows"], drawn["seed"], resolved["rows"]) == (40, 5, 40)
    made = {
        row["id"]: row["label"]
        for row in rows.rows("inference", language="qaa", split="train", size=6000)
        if row["id"] in set(ids)
    }
    assert drawn["labels"] == {
        label: list(made.values()).count(label) for label in TASKS.get("toy-nli").labels
    }


def test_a_draw_is_the_same_in_every_language_and_another_of_another_seed(
    encode: Encode, config: Prepare
) -> None:
    english, _ = encode(replace(config, drawn=16, seed=1))
    other, _ = encode(replace(config, drawn=16, seed=1, language="qad"))
    assert english == other
    assert english != encode(replace(config, drawn=16, seed=2))[0]
    assert set(english) < set(encode(replace(config, drawn=64, seed=1))[0])


def test_a_label_that_no_drawn_row_has_is_told(
    encode: Encode, config: Prepare, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        _, resolved = encode(replace(config, drawn=2))
    assert list(resolved["drawn"]["labels"].values()).count(0) >= 1
    (message,) = (r.getMessage() for r in caplog.records if "seed" in r.getMessage())
    assert "of the 2 rows of task 'toy-nli' (qaa) that seed 0 draws, none has the label" in message


def test_of_what_has_no_labels_a_draw_counts_none(encode: Encode, config: Prepare) -> None:
    _, resolved = encode(replace(config, task="toy-squad", drawn=3))
    assert resolved["drawn"] == {"rows": 3, "seed": 0}


def test_more_than_there_are_cannot_be_drawn(encode: Encode, config: Prepare) -> None:
    few = replace(config, task="toy-xnli", size=600, drawn=601)
    with pytest.raises(
        StiltsError, match=r"601 rows of task 'toy-xnli' .* its train data have 600"
    ):
        encode(few)


def test_a_draw_changes_the_id_and_no_draw_is_what_it_was(config: Prepare) -> None:
    assert "drawn" not in config.identity()
    # Where nothing is drawn, no seed counts.
    assert replace(config, seed=7).identity() == config.identity()
    some = [replace(config, drawn=n, seed=s) for n in (4, 5) for s in (0, 1)]
    assert len({StageSpec(each).id for each in [config, *some]}) == 5
    assert len({each.slug for each in [config, *some]}) == 5


def test_rows_of_the_toy_world_are_translated_exactly(encode: Encode, config: Prepare) -> None:
    ids, _ = encode(replace(config, size=12, language="qag"))
    assert ids == encode(replace(config, size=12))[0]
    english, other = (
        rows.rows("inference", language=code, split="train", size=12) for code in ("qaa", "qag")
    )
    assert [row["label"] for row in english] == [row["label"] for row in other]
    assert all(a["first"] != b["first"] for a, b in zip(english, other, strict=True))


def test_rows_that_a_user_has_translated_are_encoded(
    encode: Encode, config: Prepare, tmp_path: Path
) -> None:
    mnli = TASKS.get("mnli")
    path = tmp_path / translated.path(mnli, "gsw")
    path.parent.mkdir(parents=True)
    row = {"first": "bo mi", "second": "mi bo", "label": "neutral"}
    lines = [json.dumps({"id": f"{n}e", **row}) for n in range(9)]
    lines[4] = json.dumps({"id": "4e", **row, "label": "?"})
    path.write_text("\n".join(lines) + "\n")
    origin = loading.find(mnli, language="gsw", split="train", folder=tmp_path)
    whole = replace(config, task="mnli", language="gsw", size=0, origin=origin)
    ids, resolved = encode(whole)
    assert ids == [f"{n}e" for n in range(9) if n != 4]
    assert (resolved["data"]["found"], resolved["data"]["lost"]) == (8, 1)
    some, resolved = encode(replace(whole, drawn=3))
    assert len(some) == 3 and set(some) < set(ids)
    assert resolved["drawn"]["labels"]["neutral"] == 3
    with pytest.raises(StiltsError, match="has no language 'gsw'"):
        encode(replace(whole, split="dev"))
