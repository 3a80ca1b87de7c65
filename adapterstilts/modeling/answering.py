"""Which of the heads that somebody left answers: a mix has one for each of its tasks."""

from functools import partial
from typing import Any

from adapterstilts.core.errors import UsageError, suggest
from adapterstilts.modeling.asking import head_of, in_model
from adapterstilts.modeling.folders import Left
from adapterstilts.modeling.headers import shown
from adapterstilts.tasks.formats.format import Format
from adapterstilts.tasks.registry import FORMATS, TASKS


def format_of(task: str) -> Format | None:
    """Return the format that a task or a format of that name has."""
    if not task:
        return None
    if task in TASKS:
        return FORMATS.get(TASKS.get(task).format)
    if task in FORMATS:
        return FORMATS.get(task)
    known = suggest(task, [*TASKS.names(), *FORMATS.names()])
    raise UsageError(f"unknown task or format '{task}'{known}")


def add_heads(model: Any, owner: Left, form: Format | None, task: str) -> str:
    """Load all the heads that somebody left, and return the name of the one that answers.

    That is the task's own, else the first that is for such a task, else the first.
    """
    told: dict[str, list[str]] = {}
    names = []
    for name, head in owner.heads().items():
        names.append(in_model(name))
        folder = str(head.folder)
        model.load_head(folder, load_as=names[-1], use_safetensors=True, loading_info=told)
    if lacking := [key for key in told.get("missing_keys", []) if not tied(model, key)]:
        raise ValueError(f"it lacks {lacking[0]}")
    if beyond := told.get("unexpected_keys"):
        raise ValueError(f"it has {shown(beyond[0])}, which has no place in a head")
    heads_there = [head for head in map(partial(head_of, model), names) if head is not None]
    fit = [head.name for head in heads_there if form is None or head.kind == form.head]
    own = in_model(task)
    return own if own in fit else [*fit, *names][0]


def tied(model: Any, name: str) -> bool:
    """Return whether a weight of a head is the matrix of the embeddings."""
    path = name.split(".")
    found = head_of(model, path[1]) if path[0] == "heads" else None
    return found is not None and found.kind == "lm" and path[2:] == ["3", "weight"]
