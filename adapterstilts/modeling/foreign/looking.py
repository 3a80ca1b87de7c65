"""An adapter that somebody else has trained: what its files say, and whether it can be used here.

Only configurations and the headers of weight files are read, all of them strictly, and without the
libraries, so that a plan can refuse what does not fit before anything is trained:

    found = look("downloads/mnli")
    check(found, method=method("seq_bn"), exact=False, backbone=located)

What remains to be compared, the name and the shape of every weight, is compared by `adopting`
before it reads one.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.fingerprint import file_digest, fingerprint
from adapterstilts.core.records import PUBLISHED
from adapterstilts.modeling import filenames, folders, headers, locate
from adapterstilts.modeling.folders import PEFT, Left
from adapterstilts.modeling.foreign import peft_configs, recognising
from adapterstilts.modeling.foreign.arrangement import Saved
from adapterstilts.modeling.foreign.crowns import Crown, answering, crown_of_adapters, crown_of_peft
from adapterstilts.modeling.foreign.recognising import NoMethod
from adapterstilts.modeling.headers import Held, shown
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, HEADS, Head
from adapterstilts.modeling.sizes import BYTES, misfit, shape_of, stored_bytes

LARGEST = 2**31
"""Bytes that a file of weights may have: ten times what the largest method leaves."""
_NUMBERS = ("F32", "F16", "BF16")
"""Types that single precision can hold without loss."""
_ABOUT: Mapping[str, type] = {
    "config": dict,
    "hidden_size": int,
    "model_class": str,
    "model_name": str,
    "model_type": str,
    "name": str,
    "version": str,
}
"""What an `adapter_config.json` or a `head_config.json` of `adapters` says of what it is for."""
_OPTIONAL = frozenset({"config_id", "model_class", "model_name", "version"})
_UNFIT = re.compile(r"[.,\x00-\x1f]|\s$|^\s|^$")
"""What no name of an adapter may hold: the libraries make paths of modules of it."""
_LONGEST = 200
"""Characters that it may have."""
_ENCODERS = (
    "base_model.model.roberta.",
    "base_model.model.embeddings.",
    "base_model.model.encoder.",
    "base_model.vera_",
    filenames.PEFT_PROMPT,
)
"""How names of weights begin in adapters of PEFT, with and without a head's model around."""
_FIXED = (1, 1, 0)
"""Release of `adapters` since which LoRA is scaled as its configuration says."""
_WHOLE = "; `adapterstilts publish … --dry-run DIR` makes one of what was trained here"
_SAVED_AGAIN = "load it with adapters 1.3 and save it again"


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """An adapter of somebody else, as its files describe it."""

    left: Left
    """Its folder, and what its configuration says."""
    weights: Mapping[str, Held]
    """What its file of weights declares."""
    digest: str
    """What its files hold, wherever they lie."""
    files: Mapping[str, str]
    """Name of each file to its digest."""
    crown: Crown
    """Its head, where it has one that can be used."""
    apart: Mapping[str, Crown] = field(default_factory=dict)
    """Heads of a mix by name, each in a folder of its own."""
    saved: Saved | None = None
    """What a block says of itself, where it is one and no single adapter."""
    members: "Mapping[str, Foreign]" = field(default_factory=dict)
    """Adapters of a block by name."""
    layers: "Mapping[str, Foreign]" = field(default_factory=dict)
    """Fusions of a block by name."""

    @property
    def trained_on(self) -> str:
        """Return what its files call its backbone; empty where they do not say."""
        for each in self.members.values():
            return each.trained_on
        said = self.left.config
        return shown(said.get("model_name") or said.get("base_model_name_or_path") or "")

    def refuses(self, wanted: Head) -> str:
        """Return why none of its heads answers a task as it is (`…`), or an empty string."""
        if not self.apart:
            return self.crown.refuses(wanted)
        if answering(self.apart, wanted, ()) is not None:
            return ""
        names = ", ".join(map(shown, self.apart))
        told = [crown.refuses(wanted) for crown in self.apart.values()]
        alike = [why for why in told if "labels" in why]
        return f"of its heads ({names}) none fits, {[*alike, *told][0]}"


