"""All hostile repositories, and the good ones that they are compared with."""

from collections.abc import Iterator, Mapping

from tests.hub.hostile import documents, of_adapters, of_models, of_peft, of_setups, tensors
from tests.hub.hostile.case import Case, replaced

WEIGHTS: Mapping[str, tuple[str, ...]] = {
    "adapters": ("adapter.safetensors", "model_head.safetensors"),
    "peft": ("adapter_model.safetensors",),
    "model": ("model.safetensors",),
    "setup": ("mnli/adapter.safetensors",),
    "backbone": ("model.safetensors",),
}
"""Layout to its files of weights."""
DOCUMENTS: Mapping[str, tuple[str, ...]] = {
    "adapters": ("adapter_config.json", "head_config.json"),
    "peft": ("adapter_config.json",),
    "model": ("config.json", "tokenizer.json"),
    "setup": ("adapter_setup.json", "mnli/adapter_config.json"),
    "backbone": ("config.json", "tokenizer.json"),
}
"""Layout to its files of JSON."""
_HARMLESS = frozenset(
    {
        # The library's own reader, and what it gives to this one, know nothing of it.
        "with remarks of numbers",
    }
)


def controls() -> list[Case]:
    """Return the good repositories, which must be usable."""
    return [
        Case(
            name=f"a good one of {layout}", layout=layout, spoil=lambda folder: None, harmless=True
        )
        for layout in WEIGHTS
    ]


def cases() -> list[Case]:
    """Return every hostile repository; no two have one name."""
    return [
        *_of_weights(),
        *_of_documents(),
        *of_adapters.cases(),
        *of_peft.cases(),
        *of_models.cases(),
        *of_setups.cases(),
    ]


def _of_weights() -> Iterator[Case]:
    for layout, files in WEIGHTS.items():
        for file in files:
            for name, change in tensors.changes():
                yield Case(
                    name=f"{layout}: {file} {name}", layout=layout, spoil=replaced(file, change)
                )


def _of_documents() -> Iterator[Case]:
    for layout, files in DOCUMENTS.items():
        for file in files:
            for name, spoil in documents.changes(file):
                yield Case(name=f"{layout}: {file} {name}", layout=layout, spoil=spoil)
