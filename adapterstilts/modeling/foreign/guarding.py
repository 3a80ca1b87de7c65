"""What a folder holds, looked at before a library loads it: whoever left it there, and however.

What is adopted is compared weight by weight and written anew. What is loaded straight from its
folder goes to the libraries as it is, so that here all is refused that they would take too far:
keys that act, sizes that no weight has, numbers that are none.
"""

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import filenames
from adapterstilts.modeling.folders import PEFT, Left
from adapterstilts.modeling.foreign import looking, peft_configs, setups, wholes
from adapterstilts.modeling.foreign.crowns import Crown, check_weights, crown_of_adapters
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, MODEL

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
    elif part.kind == HEAD:
        looking.check_about(part)
    elif part.kind == FUSION:
        setups.check_fusion(part, str(part.config.get("name")))
        setups.check_layer(_found(part, filenames.FUSION_WEIGHTS), backbone)
    for head in part.heads().values():
        _check_head(head, backbone)


def _check_head(head: Left, backbone: Located) -> None:
    """Refuse a head that cannot answer here, or whose weights are not of the size that it says."""
    weights = looking.held_in(head, filenames.HEAD_WEIGHTS)
    crown = crown_of_adapters(head, weights)
    if crown.head is None:
        raise StiltsError(
            f"{head.asked} cannot answer: {crown.behind}; take {filenames.HEAD_CONFIG} away, or"
            " name another head"
        )
    check_weights(crown, asked=head.asked, backbone=backbone)


def _found(part: Left, file: str) -> Foreign:
    return Foreign(
        left=part, weights=looking.held_in(part, file), digest="", files={}, crown=Crown()
    )
