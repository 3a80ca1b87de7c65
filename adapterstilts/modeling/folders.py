"""What a folder holds that somebody has trained: which library it belongs to, and whether it fits.

Only configurations and the headers of weight files are read, so that what does not fit is refused
before any weight is in memory.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.utils import (
    ADAPTERFUSION_CONFIG_NAME,
    CONFIG_NAME,
    HEAD_CONFIG_NAME,
    SAFE_ADAPTERFUSION_WEIGHTS_NAME,
    SAFE_HEAD_WEIGHTS_NAME,
    SAFE_WEIGHTS_NAME,
)
from safetensors import SafetensorError, safe_open

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.records import StageRecord, read_record
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate, peft_models
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, MODEL

PEFT = "peft"
"""Kind of a folder that PEFT wrote; the others bear the names of a stage's sub-folders."""
_RECORD = "record.json"
_CONFIGS = (
    (ADAPTERFUSION_CONFIG_NAME, FUSION),
    (CONFIG_NAME, ADAPTER),
    (HEAD_CONFIG_NAME, HEAD),
    (locate.CONFIG, MODEL),
)
"""Files that tell what a folder is, the telling ones first: a head may lie beside an adapter."""
_NONE = ("", "")
_WEIGHTS: Mapping[str, tuple[str, ...]] = {
    FUSION: (SAFE_ADAPTERFUSION_WEIGHTS_NAME,),
    ADAPTER: (SAFE_WEIGHTS_NAME,),
    HEAD: (SAFE_HEAD_WEIGHTS_NAME,),
    MODEL: locate.WEIGHTS,
    PEFT: (peft_models.WEIGHTS,),
}
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


@dataclass(frozen=True, kw_only=True)
class Left:
    """A folder that some training left."""

    asked: str
    """What the user called it."""
    folder: Path
    """Where the library's files are."""
    kind: str
    """`adapter`, `fusion`, `head`, `model` or `peft`."""
    config: Mapping[str, Any]
    """What its configuration says."""
    record: StageRecord | None
    """What the training stage says of itself, where it is one of ours."""

    @property
    def head(self) -> bool:
        """Return whether a head of `adapters` lies in it."""
        return bool((self.folder / HEAD_CONFIG_NAME).is_file())

    @property
    def max_length(self) -> int:
        """Return the longest input in pieces that it was trained on; 0 where nobody says."""
        found = self.record.identity.get("hyper", {}) if self.record else {}
        return int(found.get("max_length", 0))

    @property
    def task(self) -> str:
        """Return the task that it was trained on; empty where nobody says."""
        return str(self.record.identity.get("task", "")) if self.record else ""

    def sources(self) -> list[str]:
        """Return the folders of the sources that its training stage was given, in order."""
        if self.record is None:
            return []
        # Kept in the folder of a stage, which is kept in a store.
        store = Store(self.folder.parent.parent)
        found = []
        for index, name in enumerate(self.record.identity.get("sources", [])):
            id = self.record.needs.get(f"source:{index}", "")
            path = store.find(id)
            if path is None:
                raise StiltsError(
                    f"{self.asked} was trained on the source '{name}' ({id}), which is not in"
                    f" {store.root}: copy that stage there, or name both in a block"
                )
            found.append(str(path))
        return found


def left(name: str) -> Left:
    """Return what a folder holds: a training stage, a part of one, or what a library saved."""
    given = Path(name).expanduser().resolve()
    if not given.is_dir():
        raise _nowhere(name)
    folder = next(
        (given / part for part in (ADAPTER, FUSION, HEAD, MODEL) if (given / part).is_dir()), given
    )
    file, kind = next(((file, kind) for file, kind in _CONFIGS if (folder / file).is_file()), _NONE)
    if not kind:
        raise StiltsError(
            f"{name} holds nothing that a library has saved: give the folder of a training stage,"
            f" or one with {CONFIG_NAME}, {ADAPTERFUSION_CONFIG_NAME} or {locate.CONFIG}"
        )
    config = _json(folder / file)
    if kind == ADAPTER and "peft_type" in config:
        kind = PEFT
    found = Left(asked=name, folder=folder, kind=kind, config=config, record=_record(folder.parent))
    _check_weights(found, _WEIGHTS[kind])
    if kind in (ADAPTER, FUSION) and found.head:
        _check_weights(found, _WEIGHTS[HEAD])
    return found


