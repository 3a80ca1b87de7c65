"""Each kind of stage on a tiny backbone, and every shape of problem from rows to numbers."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import adapterstilts
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import RECORD, Prediction, Score, read_record, read_rows
from adapterstilts.core.statistics import ratio
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages import run
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.references import BACKBONE, Backbone
from adapterstilts.stages.stage import StageSpec
from adapterstilts.tasks import encoding
from adapterstilts.tasks.registry import METRICS, TASKS

RUNTIME = Runtime(device="cpu")

TEST = TASKS.get("toy-xnli").data.sizes["test"]


def silent(done: int, total: int, note: str) -> None:
    pass


def test_every_stage_leaves_a_record_of_what_it_was(finished: Any) -> None:
    kinds = set()
    for id, spec in finished.stages.items():
        path = finished.store.find(id)
        record = read_record(path / RECORD)
        kinds.add(record.kind)
        assert path.name == f"{spec.kind}-{spec.slug}-{id}"
        assert (record.id, record.version, record.needs) == (
            id,
            spec.config.version,
            dict(spec.needs),
        )
        assert record.identity == json.loads(json.dumps(spec.config.identity()))
        assert {"torch", "transformers", "adapters"} <= record.software.keys()
    assert kinds == set(run.KINDS) - {"adopt", "merge", "publish", "index", "sweep"}
    assert kinds == {"prepare", "train", "predict", "score"}


def test_a_prepared_split_holds_as_many_rows_as_were_asked_for(finished: Any) -> None:
    spec, path = finished.one("prepare", task="toy-squad", split="train")
    encoded = encoding.read(path)
    assert len(encoded.examples) == spec.config.size == 8
    assert max(len(ids) for ids in encoded.features["input_ids"]) <= 40
    assert read_record(path / RECORD).resolved["rows"] == 8
    assert spec.slug == "toy-squad-train-qaa"


def test_a_trained_stage_leaves_files_history_and_costs(finished: Any) -> None:
    _, path = finished.one("train", title="toy-xnli", composition="stack", sources=("toy-nli",))
    record = read_record(path / RECORD)
    weights = list(path.rglob("*.safetensors"))
    assert {file.parent.name for file in weights} == {"adapter"}
    assert record.costs.stored_bytes == sum(file.stat().st_size for file in weights)
    assert record.costs.train_seconds > 0
    assert record.costs.peak_memory > 10_000_000
    kept = sum(tensor.size for file in weights for tensor in load_file(file).values())
    assert record.costs.trainable_parameters == kept
    rows = [json.loads(line) for line in (path / "history.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 2]
    assert record.resolved["dev"] == rows[-1]["dev"]
    assert 0 <= rows[-1]["dev"] <= 100
    assert record.resolved["device"] == "cpu"


def test_predictions_answer_every_example_of_every_language(finished: Any) -> None:
    spec, path = finished.one("predict", composition="fuse")
    for language in ("qaa", "qab"):
        rows = list(read_rows(path / "predictions" / f"{language}.jsonl", Prediction))
        assert len({row.example_id for row in rows}) == TEST
        assert {row.language for row in rows} == {language}
        labels = set(TASKS.get("toy-xnli").labels)
        assert {row.prediction for row in rows} <= labels
        assert {row.reference for row in rows} == labels
        logits = load_file(path / "logits" / f"{language}.safetensors")
        assert logits["lengths"].tolist() == [3] * TEST
        said = logits["outputs"].reshape(TEST, 3).argmax(1)
        order = TASKS.get("toy-xnli").labels
        assert [order[index] for index in said] == [row.prediction for row in rows]
    assert spec.config.keep_logits


def test_costs_are_those_of_the_sources_too(finished: Any) -> None:
    for composition in ("target", "stack", "fuse"):
        for spec, path in finished.of("predict", composition=composition):
            costs = read_record(path / RECORD).costs
            own, *sources = (
                read_record(finished.store.find(spec.needs[role]) / RECORD).costs
                for role in ("trained", *(f"source:{i}" for i in range(len(spec.config.sources))))
            )
            every = [own, *sources]
            assert len(sources) == {"target": 0, "stack": 1, "fuse": 2}[composition]
            assert costs.train_seconds == pytest.approx(sum(c.train_seconds for c in every))
            assert costs.peak_memory == max(c.peak_memory for c in every)
            assert costs.stored_bytes == sum(c.stored_bytes for c in every)
            assert costs.trainable_parameters == own.trainable_parameters


def test_a_copy_of_a_source_is_kept_without_the_source(planned: Any, finish: Any) -> None:
    """It costs the time of both, and the bytes of one."""
    done = finish(planned("grid.0.compositions=continue", "sources=toy-nli"))
    spec, path = done.one("predict")
    costs = read_record(path / RECORD).costs
    own, source = (
        read_record(done.store.find(spec.needs[role]) / RECORD).costs
        for role in ("trained", "source:0")
    )
    assert costs.stored_bytes == own.stored_bytes
    assert costs.train_seconds == pytest.approx(own.train_seconds + source.train_seconds)


def test_scores_are_the_metrics_of_the_predictions(finished: Any) -> None:
    for spec, path in finished.of("score"):
        predicted = finished.store.find(spec.needs["predicted"])
        tallies = load_file(path / "tallies.safetensors")
        digests = json.loads((path / "ids.json").read_text())
        rows = list(read_rows(path / "scores.jsonl", Score))
        assert [(row.language, row.metric) for row in rows] == [
            ("qaa", "accuracy"),
            ("qab", "accuracy"),
        ]
        assert set(digests) == {"qaa", "qab"}
        for row in rows:
            file = predicted / "predictions" / f"{row.language}.jsonl"
            answers = list(read_rows(file, Prediction))
            right = sum(each.prediction == each.reference for each in answers)
            assert row.value == pytest.approx(100 * right / TEST)
            tally = tallies[f"{row.language}/accuracy"]
            assert row.value == pytest.approx(100 * ratio(tally))
            assert row.low <= row.value <= row.high
            assert (row.n, row.primary, row.suite, row.seed) == (TEST, True, "toy", 0)
            assert row.stage == spec.id
            assert row.signature == "metric=accuracy.v1|task=toy-xnli|split=test"
            assert row.backbone == "tiny-xlmr"
            costs = read_record(predicted / RECORD).costs
            assert row.stored_bytes == costs.stored_bytes


def test_equal_examples_have_equal_digests_whatever_answered_them(finished: Any) -> None:
    found = {(path / "ids.json").read_text() for _, path in finished.of("score")}
    assert len(found) == 1


def test_a_changed_metric_scores_again_without_torch(
    finished: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own, from the stored predictions alone."""
    spec, path = finished.one("score", composition="fuse")
    metric = METRICS.get("accuracy")
    before = spec.id
    monkeypatch.setattr(
        METRICS, "get", lambda name, **_: replace(metric, version=metric.version + 1)
    )
    assert StageSpec(spec.config, spec.needs).id != before
    monkeypatch.undo()
    script = """
import sys
from dataclasses import replace
from pathlib import Path
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages import run
from adapterstilts.stages.score import Evaluate
from adapterstilts.stages.stage import StageSpec
config = Evaluate(backbone="tiny-xlmr", method="seq_bn", composition="fuse", source="other",
                  task="toy-xnli", languages=("qaa", "qab"), split="test", seed=0)
spec = StageSpec(config, {"predicted": sys.argv[2]})
assert run.run(spec, Store(Path(sys.argv[1])), Runtime(), lambda *news: None)
assert not {"torch", "transformers", "adapters", "accelerate"} & set(sys.modules)
sys.stdout.write(spec.id)
"""
    home = Path(adapterstilts.__file__).parents[1]
    said = subprocess.run(
        [sys.executable, "-c", script, str(finished.store.root), spec.needs["predicted"]],
        check=True,
        capture_output=True,
        text=True,
        cwd=home,
    ).stdout
    again = finished.store.find(said)
    assert again is not None
    for file in ("tallies.safetensors", "ids.json"):
        assert (again / file).read_bytes() == (path / file).read_bytes()


