"""Training without a head: queries and candidates find each other by their embeddings."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from adapterstilts.core.errors import UsageError
from adapterstilts.core.launch import Launch
from adapterstilts.modeling.assembly import for_prediction, for_training
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.contrast import loss
from adapterstilts.modeling.device import Device
from adapterstilts.modeling.embedding import embeddings
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.methods import METHODS, cannot_stand_under
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, HEADS, NO_HEAD, Source
from adapterstilts.modeling.ranks import Ranks
from adapterstilts.modeling.ready import load
from adapterstilts.tasks.mixture import Sampling
from adapterstilts.tasks.registry import FORMATS, TASKS
from adapterstilts.toyworld.rows import rows

TASK = "toy-answers"
METHOD_NAMES = [
    method.name
    for method in METHODS.values()
    if not COMPOSITIONS.get("target").refuses(method)
    and not cannot_stand_under(method, ["none"])
    and (method.architecture or method.whole)
]
HYPER = Hyperparameters(
    learning_rate=1e-2, batch_size=4, steps=4, warmup=0.0, weight_decay=0.1, evaluate_every=2
)
HALF = Device(device=torch.device("cpu"), precision="bf16")


def hashes(model: Any) -> dict[str, str]:
    return {
        name: hashlib.sha256(weight.detach().float().numpy().tobytes()).hexdigest()
        for name, weight in model.named_parameters()
    }


def read(lab: Any, assembly: Any, split: str = "dev") -> np.ndarray:
    """Return the embeddings that answers are looked up by."""
    assembly.model.eval()
    return embeddings(
        assembly, lab.encoded(TASK, split), layers=[1], pooling="mean",
        pad=lab.tokenizer.pad, device=lab.device, tokens=500,
    )[0]  # fmt: skip


def pair_batch(lab: Any, assembly: Any, rows: Any = range(4)) -> Any:
    (share,) = lab.steps(assembly, HYPER).shares(rows)
    return share.track.items.batch(list(rows), lab.device.device)


@pytest.mark.parametrize("method", METHOD_NAMES)
def test_what_is_trained_is_what_gets_gradients_and_nothing_above_changes(
    lab: Any, method: str, tmp_path: Path
) -> None:
    assembly = lab.assembly(lab.parts(method, "target", TASK))
    batch = pair_batch(lab, assembly)
    loss(assembly.logits(batch), batch).backward()
    reached = {
        name for name, weight in assembly.model.named_parameters() if weight.grad is not None
    }
    assert reached == set(assembly.trainable) != set()
    assert not any(".layer.1." in name or "pooler" in name for name in reached)
    assembly.model.zero_grad(set_to_none=True)
    before = hashes(assembly.model)
    lab.train(assembly, TASK, tmp_path, HYPER)
    after = hashes(assembly.model)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= reached
    assert changed


@pytest.mark.parametrize("method", METHOD_NAMES)
def test_what_was_trained_reads_as_it_did_when_it_is_loaded(
    lab: Any, method: str, tmp_path: Path
) -> None:
    parts = lab.parts(method, "target", TASK)
    assembly = lab.assembly(parts)
    lab.train(assembly, TASK, tmp_path, HYPER)
    out = tmp_path / "out"
    out.mkdir()
    assembly.save(out)
    assert not list(out.rglob("*head*"))
    again = for_prediction(parts, out, device=lab.device)
    np.testing.assert_allclose(read(lab, again), read(lab, assembly), atol=1e-5)
    source = (Source(name=TASK, folder=out),)
    as_it_is = lab.parts(method, "zero", "toy-tatoeba", **{"sources": source})
    answers = for_prediction(as_it_is, None, device=lab.device)
    np.testing.assert_allclose(read(lab, answers), read(lab, assembly), atol=1e-5)
    begun = lab.parts(method, "continue", "toy-xnli", **{"sources": source})
    np.testing.assert_allclose(read(lab, lab.assembly(begun)), read(lab, assembly), atol=1e-5)


@pytest.mark.parametrize("method", ["seq_bn", "lora", "peft:lora", "bitfit", "full"])
def test_a_model_that_is_loaded_ready_looks_up_what_the_stage_does(
    lab: Any, method: str, tmp_path: Path
) -> None:
    parts = lab.parts(method, "target", TASK)
    assembly = lab.assembly(parts)
    lab.train(assembly, TASK, tmp_path, HYPER)
    out = tmp_path / "out"
    out.mkdir()
    assembly.save(out)
    found = rows("answer", language="qaa", split="dev", size=12)
    candidates = [row["candidate"] for row in found]
    form, dev = FORMATS.get("retrieval"), lab.encoded(TASK, "dev")
    names = form.decode(TASKS.get(TASK), dev, list(read(lab, assembly)))
    model = load(lab.located.folder, out, task=TASK)
    answers = model.predict(TASK, [row["query"] for row in found], candidates=candidates)
    assert answers == [candidates[int(name.rpartition("-")[2])] for name in names]
    assert len(set(answers)) > 3


@pytest.mark.parametrize(
    ("composition", "sources"),
    [("stack", ("toy-nli",)), ("fuse", ("toy-nli", "toy-squad")), ("continue", ("toy-nli",))],
)
def test_sources_meet_it_as_they_meet_every_target(
    lab: Any, composition: str, sources: tuple[str, ...], tmp_path: Path
) -> None:
    parts = lab.parts("seq_bn", composition, TASK, *sources)
    assembly = lab.assembly(parts)
    before = hashes(assembly.model)
    lab.train(assembly, TASK, tmp_path, HYPER)
    after = hashes(assembly.model)
    assert {name for name in before if before[name] != after[name]} <= assembly.trainable.keys()
    assert not any(".layer.1." in name for name in assembly.trainable)
    out = tmp_path / "out"
    out.mkdir()
    assembly.save(out)
    left = {path.name for path in out.iterdir()}
    assert left == {FUSION if composition == "fuse" else ADAPTER}
    again = for_prediction(parts, out, device=lab.device)
    np.testing.assert_allclose(read(lab, again), read(lab, assembly), atol=1e-5)


def test_training_reads_what_answers_are_looked_up_by(lab: Any) -> None:
    assembly = lab.assembly(lab.parts("seq_bn", "target", TASK))
    assembly.model.eval()
    with torch.no_grad():
        said = assembly.logits(pair_batch(lab, assembly, range(12)))
    np.testing.assert_allclose(said.flatten(0, 1).numpy(), read(lab, assembly, "train"), atol=1e-5)


@pytest.mark.parametrize("accumulation", [2, 4])
def test_parts_of_a_batch_would_have_fewer_negatives_so_there_are_none(
    still_lab: Any, accumulation: int
) -> None:
    found = []
    for parts in (1, accumulation):
        assembly = still_lab.assembly(still_lab.parts("seq_bn", "target", TASK))
        step = still_lab.steps(assembly, replace(HYPER, accumulation=parts))
        loss = float(step.step([0, 1, 2, 3], 0))
        found.append((loss, hashes(assembly.model)))
    assert found[0] == found[1]
    assert found[0][0] > 0


def drawn(now: Any) -> list[float]:
    """Return scores that depend on the weights and disturb the generator."""
    torch.rand(3)
    score = float(sum(value.detach().double().sum() for value in now.trainable.values()))
    return [score + index for index in range(len(now.parts.heads))]


@pytest.mark.parametrize(
    ("tasks", "batches"),
    [((TASK,), "one"), ((TASK, "toy-nli"), "one"), (("toy-squad", TASK, "toy-mlm"), "mixed")],
)
def test_a_run_that_was_stopped_ends_as_one_that_was_not(
    lab: Any, tasks: tuple[str, ...], batches: Any, tmp_path: Path
) -> None:
    hyper, mixture = replace(HYPER, batch_size=6), Sampling(rule="uniform", batches=batches)

    def run(folder: str, stop: int) -> Any:
        parts = lab.mix("seq_bn", *tasks) if len(tasks) > 1 else lab.parts("seq_bn", "target", TASK)
        assembly = lab.assembly(parts)
        calls = iter(range(1, 99))

        def evaluate(now: Any) -> list[float]:
            if next(calls) == stop:
                raise KeyboardInterrupt
            return drawn(now)

        (tmp_path / folder).mkdir(exist_ok=True)
        trained = lab.train(
            assembly, tasks, tmp_path / folder, hyper, evaluate=evaluate,
            checkpoint_seconds=0.0, mixture=mixture,
        )  # fmt: skip
        return trained.history, hashes(assembly.model)

    expected = run("whole", 99)
    with pytest.raises(KeyboardInterrupt):
        run("stopped", 2)
    assert run("stopped", 99) == expected


@pytest.mark.parametrize("method", ["seq_bn", "peft:lora", "full"])
@pytest.mark.parametrize("tasks", [(TASK, "toy-nli"), ("toy-nli", TASK)])
def test_a_mix_leaves_a_head_for_each_task_that_has_one(
    lab: Any, method: str, tasks: tuple[str, str], tmp_path: Path
) -> None:
    assembly = lab.assembly(lab.mix(method, *tasks))
    assert any(".layer.1." in name for name in assembly.trainable)
    lab.train(assembly, tasks, tmp_path, HYPER, mixture=Sampling(rule="uniform"))
    assembly.save(tmp_path)
    assert [path.name for path in (tmp_path / HEADS).iterdir()] == ["toy-nli"]
    expected = read(lab, assembly)
    whole = for_prediction(assembly.parts, tmp_path, device=lab.device)
    np.testing.assert_allclose(read(lab, whole), expected, atol=1e-5)
    source = {"sources": (Source(name="the-mix", folder=tmp_path),)}
    answers = for_prediction(lab.parts(method, "zero", TASK, **source), None, device=lab.device)
    np.testing.assert_allclose(read(lab, answers), expected, atol=1e-5)
    nli = for_prediction(lab.parts(method, "zero", "toy-nli", **source), None, device=lab.device)
    ids = torch.tensor([[0, 17, 21, 2]])
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    with torch.no_grad():
        found, ours = nli.logits(batch), assembly.logits(batch, lab.head("toy-nli"))
    torch.testing.assert_close(found, ours, atol=1e-5, rtol=0)


def test_a_mix_of_such_tasks_alone_leaves_no_head(lab: Any, tmp_path: Path) -> None:
    parts = replace(lab.mix("seq_bn", TASK), others=(replace(NO_HEAD, name="toy-others"),))
    assembly = lab.assembly(parts)
    assert parts.headless
    assert not any(".layer.1." in name for name in assembly.trainable)
    assembly.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {ADAPTER}
    assert not (tmp_path / HEAD).exists()


@pytest.mark.parametrize("method", ["head", "seq_bn[leave_out=0]"])
def test_what_would_change_nothing_that_is_read_is_refused(lab: Any, method: str) -> None:
    with pytest.raises(UsageError, match=r"^method '.*' does not fit backbone '.*': "):
        lab.assembly(lab.parts(method, "target", TASK))


def test_several_processes_are_refused_before_a_step_is_taken(lab: Any, tmp_path: Path) -> None:
    assembly = lab.assembly(lab.parts("seq_bn", "target", TASK))
    before = hashes(assembly.model)
    with pytest.raises(UsageError, match=r"'toy-answers' has pairs .* among 2 processes: start"):
        lab.train(assembly, TASK, tmp_path, HYPER, ranks=Ranks(Launch(rank=0, size=2)))
    assert hashes(assembly.model) == before


@pytest.mark.parametrize("method", ["seq_bn", "full", "peft:lora"])
def test_in_half_precision_a_whole_model_keeps_what_lies_above(lab: Any, method: str) -> None:
    assembly = for_training(lab.parts(method, "target", TASK), seed=0, device=HALF)
    batch = pair_batch(lab, assembly)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        said = assembly.logits(batch)
        loss(said.float(), batch).backward()
    assert all(weight.grad is not None for weight in assembly.trainable.values())
    halved = [n for n, w in assembly.model.named_parameters() if w.dtype == torch.bfloat16]
    assert bool(halved) == (method != "full")
