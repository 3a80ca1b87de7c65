"""What the plain libraries' trainers get wrong without a word, and that it comes out right here."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from adapters import AdapterTrainer
from adapters.composition import BatchSplit
from torch.nn import functional
from transformers import Trainer

from adapterstilts.modeling.batching import training_batches
from adapterstilts.modeling.collate import Items
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.optimising import groups

TASK, SOURCES = "toy-xnli", ("toy-nli", "toy-squad")
HYPER = Hyperparameters(learning_rate=1e-2, batch_size=4, steps=3, warmup=0.0, clip=0.0)


def values(model: Any) -> dict[str, torch.nn.Parameter]:
    """Return the value matrices of a fusion."""
    found = {
        key: weight
        for key, weight in model.named_parameters()
        if "adapter_fusion_layer" in key and key.endswith(".value.weight")
    }
    assert found
    return found


def kept(model: Any) -> dict[str, torch.Tensor]:
    return {
        key: weight.detach().clone()
        for key, weight in model.named_parameters()
        if weight.requires_grad
    }


def test_decay_pulls_a_fusions_values_from_the_identity_in_the_plain_library_and_not_here(
    lab: Any, plain_fusion: Any, plain_training: Any, tmp_path: Path
) -> None:
    """The library means to spare them, but its pattern never matches a whole name."""
    parts = lab.parts("seq_bn", "fuse", TASK, *SOURCES)
    model, assembly = plain_fusion(lab, parts), lab.assembly(parts)
    decayed = Hyperparameters(weight_decay=0.1, steps=1)
    trainer = plain_training(lab, parts, AdapterTrainer, model, decayed, tmp_path)
    trainer.create_optimizer()
    for found, pulled in (
        (trainer.optimizer.param_groups, 0.1),
        (groups(assembly, decayed), 0.0),
    ):
        of = {id(weight): group["weight_decay"] for group in found for weight in group["params"]}
        own = model if pulled else assembly.model
        assert {of[id(weight)] for weight in values(own).values()} == {pulled}
        assert {
            of[id(w)]
            for key, w in own.named_parameters()
            if key.endswith("query.weight") and id(w) in of
        } == {0.1}


def test_a_fusions_first_step_lacks_its_regularisation_in_the_plain_library_and_has_it_here(
    still_lab: Any, plain_fusion: Any, plain_training: Any, tmp_path: Path
) -> None:
    """The library adds it after a step: too late for this one, and lost where it is the last."""
    parts = still_lab.parts("seq_bn", "fuse", TASK, *SOURCES)
    assembly = still_lab.assembly(parts)
    with torch.no_grad():
        for value in values(assembly.model).values():
            value.add_(0.3)
    before = assembly.model.state_dict()
    model = plain_fusion(still_lab, parts)
    model.load_state_dict(before)
    start = {key: value.detach().clone() for key, value in values(model).items()}
    one = replace(HYPER, steps=1)
    trainer = plain_training(still_lab, parts, AdapterTrainer, model, one, tmp_path)
    trainer.train()
    ours = still_lab.steps(assembly, one)
    items = Items(still_lab.encoded(TASK, "train"), parts.head, pad=still_lab.tokenizer.pad)
    ours.step(next(training_batches(items.lengths, size=4, seed=0)), 0)
    # Adam keeps a tenth of a first gradient.
    for key, value in values(assembly.model).items():
        theirs = values(model)[key]
        pull = 0.02 * (start[key] - torch.eye(len(value)))
        lacking = (
            ours.optimizer.state[value]["exp_avg"] - moments(trainer)[theirs]["exp_avg"]
        ) / 0.1
        torch.testing.assert_close(lacking, pull, rtol=1e-3, atol=1e-6)
        left = 0.02 * (theirs.detach() - torch.eye(len(value)))
        torch.testing.assert_close(theirs.grad, left, rtol=1e-3, atol=1e-6)


def test_a_run_taken_up_again_has_lost_a_fusions_regularisation_in_the_plain_library(
    still_lab: Any, plain_fusion: Any, plain_training: Any, tmp_path: Path
) -> None:
    """It waits in gradients, which no checkpoint holds; that ours resume exactly is tested."""
    parts = still_lab.parts("seq_bn", "fuse", TASK, *SOURCES)
    waiting: list[bool] = []
    for resumed in (None, str(tmp_path / "checkpoint-1")):
        model = plain_fusion(still_lab, parts)

        def note(*_: Any, model: Any = model) -> None:
            waiting.append(all(value.grad is not None for value in values(model).values()))

        model.base_model.register_forward_pre_hook(note)
        steps = {"save_strategy": "steps", "save_steps": 1}
        two = replace(HYPER, steps=2)
        trainer = plain_training(still_lab, parts, AdapterTrainer, model, two, tmp_path, **steps)
        trainer.train(resume_from_checkpoint=resumed)
    first, second, second_again = waiting
    assert (first, second, second_again) == (False, True, False)


def test_the_best_fusion_comes_back_under_the_last_head_in_the_plain_library_and_under_its_own_here(
    lab: Any, plain_fusion: Any, plain_training: Any, tmp_path: Path
) -> None:
    scores = (5.0, 1.0, 2.0)
    parts = lab.parts("seq_bn", "fuse", TASK, *SOURCES)
    model = plain_fusion(lab, parts)
    seen: list[dict[str, torch.Tensor]] = []

    def metrics(prediction: Any) -> dict[str, float]:
        seen.append(kept(model))
        return {"score": scores[len(seen) - 1]}

    trainer = plain_training(
        lab,
        parts,
        AdapterTrainer,
        model,
        HYPER,
        tmp_path / "plain",
        eval_dataset=[0],
        compute_metrics=metrics,
        eval_strategy="steps",
        eval_steps=1,
        save_strategy="steps",
        save_steps=1,
        load_best_model_at_end=True,
        metric_for_best_model="score",
    )
    trainer.train()
    assert trainer.state.best_global_step == 1
    now = kept(model)
    for key, weight in now.items():
        best = 2 if key.startswith("heads.") else 0
        assert torch.equal(weight, seen[best][key]), key
        assert not torch.equal(weight, seen[2 - best][key]), key
    assembly, ours = lab.assembly(parts), []

    def evaluate(now: Any) -> list[float]:
        ours.append(kept(now.model))
        return [scores[len(ours) - 1]]

    (tmp_path / "ours").mkdir()
    hyper = replace(HYPER, evaluate_every=1)
    lab.train(assembly, TASK, tmp_path / "ours", hyper, evaluate=evaluate)
    for key, weight in assembly.trainable.items():
        assert torch.equal(weight, ours[0][key]), key
        assert not torch.equal(weight, ours[2][key]), key


def test_full_fine_tuning_of_a_model_with_flexible_heads_loses_its_labels_in_the_plain_library(
    lab: Any, plain_model: Any, plain_training: Any, tmp_path: Path
) -> None:
    """Its forward takes any name, so that `labels` looks like a column that nobody reads."""
    parts = lab.parts("full", "target", TASK)
    model = plain_model(lab)
    model.add_classification_head(TASK, num_labels=3)
    encoded = lab.encoded(TASK, "train")
    rows = [
        {"input_ids": ids, "labels": labels}
        for ids, labels in zip(
            encoded.features["input_ids"], encoded.features["labels"], strict=True
        )
    ]

    def collate(features: Any) -> Any:
        assert features[0].keys() == {"input_ids"}
        return {"input_ids": torch.tensor([feature["input_ids"] for feature in features])}

    trainer = plain_training(lab, parts, Trainer, model, HYPER, tmp_path)
    trainer.train_dataset, trainer.data_collator = rows, collate
    with pytest.raises(ValueError, match="did not return a loss"):
        trainer.train()


def test_full_fine_tuning_learns_from_its_labels_here(still_lab: Any) -> None:
    assembly = still_lab.assembly(still_lab.parts("full", "target", TASK))
    encoded = still_lab.encoded(TASK, "train")
    ids = torch.tensor([encoded.features["input_ids"][0]])
    said = assembly.logits({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
    label = torch.tensor(encoded.features["labels"][0])
    expected = float(functional.cross_entropy(said, label).detach())
    step = still_lab.steps(assembly, HYPER)
    assert float(step.step([0], 0)) == pytest.approx(expected, rel=1e-4)
    assert len(step.optimizer.state) == len(assembly.trainable)


SPLIT = {
    "toy-udpos": (RuntimeError, "must match the size of tensor"),
    "toy-xquad": (ValueError, "to match target batch_size"),
}


@pytest.mark.parametrize("task", SPLIT)
def test_a_batch_split_over_adapters_breaks_on_masks_and_spans_in_the_plain_library(
    lab: Any, plain_model: Any, task: str
) -> None:
    """Which is why a batch is of one task here, and never split over adapters."""
    error, match = SPLIT[task]
    encoded, model = lab.encoded(task, "train"), plain_model(lab)
    for name in ("one", "other"):
        model.add_adapter(name)
        if task == "toy-udpos":
            model.add_tagging_head(name, num_labels=len(lab.head(task).labels))
        else:
            model.add_qa_head(name)
    block = BatchSplit("one", "other", batch_sizes=[1, 1])
    model.set_active_adapters(block)
    model.active_head = block
    batch = Items(encoded, lab.head(task), pad=lab.tokenizer.pad).batch(
        unequal(encoded), lab.device.device
    )
    labels = batch.pop("labels")
    asked = {"labels": labels}
    if task == "toy-xquad":
        asked = {"start_positions": labels[:, 0], "end_positions": labels[:, 1]}
    model(**batch)
    with pytest.raises(error, match=match):
        model(**batch, **asked)


@pytest.mark.parametrize("task", SPLIT)
def test_a_batch_with_masks_and_spans_is_learned_from_here(still_lab: Any, task: str) -> None:
    encoded = still_lab.encoded(task, "train")
    rows = unequal(encoded)
    assembly = still_lab.assembly(still_lab.parts("seq_bn", "target", task))
    items = Items(encoded, assembly.parts.head, pad=still_lab.tokenizer.pad)
    batch = items.batch(rows, still_lab.device.device)
    assert not batch["attention_mask"].all()
    said, labels, mean = assembly.logits(batch).detach(), batch["labels"], functional.cross_entropy
    if task == "toy-udpos":
        expected = mean(said.flatten(0, 1), labels.flatten())
    else:
        expected = (mean(said[..., 0], labels[:, 0]) + mean(said[..., 1], labels[:, 1])) / 2
    step = still_lab.steps(assembly, HYPER)
    assert float(step.step(rows, 0)) == pytest.approx(float(expected), rel=1e-4)
    assert len(step.optimizer.state) == len(assembly.trainable)


def unequal(encoded: Any) -> list[int]:
    """Return two features of which one is padded to the other's length."""
    sizes = [len(ids) for ids in encoded.features["input_ids"]]
    rows = [sizes.index(min(sizes)), sizes.index(max(sizes))]
    assert sizes[rows[0]] < sizes[rows[1]]
    return rows


def test_a_fusion_without_values_has_no_regularisation(lab: Any) -> None:
    """As in a static fusion, of which the library says nothing at all instead of nought."""
    assembly = lab.assembly(lab.parts("seq_bn", "fuse", TASK, *SOURCES))
    for value in values(assembly.model).values():
        value.requires_grad_(False)
    assert assembly.model.base_model.get_fusion_regularization_loss() is None
    assert float(lab.steps(assembly, HYPER).step(range(4), 0)) > 0


def moments(trainer: Any) -> Any:
    """Return what the optimiser under Accelerate's remembers."""
    return getattr(trainer.optimizer, "optimizer", trainer.optimizer).state
