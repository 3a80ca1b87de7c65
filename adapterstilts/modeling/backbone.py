"""The backbone as a model: loaded from safetensors, or drawn at random where that is asked for."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from adapters import AutoAdapterModel
from transformers import AutoConfig, PretrainedConfig
from transformers.utils import logging as transformers_logging

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.device import drawing
from adapterstilts.modeling.heads import WHOLE_MODELS
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.parts import Head

RANDOM_SEED = 0
"""Seed of a random backbone: one and the same for every stage that compares with it."""


def adapter_model(located: Located) -> Any:
    """Return an `adapters` model of the backbone, with no adapter and no head of ours."""
    return _load(AutoAdapterModel, located, _config(located))


def whole_model(located: Located, head: Head) -> Any:
    """Return a `transformers` model of the backbone under a new head."""
    config = _config(located)
    if head.kind in ("sequence", "token"):
        config.id2label = dict(enumerate(head.labels))
        config.label2id = {label: index for index, label in enumerate(head.labels)}
    return _load(WHOLE_MODELS[head.kind], located, config)


def _config(located: Located) -> PretrainedConfig:
    config = AutoConfig.from_pretrained(located.folder, trust_remote_code=False)
    # `adapters` keeps heads on the configuration: each model gets its own (issue of shared heads).
    config.prediction_heads = {}
    return config


def _load(kind: Any, located: Located, config: PretrainedConfig) -> Any:
    with quiet():
        if located.random:
            with drawing(RANDOM_SEED):
                model = kind.from_config(config)
        else:
            try:
                model = kind.from_pretrained(
                    located.folder, config=config, use_safetensors=True, trust_remote_code=False,
                    dtype=torch.float32,
                )  # fmt: skip
            except (OSError, RuntimeError, ValueError, KeyError) as error:
                raise StiltsError(
                    f"backbone '{located.name}' in {located.folder} cannot be loaded"
                    f" ({type(error).__name__}: {str(error).splitlines()[0]}); save it again with"
                    " model.save_pretrained(folder, safe_serialization=True)"
                ) from error
    # Files that belong to it must name what people can find, not a folder of this machine.
    model.config.name_or_path = located.name
    model.name_or_path = located.name
    return model


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the libraries' remarks on heads that are new because they are meant to be."""
    loggers = [transformers_logging.get_logger("transformers"), logging.getLogger("adapters")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
