"""Nine toy tasks of six formats in one training, from rows to the files that it leaves."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from adapterstilts.core.fingerprint import file_digest
from adapterstilts.core.records import RECORD, read_record
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.parts import ADAPTER, HEADS
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.stages import run
from adapterstilts.stages.predict import Predict
from adapterstilts.stages.prepare import Prepare
from adapterstilts.stages.references import Backbone, source_role
from adapterstilts.stages.stage import StageSpec
from adapterstilts.stages.train import HISTORY, Train, data_role
from adapterstilts.tasks.mixture import Part, Sampling
from adapterstilts.tasks.registry import TASKS

SIZES = {
    "toy-nli": 40,
    "toy-squad": 40,
    "toy-swag": 30,
    "toy-mlm": 30,
    "toy-xnli": 20,
    "toy-pawsx": 20,
    "toy-udpos": 20,
    "toy-answers": 20,
    "toy-xcopa": 20,
}
HYPER = Hyperparameters(
    learning_rate=5e-3, batch_size=4, steps=36, evaluate_every=18, max_length=64
)
RUNTIME = Runtime(device="cpu", checkpoint_seconds=0.0)
ROUTE = ("seq_bn", "peft:lora", "full")


def silent(done: int, total: int, note: str) -> None:
    pass


def prepared(backbone: Path, task: str, split: str, size: int, language: str = "qaa") -> StageSpec:
    located = locate.locate(str(backbone), "main")
    return StageSpec(
        Prepare(
            task=task,
            language=language,
            split=split,
            size=size,
            max_length=64,
            backbone=Backbone(name=str(backbone), revision=located.revision),
            tokenizer=file_digest(backbone / locate.TOKENIZER),
        )
    )


def mix(backbone: Path, method: str = "seq_bn", **other: Any) -> list[StageSpec]:
    """Return the stages of a training on the nine tasks, itself the last."""
    data = {
        data_role(split, task): prepared(backbone, task, split, size if split == "train" else 12)
        for task, size in SIZES.items()
        for split in ("train", "dev")
    }
    config: dict[str, Any] = {
        "backbone": next(iter(data.values())).config.backbone,
        "method": method,
        "composition": "target",
        "sources": (),
        "parts": tuple(Part(task=task) for task in SIZES),
        "sampling": Sampling(temperature=2.0),
        "seed": 3,
        "hyper": HYPER,
    }
    needs = {role: spec.id for role, spec in data.items()}
    return [*data.values(), StageSpec(Train(**(config | other)), needs)]


def work(stages: list[StageSpec], store: Store) -> Path:
    """Run stages one after the other; return what the last one left."""
    for spec in stages:
        run.run(spec, store, RUNTIME, silent)
    path = store.find(stages[-1].id)
    assert path is not None
    return path


@pytest.fixture(scope="module")
def mixed(tiny_backbone: Path, tmp_path_factory: Any) -> Any:
    """Return a function that trains the mix: its stages, its store and its folder."""
    found: dict[str, Any] = {}

    def of(method: str) -> Any:
        if method not in found:
            store = Store(tmp_path_factory.mktemp("mix") / "runs")
            stages = mix(tiny_backbone, method)
            found[method] = (stages, store, work(stages, store))
        return found[method]

    return of


def history(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (path / HISTORY).read_text().splitlines()]


@pytest.mark.parametrize("method", ROUTE)
def test_nine_tasks_are_trained_in_one_run_and_scored_one_by_one(mixed: Any, method: str) -> None:
    """The toy world has six formats that can be trained, which is every one that there is."""
    _, _, path = mixed(method)
    record = read_record(path / RECORD)
    formats = {TASKS.get(task).format for task in SIZES}
    assert formats == {each.format for each in TASKS.values() if "train" in each.splits}
    assert (len(SIZES), len(formats)) == (9, 6)
    evaluated = [row for row in history(path) if "dev" in row]
    assert [row["step"] for row in evaluated] == [18, 36]
    for row in evaluated:
        scores = [row[f"dev/{task}"] for task in SIZES]
        assert row["dev"] == pytest.approx(sum(scores) / 9)
        assert all(0 <= score <= 100 for score in scores)
    assert record.resolved["dev"] == max(row["dev"] for row in evaluated)
    assert sum(record.resolved["shares"].values()) == pytest.approx(1)
    turns = record.resolved["turns"]
    assert sum(turns.values()) == 36
    assert turns.keys() == record.resolved["shares"].keys() == SIZES.keys()
    for task, share in record.resolved["shares"].items():
        assert abs(turns[task] - 36 * share) <= 1
    kept = sum(file.stat().st_size for file in path.rglob("*.safetensors"))
    assert record.costs.stored_bytes == kept
    assert {each.name for each in (path / HEADS).iterdir()} == SIZES.keys() - {"toy-answers"}


def test_the_name_of_nine_tasks_is_short_and_safe(mixed: Any) -> None:
    stages, _, path = mixed("seq_bn")
    slug = stages[-1].config.slug
    assert slug.startswith("seq_bn-target-mix[temperature=2](toy-nli, toy-squad")
    assert slug.endswith("-s3")
    assert path.name.startswith("train-seq_bn-target-mix-temperature=2-toy-nli,-toy-squad")
    assert path.name.endswith(f"-{stages[-1].id}")
    assert len(path.name) < 130
    other = replace(stages[-1].config, sampling=Sampling(temperature=3.0))
    assert other.slug != slug
    kept = json.loads((path / ADAPTER / "adapter_config.json").read_text())
    assert kept["name"].startswith("mix-temperature-2-toy-nli")


KILLED = """
import sys
from pathlib import Path
from adapterstilts.core.store import Store
from adapterstilts.stages import run
from tests.stages.test_mixtures import RUNTIME, mix
(*_, spec) = mix(Path(sys.argv[1]), sys.argv[3])
def tell(done, total, note):
    sys.stdout.write(f"{done}\\n")
    sys.stdout.flush()
