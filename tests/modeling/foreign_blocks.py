"""Blocks of adapters and full models of other people: made and saved by the plain libraries."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from adapters import AdapterConfig, AutoAdapterModel
from adapters.composition import Average, Fuse, Stack
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForMultipleChoice,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from adapterstilts.modeling.blocks import weighed
from tests.modeling.foreign_adapters import LABELS, shaken

STACK = Stack("nli", "mine")
FUSE = Fuse("nli", "squad")
NESTED = Stack("swag", Fuse("nli", "squad"), "mine")
WITHIN = Fuse(Stack("nli", "squad"), "swag")
SUMMED = weighed(["nli", "mine"], [2, 2])
MEAN = Average("nli", "squad", "swag")
WHOLE = {
    "sequence": AutoModelForSequenceClassification,
    "token": AutoModelForTokenClassification,
    "span": AutoModelForQuestionAnswering,
    "choice": AutoModelForMultipleChoice,
    "lm": AutoModelForMaskedLM,
}


def block_model(
    backbone: Path, block: Any, architecture: str = "seq_bn", kind: str = "dynamic", **settings: Any
) -> Any:
    """Return a model of the plain library with a block of adapters, active under a head."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9)
        model = AutoAdapterModel.from_pretrained(backbone, use_safetensors=True)
        for head in list(model.heads):
            model.delete_head(head)
        for name in sorted(block.flatten()):
            model.add_adapter(name, config=AdapterConfig.load(architecture, **settings))
        for fuse in [each for each in (block, *block) if isinstance(each, Fuse)]:
            model.add_adapter_fusion(fuse.name.split(","), kind, name=fuse.name)
        model.add_classification_head("mine", num_labels=3, id2label=dict(enumerate(LABELS)))
    shaken(model, lambda key: "adapter" in key or "lora" in key or "heads" in key)
    model.set_active_adapters(block)
    model.active_head = "mine"
    return model.eval()


def block_saved(folder: Path, model: Any, *, safely: bool = True) -> Path:
    """Return the folder in which the plain library has saved what is active in a model."""
    model.save_adapter_setup(
        str(folder), model.active_adapters, head_setup="mine", use_safetensors=safely
    )
    return folder


def whole_model(backbone: Path, kind: str = "sequence", labels: Sequence[str] = LABELS) -> Any:
    """Return a full model of `transformers` that differs from the backbone in every weight."""
    named = {}
    if kind in ("sequence", "token"):
        named = {"num_labels": len(labels), "id2label": dict(enumerate(labels))}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9)
        model = WHOLE[kind].from_pretrained(backbone, use_safetensors=True, **named)
    shaken(model, lambda key: "position" not in key)
    return model.eval()


def whole_saved(folder: Path, backbone: Path, model: Any, **how: Any) -> Path:
    """Return the folder in which `transformers` has saved a full model, its tokenizer beside it."""
    model.save_pretrained(folder, safe_serialization=True, **how)
    (folder / "tokenizer.json").write_bytes((backbone / "tokenizer.json").read_bytes())
    return folder


def rewritten(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change what a file of JSON says."""
    said = json.loads(path.read_text())
    change(said)
    path.write_text(json.dumps(said))