def look(folder: str | Path, *, asked: str = "", within: Path | None = None) -> Foreign:
    """Return the adapter that lies in a folder, or refuse what is no whole one in safetensors.

    Args:
        folder: Its folder, or that of a training stage.
        asked: What messages call it; the folder where it is empty.
        within: Folder that its files may lie in, links followed; its own if None.
    """
    left = replace(folders.left(str(folder)), asked=asked or str(folder))
    if left.kind not in (ADAPTER, PEFT):
        whole = _WHOLE if left.kind == FUSION else ""
        raise StiltsError(
            f"{left.asked} holds no adapter but a {left.kind}: name the folder of an adapter{whole}"
        )
    if left.block is not None:
        raise StiltsError(
            f"{left.asked} is the uppermost of several adapters, and those below are not in its"
            f" folder: name a folder with all of them{_WHOLE}"
        )
    root = (within or Path(folder).expanduser()).resolve()
    names = [filenames.ADAPTER_CONFIG]
    names += [filenames.PEFT_WEIGHTS if left.kind == PEFT else filenames.ADAPTER_WEIGHTS]
    if left.kind == ADAPTER and left.head:
        names += [filenames.HEAD_CONFIG, filenames.HEAD_WEIGHTS]
    for name in (*names, PUBLISHED):
        check_place(left, name, root)
    check_about(left)
    weights, crown = held_in(left, names[1]), Crown()
    if left.kind == PEFT:
        crown = crown_of_peft(left, weights)
    elif left.head:
        crown = crown_of_adapters(left, held_in(left, names[3]))
    apart, others = heads_apart(left, root)
    if (left.folder / PUBLISHED).is_file() and (left.kind == PEFT or apart):
        names.append(PUBLISHED)  # It says what a head's outputs are, and their order.
    digests = {name: file_digest(left.folder / name) for name in names} | others
    return Foreign(
        left=left,
        weights=weights,
        digest=fingerprint(digests),
        files=digests,
        crown=crown,
        apart=apart,
    )


def heads_apart(left: Left, root: Path) -> tuple[dict[str, Crown], dict[str, str]]:
    """Return the heads of a mix, by name, and the digests of their files, by `heads/TASK/FILE`."""
    crowns: dict[str, Crown] = {}
    digests: dict[str, str] = {}
    for place in left.apart():
        head = replace(
            folders.left(str(place)), asked=f"{left.asked} ({HEADS}/{shown(place.name)})"
        )
        if head.kind != HEAD or head.folder != place.resolve():
            raise StiltsError(f"{head.asked} holds no head, and nothing else belongs there")
        for name in (filenames.HEAD_CONFIG, filenames.HEAD_WEIGHTS):
            check_place(head, name, root)
            digests[f"{HEADS}/{place.name}/{name}"] = file_digest(place / name)
        crown = crown_of_adapters(head, held_in(head, filenames.HEAD_WEIGHTS))
        crowns[crown.head.name if crown.head else place.name] = crown
    return crowns, digests


def announced(folder: Path, *, asked: str) -> Left:
    """Return what the configuration of an adapter says whose weights are not here yet."""
    config = headers.document(folder / filenames.ADAPTER_CONFIG)
    kind = PEFT if "peft_type" in config else ADAPTER
    left = Left(asked=asked, folder=folder, kind=kind, config=config, record=None)
    check_about(left)
    return left


def check(found: Foreign, *, method: Method, exact: bool, backbone: Located | None) -> Method:
    """Return the method that an adapter is of, or refuse one that does not fit.

    Args:
        found: What lies there.
        method: What the recipe makes its modules by.
        exact: Whether it must be made exactly so, because its weights are gone on from or merged;
            else another width or rank is no matter.
        backbone: What it is to stand on; None where that is not known yet.
    """
    theirs = check_said(found.left, method=method, exact=exact, backbone=backbone)
    _check_names(found)
    if backbone is not None:
        folders.check(found.left, backbone)
        check_size(found, theirs, backbone)
    return theirs


def check_said(left: Left, *, method: Method, exact: bool, backbone: Located | None) -> Method:
    """Return the method that a configuration names, or refuse what says itself that it is unfit."""
    check_architecture(left, backbone)
    theirs = method_of(left, method)
    if theirs.base != method.base or (exact and theirs.name != method.name):
        strict = theirs.base == method.base
        raise StiltsError(
            f"{left.asked} is of method '{theirs.name}', and '{method.name}' is asked for"
            + (
                ", where its weights are gone on from or merged: these must be alike"
                if strict
                else ""
            )
            + f"; name '{theirs.name}' as the method, or another adapter"
        )
    if not exact and (setting := _placed_apart(theirs, method)):
        raise StiltsError(
            f"{left.asked} is of method '{theirs.name}', whose {setting} is not that of"
            f" '{method.name}', so that one would not lie where the other does; name"
            f" '{theirs.name}' as the method, or another adapter"
        )
    return theirs


def check_architecture(left: Left, backbone: Located | None) -> None:
    """Refuse what says itself that it belongs on another backbone, or on none that is known."""
    if backbone is not None:
        folders.check_said(left, backbone)
    elif (kind := left.config.get("model_type", locate.SUPPORTED[0])) not in locate.SUPPORTED:
        what = "a head" if left.kind == HEAD else "an adapter"
        raise StiltsError(
            f"{left.asked} is {what} for {shown(kind)}, and backbones here are"
            f" {', '.join(locate.SUPPORTED)}: name one that was trained on such a model"
        )


