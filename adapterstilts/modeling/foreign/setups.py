"""A block of adapters that somebody else has trained: each part of it looked at as one alone is.

What `adapters` would run otherwise than the block says is refused, and so is what has no place on
the backbone; the fusions' weights are compared by `adopting_setups`, as those of adapters are.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.fingerprint import file_digest, fingerprint
from adapterstilts.modeling import filenames, folders, locate
from adapterstilts.modeling.folders import Left
from adapterstilts.modeling.foreign import arrangement, looking
from adapterstilts.modeling.foreign.arrangement import AVERAGE, FUSE, Arranged
from adapterstilts.modeling.foreign.crowns import Crown, crown_of_adapters
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.headers import shown
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.parts import ADAPTER, FUSION
from adapterstilts.modeling.sizes import shape_of

LEFT_OUT = "leave_out"
"""Key of a fusion's configuration, and of an adapter's: layers that have none."""
_FUSION: Mapping[str, Any] = {
    "key": True,
    "query": True,
    "value": True,
    "query_before_ln": False,
    "regularization": True,
    "residual_before": False,
    "temperature": False,
    "value_before_softmax": True,
    "value_initialized": True,
    "dropout_prob": None,
}
"""A fusion of `adapters` where nothing is set."""
_FREE = ("regularization", "value_initialized", "dropout_prob")
"""Keys that change nothing of a fusion that has been trained."""
_ABOUT = frozenset(
    {
        "adapter_names",
        "config",
        "hidden_size",
        "model_class",
        "model_name",
        "model_type",
        "name",
        "version",
        LEFT_OUT,
    }
)
"""What a fusion's configuration says."""
_PLACE = re.compile(r"(?:roberta\.)?encoder\.layer\.([0-9]{1,4})\.(?:attention\.)?output")


def look(folder: Path, *, asked: str, within: Path | None = None) -> Foreign:
    """Return the block that lies in a folder, or refuse what is no whole one in safetensors."""
    left = replace(folders.left(str(folder)), asked=asked)
    root = (within or folder.expanduser()).resolve()
    looking.check_place(left, filenames.SETUP_CONFIG, root)
    saved = arrangement.read(left.folder)
    members = {name: _member(left, name, root) for name in dict.fromkeys(saved.block.names)}
    layers = {each.layer: _layer(left, each.layer, root) for each in saved.block.fusions()}
    digests = {filenames.SETUP_CONFIG: file_digest(left.folder / filenames.SETUP_CONFIG)}
    for name, each in (members | layers).items():
        digests |= {f"{name}/{file}": digest for file, digest in each.files.items()}
    crown = Crown()
    for name in saved.heads[:1]:
        crown, digests = _crown(left, name, root, digests)
    apart, others = looking.heads_apart(left, root) if crown.head is None else ({}, {})
    digests |= others
    return Foreign(
        left=left,
        weights={},
        digest=fingerprint(digests),
        files=digests,
        crown=crown,
        apart=apart,
        saved=saved,
        members=members,
        layers=layers,
    )


def check(found: Foreign, *, method: Method, exact: bool, backbone: Located | None) -> Method:
    """Return the method of a block's adapters, or refuse what does not fit: see `meeting.check`."""
    block = block_of(found)
    check_use(found.left, block, exact=exact)
    compared = [like(block, each.left, method) for each in found.members.values()]
    theirs = [
        looking.check(each, method=known, exact=False, backbone=backbone)
        for each, known in zip(found.members.values(), compared, strict=True)
    ]
    for each in block.blocks():
        _check_block(each, method, found.left.asked)
    out = [_left_out(each) for each in found.members.values()]
    if any(each != out[0] for each in out):
        raise StiltsError(
            f"{found.left.asked} has adapters in different layers (leave_out {_lists(out)}), which"
            " `adapters` cannot run together: name another"
        )
    for layer in found.layers.values():
        check_layer(layer, backbone)
    return theirs[0]


def check_use(left: Left, block: Arranged, *, exact: bool) -> None:
    """Refuse to go on from several modules, or to merge them, as if they were one."""
    if exact:
        raise StiltsError(
            f"{left.asked} is {block}, several modules, and one is gone on from or merged: build"
            f" on all of it with stack({left.asked}), or name the folder of one of them, as"
            f" path(FOLDER/{block.names[-1]})"
        )


def like(block: Arranged, member: Left, method: Method) -> Method:
    """Return what an adapter of a block is compared to.

    Without its last layer, a fusion's adapters have none there either, whatever the method says.
    """
    if block.kind != FUSE or LEFT_OUT not in method.settings:
        return method
    layers = looking.method_of(member, method).overrides.get(LEFT_OUT, ())
    return replace(method, overrides={**method.overrides, LEFT_OUT: layers})


def block_of(found: Foreign) -> Arranged:
    """Return the block that was found."""
    if found.saved is None:
        raise ValueError(f"{found.left.asked} is no block")
    return found.saved.block


def _member(left: Left, name: str, root: Path) -> Foreign:
    """Return one adapter of a block."""
    there = looking.look(left.folder / name, asked=f"{left.asked} ({shown(name)})", within=root)
    if there.left.kind != ADAPTER or there.left.folder != (left.folder / name).resolve():
        raise StiltsError(f"{there.left.asked} is no adapter of `adapters`: save the block again")
    if there.left.config["name"] != name:
        raise StiltsError(
            f"{there.left.asked} calls itself {shown(repr(there.left.config['name']))}, so that"
            " `adapters` would not find it: save the block again"
        )
    return replace(there, apart={})


