"""What a folder holds, looked at before a library loads it: whoever left it there, and however.

What is adopted is compared weight by weight and written anew. What is loaded straight from its
folder goes to the libraries as it is, so that here all is refused that they would take too far:
keys that act, sizes that no weight has, numbers that are none.
"""

from collections.abc import Mapping
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import filenames, headers, locate
from adapterstilts.modeling.folders import PEFT, Left
from adapterstilts.modeling.foreign import looking, peft_configs, setups, wholes
from adapterstilts.modeling.foreign.crowns import Crown, crown_of_adapters
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.parts import ADAPTER, FUSION, MODEL

_MASKS, _LAYERS = "masked_lm", 2
"""What `adapters` calls a head that fills masks, and how many layers it has."""
_LIKE = METHODS.get("seq_bn")
"""Method that a configuration of no method is compared to."""


def guard(part: Left, backbone: Located) -> None:
    """Refuse a part of a composition that no library should load."""
    if part.kind == MODEL:
        wholes.check_files(part, whole=not part.heads())
    elif part.kind == PEFT:
        peft_configs.check(part.config, part.asked)
        looking.held_in(part, filenames.PEFT_WEIGHTS)
    elif part.kind == ADAPTER:
        looking.check_about(part)
        found = _found(part, filenames.ADAPTER_WEIGHTS)
        looking.check_size(found, looking.method_of(part, _LIKE), backbone)
    elif part.kind == FUSION:
        setups.check_fusion(part, str(part.config.get("name")))
        setups.check_layer(_found(part, filenames.FUSION_WEIGHTS), backbone)
    for head in part.heads().values():
        _check_head(head, backbone)


def _check_head(head: Left, backbone: Located) -> None:
    """Refuse a head that no library should load."""
    crown_of_adapters(head, looking.held_in(head, filenames.HEAD_WEIGHTS))
    said = headers.document(head.folder / filenames.HEAD_CONFIG).get("config")
    config: Mapping[str, Any] = said if isinstance(said, dict) else {}
    if config.get("head_type") != _MASKS:
        return
    pieces = locate.config(backbone).get("vocab_size")
    odd = [key for key, value in config.items() if type(value) in (list, dict) and value]
    if config.get("vocab_size") != pieces or config.get("layers") != _LAYERS or odd:
        raise StiltsError(
            f"{head.asked} has a head for masks that is not of the {pieces} pieces of"
            f" '{backbone.name}': name one that was trained on that backbone"
        )


def _found(part: Left, file: str) -> Foreign:
    return Foreign(
        left=part, weights=looking.held_in(part, file), digest="", files={}, crown=Crown()
    )
