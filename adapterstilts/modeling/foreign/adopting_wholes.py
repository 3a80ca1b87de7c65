"""A full model of somebody else's becomes one of ours: its weights on the backbone's configuration.

Its sizes are the backbone's, so that all that is read of its own configuration are the class and
the labels of its head.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from adapterstilts.modeling import filenames, locate, safe_files
from adapterstilts.modeling.backbone import outline, quiet, readable
from adapterstilts.modeling.foreign import adopting, whole_weights, wholes
from adapterstilts.modeling.foreign.adopting import Kept
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.headers import shown
from adapterstilts.modeling.heads import WHOLE_MODELS
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.parts import MODEL, Head

_METADATA = {"format": "pt"}
"""What `transformers` asks of a file of weights."""
_LABELS = ("id2label", "label2id", "num_labels", "problem_type")


def adopt(found: Foreign, *, backbone: Located, out: Path) -> Kept:
    """Leave a full model that has been checked as a training stage would, in `model`."""
    folder, head = out / MODEL, found.crown.head
    folder.mkdir()
    with quiet(), readable(lambda reason: adopting.unreadable(found, reason)):
        state = _state(found, head)
        config = _config(backbone, head)
        heads = adopting.keep_apart(found, outline(backbone), out) if found.apart else ()
    save_file(state, folder / filenames.MODEL_WEIGHTS, metadata=_METADATA)
    text = json.dumps(config, indent=2, sort_keys=True)
    (folder / locate.CONFIG).write_text(text, encoding="utf-8")
    shutil.copyfile(backbone.folder / locate.TOKENIZER, folder / locate.TOKENIZER)
    own = sum(value.numel() for name, value in state.items() if name.startswith(_begins(head)))
    return Kept(
        trainable=own,
        stored_bytes=adopting.stored_bytes(out),
        head=head.kind if head else "",
        heads=heads,
    )


def _state(found: Foreign, head: Head | None) -> dict[str, Tensor]:
    """Return the weights under the names of a model with that head, or of the encoder alone."""
    begin, kept = (whole_weights.ENCODER if head else ""), dict[str, Tensor]()
    for name in wholes.shards(found.left):
        with safe_open(found.left.folder / name, framework="pt") as weights:
            for key in list(weights.keys()):
                ours = _name(key, begin, head)
                if key in found.weights and ours:
                    kept[ours] = _finite(found, key, name, weights.get_tensor(key))
    return kept


def _name(key: str, begin: str, head: Head | None) -> str:
    """Return what a weight is called here; empty for one that is left behind."""
    if whole_weights.of_encoder(key):
        return f"{begin}{whole_weights.plain(key)}"
    return key if head and key not in whole_weights.TIED else ""


def _finite(found: Foreign, key: str, file: str, value: Tensor) -> Tensor:
    value = value.float().contiguous()
    if not safe_files.sound(value):
        raise adopting.unfit(
            found, f"'{shown(key)}' in {file} holds what is no number, or beyond any"
        )
    return value


def _config(backbone: Located, head: Head | None) -> Mapping[str, Any]:
    """Return the backbone's configuration, under the class and the labels of a head."""
    said = locate.config(backbone)
    kept = {key: value for key, value in said.items() if key not in _LABELS}
    kind: Any = WHOLE_MODELS[head.kind if head else "none"]
    plain = outline(backbone).config
    kept["architectures"] = [kind._model_mapping[type(plain)].__name__]
    labels = head.labels if head and head.labels else ()
    if head and head.kind in ("sequence", "token"):
        labels = labels or tuple(f"LABEL_{each}" for each in range(head.outputs))
        kept["id2label"] = {str(index): label for index, label in enumerate(labels)}
        kept["label2id"] = {label: index for index, label in enumerate(labels)}
    return kept


def _begins(head: Head | None) -> tuple[str, ...]:
    return (whole_weights.ENCODER,) if head else ("embeddings.", "encoder.")
