"""What a run leaves: scores, a report, and files that load in the libraries that they belong to."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from adapters import AutoAdapterModel
from adapters.composition import Fuse, Stack
from safetensors.numpy import load_file
from transformers import AutoModelForSequenceClassification, XLMRobertaTokenizerFast

from adapterstilts.core.records import Prediction, Score, read_record, read_rows
from adapterstilts.tasks import encoding
from adapterstilts.tasks.registry import TASKS
from adapterstilts.toyworld import embedded
from tests.end_to_end.conftest import Experiment, Start

pytestmark = pytest.mark.timeout(400)


def stage(finished: Experiment, pattern: str) -> Path:
    (found,) = finished.store.glob(pattern)
    return found


def stored(predicted: Path, language: str) -> list[np.ndarray]:
    """Return the logits that a prediction stage kept, one array a feature."""
    kept = load_file(predicted / "logits" / f"{language}.safetensors")
    return np.split(kept["outputs"], np.cumsum(kept["lengths"])[:-1])


def inputs(finished: Experiment, task: str, language: str) -> list[list[int]]:
    return encoding.read(stage(finished, f"prepare-{task}-test-{language}-*")).features["input_ids"]


def plain_model() -> torch.nn.Module:
    return AutoAdapterModel.from_pretrained(embedded.folder())


@torch.inference_mode()
def one_by_one(model: torch.nn.Module, rows: list[list[int]]) -> list[np.ndarray]:
    """Return what a plain model says of each row on its own, without any padding."""
    model.eval()
    return [model(input_ids=torch.tensor([row])).logits[0].numpy() for row in rows]


@pytest.mark.parametrize("language", ["qaa", "qah"])
def test_an_adapter_with_its_head_loads_with_plain_adapters(
    finished: Experiment, language: str
) -> None:
    model = plain_model()
    folder = stage(finished, "train-seq_bn-target-toy-pawsx-s1-*") / "adapter"
    name = model.load_adapter(str(folder), use_safetensors=True, set_active=True)
    assert name == "toy-pawsx"
    logits = one_by_one(model, inputs(finished, "toy-pawsx", language))
    kept = stored(stage(finished, "predict-seq_bn-target-toy-pawsx-*"), language)
    np.testing.assert_allclose(np.stack(logits), np.stack(kept).reshape(-1, 2), atol=1e-5)


def test_a_stack_loads_with_plain_adapters(finished: Experiment) -> None:
    model = plain_model()
    source = stage(finished, "train-seq_bn-target-toy-nli-s1-*") / "adapter"
    target = stage(finished, "train-seq_bn-stack-toy-nli-toy-panx-s1-*") / "adapter"
    below = model.load_adapter(str(source), with_head=False, use_safetensors=True)
    above = model.load_adapter(str(target), use_safetensors=True)
    model.set_active_adapters(Stack(below, above))
    model.active_head = above
    logits = one_by_one(model, inputs(finished, "toy-panx", "qab"))
    kept = stored(stage(finished, "predict-seq_bn-stack-toy-nli-toy-panx-*"), "qab")
    for ours, theirs in zip(logits, kept, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_fusion_loads_with_plain_adapters(finished: Experiment) -> None:
    model = plain_model()
    for source in ("toy-nli", "toy-squad"):
        folder = stage(finished, f"train-seq_bn-target-{source}-s1-*") / "adapter"
        model.load_adapter(str(folder), with_head=False, use_safetensors=True)
    fused = stage(finished, "train-seq_bn-fuse-toy-nli-toy-squad-toy-pawsx-s1-*") / "fusion"
    model.load_adapter_fusion(str(fused), with_head=True, use_safetensors=True)
    model.set_active_adapters(Fuse("toy-nli", "toy-squad"))
    model.active_head = "toy-pawsx"
    logits = one_by_one(model, inputs(finished, "toy-pawsx", "qab"))
    kept = stored(stage(finished, "predict-seq_bn-fuse-toy-nli-toy-squad-toy-pawsx-*"), "qab")
    np.testing.assert_allclose(np.stack(logits), np.stack(kept).reshape(-1, 2), atol=1e-5)


def test_a_full_model_loads_with_plain_transformers(finished: Experiment) -> None:
    folder = stage(finished, "train-full-continue-toy-nli-toy-pawsx-s1-*") / "model"
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    assert model.config.id2label == {0: "different", 1: "same"}
    logits = one_by_one(model, inputs(finished, "toy-pawsx", "qab"))
    kept = stored(stage(finished, "predict-full-continue-toy-nli-toy-pawsx-*"), "qab")
    np.testing.assert_allclose(np.stack(logits), np.stack(kept).reshape(-1, 2), atol=1e-5)


def test_the_stored_input_is_that_of_the_plain_tokenizer(finished: Experiment) -> None:
    from adapterstilts.toyworld.rows import rows

    tokenizer = XLMRobertaTokenizerFast(tokenizer_file=str(embedded.folder() / "tokenizer.json"))
    read = inputs(finished, "toy-pawsx", "qah")
    written = rows("paraphrase", language="qah", split="test", size=len(read))
    assert read == [tokenizer(row["first"], row["second"])["input_ids"] for row in written]


def test_weights_are_safetensors_and_nothing_else(finished: Experiment) -> None:
    names = {path.suffix for path in finished.store.rglob("*") if path.is_file()}
    assert names <= {".safetensors", ".json", ".jsonl", "", ".html", ".md", ".csv"}
    for path in finished.store.rglob("adapter_config.json"):
        assert json.loads(path.read_text())["model_name"] == "toyworld"


def test_every_prediction_has_a_score_with_an_interval_and_its_costs(finished: Experiment) -> None:
    folders = list(finished.store.glob("score-*"))
    rows = [row for folder in folders for row in read_rows(folder / "scores.jsonl", Score)]
    assert len(folders) > 25
    assert {row.language for row in rows} == {"qaa", "qab", "qah"}
    for row in rows:
        assert row.low <= row.value <= row.high
        assert row.n == TASKS.get(row.target).data.sizes["test"]
    trained = [row for row in rows if row.method == "seq_bn" and row.composition == "stack"]
    assert trained
    assert all(row.train_seconds and row.peak_memory for row in trained)
    assert all(row.trainable_parameters and row.stored_bytes for row in trained)
    stacked = next(row for row in trained if row.target == "toy-pawsx")
    alone = next(row for row in rows if row.target == "toy-pawsx" and row.composition == "target"
                 and row.method == "seq_bn")  # fmt: skip
    assert stacked.trainable_parameters == alone.trainable_parameters
    assert (stacked.stored_bytes or 0) > (alone.stored_bytes or 0)


def test_predictions_can_be_scored_without_a_model(finished: Experiment) -> None:
    folder = stage(finished, "predict-seq_bn-target-toy-xquad-*")
    rows = list(read_rows(folder / "predictions" / "qab.jsonl", Prediction))
    assert len(rows) == TASKS.get("toy-xquad").data.sizes["test"]
    assert all(isinstance(row.prediction, str) for row in rows)
    assert read_record(folder / "record.json").software["torch"] == torch.__version__


def test_the_report_is_one_page_that_asks_for_nothing(finished: Experiment) -> None:
    folder = finished.store / "reports" / "small"
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "toy-pawsx" in page
    assert 'src="http' not in page
    assert (folder / "report.md").is_file()
    assert (folder / "scores.csv").read_text(encoding="utf-8").count("\n") > 100


def test_scores_and_status_say_the_same_as_the_store(finished: Experiment, start: Start) -> None:
    out, _ = start("scores", finished.recipe, "--store", finished.store, "--json").communicate(
        timeout=60
    )
    rows = json.loads(out)
    assert {
        "backbone",
        "method",
        "composition",
        "source",
        "target",
        "value",
        "low",
        "high",
    } <= rows[0].keys()
    out, _ = start("status", finished.recipe, "--store", finished.store, "--json").communicate(
        timeout=60
    )
    stages = json.loads(out)["stages"]
    assert all(kind["done"] == kind["total"] for kind in stages.values())


def test_a_corrupted_artifact_is_named_with_the_remedy(
    finished: Experiment, start: Start, tmp_path: Path
) -> None:
    import shutil

    store = tmp_path / "store"
    shutil.copytree(finished.store, store)
    (adapter,) = store.glob("train-seq_bn-target-toy-nli-s1-*/adapter/adapter.safetensors")
    adapter.write_bytes(adapter.read_bytes()[:100])
    for folder in store.glob("predict-seq_bn-stack-toy-nli-toy-pawsx-*"):
        shutil.rmtree(folder)
    process = start("run", finished.recipe, "--store", store)
    _, said = process.communicate(timeout=200)
    assert process.returncode == 1
    assert str(adapter.parent.parent) in said
    assert "remove" in said
    assert "Traceback" not in said
