"""Heads: how each is added, what its logits are, and the loss that trains it.

One table serves both libraries, and both kinds have the same layers: dense, tanh, output on the
first position for `sequence` and `choice`, one linear layer for `token` and `span`.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForMultipleChoice,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from adapterstilts.modeling import contrast
from adapterstilts.modeling.parts import Head
from adapterstilts.modeling.reading import pooled
from adapterstilts.tasks.formats.format import IGNORED

Batch = Mapping[str, Tensor]

WHOLE_MODELS: Mapping[str, Any] = {
    "sequence": AutoModelForSequenceClassification,
    "token": AutoModelForTokenClassification,
    "span": AutoModelForQuestionAnswering,
    "choice": AutoModelForMultipleChoice,
    "lm": AutoModelForMaskedLM,
    "none": AutoModel,
}
"""Kind of head to the class of `transformers` that has it."""


def add(model: Any, head: Head) -> None:
    """Put a head with new weights on an `adapters` model."""
    names = dict(enumerate(head.labels))
    if head.kind == "sequence":
        model.add_classification_head(head.name, num_labels=head.outputs, id2label=names)
    elif head.kind == "token":
        model.add_tagging_head(head.name, num_labels=head.outputs, id2label=names)
    elif head.kind == "span":
        model.add_qa_head(head.name)
    elif head.kind == "choice":
        model.add_multiple_choice_head(head.name, num_choices=head.outputs)
    elif head.kind == "lm":
        model.add_masked_lm_head(head.name)
        model.tie_weights()


def take_language_model(model: Any, head: Head, lm_head: nn.Module) -> None:
    """Let an `adapters` head begin where pretraining left the checkpoint's own.

    `adapters` 1.3 carries such a head over without its bias (`heads.default.3.bias` is new).
    """
    layers = {"dense": "0", "layer_norm": "2", "decoder": "3"}
    state = {
        f"{layers[name.split('.')[0]]}.{name.split('.')[-1]}": weight
        for name, weight in lm_head.state_dict().items()
        if "." in name
    }
    model.heads[head.name].load_state_dict(state)


def fit(model: Any, head: Head) -> None:
    """Let a multiple-choice head that was loaded answer as many choices as the task has.

    It gives one logit a choice, whatever their number; `adapters` only groups them by it.
    """
    if head.kind == "choice":
        model.heads[head.name].config["num_choices"] = head.outputs


def logits(model: Any, head: Head, batch: Batch) -> Tensor:
    """Return what the head says; masked positions only where it is a language model's.

    Without a head it is the embeddings of both sides of each pair.
    """
    inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
    if head.kind == "lm":
        hidden = beside(model.base_model(**inputs)[0], batch)[batch["labels"] != IGNORED]
        return _vocabulary(model, head, hidden)
    if head.kind == "none":
        flat = {name: tensor.flatten(0, 1) for name, tensor in inputs.items()}
        embeddings = pooled(model, flat)
        return embeddings.view(*batch["input_ids"].shape[:2], -1)
    if head.kind == "choice" and hasattr(model, "heads"):
        # `adapters` flattens them itself, but only after it has read lengths for ReFT, and how many
        # prefixes are wanted, off three dimensions.
        inputs = {name: tensor.flatten(0, 1) for name, tensor in inputs.items()}
    named = {"head": head.name} if hasattr(model, "heads") else {}
    said = model(**inputs, **named)
    if head.kind == "span":
        return beside(torch.stack((said.start_logits, said.end_logits), dim=-1), batch)
    answer: Tensor = said.logits
    return beside(answer, batch) if head.kind == "token" else answer


def beside(rows: Tensor, batch: Batch) -> Tensor:
    """Return the rows of the input's own pieces: a learned prompt has places before them."""
    return rows[:, -batch["input_ids"].shape[1] :]


def loss(head: Head, said: Tensor, batch: Batch) -> Tensor:
    """Return the sum of the cross-entropies of the logits against the batch's labels."""
    if head.kind == "none":
        return contrast.loss(said, batch)
    labels = batch["labels"]
    if head.kind == "token":
        return _entropy(said.flatten(0, 1), labels.flatten())
    if head.kind == "span":
        return (_entropy(said[..., 0], labels[:, 0]) + _entropy(said[..., 1], labels[:, 1])) / 2
    if head.kind == "lm":
        return _entropy(said, labels[labels != IGNORED])
    if head.kind == "choice":
        return _entropy(said.masked_fill(~batch["there"], -torch.inf), labels)
    return _entropy(said, labels)


def terms(head: Head, batch: Batch) -> Tensor:
    """Return how many answers of a batch are learned from; at least one, for it divides."""
    if head.kind in ("token", "lm"):
        return (batch["labels"] != IGNORED).sum().clamp(min=1)
    rows = batch["input_ids" if head.kind == "none" else "labels"]
    return torch.tensor(len(rows), device=rows.device)


def _entropy(said: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(said, labels, ignore_index=IGNORED, reduction="sum")


def _vocabulary(model: Any, head: Head, hidden: Tensor) -> Tensor:
    if hasattr(model, "lm_head"):
        said: Tensor = model.lm_head(hidden)
        return said
    *layers, output = model.heads[head.name]
    for layer in layers:
        hidden = layer(hidden)
    # What was done to the embeddings below is undone above, where they are read once more.
    hidden = model.base_model.invertible_adapters_forward(hidden.unsqueeze(0), rev=True)[0]
    said = output(hidden)
    return said