@pytest.mark.parametrize(
    ("target", "metrics"),
    [
        ("toy-udpos", ["pos_f1", "token_accuracy"]),
        ("toy-xquad", ["f1", "exact_match"]),
        ("toy-xcopa", ["accuracy"]),
        ("toy-mlm", ["masked_accuracy", "masked_loss"]),
    ],
)
def test_every_trained_shape_goes_from_rows_to_numbers(
    planned: Any, finish: Any, target: str, metrics: list[str]
) -> None:
    done = finish(planned(f"grid.0.targets={target}", "grid.0.compositions=target"))
    _, path = done.one("score")
    rows = list(read_rows(path / "scores.jsonl", Score))
    assert [row.metric for row in rows] == metrics * 2
    assert [row.primary for row in rows[: len(metrics)]] == [True] + [False] * (len(metrics) - 1)
    assert all(np.isfinite(row.value) and row.low <= row.value <= row.high for row in rows)
    _, predicted = done.one("predict")
    logits = load_file(predicted / "logits" / "qab.safetensors")
    assert logits["lengths"].sum() == len(logits["outputs"])


def test_retrieval_says_which_layer_it_read(planned: Any, finish: Any) -> None:
    changes = ("grid.0.targets=toy-tatoeba", "grid.0.compositions=target")
    for extra, layer in (((), 1), (("retrieval.layer=2",), 2)):
        done = finish(planned(*changes, *extra))
        _, path = done.one("predict")
        assert read_record(path / RECORD).resolved["layer"] == layer
        _, scored = done.one("score")
        rows = list(read_rows(scored / "scores.jsonl", Score))
        assert {row.signature for row in rows} == {
            f"metric=accuracy.v1|task=toy-tatoeba|split=test|layer={layer}|pooling=mean"
        }
        assert {row.method for row in rows} == {"none"}
        assert [row.train_seconds for row in rows] == [0, 0]
        assert [row.trainable_parameters for row in rows] == [0, 0]