run.run(spec, Store(Path(sys.argv[2])), RUNTIME, tell)
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("method", ["seq_bn", "full"])
def test_killed_and_started_again_it_ends_with_the_same_weights(
    mixed: Any, tiny_backbone: Path, tmp_path: Path, method: str
) -> None:
    *_, spec = mix(tiny_backbone, method)
    _, theirs, expected = mixed(method)
    prepared_alone = shutil.ignore_patterns("train-*", "predict-*", ".*")
    shutil.copytree(theirs.root, tmp_path / "runs", ignore=prepared_alone)
    store = Store(tmp_path / "runs")
    arguments = [sys.executable, "-c", KILLED, str(tiny_backbone), str(store.root), method]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "20":
                process.kill()
                break
    assert process.returncode == -signal.SIGKILL
    assert store.find(spec.id) is None
    assert list(store.work(spec.id).glob("checkpoint*"))
    path = work([spec], store)
    names = sorted(file.relative_to(expected) for file in expected.rglob("*.safetensors"))
    assert names
    for name in names:
        assert (path / name).read_bytes() == (expected / name).read_bytes(), name
    assert history(path) == history(expected)


def asked(method: str, stages: list[StageSpec], task: str, head: str = "") -> list[StageSpec]:
    """Return the stages in which a head of the mix answers a target as it is."""
    config: Train = stages[-1].config  # type: ignore[assignment]
    test = prepared(Path(config.backbone.name), task, "test", 12)
    predict = Predict(
        backbone=config.backbone,
        method=method,
        composition="zero",
        sources=(config.title,),
        task=task,
        languages=("qaa",),
        split="test",
        layer=None,
        pooling="mean" if task == "toy-answers" else "",
        keep_logits=True,
        head=head,
    )
    return [test, StageSpec(predict, {source_role(0): stages[-1].id, "qaa": test.id})]


