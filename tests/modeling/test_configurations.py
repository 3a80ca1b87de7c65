"""A method as its library's configuration: all that is set arrives, in every part of a mixture."""

import json
from pathlib import Path
from typing import Any

import pytest
from adapters import AdapterConfig

from adapterstilts.modeling import settings
from adapterstilts.modeling.configurations import for_adapters, for_peft
from adapterstilts.modeling.methods import METHODS, method
from adapterstilts.modeling.parts import ADAPTER, Head
from adapterstilts.modeling.settings import written

SET = [(entry.name, key) for entry in METHODS.values() for key in entry.settings]
HEAD = Head(name="x", kind="token", outputs=3, labels=("a", "b", "c"))
OTHER = {
    settings.NUMBER: "0.5",
    settings.COUNT: "7",
    settings.LAYERS: "0-1",
    settings.WORD: "",
    settings.WORDS: "",
    settings.FLAG: "",
}


def plain(value: Any) -> Any:
    """Return a value of a library as one of ours; it keeps some words as sets."""
    return tuple(value) if isinstance(value, list | set | tuple) else value


@pytest.mark.parametrize(("name", "key"), SET)
def test_what_is_set_reaches_the_configuration(name: str, key: str) -> None:
    setting = METHODS.get(name).settings[key]
    text = OTHER[setting.kind]
    if setting.kind == settings.FLAG:
        text = written(not setting.default)
    elif setting.kind == settings.WORDS:
        text = setting.known[1]
    elif setting.kind == settings.WORD:
        text = next(word for word in reversed(setting.known) if word != setting.default)
    found = method(f"{name}[{key}={text}]")
    if found.library == "peft":
        configs = [for_peft(found, HEAD)]
    else:
        config = for_adapters(found)
        configs = list(config.configs) if hasattr(config, "configs") else [config]
    seen = [plain(getattr(each, key)) for each in configs if hasattr(each, key)]
    assert seen
    assert all(each == found.value(key) for each in seen)
    assert found.value(key) != setting.default


def test_the_plain_library_sets_nothing_in_a_mixture_and_says_nothing() -> None:
    theirs = AdapterConfig.load("mam", reduction_factor=8)
    assert [each.reduction_factor for each in theirs.configs if "reduction_factor" in each] == [2]
    ours = for_adapters(method("mam[reduction_factor=8]"))
    assert [each.reduction_factor for each in ours.configs if "reduction_factor" in each] == [8]


@pytest.mark.parametrize(
    ("task", "kind", "saved"),
    [
        ("toy-xnli", "SEQ_CLS", ["classifier", "score"]),
        ("toy-udpos", "TOKEN_CLS", ["classifier", "score"]),
        ("toy-xquad", "QUESTION_ANS", ["qa_outputs"]),
        ("toy-xcopa", None, ["classifier", "pooler"]),
        ("toy-mlm", None, ["lm_head.dense", "lm_head.layer_norm"]),
    ],
)
def test_a_head_is_kept_beside_the_modules_and_named_once(
    lab: Any, tmp_path: Path, task: str, kind: str | None, saved: list[str]
) -> None:
    """PEFT appends to the list that it is given, so that a shared one would grow."""
    for turn, name in enumerate(("peft:lora", "peft:dora", "peft:ia3", "bitfit", "bitfit")):
        folder = tmp_path / str(turn)
        folder.mkdir()
        lab.assembly(lab.parts(name, "target", task)).save(folder)
        said = json.loads((folder / ADAPTER / "adapter_config.json").read_text())
        assert (said["task_type"], sorted(said["modules_to_save"])) == (kind, saved)


def test_what_peft_calls_lora_is_told_apart() -> None:
    lora, dora, bitfit = (
        for_peft(METHODS.get(name), HEAD) for name in ("peft:lora", "peft:dora", "bitfit")
    )
    assert (lora.use_dora, dora.use_dora, bitfit.use_dora) == (False, True, False)
    assert (lora.bias, dora.bias, bitfit.bias) == ("none", "none", "all")
