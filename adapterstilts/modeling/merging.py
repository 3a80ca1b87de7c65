"""The files of several training stages made into those of one.

No model is built for it: what is read is what is written, so whoever loads a trained module loads a
merged one, and the plain library does, too.
"""

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import peft_models, safe_files
from adapterstilts.modeling.backbone import quiet, readable, whole_model
from adapterstilts.modeling.device import drawing
from adapterstilts.modeling.filenames import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    HEAD_CONFIG,
    HEAD_WEIGHTS,
    PEFT_WEIGHTS,
)
from adapterstilts.modeling.locate import CONFIG, TOKENIZER, Located
from adapterstilts.modeling.merges import LINEAR, Merging
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.parts import ADAPTER, MODEL, NO_HEAD, Source
from adapterstilts.modeling.weights import State, check_alike, merged, shapes

_WRAPPED = "base_model.model."
_ENCODER = re.compile(r"((?:base_model\.model\.)?(?:[a-z_]+\.)?)((?:embeddings|encoder)\..+)")
"""A weight of an encoder, in a model under a head or alone; a pooler belongs to a head."""
_WHOLE_WEIGHTS = "model.safetensors"
_FREE = {"dropout", "init_weights", "init_weights_seed"}
"""What adapters may have been trained with otherwise and still compute the same."""
_PEFT_ALIKE = ("peft_type", "r", "lora_alpha", "use_rslora", "use_dora", "bias", "rank_pattern")
_WHOLE_ALIKE = ("model_type", "num_attention_heads", "hidden_act", "layer_norm_eps")
_METADATA = {"format": "pt"}
"""What `transformers` asks of a file of weights."""


@dataclass(frozen=True, kw_only=True)
class _Files:
    """What a training stage left, taken apart."""

    config: dict[str, Any]
    """Configuration of the module."""
    alike: Mapping[str, Any]
    """What of it must be the same in every source."""
    body: State
    """What was trained in the encoder."""
    head: State = field(default_factory=dict)
    """Weights of the head; none where there is no head, or one of several."""
    head_config: dict[str, Any] = field(default_factory=dict)
    """Configuration of the head, where it has one of its own."""
    answers: Any = None
    """What tells the head from heads of other tasks."""
    prefix: str = ""
    """How names of the encoder begin beside those of the head."""


def merge(
    method: Method,
    backbone: Located,
    sources: Sequence[Source],
    asked: Merging,
    *,
    name: str,
    head: bool,
    out: Path,
) -> bool:
    """Leave what the modules of some sources make; return whether a head is among it.

    Args:
        method: How each of them was made.
        backbone: What they stand on.
        sources: At least two.
        asked: The rule; heads have their mean by the same weights.
        name: Name of the module in its files.
        head: Whether heads of the same shape are for the same.
        out: Where the files of a training stage are to lie.
    """
    read, write = _LIBRARIES[method.library]
    files: list[_Files] = []
    for source in sources:
        with readable(partial(_broken, source.folder)):
            files.append(read(source.folder, name))
        _check(source, files[-1], sources[0], files[0])
    first = files[0]
    origin = _origin(method, backbone, first.body) if asked.thins else None
    body = merged([each.body for each in files], asked, origin=origin)
    told = [(each.answers, shapes(each.head)) for each in files]
    together = head and bool(first.head) and all(each == told[0] for each in told)
    answering = (
        merged([each.head for each in files], replace(asked, rule=LINEAR)) if together else {}
    )
    write(sources[0].folder, out, replace(first, body=body, head=answering), name)
    return together


def _check(source: Source, files: _Files, first: Source, theirs: _Files) -> None:
    """Refuse a source that does not fit the first one."""
    reason = ""
    for key in files.alike.keys() & theirs.alike.keys():
        if files.alike[key] != theirs.alike[key]:
            reason = f"its {key} is {files.alike[key]}, and theirs {theirs.alike[key]}"
    try:
        check_alike(files.body, theirs.body)
    except ValueError as error:
        reason = reason or str(error)
    if reason:
        raise StiltsError(
            f"source '{source.name}' in {source.folder} cannot be merged with '{first.name}':"
            f" {reason}; train both with one method on one backbone, or leave one of them out"
        )


def _broken(folder: Path, reason: str) -> StiltsError:
    return StiltsError(
        f"broken artifact {folder} ({reason}); remove the folder and run again to train it anew"
    )


def _origin(method: Method, backbone: Located, body: State) -> dict[str, torch.Tensor]:
    """Return what the weights were before a source was trained, where that was not nothing.

    A scale multiplies what a projection says, so one is its nothing, and the mean of scales gives
    the mean of what the sources make of it.
    """
    if method.architecture == "ia3":
        return {name: torch.ones_like(weight) for name, weight in body.items()}
    if not method.whole and method.architecture != "bitfit":
        return {}
    with drawing(0), quiet():
        model = whole_model(backbone, NO_HEAD, new_head=True)
    found = model.state_dict()
    plain = {name: name.replace(".base_layer.", ".") for name in body}
    return {name: found[theirs] for name, theirs in plain.items() if theirs in found}


