"""What a folder holds that somebody has trained: which library it belongs to, and whether it fits.

Only configurations and the headers of weight files are read, so that what does not fit is refused
before any weight is in memory.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.records import PUBLISHED, RECORD, StageRecord, read_record
from adapterstilts.core.store import Store
from adapterstilts.modeling import filenames, headers, locate
from adapterstilts.modeling.composition import Activates, Node, arranged, composition, leaves
from adapterstilts.modeling.foreign import arrangement
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, HEADS, MODEL, SETUP, folder_of

PEFT = "peft"
"""Kind of a folder that PEFT wrote; the others bear the names of a stage's sub-folders."""
_CONFIGS = (
    (filenames.SETUP_CONFIG, SETUP),
    (filenames.FUSION_CONFIG, FUSION),
    (filenames.ADAPTER_CONFIG, ADAPTER),
    (filenames.HEAD_CONFIG, HEAD),
    (locate.CONFIG, MODEL),
)
"""Files that tell what a folder is, the telling ones first: a head may lie beside an adapter."""
_NONE = ("", "")
_LONGEST = 2**20
"""Pieces that an input can have."""
_PARTS = (SETUP, ADAPTER, FUSION, HEAD, MODEL)
"""Sub-folders of a stage, in the order in which they tell what it is."""
_WEIGHTS: Mapping[str, tuple[str, ...]] = {
    FUSION: (filenames.FUSION_WEIGHTS,),
    ADAPTER: (filenames.ADAPTER_WEIGHTS,),
    HEAD: (filenames.HEAD_WEIGHTS,),
    MODEL: locate.WEIGHTS,
    PEFT: (filenames.PEFT_WEIGHTS,),
    SETUP: (filenames.SETUP_CONFIG,),
}


