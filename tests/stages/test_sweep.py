from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.records import RECORD, Score, read_record, read_rows

CHANGES = ("grid.0.targets=toy-tatoeba", "grid.0.compositions=[target, zero]", "sources=toy-nli")


@pytest.fixture(scope="module")
def swept(planned: Any, finish: Any) -> Any:
    return finish(planned(*CHANGES, "retrieval={layers: all}"))


def rows(path: Path) -> list[Score]:
    return list(read_rows(path / "scores.jsonl", Score))


def test_every_layer_has_rows_with_a_signature_of_its_own(swept: Any) -> None:
    spec, path = swept.one("sweep")
    found = rows(path)
    assert [row.signature for row in found if row.language == "qaa"] == [
        f"metric=accuracy.v1|task=toy-tatoeba|split=test|layer={layer}|pooling=mean"
        for layer in (0, 1, 2)
    ]
    assert {(row.method, row.composition, row.source, row.stage) for row in found} == {
        ("none", "zero", "", spec.id)
    }
    assert read_record(path / RECORD).resolved["layers"] == [0, 1, 2]
    assert not list(path.glob("*embeddings*"))
    assert spec.slug == "layers-toy-tatoeba"


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_sweep_gives_what_each_layer_gives_by_itself(
    swept: Any, planned: Any, finish: Any, layer: int
) -> None:
    alone = finish(planned(*CHANGES, f"retrieval.layer={layer}"), swept.store)
    _, path = alone.one("score", source="")
    ours = [row for row in rows(swept.one("sweep")[1]) if f"|layer={layer}|" in row.signature]
    plain = rows(path)
    assert [(row.language, row.n) for row in ours] == [(row.language, row.n) for row in plain]
    for one, other in zip(ours, plain, strict=True):
        assert (one.value, one.low, one.high) == pytest.approx(
            (other.value, other.low, other.high), abs=1e-5
        )
        assert one.signature == other.signature


def test_what_is_compared_is_read_at_one_layer(swept: Any) -> None:
    scores = [row for _, path in swept.of("score") for row in rows(path)]
    assert len({row.source for row in scores}) == 2
    assert {row.signature.split("|")[3] for row in scores} == {"layer=1"}


def test_some_layers_and_the_first_position(planned: Any, finish: Any, swept: Any) -> None:
    done = finish(planned(*CHANGES, "retrieval={layers: [2, 0], pooling: cls}"), swept.store)
    _, path = done.one("sweep")
    assert [row.signature.partition("|layer=")[2] for row in rows(path)[:2]] == [
        "2|pooling=cls",
        "0|pooling=cls",
    ]
    _, predicted = done.one("predict", sources=())
    assert read_record(predicted / RECORD).resolved["pooling"] == "cls"