def check(found: Left, backbone: Located) -> None:
    """Refuse what was trained on another architecture, width or depth, or on other weights."""
    ours, place = locate.config(backbone), f"{found.asked} does not fit '{backbone.name}'"
    for key, what in (("model_type", "architecture"), ("hidden_size", "hidden size")):
        theirs = found.config.get(key, ours.get(key))
        if theirs != ours.get(key):
            raise StiltsError(
                f"{place}: its {what} is {theirs}, the backbone's {ours.get(key)}; load it with the"
                f" backbone that it was trained on{_named(found)}"
            )
    if found.kind == MODEL:
        return
    layers = ours.get("num_hidden_layers")
    width, depth = _seen(found)
    if depth and isinstance(layers, int) and depth > layers:
        raise StiltsError(
            f"{place}: it has {depth} layers, the backbone {layers}; load it with the backbone that"
            f" it was trained on{_named(found)}"
        )
    if width and width != ours.get("hidden_size"):
        raise StiltsError(
            f"{place}: its hidden size is {width}, the backbone's {ours.get('hidden_size')}; load"
            f" it with the backbone that it was trained on{_named(found)}"
        )
    trained_on = found.record.identity.get("backbone", {}) if found.record else {}
    digest = trained_on.get("digest", backbone.revision)
    if locate.is_local(backbone.name) and digest != backbone.revision:
        raise StiltsError(
            f"{place}: it was trained on other weights of the same shape (digest {digest}, here"
            f" {backbone.revision}); load it with the backbone that it was trained on"
        )


def head_name(found: Left) -> str:
    """Return what the head of `adapters` in a folder is called."""
    return str(_json(found.folder / HEAD_CONFIG_NAME).get("name") or "head")


def opened(found: Left) -> Any:
    """Return a reader of the weights of a folder of PEFT or of an adapter, none of them read."""
    path = found.folder / _WEIGHTS[found.kind][0]
    try:
        return safe_open(path, framework="pt")
    except (OSError, SafetensorError) as error:
        raise StiltsError(f"{path} cannot be read ({error}); train or save it again") from error


def _seen(found: Left) -> tuple[int, int]:
    """Return the width of LoRA's inputs and the number of layers that weights name, or zeros."""
    width = depth = 0
    with opened(found) as weights:
        for name in list(weights.keys()):
            path = name.split(".")
            if "layer" in path[:-1] and path[path.index("layer") + 1].isdigit():
                depth = max(depth, int(path[path.index("layer") + 1]) + 1)
            if "lora_A" in path and "attention" in path:
                width = int(weights.get_slice(name).get_shape()[1])
    return width, depth


def _check_weights(found: Left, names: tuple[str, ...]) -> None:
    if any((found.folder / name).is_file() for name in names):
        return
    if any(next(found.folder.glob(pattern), None) for pattern in _PICKLES):
        raise StiltsError(
            f"refused {found.asked}: {found.folder} holds only pickles, and nothing is unpickled"
            f" here; save it again as safetensors ({names[0]})"
        )
    raise StiltsError(f"{found.asked} lacks its weights: there is no {found.folder / names[0]}")


def _nowhere(name: str) -> UsageError:
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return UsageError(
            f"no folder '{name}': if it is a repository of the Hub, fetch it first with"
            f" `hf download {name} --local-dir DIR`, and give DIR"
        )
    return UsageError(
        f"no folder '{name}': give that of a training stage, or of what `save_adapter` or"
        " `save_pretrained` wrote"
    )


def _record(stage: Path) -> StageRecord | None:
    return read_record(stage / _RECORD) if (stage / _RECORD).is_file() else None


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StiltsError(f"{path} is not JSON ({error}); save it again") from error
    if not isinstance(found, dict):
        raise StiltsError(f"{path} is not a JSON object; save it again")
    return found


def _named(found: Left) -> str:
    name = found.config.get("model_name") or found.config.get("base_model_name_or_path")
    return f" ({name})" if name else ""
