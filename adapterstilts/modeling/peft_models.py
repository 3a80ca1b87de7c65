"""Models that PEFT wraps: made anew, begun from a source, kept and read again.

They stand on plain `transformers` models, heads and all, so that a file loads with
`PeftModel.from_pretrained` on `AutoModelFor…` and nothing else.
"""

from pathlib import Path
from typing import Any

from peft import PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file
from torch import Tensor

from adapterstilts.modeling.backbone import adapter_model, add_heads, whole_model
from adapterstilts.modeling.configurations import for_peft
from adapterstilts.modeling.filenames import PEFT_WEIGHTS
from adapterstilts.modeling.parts import ADAPTER, NO_HEAD, Parts
from adapterstilts.modeling.weights import State, shapes

_WRAPPED = "base_model.model."


def new(parts: Parts) -> Any:
    """Return the backbone with new modules and a new head."""
    if parts.others:
        model = headless(parts)
        add_heads(inside(model), parts.backbone, parts.heads)
        return model
    plain = whole_model(parts.backbone, parts.head, new_head=True)
    return get_peft_model(plain, for_peft(parts.method, parts.head))


def headless(parts: Parts) -> Any:
    """Return an `adapters` model with new modules of PEFT, which can carry several heads."""
    return get_peft_model(adapter_model(parts.backbone), for_peft(parts.method, NO_HEAD))


def kept(parts: Parts, owner: Path) -> Any:
    """Return the backbone with the modules and the head that a training stage left."""
    state = read(owner)
    plain = whole_model(parts.backbone, parts.head, new_head=True)
    model = PeftModel.from_pretrained(
        plain, str(owner / ADAPTER), is_trainable=True, use_safetensors=True
    )
    lacking = sorted(_state(model).keys() - state.keys())
    if lacking:
        raise ValueError(f"it lacks {lacking[0]}")
    return model


def modules(model: Any, owner: Path) -> dict[str, Tensor]:
    """Return what a source trained in the encoder, its head left behind, by a model's own names."""
    begin, left = f"{_WRAPPED}{inside(model).base_model_prefix}.", read(owner)
    if not any(name.startswith(begin) for name in left):
        begin = _WRAPPED  # Merged, and without a head.
    found = {
        _encoder(model) + name.removeprefix(begin): weight
        for name, weight in left.items()
        if name.startswith(begin) and not _of_a_head(name)
    }
    expected = {
        name: weight
        for name, weight in _state(model).items()
        if name.startswith(_encoder(model)) and not _of_a_head(name)
    }
    if shapes(found) != shapes(expected):
        raise ValueError("its modules are not those of this method on this backbone")
    return found


def take(model: Any, state: State) -> None:
    """Put weights of an encoder's modules into a model."""
    set_peft_model_state_dict(model, {**_state(model), **state})


def save(model: Any, folder: Path) -> None:
    """Leave modules and head as PEFT does, without its card, which has nothing to say."""
    # Else PEFT asks the Hub whether the vocabulary has grown.
    quiet = {"safe_serialization": True, "save_embedding_layers": False}
    model.save_pretrained(str(folder), state_dict=_own(model), **quiet)
    (folder / "README.md").unlink(missing_ok=True)


def read(owner: Path) -> dict[str, Tensor]:
    """Return the weights of a training stage; PEFT would look elsewhere for what is not there."""
    found: dict[str, Tensor] = load_file(owner / ADAPTER / PEFT_WEIGHTS)
    return found


def inside(model: Any) -> Any:
    """Return the `transformers` model that PEFT changed in place, or the model itself."""
    return model.get_base_model() if isinstance(model, PeftModel) else model


def _own(model: Any) -> dict[str, Tensor] | None:
    """Return what PEFT keeps: all, or what is below several heads, which are kept apart.

    A file of biases would have theirs, and that of a pooler that nothing reads.
    """
    if not hasattr(inside(model), "heads"):
        return None
    state: dict[str, Tensor] = model.state_dict()
    return {
        name: weight
        for name, weight in state.items()
        if not name.startswith(f"{_WRAPPED}heads.") and not _of_a_head(name)
    }


def _state(model: Any) -> dict[str, Tensor]:
    found: dict[str, Tensor] = get_peft_model_state_dict(model, save_embedding_layers=False)
    return found


def _encoder(model: Any) -> str:
    """Return how names of an encoder's weights begin; a model without a head is its own."""
    plain = inside(model)
    return _WRAPPED if plain.base_model is plain else f"{_WRAPPED}{plain.base_model_prefix}."


def _of_a_head(name: str) -> bool:
    return ".pooler." in name