def method_of(left: Left, method: Method) -> Method:
    """Return the method of a configuration, as the library that reads it understands it."""
    config = left.config
    if left.kind == ADAPTER:
        config = left.config["config"]
        if config.get("architecture") == "lora" and _is_older(left.config):
            # `adapters` before 1.1 did not divide by the rank, and 1.3 reads them so.
            config = {**config, "alpha": config.get("r")}
    try:
        found = recognising.recognised(config, like=method)
    except NoMethod as error:
        raise StiltsError(
            f"{left.asked} cannot be used, for {error}: {_SAVED_AGAIN}, or name another"
        ) from error
    if left.kind == PEFT:
        peft_configs.check(config, left.asked)
    return found


def _placed_apart(one: Method, other: Method) -> str:
    """Return the setting by which two methods do not put modules into the same places."""
    for name in ("leave_out", "original_ln_before"):
        if name in one.settings and one.value(name) != other.value(name):
            return name
    return ""


def _check_names(found: Foreign) -> None:
    """Refuse an adapter of PEFT whose weights belong into another architecture."""
    if found.left.kind != PEFT:
        return
    for name in found.weights:
        if not (name.startswith(_ENCODERS) or found.crown.has(name)):
            raise StiltsError(
                f"{found.left.asked} has the weight '{shown(name)}', which has no place in"
                f" {' or '.join(locate.SUPPORTED)}: name an adapter of such a model"
            )


def check_size(found: Foreign, method: Method, backbone: Located) -> None:
    """Refuse weights that are more or fewer than the method has on the backbone."""
    shape = shape_of(locate.config(backbone))
    if complaint := misfit(method, shape):
        raise StiltsError(
            f"{found.left.asked} does not fit '{backbone.name}', for of its method '{method.name}'"
            f" {complaint}: name one that was trained on that backbone"
        )
    held = sum(each.numbers for name, each in found.weights.items() if not found.crown.has(name))
    expected = stored_bytes(method, shape) // BYTES
    if held != expected:
        raise StiltsError(
            f"{found.left.asked} does not fit '{backbone.name}': its weights hold {held:,} numbers,"
            f" where '{method.name}' has {expected:,} there, in {shape.layers} layers of width"
            f" {shape.hidden}; name one that was trained on that backbone"
        )


def held_in(
    left: Left,
    name: str,
    *,
    most: int = LARGEST,
    what: str = "adapter",
    free: Collection[str] = (),
) -> Mapping[str, Held]:
    """Return what a file of weights declares, if it holds numbers that can be trained.

    Args:
        left: Whose file it is.
        name: Name of the file.
        most: Bytes that it may have.
        what: What it is of, for messages.
        free: Tensors that may be of any type.
    """
    path = left.folder / name
    if path.stat().st_size > most:
        raise StiltsError(
            f"refused {left.asked}: {path} has {path.stat().st_size:,} bytes, and no {what} is so"
            f" large; name the folder of another {what}"
        )
    found = headers.tensors(path)
    for key, held in found.items():
        if held.dtype not in _NUMBERS and key not in free:
            raise StiltsError(
                f"refused {left.asked}: '{shown(key)}' in {path} is of type {held.dtype}; save it"
                " again in single precision"
            )
    return found


def check_place(left: Left, name: str, root: Path) -> None:
    """Refuse a link that leads out of the folder: what lies elsewhere was not meant to be read."""
    path = left.folder / name
    if not path.resolve().is_relative_to(root):
        raise StiltsError(
            f"refused {left.asked}: {path} is a link to {path.resolve()}, outside of the folder;"
            " copy the files themselves there (cp -L)"
        )


def check_about(left: Left) -> None:
    """Refuse what a configuration of `adapters` says beside how the adapter, or head, is made."""
    if left.kind == PEFT:
        return
    file = filenames.HEAD_CONFIG if left.kind == HEAD else filenames.ADAPTER_CONFIG
    where = f"{left.folder / file}"
    for key, value in left.config.items():
        if key not in _ABOUT and key not in _OPTIONAL:
            raise StiltsError(
                f"{where} has '{shown(key)}', which adapters 1.3 does not write: {_SAVED_AGAIN}"
            )
        kind = _ABOUT.get(key, str)
        if type(value) is not kind and not (value is None and key in _OPTIONAL):
            raise StiltsError(
                f"{where} has {shown(repr(value))} for '{key}', where a {kind.__name__} belongs:"
                f" {_SAVED_AGAIN}"
            )
    if lacking := sorted(_ABOUT.keys() - left.config.keys() - _OPTIONAL):
        raise StiltsError(f"{where} lacks '{lacking[0]}': {_SAVED_AGAIN}")
    name = left.config["name"]
    if _UNFIT.search(name) or len(name) > _LONGEST:
        raise StiltsError(
            f"{where} has the name {shown(repr(name))}, which no module can have: save it again"
            " under a plain name"
        )


def _is_older(said: Mapping[str, Any]) -> bool:
    """Return whether a release of `adapters` wrote it that scaled LoRA otherwise."""
    version = re.fullmatch(
        r"adapters\.(\d{1,4})\.(\d{1,4})\.(\d{1,4}).*", str(said.get("version", ""))
    )
    return version is not None and tuple(map(int, version.groups())) < _FIXED