def _adapter(owner: Path, name: str) -> _Files:
    """Return an adapter of `adapters`, its names and those of its head changed to ours."""
    folder = owner / ADAPTER
    config = _document(folder / ADAPTER_CONFIG)
    files = _Files(
        config=config,
        alike={key: value for key, value in config["config"].items() if key not in _FREE}
        | {"hidden_size": config.get("hidden_size"), "model_type": config.get("model_type")},
        body=safe_files.read(folder, name),
    )
    if not (folder / HEAD_CONFIG).is_file():
        return files
    told = _document(folder / HEAD_CONFIG)
    begin = f"heads.{told['name']}."
    kind = {key: told["config"].get(key) for key in ("head_type", "activation_function", "layers")}
    labels = None if kind["head_type"] == "multiple_choice" else told["config"].get("label2id")
    return replace(
        files,
        head={
            f"heads.{name}.{key.removeprefix(begin)}": weight
            for key, weight in load_file(folder / HEAD_WEIGHTS).items()
        },
        head_config=told,
        answers=(kind, labels),
    )


def _write_adapter(first: Path, out: Path, files: _Files, name: str) -> None:
    folder = out / ADAPTER
    folder.mkdir()
    save_file(dict(files.body), folder / ADAPTER_WEIGHTS)
    _write(folder / ADAPTER_CONFIG, {**files.config, "name": name})
    if files.head:
        save_file(dict(files.head), folder / HEAD_WEIGHTS)
        _write(folder / HEAD_CONFIG, {**files.head_config, "name": name})


def _peft(owner: Path, name: str) -> _Files:
    config = _document(owner / ADAPTER / ADAPTER_CONFIG)
    prefix, body, head = _apart(peft_models.read(owner))
    return _Files(
        config=config,
        alike={key: config.get(key) for key in _PEFT_ALIKE},
        body=body,
        head=head,
        answers=(config.get("task_type"), sorted(config.get("modules_to_save") or ())),
        prefix=prefix,
    )


def _write_peft(first: Path, out: Path, files: _Files, name: str) -> None:
    folder, config, prefix = out / ADAPTER, files.config, files.prefix
    if not files.head:
        config = {**config, "task_type": None, "modules_to_save": None, "auto_mapping": None}
        prefix = _WRAPPED
    folder.mkdir()
    save_file(_together(files, prefix), folder / PEFT_WEIGHTS, metadata=_METADATA)
    _write(folder / ADAPTER_CONFIG, config)


def _whole(owner: Path, name: str) -> _Files:
    config = _document(owner / MODEL / CONFIG)
    prefix, body, head = _apart(load_file(owner / MODEL / _WHOLE_WEIGHTS))
    return _Files(
        config=config,
        alike={key: config.get(key) for key in _WHOLE_ALIKE},
        body=body,
        head=head,
        answers=(config.get("architectures"), config.get("id2label")),
        prefix=prefix,
    )


def _write_whole(first: Path, out: Path, files: _Files, name: str) -> None:
    folder, config, prefix = out / MODEL, files.config, files.prefix
    if not files.head:
        # The class of the encoder alone bears the name of all the classes with heads.
        alone = [re.sub(r"For[A-Z]\w+$", "Model", each) for each in config["architectures"]]
        said = ("id2label", "label2id", "problem_type")
        kept = {key: value for key, value in config.items() if key not in said}
        config, prefix = {**kept, "architectures": alone}, ""
    folder.mkdir()
    save_file(_together(files, prefix), folder / _WHOLE_WEIGHTS, metadata=_METADATA)
    _write(folder / CONFIG, config)
    shutil.copyfile(first / MODEL / TOKENIZER, folder / TOKENIZER)


_LIBRARIES: Mapping[
    str,
    tuple[Callable[[Path, str], _Files], Callable[[Path, Path, _Files, str], None]],
] = {
    "adapters": (_adapter, _write_adapter),
    "peft": (_peft, _write_peft),
    "transformers": (_whole, _write_whole),
}
"""Library to what takes its files apart, and what puts them together."""


def _apart(state: State) -> tuple[str, dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Return how an encoder's weights begin, these without it, and those of the head."""
    prefix, body, head = "", {}, {}
    for name, weight in state.items():
        found = _ENCODER.fullmatch(name)
        if found is None:
            head[name] = weight
        else:
            prefix, body[found[2]] = found[1], weight
    if not body:
        raise ValueError("it holds no weight of an encoder")
    return prefix, body, head


def _together(files: _Files, prefix: str) -> dict[str, torch.Tensor]:
    return {**{f"{prefix}{name}": weight for name, weight in files.body.items()}, **files.head}


def _document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=2, sort_keys=True), encoding="utf-8")
