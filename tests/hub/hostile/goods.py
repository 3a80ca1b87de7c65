"""Good repositories of each layout, which hostile ones are made of and which must be usable."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peft import LoraConfig

from tests.modeling.foreign_adapters import LABELS, peft_saved, plain_model, saved

METHODS: Mapping[str, str] = {
    "adapters": "seq_bn",
    "peft": "peft:lora[r=4]",
    "head": "head",
    "model": "full",
    "setup": "seq_bn",
}
"""Layout to the method that somebody asks for who knows what is there."""
COMMIT = "c" * 40
"""Commit of every repository here."""
NAME = "evil/repo"
"""Name of every repository here."""


def goods(root: Path, backbone: Path) -> dict[str, Path]:
    """Return the folder of a good repository of each layout."""
    root.mkdir(parents=True, exist_ok=True)
    model = plain_model(backbone)
    found = {
        "adapters": saved(root / "adapters", model),
        "peft": peft_saved(root / "peft", backbone, LoraConfig(r=4, task_type="SEQ_CLS")),
        "head": _head(root / "head", model),
        "model": _model(root / "model", backbone),
        "setup": _setup(root / "setup", backbone),
        "backbone": Path(shutil.copytree(backbone, root / "backbone")),
    }
    # Made from a folder, as if from the Hub.
    for folder in found.values():
        _named(folder)
        (folder / "README.md").unlink(missing_ok=True)
    return found


def _model(folder: Path, backbone: Path) -> Path:
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(
        backbone, id2label=dict(enumerate(LABELS))
    )
    model.save_pretrained(folder, safe_serialization=True)
    shutil.copy(backbone / "tokenizer.json", folder)
    return folder


def _head(folder: Path, model: Any) -> Path:
    """Return a head alone, as `adapters` saves one."""
    model.save_head(str(folder), "mnli", use_safetensors=True)
    return folder


def _setup(folder: Path, backbone: Path) -> Path:
    """Return a fusion of two adapters with its head, as `adapters` saves a whole setup."""
    from adapters.composition import Fuse

    model = plain_model(backbone, "mnli")
    model.add_adapter("squad", config="seq_bn")
    model.add_adapter_fusion(["mnli", "squad"])
    model.set_active_adapters(Fuse("mnli", "squad"))
    model.save_adapter_setup(
        str(folder), Fuse("mnli", "squad"), head_setup="mnli", use_safetensors=True
    )
    return folder


def _named(folder: Path) -> None:
    for path in folder.rglob("*.json"):
        if path.name == "tokenizer.json":
            continue
        said = json.loads(path.read_text())
        for key in ("model_name", "base_model_name_or_path", "_name_or_path"):
            if said.get(key):
                said[key] = "someone/tiny-xlmr"
        path.write_text(json.dumps(said, indent=2))