def test_a_backbone_that_a_stage_made_is_what_the_next_ones_stand_on(
    planned: Any, finish: Any
) -> None:
    plan = planned(
        "pretrain={task: toy-text, training: {steps: 1, batch_size: 2, train_examples: 8}}",
        "grid.0.compositions=target",
    )
    done = finish(plan)
    made, folder = done.one("train", title="toy-text")
    spec, path = done.one("train", title="toy-xnli")
    assert spec.needs[BACKBONE] == made.id
    config = json.loads((path / "adapter" / "adapter_config.json").read_text())
    assert config["model_name"] == "tiny-xlmr+toy-text"
    assert (folder / "model" / "tokenizer.json").is_file()
    rows = list(read_rows(done.one("score")[1] / "scores.jsonl", Score))
    assert {row.backbone for row in rows} == {"tiny-xlmr+toy-text"}


def test_inputs_that_are_broken_are_named_with_the_remedy(
    planned: Any, finish: Any, tmp_path: Path
) -> None:
    done = finish(planned("grid.0.compositions=target"), Store(tmp_path / "runs"))
    spec, path = done.one("score")
    _, predicted = done.one("predict")
    done.store.remove(spec.id)
    victim = predicted / "predictions" / "qab.jsonl"
    victim.write_text(victim.read_text()[:-40])
    with pytest.raises(StiltsError) as caught:
        run.run(spec, done.store, RUNTIME, silent)
    assert str(predicted) in str(caught.value)
    assert "remove the folder and run again" in str(caught.value)
    assert not path.exists()
    done.store.remove(spec.needs["predicted"])
    with pytest.raises(StiltsError, match=r"the input 'predicted' .* run its stage first"):
        run.run(spec, done.store, RUNTIME, silent)


def test_a_broken_artifact_of_its_full_size_is_refused_by_who_reads_it(
    planned: Any, finish: Any, tmp_path: Path
) -> None:
    done = finish(planned("grid.0.compositions=target"), Store(tmp_path / "runs"))
    spec, _ = done.one("predict")
    done.store.remove(spec.id)
    for victim in done.store.find(spec.needs["trained"]).rglob("*.safetensors"):
        victim.write_bytes(b"\xff" * victim.stat().st_size)
    with pytest.raises(StiltsError, match=r"broken artifact .*remove the folder and run again"):
        run.run(spec, done.store, RUNTIME, silent)


def test_a_stage_that_fails_leaves_no_folder_and_keeps_its_checkpoints(
    planned: Any, tmp_path: Path
) -> None:
    plan, store = planned("grid.0.compositions=target"), Store(tmp_path / "runs")
    (train,) = (spec for spec in plan.stages.values() if spec.kind == "train")
    for id in train.needs.values():
        run.run(plan.stages[id], store, RUNTIME, silent)

    def stop(done: int, total: int, note: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(train, store, replace(RUNTIME, checkpoint_seconds=0.0), stop)
    assert store.find(train.id) is None
    assert (store.root / ".work" / train.id / "checkpoint.safetensors").is_file()
    assert run.run(train, store, RUNTIME, silent) is True
    assert run.run(train, store, RUNTIME, silent) is False
    assert not (store.root / ".work" / train.id).exists()


def test_a_language_that_a_task_does_not_have_is_refused(tmp_path: Path) -> None:
    config = Prepare(
        task="toy-xnli",
        language="de",
        split="test",
        size=3,
        max_length=20,
        backbone=Backbone(name="toyworld", revision="x"),
        tokenizer="x",
    )
    with pytest.raises(StiltsError, match="task 'toy-xnli' has no language 'de'"):
        run.run(StageSpec(config), Store(tmp_path), RUNTIME, silent)
