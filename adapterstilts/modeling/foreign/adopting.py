"""An adapter of somebody else becomes one of ours: every weight compared, read once, kept anew.

What it must have is read off a model of the backbone's shape that holds no numbers. So nothing is
loaded before every name and every shape is right, no weight stays random because a file lacks it,
and what is left in a stage is written here, whatever was in the folder that it came from.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from adapters.configuration import build_full_config
from adapters.loading import AdapterLoader
from peft import get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch import Tensor

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.expressions import slug
from adapterstilts.modeling import filenames, safe_files
from adapterstilts.modeling.backbone import outline, quiet, readable
from adapterstilts.modeling.configurations import for_adapters, for_peft
from adapterstilts.modeling.filenames import WRAPPED
from adapterstilts.modeling.folders import PEFT
from adapterstilts.modeling.foreign.crowns import Crown
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.headers import Held, shown
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.parts import ADAPTER, HEAD, HEADS, Head

_TIED = "3.weight"
"""Last weight of a language model's head."""
_OUTER = "base_model."
"""How names of a head begin in a file of PEFT that holds a prompt."""
_UNFIT = re.compile(r"[^\w-]+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What was taken over."""

    trainable: int
    """Numbers of the adapter, its head not counted."""
    stored_bytes: int
    """Bytes of the weights that were written."""
    head: str
    """Kind of the head that was kept; empty where there is none, or several."""
    heads: tuple[str, ...] = ()
    """Names of the heads of a mix that were kept."""


def adopt(found: Foreign, *, method: Method, backbone: Located, out: Path) -> Kept:
    """Leave an adapter that has been checked as a training stage would.

    Args:
        found: What lies there.
        method: What it is made by, as `foreign.check` said.
        backbone: What it is to stand on.
        out: Folder of the stage, in which `adapter` is made.
    """
    folder = out / ADAPTER
    with quiet(), readable(lambda reason: unreadable(found, reason)):
        head = (_peft if found.left.kind == PEFT else adapter)(found, method, backbone, folder)
        heads = keep_apart(found, outline(backbone), out)
    own = sum(held.numbers for name, held in found.weights.items() if not found.crown.has(name))
    return Kept(trainable=own, stored_bytes=stored_bytes(out), head=head, heads=heads)


def head_alone(found: Foreign, *, backbone: Located, out: Path) -> Kept:
    """Leave a head that has been checked as the training of one on a frozen backbone would."""
    name = _UNFIT.sub("-", str(found.left.config["name"])).strip("-") or "adopted"
    with quiet(), readable(lambda reason: unreadable(found, reason)):
        kind = keep_head(found, found.crown, outline(backbone), name, out / HEAD)
    own = sum(held.numbers for held in found.weights.values())
    return Kept(trainable=own, stored_bytes=stored_bytes(out), head=kind)


def stored_bytes(out: Path) -> int:
    """Return how many bytes of weights a stage has kept."""
    return sum(path.stat().st_size for path in out.rglob("*.safetensors"))


def keep_apart(found: Foreign, model: Any, out: Path) -> tuple[str, ...]:
    """Leave the heads of a mix, each in a folder of its own; return their names."""
    kept = dict[str, str]()
    for name, crown in found.apart.items():
        if crown.head is None:
            continue
        ours = kept.setdefault(slug(name), name)
        if ours != name:
            raise unfit(found, f"it has two heads '{shown(name)}'")
        (out / HEADS).mkdir(exist_ok=True)
        keep_head(found, crown, model, slug(name), out / HEADS / slug(name))
    return tuple(kept)


def adapter(found: Foreign, method: Method, backbone: Located, folder: Path) -> str:
    """Leave an adapter of `adapters` and its head; return the kind of the head."""
    name, model = named(found, method, backbone)
    keep_adapter(found, model, name, folder)
    return keep_head(found, found.crown, model, name, folder)


def keep_adapter(found: Foreign, model: Any, name: str, folder: Path) -> None:
    """Leave an adapter of `adapters` under the name that it has in an outline."""
    belongs, theirs = AdapterLoader(model).filter_func(name), str(found.left.config["name"])
    expected = {key: value for key, value in places(model).items() if belongs(key)}
    state = taken(
        found,
        found.weights,
        expected,
        file=filenames.ADAPTER_WEIGHTS,
        ours={key.replace(f".{name}.", f".{theirs}."): key for key in expected},
        prefix=f"{model.base_model_prefix}.",
    )
    with torch.device("meta"):
        _, config = AdapterLoader(model).save_to_state_dict(name)
    safe_files.write(folder, state, config)


def named(
    found: Foreign, method: Method, backbone: Located, *, besides: Collection[str] = ()
) -> tuple[str, Any]:
    """Return a name that no part of a model has, nor another adapter, and a model with it."""
    name = _UNFIT.sub("-", str(found.left.config["name"])).strip("-") or "adopted"
    while True:
        model = outline(backbone)
        with torch.device("meta"):
            model.add_adapter(name, config=for_adapters(method))
        belongs = AdapterLoader(model).filter_func(name)
        keys = [key for key in model.state_dict() if belongs(key)]
        if name not in besides and all(key.split(".").count(name) == 1 for key in keys):
            return name, model
        name = f"{name}-adopted"


def keep_head(found: Foreign, crown: Crown, model: Any, name: str, folder: Path) -> str:
    """Leave a head that came with an adapter, under a name of ours; return its kind."""
    if crown.head is None or crown.config is None or crown.weights is None:
        return ""
    with torch.device("meta"):
        model.add_prediction_head_from_config(name, dict(crown.config), overwrite_ok=True)
    begin, tied = f"heads.{name}.", f"heads.{crown.head.name}.{_TIED}"
    expected = {key: value for key, value in places(model).items() if key.startswith(begin)}
    held = dict(crown.weights)
    if crown.head.kind == "lm":
        # The embeddings' own matrix, whatever a file says that it is.
        expected.pop(f"{begin}{_TIED}", None)
        held.pop(tied, None)
    state = taken(
        found,
        held,
        expected,
        file=filenames.HEAD_WEIGHTS,
        ours={f"heads.{crown.head.name}.{key.removeprefix(begin)}": key for key in expected},
        at=crown.folder,
    )
    config = build_full_config(
        model.heads[name].config,
        model.config,
        name=name,
        model_name=model.model_name,
        model_class=type(model).__name__,
        save_id2label=True,
    )
    names = (filenames.HEAD_WEIGHTS, filenames.HEAD_CONFIG)
    safe_files.write(folder, state, config, names)
    return crown.head.kind


def _peft(found: Foreign, method: Method, backbone: Located, folder: Path) -> str:
    """Leave an adapter of PEFT, its head with it, under a configuration of our own."""
    head = found.crown.head or Head(name="adopted", kind="none")
    plain = outline(backbone, None if head.kind == "none" else head)
    settings = for_peft(method, head)
    expected = _expected(plain, settings)
    prefix = f"{WRAPPED}{plain.base_model_prefix}."
    bare = not any(key.startswith(prefix) for key in found.weights)
    state = taken(
        found,
        {
            key: held
            for key, held in found.weights.items()
            if head.kind != "none" or not found.crown.has(key)
        },
        # Biases of a head have two names in a file of PEFT, and both are read from it.
        {
            key: value.clone()
            for key, value in expected.items()
            if head.kind == "choice" or ".pooler." not in key
        },
        file=filenames.PEFT_WEIGHTS,
        ours={key.replace(prefix, WRAPPED) if bare else key: key for key in expected},
    )
    folder.mkdir(exist_ok=True)
    settings.base_model_name_or_path, settings.inference_mode = backbone.title, True
    settings.save_pretrained(str(folder))
    save_file(state, folder / filenames.PEFT_WEIGHTS)
    return found.crown.head.kind if found.crown.head else ""


def _expected(plain: Any, settings: Any) -> dict[str, Tensor]:
    """Return what PEFT keeps of a model; its prompts cannot be made of no numbers."""
    with torch.device("meta"):
        if settings.is_prompt_learning:
            prompt = torch.empty(settings.num_virtual_tokens, plain.config.hidden_size)
            below = f"{plain.base_model_prefix}."
            head = {
                f"{_OUTER}{key}": value
                for key, value in plain.state_dict().items()
                if plain.base_model is not plain and not key.startswith(below)
            }
            return {filenames.PEFT_PROMPT: prompt, **head}
        model = get_peft_model(plain, settings)
    found: dict[str, Tensor] = get_peft_model_state_dict(model, save_embedding_layers=False)
    return found


def places(model: Any) -> dict[str, Tensor]:
    """Return every weight of a model under all of its names; one that is shared is one object."""
    found: dict[str, Tensor] = model.state_dict(keep_vars=True)
    return found


def taken(
    found: Foreign,
    held: Mapping[str, Held],
    expected: Mapping[str, Tensor],
    *,
    file: str,
    ours: Mapping[str, str],
    prefix: str = "",
    at: Path | None = None,
) -> dict[str, Tensor]:
    """Return the weights of a file by our names, once they are known to be all and no others.

    Args:
        found: Where the file lies.
        held: What the file declares.
        expected: Our names to what belongs there, without numbers.
        file: Name of the file.
        ours: Names as the file should have them to our names.
        prefix: What a file may leave out where its names begin.
        at: Folder of the file, where it is not the adapter's.
    """
    names = {key: ours.get(key) or ours.get(f"{prefix}{key}") or "" for key in held}
    path = (at or found.left.folder) / file
    for key, name in names.items():
        if name not in expected:
            raise unfit(found, f"{file} has '{shown(key)}', which has no place there")
        if held[key].shape != tuple(expected[name].shape):
            theirs, own = list(held[key].shape), list(expected[name].shape)
            raise unfit(found, f"'{shown(key)}' in {file} is {theirs}, and {own} belongs there")
    there = {id(expected[name]) for name in names.values()}
    if lacking := [name for name, value in expected.items() if id(value) not in there]:
        raise unfit(found, f"{file} lacks '{lacking[0]}'")
    kept: dict[int, tuple[str, Tensor]] = {}
    read = {key: value for key, value in load_file(path).items() if key in names}
    for key in sorted(read, key=lambda key: (len(names[key]), key)):
        value = read[key].float().contiguous()
        if not safe_files.sound(value):
            raise unfit(found, f"'{shown(key)}' in {file} holds what is no number, or beyond any")
        _, first = kept.setdefault(id(expected[names[key]]), (names[key], value))
        if not torch.equal(first, value):
            raise unfit(found, f"'{shown(key)}' in {file} is another than the one that it shares")
    return dict(kept.values())


def unfit(found: Foreign, why: str) -> StiltsError:
    """Return the error of files that do not hold what belongs there."""
    return StiltsError(
        f"{found.left.asked} cannot be used: {why}; save it again with the backbone that it was"
        " trained on, or name another adapter"
    )


def unreadable(found: Foreign, reason: str) -> StiltsError:
    """Return the error of files that a library stumbles over."""
    return StiltsError(
        f"{found.left.asked} cannot be used ({reason}): save or fetch it again, or name another"
        " adapter"
    )
