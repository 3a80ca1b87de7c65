"""Adapters of other people: made by the plain libraries, saved as they save them, and spoilt."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from adapters import AdapterConfig, AutoAdapterModel
from peft import PeftConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

LABELS = ("entailment", "neutral", "contradiction")


def shaken(model: Any, has: Callable[[str], bool]) -> None:
    """Let some weights do something."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(5)
        for name, weight in model.named_parameters():
            if has(name):
                weight.add_(torch.randn_like(weight) * 0.3)


def plain_model(
    backbone: Path, name: str = "mnli", architecture: str = "seq_bn", **settings: Any
) -> Any:
    """Return a model of the plain library with an adapter and a head."""
    model = AutoAdapterModel.from_pretrained(backbone, use_safetensors=True)
    for head in list(model.heads):
        model.delete_head(head)
    model.add_adapter(name, config=AdapterConfig.load(architecture, **settings))
    model.add_classification_head(name, num_labels=3, id2label=dict(enumerate(LABELS)))
    shaken(model, lambda key: f".{name}." in key)
    model.set_active_adapters(name)
    model.active_head = name
    return model.eval()


def saved(folder: Path, model: Any, name: str = "mnli", *, safely: bool = True) -> Path:
    """Return the folder in which the plain library has saved an adapter."""
    model.save_adapter(str(folder), name, use_safetensors=safely)
    return folder


def peft_saved(folder: Path, backbone: Path, config: PeftConfig) -> Path:
    """Return the folder in which PEFT has saved an adapter and its head."""
    plain = AutoModelForSequenceClassification.from_pretrained(backbone, num_labels=3)
    model = get_peft_model(plain, config)
    shaken(model, lambda key: "lora_" in key or "ia3_" in key or "modules_to_save" in key)
    model.save_pretrained(str(folder), save_embedding_layers=False)
    return folder


def changed(folder: Path, file: str = "adapter_config.json", **values: Any) -> None:
    """Change what a configuration says; None takes a key out."""
    path = folder / file
    said = {**json.loads(path.read_text()), **values}
    path.write_text(json.dumps({key: value for key, value in said.items() if value is not None}))


def made(folder: Path, **values: Any) -> None:
    """Change how an adapter of `adapters` says that it is made."""
    config = json.loads((folder / "adapter_config.json").read_text())["config"]
    changed(folder, config={**config, **values})


def renamed(folder: Path, change: Callable[[str], str | None], file: str = "") -> None:
    """Rename weights in a file; None takes one out."""
    path = folder / (file or "adapter.safetensors")
    state = {change(name): weight for name, weight in load_file(path).items()}
    save_file({name: weight for name, weight in state.items() if name}, path)


def files(folder: Path) -> Mapping[str, Path]:
    """Return the files of a folder by name."""
    return {path.name: path for path in folder.iterdir()}
