"""All hostile repositories, and the good ones that they are compared with."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tests.hub.hostile import (
    cards,
    documents,
    of_adapters,
    of_heads,
    of_models,
    of_peft,
    of_setups,
    of_tokenizers,
    tensors,
)
from tests.hub.hostile.case import Case, Spoil, replaced

WEIGHTS: Mapping[str, tuple[str, ...]] = {
    "adapters": ("adapter.safetensors", "model_head.safetensors"),
    "peft": ("adapter_model.safetensors",),
    "head": ("model_head.safetensors",),
    "model": ("model.safetensors",),
    "setup": ("mnli/adapter.safetensors",),
    "backbone": ("model.safetensors",),
}
"""Layout to its files of weights."""
DOCUMENTS: Mapping[str, tuple[str, ...]] = {
    "adapters": ("adapter_config.json", "head_config.json"),
    "peft": ("adapter_config.json",),
    "head": ("head_config.json",),
    "model": ("config.json", "tokenizer.json"),
    "setup": ("adapter_setup.json", "mnli/adapter_config.json"),
    "backbone": ("config.json", "tokenizer.json"),
}
"""Layout to its files of JSON."""
_LARGE = ("adapter.safetensors", "adapter_model.safetensors")
"""Files that are also made of tens of megabytes."""
_UNREAD = (
    "backbone: model.safetensors of another shape",
    "backbone: model.safetensors that lacks a tensor",
    "backbone: model.safetensors with a tensor called otherwise",
    "backbone: model.safetensors with a tensor of a name of markup",
    "backbone: model.safetensors with a tensor of a name that leads away",
    "adapters: head_config.json of 100 megabytes",
    "adapters: head_config.json that is a folder",
    "adapters: head_config.json that is a pipe",
    "adapters: head_config.json that leads nowhere",
    "adapters: head_config.json that leads to itself",
    "adapters: head_config.json that never ends",
    "adapters: head_config.json that says nothing",
    "model: tokenizer.json with a key twice",
    "model: tokenizer.json with a text of two megabytes",
    "model: tokenizer.json with two megabytes of blanks",
    "backbone: tokenizer.json with a key twice",
    "backbone: tokenizer.json with two megabytes of blanks",
)
"""What is spoilt in a part that is not used: a head that nobody asks for, a gap in a tokenizer."""


_FEW: Mapping[int, tuple[str, ...]] = {0: ("adopt", "folder", "load"), 4: ("folder", "show")}
"""Ways of some cases of eight."""


def controls() -> list[Case]:
    """Return the good repositories, which must be usable."""
    return [
        Case(
            name=f"a good one of {layout}", layout=layout, spoil=lambda folder: None, harmless=True
        )
        for layout in WEIGHTS
    ]


def cases(layout: str = "", *, every_way: bool = False) -> list[Case]:
    """Return every hostile repository; no two have one name.

    Args:
        layout: Which of them; all if empty.
        every_way: Whether each is tried on every way of its layout. What is loaded and shown from
            the Hub goes through what adopting goes through, so that one in eight will do.
    """
    found = [
        *_of_weights(),
        *_of_documents(),
        *of_adapters.cases(),
        *of_heads.cases(),
        *of_peft.cases(),
        *of_models.cases(),
        *of_setups.cases(),
        *of_tokenizers.cases(),
        *cards.cases(),
    ]
    wanted = [case for case in found if layout in ("", case.layout)]
    if every_way:
        return wanted
    return [
        replace(case, ways=_FEW.get(at % 8, _ways(case, at))) if len(case.tried) > 3 else case
        for at, case in enumerate(wanted)
    ]


def _ways(case: Case, at: int) -> tuple[str, ...]:
    """Return how most cases are tried: a head alone, which is small, is looked at alike on both."""
    both = ("adopt", "folder")
    return both if case.layout != "head" else (both[at % 2],)


def _of_weights() -> Iterator[Case]:
    for layout, files in WEIGHTS.items():
        for file in files:
            for name, change in tensors.changes(large=file in _LARGE):
                yield _case(f"{layout}: {file} {name}", layout, replaced(file, change))


def _of_documents() -> Iterator[Case]:
    for layout, files in DOCUMENTS.items():
        for file in files:
            for name, spoil in documents.changes(file):
                yield _case(f"{layout}: {file} {name}", layout, spoil)


def _case(name: str, layout: str, spoil: Spoil) -> Case:
    return Case(name=name, layout=layout, spoil=spoil, harmless=name in _UNREAD)