def _layer(left: Left, name: str, root: Path) -> Foreign:
    """Return one fusion of a block."""
    place = left.folder / name
    if not place.is_dir():
        raise StiltsError(f"{left.asked} lacks the fusion over {shown(name)}: save it again")
    there = replace(folders.left(str(place)), asked=f"{left.asked} ({shown(name)})")
    if there.kind != FUSION or there.folder != place.resolve():
        raise StiltsError(f"{there.asked} is no fusion of `adapters`: save the block again")
    files = (filenames.FUSION_CONFIG, filenames.FUSION_WEIGHTS)
    for file in files:
        looking.check_place(there, file, root)
    digests = {file: file_digest(place / file) for file in files}
    weights = looking.held_in(there, filenames.FUSION_WEIGHTS)
    check_fusion(there, name)
    return Foreign(
        left=there, weights=weights, digest=fingerprint(digests), files=digests, crown=Crown()
    )


def _crown(
    left: Left, name: str, root: Path, digests: Mapping[str, str]
) -> tuple[Crown, dict[str, str]]:
    """Return the head of a block, and the digests with those of its files."""
    place = left.folder / name
    for file in (filenames.HEAD_CONFIG, filenames.HEAD_WEIGHTS):
        if not (place / file).is_file():
            raise StiltsError(
                f"{left.asked} lacks its head, {shown(name)}/{file}: save it again, with"
                f" use_safetensors=True{filenames.CONVERT[filenames.FUSION_WEIGHTS]}"
            )
    head = Left(
        asked=f"{left.asked} ({shown(name)})", folder=place, kind="head", config={}, record=None
    )
    for file in (filenames.HEAD_CONFIG, filenames.HEAD_WEIGHTS):
        looking.check_place(head, file, root)
    crown = crown_of_adapters(head, looking.held_in(head, filenames.HEAD_WEIGHTS))
    own = {
        f"{name}/{file}": file_digest(place / file)
        for file in (filenames.HEAD_CONFIG, filenames.HEAD_WEIGHTS)
    }
    return crown, {**digests, **own}


def check_fusion(layer: Left, name: str) -> None:
    """Refuse what a fusion's configuration says that `adapters` does not, or not here."""
    said, where = layer.config, f"{layer.folder / filenames.FUSION_CONFIG}"
    again = "save the block again with adapters 1.3"
    if unknown := sorted(said.keys() - _ABOUT):
        raise StiltsError(f"{where} has '{shown(unknown[0])}', which no fusion has: {again}")
    if said.get("name") != name:
        raise StiltsError(f"{where} is over {shown(repr(said.get('name')))}, not {name}: {again}")
    config = said.get("config")
    if not isinstance(config, dict) or config.keys() != _FUSION.keys():
        raise StiltsError(f"{where} does not say how the fusion is made: {again}")
    for key, usual in _FUSION.items():
        free = key in _FREE or key == "value"
        kind = (type(None), float, int) if key == "dropout_prob" else (bool,)
        if type(config[key]) not in kind or not (free or config[key] == usual):
            raise StiltsError(
                f"{where} has {shown(repr(config[key]))} for '{key}', which no fusion here has:"
                f" {again}"
            )
    layers = said.get(LEFT_OUT, [])
    if not isinstance(layers, list) or any(type(each) is not int for each in layers):
        raise StiltsError(f"{where} has {shown(repr(layers))} for '{LEFT_OUT}': {again}")


def check_layer(layer: Foreign, backbone: Located | None) -> None:
    """Refuse a fusion whose weights cannot be one's on a backbone."""
    if backbone is None:
        return
    folders.check_said(layer.left, backbone)
    shape = shape_of(locate.config(backbone))
    square = (shape.hidden, shape.hidden)
    for name, held in layer.weights.items():
        place = _PLACE.match(name)
        if (
            place is None
            or int(place[1]) >= shape.layers
            or held.shape not in (square, square[:1])
            or f".adapter_fusion_layer.{layer.left.config['name']}." not in name
        ):
            raise StiltsError(
                f"{layer.left.asked} does not fit '{backbone.name}': its weight '{shown(name)}' of"
                f" {list(held.shape)} has no place there; name a block that was trained on it"
            )


def _check_block(block: Arranged, method: Method, asked: str) -> None:
    """Refuse a block that the library would run otherwise than it says."""
    said = f"{asked} is {block}"
    if block.kind == FUSE and not method.fuses:
        raise StiltsError(f"{said}, and AdapterFusion reads no '{method.name}': name another")
    if block.kind == AVERAGE and not (method.averages and method.library == "adapters"):
        raise StiltsError(f"{said}, and outputs of '{method.name}' have no mean: name another")
    if block.kind in (FUSE, AVERAGE) or len(block.names) == 1:
        return
    if method.adds:
        raise StiltsError(
            f"{said}, and in a Stack of '{method.name}' the library keeps the last alone: save it"
            f" as an Average of weights {len(block.names)}, unnormalised, or save that adapter"
        )
    if not method.stacks:
        raise StiltsError(f"{said}, and nothing stands on '{method.name}': name another")


def left_out(found: Foreign) -> list[int]:
    """Return the layers in which a block that has been checked has no adapters."""
    return next((_left_out(each) for each in found.members.values()), [])


def _left_out(member: Foreign) -> list[int]:
    said = member.left.config["config"]
    layers = said.get(LEFT_OUT) if isinstance(said, dict) else ()
    return sorted(each for each in layers or () if type(each) is int)


def _lists(some: Iterable[list[int]]) -> str:
    return " and ".join(dict.fromkeys(map(str, some)))
