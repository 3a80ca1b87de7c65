"""The backbone as a model: loaded from safetensors, or drawn at random where that is asked for."""

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from adapters import AutoAdapterModel
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModel, PretrainedConfig
from transformers.utils import logging as transformers_logging

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.strict import reason
from adapterstilts.modeling import locate
from adapterstilts.modeling.device import drawing
from adapterstilts.modeling.folders import Left
from adapterstilts.modeling.foreign import wholes
from adapterstilts.modeling.heads import WHOLE_MODELS, add, take_language_model
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.parts import MODEL, Head

RANDOM_SEED = 0
"""Seed of a random backbone: one and the same for every stage that compares with it."""
_STUMBLES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What libraries raise of files that say something else than they expect."""
POOLER = "pooler."
"""Part of an encoder that few checkpoints have and that no head of ours reads."""


def adapter_model(located: Located, *, prompted: bool = False) -> Any:
    """Return an `adapters` model of the backbone, with no adapter and no head.

    Prompt tuning needs the plain attention: in that of torch, `adapters` 1.3 lets the prompt attend
    to padding, so that an answer depends on its neighbours in the batch.
    """
    config = _config(located)
    if prompted:
        config._attn_implementation = "eager"
    model = _load(AutoAdapterModel, located, config, new_head=True)
    for name in list(model.heads):  # A checkpoint's own, which `adapters` carries over.
        model.delete_head(name)
    return model


def whole_model(located: Located, head: Head, *, new_head: bool) -> Any:
    """Return a `transformers` model of the backbone under a head, new or the files' own."""
    config = _config(located)
    if head.kind in ("sequence", "token"):
        config.id2label = dict(enumerate(head.labels))
        config.label2id = {label: index for index, label in enumerate(head.labels)}
    return _load(WHOLE_MODELS[head.kind], located, config, new_head=new_head)


def outline(located: Located, head: Head | None = None) -> Any:
    """Return a model of the backbone's shape that takes no memory: names and sizes, no numbers.

    It is one of `adapters` without a head, or one of `transformers` under a head that is given.
    """
    config = _config(located)
    config.name_or_path = located.title
    if head is not None and head.kind in ("sequence", "token"):
        config.num_labels = head.outputs
    kind: Any = AutoAdapterModel if head is None else WHOLE_MODELS[head.kind]
    with torch.device("meta"), quiet():
        model = kind.from_config(config)
    model.name_or_path = located.title
    return model


def add_heads(model: Any, located: Located, heads: Iterable[Head]) -> None:
    """Put new heads on an `adapters` model; a language model's begins as pretraining left it."""
    for head in heads:
        add(model, head)
        if head.kind == "lm":
            pretrained = whole_model(located, head, new_head=True)
            take_language_model(model, head, pretrained.lm_head)


def _config(located: Located) -> PretrainedConfig:
    # Sizes are checked once more here, where room is made for them.
    locate.check_safe(locate.config(located), located.folder, f"backbone '{located.name}'")
    config: PretrainedConfig = AutoConfig.from_pretrained(located.folder, trust_remote_code=False)
    # `adapters` keeps heads on the configuration: two models of one would share them.
    config.prediction_heads = {}
    return config


def _load(kind: Any, located: Located, config: PretrainedConfig, *, new_head: bool) -> Any:
    with quiet():
        model = _drawn(kind, located, config) if located.random else None
        if model is None:
            _check_files(located)
            with readable(partial(_unloadable, located)):
                model, told = kind.from_pretrained(
                    located.folder,
                    config=config,
                    use_safetensors=True,
                    trust_remote_code=False,
                    dtype=torch.float32,
                    output_loading_info=True,
                )
            if lacking := _lacking(model, told["missing_keys"], new_head=new_head):
                raise _unloadable(located, f"its weights lack {lacking[0]}")
    # Files that belong to it must name what people can find, not a folder of this machine.
    model.config.name_or_path = located.title
    model.name_or_path = located.title
    return model


def _check_files(located: Located) -> None:
    """Refuse weights that are not those of the sizes that room is made for."""
    left = Left(
        asked="it", folder=located.folder, kind=MODEL, config=locate.config(located), record=None
    )
    try:
        wholes.check_files(left)
    except StiltsError as error:
        raise _unloadable(located, str(error).partition(";")[0]) from error


def _drawn(kind: Any, located: Located, config: PretrainedConfig) -> Any:
    """Return a model of random weights, whose encoder is the same under every head."""
    model = kind.from_config(config)
    plain: Any = AutoModel
    with drawing(RANDOM_SEED):
        encoder = plain.from_config(_config(located))
    ours = dict(model.base_model.named_parameters())
    with torch.no_grad():
        for name, weight in encoder.named_parameters():
            if name in ours:  # Few kinds of model have a pooler.
                ours[name].copy_(weight)
    return model


def _lacking(model: Any, missing: Sequence[str], *, new_head: bool) -> list[str]:
    """Return what a library would have drawn at random without a word, though it must be read."""
    prefix = "" if model.base_model is model else f"{model.base_model_prefix}."
    return sorted(
        name
        for name in missing
        if not name.removeprefix(prefix).startswith(POOLER)
        and (name.startswith(prefix) or not new_head)
    )


def _unloadable(located: Located, reason: str) -> StiltsError:
    return StiltsError(
        f"backbone '{located.name}' in {located.folder} cannot be loaded ({reason});"
        f" {located.remedy}"
    )


@contextmanager
def readable(complaint: Callable[[str], StiltsError]) -> Iterator[None]:
    """Make an error of ours of what a library says of files that it stumbles over."""
    try:
        yield
    except (*_STUMBLES, SafetensorError) as error:
        raise complaint(f"{type(error).__name__}: {reason(error)}") from error


def readable_stage(folder: Path) -> AbstractContextManager[None]:
    """Return what says which stage is broken, and what to do, where a library stumbles over it."""
    return readable(
        lambda reason: StiltsError(
            f"broken artifact {folder} ({reason}); remove the folder and run again to train it anew"
        )
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the libraries' remarks on heads that are new because they are meant to be."""
    loggers = [transformers_logging.get_logger("transformers"), logging.getLogger("adapters")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            # PEFT 0.21 says so of every norm that its own tuning of norms wraps.
            warnings.filterwarnings("ignore", "Unsupported layer type .*LayerNorm", module="peft")
            # What a file lacks is refused here, in one message.
            warnings.filterwarnings("ignore", "Found missing adapter keys", module="peft")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
