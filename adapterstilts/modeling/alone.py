"""What is loaded by itself, and stands in no block: a full model, or what PEFT trained."""

from collections.abc import Mapping
from typing import Any

from peft import PeftModel, get_peft_model_state_dict

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling import folders, locate
from adapterstilts.modeling.answering import add_heads, format_of, tied
from adapterstilts.modeling.backbone import POOLER, adapter_model, whole_model
from adapterstilts.modeling.folders import PEFT, Left
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.parts import Head
from adapterstilts.tasks.formats.format import Format
from adapterstilts.tasks.registry import FORMATS, TASKS

_CLASSES = {
    "ForSequenceClassification": "sequence",
    "ForTokenClassification": "token",
    "ForQuestionAnswering": "span",
    "ForMultipleChoice": "choice",
    "ForMaskedLM": "lm",
}
"""How the name of a class of `transformers` ends to the kind of its head."""
_PEFT_TASKS = {"SEQ_CLS": "sequence", "TOKEN_CLS": "token", "QUESTION_ANS": "span"}
_OUTPUTS = ("classifier.weight", "classifier.out_proj.weight", "qa_outputs.weight")
"""How the names of a head's last weights end."""


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
    if not left.heads():
        return _peft(left, located, task) if left.kind == PEFT else _whole(left, own)
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
    kind = next((kind for ending, kind in _CLASSES.items() if said.endswith(ending)), "none")
    names = left.config.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    labels = tuple(str(names[index]) for index in sorted(names, key=int))
    return whole_model(own, Head(name="", kind=kind, labels=labels), new_head=False)


def _peft(left: Left, located: Located, task: str) -> Any:
    """Return a plain model under PEFT's own, with the head that its file holds."""
    asked = task or left.task
    form = format_of(asked) if asked in TASKS or asked in FORMATS else None
    kind = _PEFT_TASKS.get(str(left.config.get("task_type"))) or (form.head if form else "")
    if not kind:
        raise UsageError(
            f"{left.asked} does not say what its head is for: name the task with task=NAME"
        )
    labels = TASKS.get(asked).labels if asked in TASKS else ()
    with folders.opened(left) as weights:
        stored = {name: weights.get_slice(name).get_shape() for name in list(weights.keys())}
    count = next((shape[0] for name, shape in stored.items() if name.endswith(_OUTPUTS)), 0)
    if kind in ("sequence", "token") and len(labels) != count:
        labels = tuple(f"LABEL_{index}" for index in range(count))
    plain = whole_model(located, Head(name="", kind=kind, labels=labels), new_head=True)
    return _wrapped(left, plain)


def _wrapped(left: Left, plain: Any) -> Any:
    """Return a model under PEFT's own, with all that the files of a folder must have."""
    model = PeftModel.from_pretrained(
        plain, str(left.folder), is_trainable=True, use_safetensors=True
    )
    state: Mapping[str, Any] = get_peft_model_state_dict(model, save_embedding_layers=False)
    with folders.opened(left) as weights:
        lacking = sorted(state.keys() - {*weights.keys()})
    if hasattr(plain, "heads"):  # None of which reads the pooler, so that its biases are not kept.
        lacking = [name for name in lacking if POOLER not in name]
    if lacking:
        raise ValueError(f"it lacks {lacking[0]}")
    return model
