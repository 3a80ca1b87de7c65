"""What a name may set is what the libraries have, with their defaults."""

from typing import Any

import pytest
from adapters import AdapterConfig
from peft import (
    FourierFTConfig,
    LoHaConfig,
    LoKrConfig,
    LoraConfig,
    OFTConfig,
    PromptTuningConfig,
    VeraConfig,
)

from adapterstilts.modeling import settings
from adapterstilts.modeling.configurations import for_peft
from adapterstilts.modeling.methods import METHODS, Method
from adapterstilts.modeling.parts import Head
from adapterstilts.modeling.settings import ALL, Setting, written

SET = [(entry.name, key) for entry in METHODS.values() for key in entry.settings]
HEAD = Head(name="x", kind="token", outputs=3, labels=("a", "b", "c"))
PEFT = {
    "prompt": PromptTuningConfig,
    "loha": LoHaConfig,
    "lokr": LoKrConfig,
    "vera": VeraConfig,
    "oft": OFTConfig,
    "fourierft": FourierFTConfig,
}


def library(entry: Method) -> list[Any]:
    """Return the library's own configurations, the parts of a mixture apart."""
    if entry.library == "peft":
        return [PEFT.get(entry.architecture, LoraConfig)()]
    config = AdapterConfig.load(entry.architecture)
    return list(config.configs) if hasattr(config, "configs") else [config]


def plain(value: Any) -> Any:
    """Return a value of a library as one of ours; it keeps some words as sets."""
    return tuple(value) if isinstance(value, list | set | tuple) else value


def test_there_is_something_to_set() -> None:
    assert len(SET) > 50


@pytest.mark.parametrize(("name", "key"), SET)
def test_a_setting_is_a_field_of_the_library_with_its_default(name: str, key: str) -> None:
    entry = METHODS.get(name)
    found = [plain(getattr(each, key)) for each in library(entry) if hasattr(each, key)]
    if (entry.library, key) == ("peft", "target_modules"):
        assert found == [None]  # PEFT's own table says query and value for XLM-R.
        assert set(for_peft(entry, HEAD).target_modules) == {"query", "value"}
        return
    if key == "num_virtual_tokens":
        assert found == [None]  # PEFT has none, and its manual shows 20.
        return
    assert found
    assert all(each == entry.settings[key].default for each in found)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (0.25, "0.25"),
        ("gelu", "gelu"),
        (("q", "v"), "q+v"),
        ((0, 1, 2, 4, 7, 8), "0-2+4+7-8"),
        ((5,), "5"),
    ],
)
def test_a_value_has_one_text(value: Any, text: str) -> None:
    assert written(value) == text


def test_layers_are_never_so_many_that_reading_them_takes_long() -> None:
    setting = Setting(kind=settings.LAYERS, default=())
    with pytest.raises(ValueError, match="is not layers"):
        setting.read("0-9999999999")
    assert len(setting.read("0-999")) == 1000  # type: ignore[arg-type]
    assert Setting(kind=settings.LAYERS, default=ALL).read(ALL) == ALL
