"""What is loaded by itself, and stands in no block: a full model, or what PEFT trained."""

from collections.abc import Mapping
from typing import Any

import torch
from peft import PeftConfig, get_peft_model, get_peft_model_state_dict

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling import filenames, folders, headers, locate, peft_models
from adapterstilts.modeling.answering import add_heads, format_of, tied
from adapterstilts.modeling.backbone import POOLER, adapter_model, outline, whole_model
from adapterstilts.modeling.filenames import OUTPUTS, PEFT_TASKS, head_of_class
from adapterstilts.modeling.folders import PEFT, Left
from adapterstilts.modeling.headers import shown
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.parts import Head
from adapterstilts.tasks.formats.format import Format
from adapterstilts.tasks.registry import FORMATS, TASKS

PROMPT = "PROMPT_TUNING"
"""What PEFT calls a prompt of plain embeddings."""
_UNREAD = (
    "ADAPTION_PROMPT",
    "CARTRIDGE",
    "CPT",
    "MULTITASK_PROMPT_TUNING",
    "P_TUNING",
    "PREFIX_TUNING",
)
"""Other prompts: for decoders, or kept without the network that makes them."""


def own_files(left: Left, located: Located) -> Located:
    """Return a full model's own files, checked as those of a backbone are."""
    own = Located(
        name=located.name,
        folder=left.folder,
        revision="",
        remedy="save it again with model.save_pretrained(folder, safe_serialization=True)",
    )
    locate.check(own)
    return own


def model_of(left: Left, located: Located, own: Located, form: Format | None, task: str) -> Any:
    """Return what is loaded alone: a full model, or one of PEFT, under its head or heads."""
    if left.kind == PEFT:
        _check_prompt(left)
    if not left.heads():
        return _peft(left, located, task) if left.kind == PEFT else _whole(left, own)
    if left.kind == PEFT:
        _check_shapes(left, outline(own))
    model = adapter_model(own)
    outer = _wrapped(left, model) if left.kind == PEFT else model
    model.active_head = add_heads(model, left, form, task)
    for name, parameter in model.named_parameters():
        if name.startswith("heads."):
            own_head = name.startswith(f"heads.{model.active_head}.")
            parameter.requires_grad_(own_head and not tied(model, name))
        elif POOLER in name:
            parameter.requires_grad_(False)
    return outer


def _whole(left: Left, own: Located) -> Any:
    """Return a full model of `transformers` under the head that its files name."""
    said = str((left.config.get("architectures") or [""])[0])
    kind = head_of_class(said) or "none"
    names = left.config.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    labels = tuple(str(names[index]) for index in sorted(names, key=int))
    return whole_model(own, Head(name="", kind=kind, labels=labels), new_head=False)


def _peft(left: Left, located: Located, task: str) -> Any:
    """Return a plain model under PEFT's own, with the head that its file holds."""
    asked = task or left.task
    form = format_of(asked) if asked in TASKS or asked in FORMATS else None
    kind = PEFT_TASKS.get(str(left.config.get("task_type"))) or (form.head if form else "")
    if not kind:
        raise UsageError(
            f"{left.asked} does not say what its head is for: name the task with task=NAME"
        )
    labels = TASKS.get(asked).labels if asked in TASKS else ()
    with folders.opened(left) as weights:
        stored = {name: weights.get_slice(name).get_shape() for name in list(weights.keys())}
    count = next((shape[0] for name, shape in stored.items() if name.endswith(OUTPUTS)), 0)
    if kind in ("sequence", "token") and len(labels) != count:
        labels = tuple(f"LABEL_{index}" for index in range(count))
    head = Head(name="", kind=kind, outputs=len(labels), labels=labels)
    _check_shapes(left, outline(located, head))
    return _wrapped(left, whole_model(located, head, new_head=True))


def _check_prompt(left: Left) -> None:
    """Refuse a prompt that PEFT would not put before an input, or not as it was trained."""
    kind = str(left.config.get("peft_type"))
    if kind == PROMPT and (left.heads() or left.config.get("task_type") not in PEFT_TASKS):
        raise UsageError(
            f"{left.asked} is a prompt whose task_type is {shown(left.config.get('task_type'))},"
            f" and PEFT puts one before an input for {', '.join(PEFT_TASKS)} alone: train it on"
            " such a task"
        )
    if kind in _UNREAD:
        raise UsageError(
            f"{left.asked} is of peft_type {kind}, which PEFT cannot run on this backbone, or not"
            f" from its file alone: load one of {PROMPT}, or one that changes weights"
        )


def _check_shapes(left: Left, plain: Any) -> None:
    """Refuse a file of PEFT whose weights are not those that its configuration makes room for.

    Args:
        left: Its folder.
        plain: The model that it stands on, without numbers, so that no size takes room.
    """
    settings = PeftConfig.from_pretrained(str(left.folder))
    # Else PEFT tells everybody that it has been renamed, in whatever words the file has.
    settings.inference_mode, settings.base_model_name_or_path = True, None
    with torch.device("meta"):
        model = get_peft_model(plain, settings)
    state = get_peft_model_state_dict(model, save_embedding_layers=False)
    held = headers.tensors(left.folder / filenames.PEFT_WEIGHTS)
    for name, each in held.items():
        if name not in state:
            raise ValueError(f"it has {shown(name)}, which has no place there")
        if tuple(state[name].shape) != each.shape:
            raise ValueError(f"its {name} is {list(each.shape)}, not {list(state[name].shape)}")


def _wrapped(left: Left, plain: Any) -> Any:
    """Return a model under PEFT's own, with all that the files of a folder must have."""
    model = peft_models.wrapped(plain, left.folder)
    state: Mapping[str, Any] = get_peft_model_state_dict(model, save_embedding_layers=False)
    with folders.opened(left) as weights:
        lacking = sorted(state.keys() - {*weights.keys()})
    if hasattr(plain, "heads"):  # None of which reads the pooler, so that its biases are not kept.
        lacking = [name for name in lacking if POOLER not in name]
    if lacking:
        raise ValueError(f"it lacks {lacking[0]}")
    return model