def answers(path: Path) -> Iterator[Any]:
    for folder in ("predictions/qaa.jsonl", "logits/qaa.safetensors"):
        yield (path / folder).read_bytes()


@pytest.mark.parametrize("method", ROUTE)
def test_every_task_is_answered_as_it_is(mixed: Any, method: str) -> None:
    stages, store, _ = mixed(method)
    for task in SIZES:
        path = work(asked(method, stages, task), store)
        logits = load_file(path / "logits" / "qaa.safetensors")
        assert logits["lengths"].sum() == len(logits["outputs"]) > 0


def test_the_head_of_one_task_answers_another_of_the_same_labels(mixed: Any) -> None:
    stages, store, _ = mixed("seq_bn")
    own, by_nli = (
        list(answers(work(asked("seq_bn", stages, "toy-xnli", head), store)))
        for head in ("", "toy-nli")
    )
    assert own != by_nli


def test_the_rows_of_several_languages_are_learned_from_together(
    tiny_backbone: Path, tmp_path: Path
) -> None:
    """One head, and English dev data; the order in which a plan names them does not matter."""
    data = {
        data_role("train", "toy-nli", "qab"): prepared(tiny_backbone, "toy-nli", "train", 8, "qab"),
        data_role("train", "toy-nli", "qac"): prepared(tiny_backbone, "toy-nli", "train", 8, "qac"),
        data_role("dev", "toy-nli", "qaa"): prepared(tiny_backbone, "toy-nli", "dev", 12),
    }
    config = Train(
        backbone=next(iter(data.values())).config.backbone,  # type: ignore[attr-defined]
        method="seq_bn",
        composition="target",
        sources=(),
        parts=(Part(task="toy-nli", languages=("qab", "qac")),),
        seed=0,
        hyper=replace(HYPER, steps=8, evaluate_every=4),
    )
    kept = []
    for number, roles in enumerate((list(data), list(reversed(data)))):
        spec = StageSpec(config, {role: data[role].id for role in roles})
        path = work([*data.values(), spec], Store(tmp_path / str(number)))
        kept.append((path / ADAPTER / "adapter.safetensors").read_bytes())
        assert not (path / HEADS).exists()
    assert kept[0] == kept[1]
    assert config.slug == "seq_bn-target-translated(toy-nli, qab, qac)-s0"
    alone = StageSpec(
        replace(config, parts=(Part(task="toy-nli"),)),
        {"train": data["train:toy-nli:qab"].id, "dev": data["dev:toy-nli:qaa"].id},
    )
    path = work([alone], Store(tmp_path / "0"))
    assert (path / ADAPTER / "adapter.safetensors").read_bytes() != kept[0]


@pytest.mark.parametrize(
    "changed",
    [
        {"sampling": Sampling()},
        {"sampling": Sampling(weights=(1.0,) * 9)},
        {"sampling": Sampling(temperature=2.0, batches="mixed")},
        {"parts": tuple(Part(task=task) for task in reversed(SIZES))},
        {"parts": (*(Part(task=task) for task in list(SIZES)[:-1]), Part(task="toy-xquad"))},
        {"parts": tuple(Part(task=task, languages=("qab",)) for task in SIZES)},
    ],
)
def test_what_is_mixed_and_how_is_part_of_the_id(tiny_backbone: Path, changed: Any) -> None:
    (*_, spec), (*_, again), (*_, other) = (
        mix(tiny_backbone),
        mix(tiny_backbone),
        mix(tiny_backbone, **changed),
    )
    assert spec.id == again.id != other.id


def test_the_metric_of_every_part_selects(
    tiny_backbone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (*_, spec) = mix(tiny_backbone)
    before = spec.id
    assert spec.config.identity()["selected_by"][:2] == ["accuracy", "f1"]
    get = TASKS.get
    monkeypatch.setattr(
        TASKS,
        "get",
        lambda name, **_: replace(get(name), primary="exact_match" if "squad" in name else "f1"),
    )
    assert StageSpec(spec.config, spec.needs).id != before
