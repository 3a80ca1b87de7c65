"""The head that came with an adapter of somebody else, and what it can answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import filenames, headers, locate
from adapterstilts.modeling.folders import Left, left
from adapterstilts.modeling.headers import Held, shown
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.parts import HEADS, Head
from adapterstilts.modeling.sizes import shape_of
from adapterstilts.tasks.registry import TASKS

_PEFT_SAVED = {
    frozenset({"classifier", "pooler"}): "choice",
    frozenset({"lm_head.dense", "lm_head.layer_norm"}): "lm",
}
"""Modules that PEFT saved to the kind of head that they are, where it has no word for its task."""
_SETTINGS: Mapping[str, tuple[type, ...]] = {
    "activation_function": (str, type(None)),
    "bias": (bool,),
    "dropout_prob": (float, int, type(None)),
    "embedding_size": (int, type(None)),
    "head_type": (str,),
    "label2id": (dict, type(None)),
    "layer_norm": (bool,),
    "layers": (int,),
    "num_choices": (int,),
    "num_labels": (int,),
    "shift_labels": (bool,),
    "use_pooler": (bool,),
    "vocab_size": (int,),
}
_MOST, _DEEPEST = 2_000_000, 20
"""Outputs and layers that a head may have."""
_ENDS = 2
"""Outputs of a head for spans: where one begins, and where it ends."""
_OUTPUTS = {"choice": "num_choices", "lm": "vocab_size"}
"""Kind of head to what its configuration calls the number of its outputs."""
_HEADS = (".classifier.", ".qa_outputs.", ".pooler.", ".lm_head.", ".score.")
"""Parts of models of `transformers` that are no encoder."""


@dataclass(frozen=True, kw_only=True)
class Crown:
    """What stands on top of an adapter."""

    head: Head | None = None
    """The head; None where there is none that can be used here."""
    config: Mapping[str, Any] | None = None
    """What its configuration says, of one of `adapters`."""
    weights: Mapping[str, Held] | None = None
    """What its file of weights declares, of one of `adapters`."""
    folder: Path | None = None
    """Where its files are, of one of `adapters`."""
    behind: str = ""
    """Why a head that is there is left behind."""

    def has(self, name: str) -> bool:
        """Return whether a weight of an adapter's file is a head's, as PEFT keeps them."""
        return name.startswith("base_model.") and any(part in f".{name}" for part in _HEADS)

    def refuses(self, wanted: Head) -> str:
        """Return why it cannot answer a task as it is (`…`), or an empty string."""
        if self.head is None:
            return self.behind or "it has no head"
        if self.head.kind != wanted.kind:
            return f"its head is for '{self.head.kind}', and '{wanted.kind}' is wanted"
        if wanted.kind not in ("sequence", "token") or self.head.labels == wanted.labels:
            return ""
        if not self.head.labels:
            return "its head does not say what its labels are"
        theirs, ours = (shown(", ".join(each.labels)) for each in (self.head, wanted))
        return f"its labels are {theirs}, and those of the task are {ours}, in this order"


def crown_of_adapters(left: Left, weights: Mapping[str, Held]) -> Crown:
    """Return the head that lies beside an adapter of `adapters`."""
    path = left.folder / filenames.HEAD_CONFIG
    said = headers.document(path)
    config, name = said.get("config"), said.get("name")
    if config is None:
        behind = "its head is of a plain model of transformers, not one of `adapters`"
        return Crown(behind=behind)
    if not isinstance(config, dict) or not isinstance(name, str) or not name or "." in name:
        raise StiltsError(f"{path} names no head and how it is made: save it again")
    kind = filenames.HEAD_TYPES.get(str(config.get("head_type")), "")
    if not kind or config.get("use_pooler") or config.get("shift_labels"):
        reads = "reads the pooler" if config.get("use_pooler") else "foretells what comes next"
        what = reads if kind else f"is of type {shown(repr(config.get('head_type')))}"
        return Crown(behind=f"its head {what}, which none here does")
    for key, value in config.items():
        if type(value) not in _SETTINGS.get(key, ()):
            raise StiltsError(
                f"{path} has {shown(repr(value))} for '{shown(key)}', which no head has: save it"
                " again with adapters 1.3"
            )
    outputs = config.get(_OUTPUTS.get(kind, "num_labels"), 0)
    layers = config.get("layers", 0)
    fits = outputs == _ENDS if kind == "span" else 1 <= outputs <= _MOST
    if not (fits and 1 <= layers <= _DEEPEST):
        raise StiltsError(
            f"{path} has a head with {shown(outputs)} outputs in {shown(layers)} layers, which"
            " cannot be: save it again"
        )
    labels = _labels(config.get("label2id") or {}, outputs) if kind in ("sequence", "token") else ()
    if labels is None:
        raise StiltsError(
            f"{path} has labels that are not numbered from 0 to {outputs - 1}, or that nobody can"
            " read: save it again"
        )
    head = Head(name=name, kind=kind, outputs=outputs, labels=labels)
    return Crown(head=head, config=config, weights=weights, folder=left.folder)


def crown_of_peft(left: Left, weights: Mapping[str, Held]) -> Crown:
    """Return the head that an adapter of PEFT has in its own file.

    PEFT does not write what its labels are; the record of a training stage names the task.
    """
    kind = filenames.PEFT_TASKS.get(str(left.config.get("task_type")), "")
    saved = left.config.get("modules_to_save")
    if not kind and isinstance(saved, list) and left.config.get("task_type") is None:
        kind = _PEFT_SAVED.get(frozenset(map(str, saved)), "")
    if kind == "lm":
        return Crown(head=Head(name="adopted", kind=kind))
    ends = [
        held.shape[0]
        for name, held in weights.items()
        if name.endswith(filenames.OUTPUTS) and len(held.shape) == 2
    ]
    if not ends:
        return Crown()
    if not kind or len(ends) > 1:
        return Crown(behind="its configuration does not say what its head is for")
    labels = TASKS.get(left.task).labels if left.task in TASKS else ()
    labels = labels if len(labels) == ends[0] else ()
    return Crown(head=Head(name="adopted", kind=kind, outputs=ends[0], labels=labels))


def apart(owner: Path) -> dict[str, Crown]:
    """Return the heads of a mix that a stage keeps, by name."""
    found = {}
    for place in sorted((owner / HEADS).iterdir()):
        head = left(str(place))
        crown = crown_of_adapters(head, headers.tensors(place / filenames.HEAD_WEIGHTS))
        found[place.name] = crown
    return found


def answering(crowns: Mapping[str, Crown], wanted: Head, tasks: Sequence[str]) -> str | None:
    """Return which of some heads answers a task: that of the first of some tasks, or the first."""
    fit = [name for name, crown in crowns.items() if not crown.refuses(wanted)]
    return next((name for name in tasks if name in fit), fit[0] if fit else None)


def shapes(crown: Crown, *, hidden: int, vocabulary: int) -> dict[str, tuple[int, ...]]:
    """Return the weights that a head of `adapters` has on a backbone, without its name.

    A language model's last matrix is that of the embeddings, which a file may repeat.

    Args:
        crown: The head.
        hidden: Width of the backbone.
        vocabulary: Pieces that it knows.
    """
    assert crown.head is not None and crown.config is not None
    config, kind, place = crown.config, crown.head.kind, 0
    found: dict[str, tuple[int, ...]] = {}

    def linear(width: int, *, bias: bool = True) -> None:
        found[f"{place}.weight"] = (width, hidden)
        if bias:
            found[f"{place}.bias"] = (width,)

    acts = bool(config.get("activation_function"))
    for _ in range(config.get("layers", 1) - 1):
        place += kind != "lm"  # Dropout has a place, and no weights.
        linear(hidden)
        place += 1 + acts
        if kind == "lm" and config.get("layer_norm"):
            found |= {f"{place}.weight": (hidden,), f"{place}.bias": (hidden,)}
            place += 1
    place += kind != "lm"
    ends = {"lm": vocabulary, "choice": 1}.get(kind, crown.head.outputs)
    linear(ends, bias=config.get("bias", True))
    return found


def check_weights(crown: Crown, *, asked: str, backbone: Located) -> None:
    """Refuse a head whose weights are not those that its configuration has on a backbone.

    Args:
        crown: The head.
        asked: What messages call it.
        backbone: What it is to stand on.
    """
    if crown.head is None or crown.config is None or crown.weights is None:
        return
    shape = shape_of(locate.config(backbone))
    begin, again = f"heads.{crown.head.name}.", "save it again with the backbone of its training"
    for key, own in (("embedding_size", shape.hidden), ("vocab_size", shape.vocabulary)):
        said = crown.config.get(key)
        if crown.head.kind == "lm" and said not in (own, None):
            raise StiltsError(
                f"{asked} does not fit '{backbone.name}': its head has {key} {shown(said)}, the"
                f" backbone {own}; {again}"
            )
    wanted = shapes(crown, hidden=shape.hidden, vocabulary=shape.vocabulary)
    tied = f"{max(int(name.partition('.')[0]) for name in wanted)}.weight"
    for name, held in crown.weights.items():
        belongs = wanted.pop(name.removeprefix(begin), None) if name.startswith(begin) else None
        if belongs != held.shape:
            what = f"{list(belongs)} belongs there" if belongs else "it has no place there"
            raise StiltsError(
                f"{asked} does not fit '{backbone.name}': '{shown(name)}' of its head is"
                f" {list(held.shape)}, and {what}; {again}"
            )
    if lacking := sorted(wanted.keys() - ({tied} if crown.head.kind == "lm" else set())):
        raise StiltsError(f"{asked} lacks '{lacking[0]}' of its head: {again}")


def _labels(numbers: Mapping[str, Any], outputs: int) -> tuple[str, ...] | None:
    """Return the labels in order; none where they are numbered only, None where it is no order."""
    found = {number: label for label, number in numbers.items() if type(number) is int}
    if not numbers:
        return ()
    if len(found) != len(numbers) or sorted(found) != list(range(outputs)):
        return None
    labels = tuple(found[number] for number in range(outputs))
    if not all(map(headers.is_readable, labels)):
        return None
    plain = tuple(f"LABEL_{number}" for number in range(outputs))
    return () if labels == plain else labels
