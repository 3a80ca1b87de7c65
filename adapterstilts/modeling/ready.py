"""A model that is ready: loaded from folders, active, with its head, its tokenizer and words.

What comes back is the library's own model, with nothing of ours around it. Two things are put on
it: `tokenizer`, and `predict`, which asks it in words.
"""

from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from adapters.loading import AdapterLoader
from transformers import XLMRobertaTokenizerFast

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.modeling import (
    alone,
    folders,
    fusions,
    heads,
    locate,
    peft_models,
    safe_files,
    setups,
)
from adapterstilts.modeling.answering import add_heads, format_of, tied
from adapterstilts.modeling.asking import Asking, head_of, pieces_of
from adapterstilts.modeling.backbone import adapter_model, quiet, readable, whole_model
from adapterstilts.modeling.device import choose, drawing
from adapterstilts.modeling.folders import PEFT, Left
from adapterstilts.modeling.foreign import guarding
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.mounting import mounted
from adapterstilts.modeling.parts import MODEL, Head
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.modeling.setups import Setup
from adapterstilts.tasks.formats.format import Format
from adapterstilts.tasks.tokenizing import Tokenizer

_PRETRAINED = "pretrained"
"""Name of the head that a checkpoint brings."""


class Ready(Protocol):
    """A model of `adapters`, PEFT or `transformers`, with its tokenizer and with words."""

    tokenizer: Any
    """The fast tokenizer of `transformers`."""

    @property
    def predict(self) -> Any:
        """Return what asks the model in words: see `Asking.predict`."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Return the outputs of a forward pass."""

    def __getattr__(self, name: str) -> Any:
        """Return whatever else the library's model has."""


def load(
    backbone: str | Path,
    composition: Any = None,
    *,
    task: str = "",
    head: str | Path = "",
    revision: str = "main",
    device: Literal["auto", "cpu", "cuda"] = "auto",
    max_length: int = 0,
) -> Ready:
    """Return a model in evaluation mode on its device, active, with the right head.

    Its uppermost module and its head are unfrozen, and nothing else, so that a loop of the caller's
    own changes these alone: of a Stack the last adapter, of a Fuse the fusion layer, of PEFT what
    PEFT trains, of a full model everything.

    Args:
        backbone: Embedded name, folder, or model id, which is fetched from the Hub.
        composition: A folder that a training stage left, or one that `adapters`, `peft` or
            `transformers` saved as safetensors; or a Stack, Fuse or Average of such. The stage of a
            stack or a fusion brings its sources along, nested as they were, and that of a mix all
            its heads, of which `predict` takes that of its task. A Fuse names the folder of its
            fusion: `name=STAGE/fusion`. Without a composition, the backbone as it came.
        task: Task or format that is to be answered, where the folders do not say it, or to be sure.
        head: Folder whose head answers, where it is not the uppermost one's.
        revision: Branch, tag or commit of a model id.
        device: Where it is put; `auto` takes CUDA where there is some.
        max_length: Longest input of `predict` in pieces; 0 for what it was trained on.
    """
    composition = str(composition) if isinstance(composition, Path) else composition
    form = format_of(task)
    whole = folders.left(composition) if isinstance(composition, str) else None
    lone = whole if whole is not None and whole.kind in (MODEL, PEFT) else None
    answering = folders.left(str(head)) if head else None
    if answering is not None and (lone or composition is None or not answering.heads()):
        raise UsageError(
            f"the head of {head} cannot answer here: it takes a head of `adapters`, and adapters to"
            " stand on; a folder with both, or with a head alone, is a composition by itself"
        )
    wanted = None
    if composition is not None and lone is None:
        wanted = setups.setup(composition, head=answering)
    located = locate.locate(str(backbone), revision)
    for part in _parts(wanted) if wanted else [lone] if lone else []:
        folders.check(part, located)
        guarding.guard(part, located)
    own = alone.own_files(lone, located) if lone is not None and lone.kind == MODEL else located
    with drawing(0), quiet(), readable(partial(_unloadable, composition)):
        if lone is not None:
            model = alone.model_of(lone, located, own, form, task)
        elif wanted is not None:
            model = _adapters(wanted, located, form, task)
        else:
            model = _bare(located, form, task)
    _check_head(model, form, task, composition)
    _check_numbers(model, composition if composition is not None else f"backbone '{backbone}'")
    words = Tokenizer.load(own.folder)
    model.to(choose(Runtime(device=device)).device)
    model.eval()
    most = pieces_of(own) - peft_models.virtual(model)
    trained = max_length or _length(wanted, lone) or most
    fast: Any = XLMRobertaTokenizerFast
    tokenizer = str(own.folder / locate.TOKENIZER)
    model.tokenizer = fast(tokenizer_file=tokenizer, model_max_length=trained)
    names = tuple(getattr(peft_models.inside(model), "heads", ()))
    model.predict = Asking(
        model=model,
        backbone=own,
        words=words,
        max_length=trained,
        mixed=names if len(names) > 1 else (),
    ).predict
    ready: Ready = model
    return ready