@dataclass(frozen=True, kw_only=True)
class Left:
    """A folder that some training left."""

    asked: str
    """What the user called it."""
    folder: Path
    """Where the library's files are."""
    kind: str
    """`adapter`, `fusion`, `head`, `model`, `peft` or `setup`."""
    config: Mapping[str, Any]
    """What its configuration says."""
    record: StageRecord | None
    """What the training stage says of itself, where it is one of ours."""

    @property
    def head(self) -> bool:
        """Return whether a head of `adapters` lies in it."""
        return bool((self.folder / filenames.HEAD_CONFIG).is_file())

    @property
    def max_length(self) -> int:
        """Return the longest input in pieces that it was trained on; 0 where nobody says."""
        found = self._identity().get("hyper", {})
        said = found.get("max_length", 0) if isinstance(found, dict) else 0
        return said if type(said) is int and 0 < said <= _LONGEST else 0

    @property
    def task(self) -> str:
        """Return the task that it was trained on; empty where nobody says."""
        taken_over = self.record.resolved.get("task", "") if self.record else ""
        return str(self._identity().get("task", taken_over))

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Return how the sources of its training stage are nested."""
        return arranged(self._sources())

    @property
    def block(self) -> Activates | None:
        """Return the block that its training stage made of its sources, where it made one."""
        name = str(self.record.identity.get("composition", "")) if self.record else ""
        found = composition(name) if name else None
        return found.activates if found is not None and found.groups else None

    def sources(self) -> list[str]:
        """Return the folders of the sources that its training stage was given, in order."""
        if self.record is None:
            return []
        # Kept in the folder of a stage, which is kept in a store.
        store = Store(self.folder.parent.parent)
        found = []
        for index, name in enumerate(leaves(self._sources())):
            id = self.record.needs.get(f"source:{index}", "")
            path = store.find(id)
            if path is None:
                raise StiltsError(
                    f"{self.asked} was trained on the source '{headers.shown(name)}'"
                    f" ({headers.shown(id)}), which is not in {store.root}: copy that stage there,"
                    " or name both in a block"
                )
            found.append(str(path))
        return found

    def fusions(self) -> "list[Left]":
        """Return the fusions of its training stage in order of appearance."""
        found: list[Left] = []
        while (place := self.folder.parent / folder_of(len(found))).is_dir():
            found.append(left(str(place), asked=f"{self.asked} ({place.name})"))
        return found

    def heads(self) -> "dict[str, Left]":
        """Return the heads of `adapters` that it has, by name: a mix has one a task."""
        if self.head:
            return {head_name(self): self}
        parts = self._identity().get("parts", [])
        every = parts if isinstance(parts, list) else []
        order = [str(part.get("task")) for part in every if isinstance(part, dict)]
        found = {}
        for place in self.apart():
            head = left(str(place))
            found[head_name(head)] = head
        if self.kind == SETUP:
            return found
        return dict(sorted(found.items(), key=lambda each: (*order, each[0]).index(each[0])))

    def apart(self) -> list[Path]:
        """Return the folders of heads that lie apart: in a block, or beside an encoder."""
        if self.kind == SETUP and (own := arrangement.read(self.folder).heads):
            return [self.folder / name for name in own]
        beside = self.folder / HEADS
        if not beside.is_dir() and self.folder.name in (ADAPTER, MODEL, SETUP):
            beside = self.folder.parent / HEADS
        return sorted(beside.glob("*"))

    def _identity(self) -> Mapping[str, Any]:
        """Return what its training stage was, as its record says, or that of a publication."""
        if self.record is not None:
            return self.record.identity
        path = self.folder / PUBLISHED
        found: Any = headers.document(path) if path.is_file() else {}
        for key in ("own", "record", "identity"):
            found = found.get(key) if isinstance(found, dict) else {}
        return found if isinstance(found, dict) else {}

    def _said(self, key: str) -> list[Any]:
        found = self.record.identity.get(key) if self.record else None
        return list(found) if isinstance(found, list | tuple) else []

    def _sources(self) -> list[str]:
        return [each for each in self._said("sources") if isinstance(each, str)]


def left(name: str, *, asked: str = "") -> Left:
    """Return what a folder holds: a training stage, a part of one, or what a library saved."""
    given = Path(name).expanduser().resolve()
    if not given.is_dir():
        raise _nowhere(name)
    folder = next((given / part for part in _PARTS if (given / part).is_dir()), given)
    if arrangement.is_in(given):  # Whose folders may have any name.
        folder = given
    file, kind = next(((file, kind) for file, kind in _CONFIGS if (folder / file).is_file()), _NONE)
    if not kind:
        raise StiltsError(
            f"{name} holds nothing that a library has saved: give the folder of a training stage,"
            f" or one with {filenames.ADAPTER_CONFIG}, {filenames.FUSION_CONFIG} or {locate.CONFIG}"
        )
    config = headers.document(folder / file)
    if kind == ADAPTER and "peft_type" in config:
        kind = PEFT
    found = Left(
        asked=asked or name, folder=folder, kind=kind, config=config, record=_record(folder.parent)
    )
    if kind == HEAD:
        check_alone(name, {path.name for path in folder.iterdir()})
    _check_weights(found, _WEIGHTS[kind])
    if kind in (ADAPTER, FUSION) and found.head:
        _check_weights(found, _WEIGHTS[HEAD])
    return found


def check_alone(asked: str, names: Collection[str]) -> None:
    """Refuse a head beside weights that it may have been trained with: on others it would guess."""
    for weights, config in filenames.BODIES.items():
        if weights not in names:
            continue
        if config not in names:
            raise StiltsError(f"{asked} has {weights} without its {config}: save or fetch it again")
        raise StiltsError(
            f"{asked} has a head beside {weights}, and nothing says whether it stands on that:"
            " keep the head in a folder of its own, or take it away"
        )


def check(found: Left, backbone: Located) -> None:
    """Refuse what was trained on another architecture, width or depth, or on other weights."""
    check_said(found, backbone)
    if found.kind not in (MODEL, SETUP):
        _check_held(found, backbone)


def check_said(found: Left, backbone: Located) -> None:
    """Refuse what says itself that it was trained on another architecture or width."""
    ours, place = locate.config(backbone), _misfit(found, backbone)
    for key, what in (("model_type", "architecture"), ("hidden_size", "hidden size")):
        theirs = found.config.get(key, ours.get(key))
        if theirs != ours.get(key):
            raise StiltsError(
                f"{place}: its {what} is {headers.shown(theirs)}, the backbone's"
                f" {headers.shown(ours.get(key))};"
                f" load it with the backbone that it was trained on{_named(found)}"
            )


def _check_held(found: Left, backbone: Located) -> None:
    """Refuse weights of another width or depth, and what a record says of other ones."""
    ours, place = locate.config(backbone), _misfit(found, backbone)
    layers = ours.get("num_hidden_layers")
    width, depth = _seen(found)
    if depth and isinstance(layers, int) and depth > layers:
        raise StiltsError(
            f"{place}: it has {depth} layers, the backbone {layers}; load it with the backbone that"
            f" it was trained on{_named(found)}"
        )
    if width and width != ours.get("hidden_size"):
        raise StiltsError(
            f"{place}: its hidden size is {width}, the backbone's"
            f" {headers.shown(ours.get('hidden_size'))};"
            f" load it with the backbone that it was trained on{_named(found)}"
        )
    trained_on = found.record.identity.get("backbone") if found.record else None
    said = trained_on if isinstance(trained_on, dict) else {}
    digest = headers.shown(said.get("digest", backbone.revision))
    if locate.is_local(backbone.name) and digest != backbone.revision:
        raise StiltsError(
            f"{place}: it was trained on other weights of the same shape (digest {digest}, here"
            f" {backbone.revision}); load it with the backbone that it was trained on"
        )


def head_name(found: Left) -> str:
    """Return what the head of `adapters` in a folder is called."""
    return str(headers.document(found.folder / filenames.HEAD_CONFIG).get("name") or "head")


def opened(found: Left) -> Any:
    """Return a reader of the weights of a folder of PEFT or of an adapter, none of them read."""
    path = found.folder / _WEIGHTS[found.kind][0]
    try:
        return safe_open(path, framework="pt")
    except (OSError, SafetensorError) as error:
        raise StiltsError(f"{path} cannot be read ({error}); train or save it again") from error


def _misfit(found: Left, backbone: Located) -> str:
    return f"{found.asked} does not fit '{backbone.name}'"


def _seen(found: Left) -> tuple[int, int]:
    """Return the width of a prompt or LoRA, and the layers that weights name, or zeros."""
    width = depth = 0
    for name, held in headers.tensors(found.folder / _WEIGHTS[found.kind][0]).items():
        path = name.split(".")
        layer = path[path.index("layer") + 1] if "layer" in path[:-1] else ""
        if re.fullmatch("[0-9]{1,6}", layer):
            depth = max(depth, int(layer) + 1)
        if name == filenames.PEFT_PROMPT and held.shape:
            width = held.shape[-1]
        if "lora_A" in path and "attention" in path and len(held.shape) > 1:
            width = held.shape[1]
    return width, depth


def _check_weights(found: Left, names: tuple[str, ...]) -> None:
    if any((found.folder / name).is_file() for name in names):
        return
    if any(path.suffix in filenames.PICKLES for path in found.folder.iterdir()):
        raise StiltsError(
            f"refused {found.asked}: {found.folder} holds only pickles, and nothing is unpickled"
            f" here; save it again as safetensors ({names[0]}){filenames.CONVERT.get(names[0], '')}"
        )
    raise StiltsError(f"{found.asked} lacks its weights: there is no {found.folder / names[0]}")


def _nowhere(name: str) -> UsageError:
    return UsageError(
        f"no folder '{name}': give that of a training stage, or of what `save_adapter` or"
        " `save_pretrained` wrote, or a repository of the Hub as hub(user/repo)"
    )


def _record(stage: Path) -> StageRecord | None:
    return read_record(stage / RECORD) if (stage / RECORD).is_file() else None


def _named(found: Left) -> str:
    name = found.config.get("model_name") or found.config.get("base_model_name_or_path")
    return f" ({headers.shown(name)})" if name else ""
