"""A backbone with a block of trained adapters on it: loaded, active, and without a head yet."""

from typing import Any

from adapterstilts.modeling import fusions, safe_files
from adapterstilts.modeling.backbone import adapter_model
from adapterstilts.modeling.gates import ignore_padding
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.setups import Setup


def mounted(wanted: Setup, located: Located) -> Any:
    """Return an `adapters` model with every adapter and fusion of a block, which is active."""
    architectures = [left.config["config"].get("architecture") for left in wanted.adapters.values()]
    model = adapter_model(located, prompted="prompt_tuning" in architectures)
    for name, adapter in wanted.adapters.items():
        safe_files.load_adapter(
            model, adapter.folder, name, with_head=False, leave_out=wanted.left_out
        )
    if wanted.fusions:
        fusions.check_places(model, list(wanted.adapters))
    for block in fusions.fuses(wanted.block):
        layer = wanted.fusions[block.name]
        kind, within = layer.config["config"], list(fusions.flat(block))
        fusions.put(model, block.name, fusions.over(block), within, kind)
        fusions.take(model, block.name, layer.folder)
    if wanted.block is not None:
        model.set_active_adapters(wanted.block)
        for name in wanted.adapters:
            ignore_padding(model, name)
    return model