def _parts(wanted: Setup) -> list[Left]:
    found = [*wanted.adapters.values(), *wanted.fusions.values()]
    return [*found, wanted.head] if wanted.head is not None else found


def _length(wanted: Setup | None, lone: Left | None) -> int:
    """Return the longest input that what answers was trained on."""
    if wanted is None:
        return lone.max_length if lone else 0
    top = wanted.head or (wanted.adapters.get(wanted.top[-1]) if wanted.top else None)
    return top.max_length if top else 0


def _bare(located: Located, form: Format | None, task: str) -> Any:
    """Return the backbone as it came, with its own head where masks are to be filled."""
    if form is not None and form.head not in ("none", "lm"):
        raise UsageError(
            f"backbone '{located.name}' alone has no head for '{task}': name the folder of what was"
            " trained on it as the composition"
        )
    model = adapter_model(located)
    if form is not None and form.head == "lm":
        head = Head(name=_PRETRAINED, kind="lm")
        heads.add(model, head)
        pretrained = whole_model(located, head, new_head=True)
        heads.take_language_model(model, head, pretrained.lm_head)
        model.active_head = head.name
    model.requires_grad_(False)
    return model


def _adapters(wanted: Setup, located: Located, form: Format | None, task: str) -> Any:
    """Return an `adapters` model with everything loaded, the block and the head active."""
    model = mounted(wanted, located)
    answering = add_heads(model, wanted.head, form, task) if wanted.head is not None else None
    model.active_head = answering
    _unfreeze(model, wanted, answering)
    return model


def _unfreeze(model: Any, wanted: Setup, head: str | None) -> None:
    """Leave the uppermost module and the head to whoever trains, and nothing else."""
    loader = AdapterLoader(model)
    own = [loader.filter_func(name) for name in wanted.top if name not in wanted.fusions]
    own += [partial(fusions.belongs, name) for name in wanted.top if name in wanted.fusions]
    for name, parameter in model.named_parameters():
        of_head = name.startswith(f"heads.{head}.") and not tied(model, name)
        parameter.requires_grad_(of_head or any(belongs(name) for belongs in own))


def _check_head(model: Any, form: Format | None, task: str, composition: Any) -> None:
    """Refuse a head that is not for the task that was named."""
    if form is None or form.head == "none":
        return
    head = head_of(model)
    if head is None or head.kind != form.head:
        has = f"its head is for '{head.kind}'" if head else "it has no head"
        raise UsageError(
            f"{composition} cannot answer '{task}': {has}, and '{form.head}' is wanted; name the"
            " folder of what was trained on such a task, or with head=FOLDER one whose head is"
        )


def _check_numbers(model: Any, composition: Any) -> None:
    """Refuse weights that hold what is no number, for they would answer anything."""
    for name, parameter in model.named_parameters():
        if not safe_files.sound(parameter.detach()):
            raise StiltsError(
                f"{composition} cannot be loaded: its weight '{name}' holds what is no number, or"
                " beyond any; train or save it again"
            )


def _unloadable(composition: Any, reason: str) -> StiltsError:
    return StiltsError(
        f"{composition} cannot be loaded ({reason}); train or save it again, or load it with the"
        " backbone that it was trained on"
    )
