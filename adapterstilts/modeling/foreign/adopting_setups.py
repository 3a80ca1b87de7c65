"""A block of somebody else's becomes one of ours: each module compared and written anew.

It is kept as `adapters` keeps one, so that the plain library loads it as well, and names in it are
made such that no part of a model has them.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from adapterstilts.core.expressions import slug
from adapterstilts.modeling import filenames, fusions, safe_files
from adapterstilts.modeling.backbone import outline, quiet, readable
from adapterstilts.modeling.configurations import for_adapters
from adapterstilts.modeling.foreign import adopting, arrangement, looking, setups
from adapterstilts.modeling.foreign.adopting import Kept
from adapterstilts.modeling.foreign.arrangement import Arranged
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.parts import SETUP

_HEAD = "head"
"""Name of a head whose own is that of an adapter."""


def adopt(found: Foreign, *, asked: Method, backbone: Located, out: Path) -> Kept:
    """Leave a block that has been checked, in `setup`: a folder for each module in it.

    Args:
        found: What lies there.
        asked: What the recipe makes its modules by.
        backbone: What it is to stand on.
        out: Folder of the stage.
    """
    folder = out / SETUP
    folder.mkdir()
    with quiet(), readable(lambda reason: adopting.unreadable(found, reason)):
        names, methods = _adapters(found, asked, backbone, folder)
        block = setups.block_of(found).renamed(names)
        _fusions(found, block, methods, backbone, folder)
        crown, head = found.crown, ""
        if crown.head is not None and crown.config is not None:
            head = names.get(crown.head.name) or slug(crown.head.name)
            adopting.keep_head(found, crown, outline(backbone), head, folder / head)
        heads = adopting.keep_apart(found, outline(backbone), out)
    arrangement.write(folder, block, head, _version(found))
    modules = [*found.members.values(), *found.layers.values()]
    return Kept(
        trainable=sum(held.numbers for each in modules for held in each.weights.values()),
        stored_bytes=adopting.stored_bytes(out),
        head=crown.head.kind if head and crown.head else "",
        heads=heads,
    )


def _adapters(
    found: Foreign, asked: Method, backbone: Located, folder: Path
) -> tuple[dict[str, str], dict[str, Method]]:
    """Leave every adapter; return theirs to our names, and ours to methods."""
    block = setups.block_of(found)
    names: dict[str, str] = {}
    methods: dict[str, Method] = {}
    for theirs, member in found.members.items():
        known = setups.like(block, member.left, asked)
        method = looking.check(member, method=known, exact=False, backbone=backbone)
        name, model = adopting.named(member, method, backbone, besides=methods)
        adopting.keep_adapter(member, model, name, folder / name)
        names[theirs], methods[name] = name, method
    return names, methods


def _fusions(
    found: Foreign,
    block: Arranged,
    methods: dict[str, Method],
    backbone: Located,
    folder: Path,
) -> None:
    """Leave every fusion of a block, whose adapters are called as they are here."""
    theirs = setups.block_of(found).fusions()
    for own, given in zip(block.fusions(), theirs, strict=True):
        layer = found.layers[given.layer]
        model = outline(backbone)
        with torch.device("meta"):
            for name in own.names:
                model.add_adapter(name, config=for_adapters(methods[name]))
            kind = dict(layer.left.config["config"])
            fusions.put(model, own.layer, own.layer.split(","), own.names, kind)
        expected = {
            key: value
            for key, value in adopting.places(model).items()
            if fusions.belongs(own.layer, key)
        }
        bare = [*(layer.left.config.get(setups.LEFT_OUT) or ()), *setups.left_out(found)]
        expected = _without(expected, bare)
        state = adopting.taken(
            layer,
            # The library saves a fusion for layers, too, in which there is nothing to fuse.
            _without(layer.weights, bare),
            expected,
            file=filenames.FUSION_WEIGHTS,
            ours={key.replace(f".{own.layer}.", f".{given.layer}."): key for key in expected},
            prefix=f"{model.base_model_prefix}.",
        )
        config = {**layer.left.config, "name": own.layer, "adapter_names": own.layer.split(",")}
        names = (filenames.FUSION_WEIGHTS, filenames.FUSION_CONFIG)
        safe_files.write(folder / own.layer, state, config, names)


def _without(expected: Mapping[str, Any], layers: Iterable[int]) -> dict[str, Any]:
    """Return the weights of a fusion that leaves some layers out, adapters and all."""
    absent = tuple(f".layer.{layer}." for layer in layers)
    return {key: value for key, value in expected.items() if not any(at in key for at in absent)}


def _version(found: Foreign) -> str:
    said = [each.left.config.get("version") for each in found.members.values()]
    return next((each for each in said if isinstance(each, str)), "adapters")
