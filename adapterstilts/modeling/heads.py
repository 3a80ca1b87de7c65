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

from adapterstilts.modeling.parts import Head

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
        if "default" in model.heads:  # The checkpoint's own, which pretraining left.
            model.heads[head.name].load_state_dict(model.heads["default"].state_dict())
        model.tie_weights()


def logits(model: Any, head: Head, batch: Batch) -> Tensor:
    """Return what the head says; masked positions only where it is a language model's."""
    inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
    if head.kind == "lm":
        hidden = model.base_model(**inputs)[0][batch["labels"] != -100]
        return _vocabulary(model, head, hidden)
    said = model(**inputs)
    if head.kind == "span":
        return torch.stack((said.start_logits, said.end_logits), dim=-1)
    answer: Tensor = said.logits
    return answer


def loss(head: Head, said: Tensor, batch: Batch) -> Tensor:
    """Return the mean cross-entropy of the logits against the batch's labels."""
    labels = batch["labels"]
    if head.kind == "token":
        return functional.cross_entropy(said.flatten(0, 1), labels.flatten(), ignore_index=-100)
    if head.kind == "span":
        ends = [functional.cross_entropy(said[..., end], labels[:, end]) for end in (0, 1)]
        return (ends[0] + ends[1]) / 2
    if head.kind == "lm":
        return functional.cross_entropy(said, labels[labels != -100])
    return functional.cross_entropy(said, labels)


def _vocabulary(model: Any, head: Head, hidden: Tensor) -> Tensor:
    if hasattr(model, "lm_head"):
        said: Tensor = model.lm_head(hidden)
        return said
    layers: nn.Sequential = model.heads[head.name]
    for layer in layers:
        hidden = layer(hidden)
    return hidden
