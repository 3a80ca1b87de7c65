"""What a configuration of PEFT may say before PEFT itself reads it: plain values under known keys.

Some keys have PEFT import a module, compute what is in no file, or look for names with a pattern
that somebody has written. What is empty means nothing; what is not must be of a kind that cannot do
harm, whatever the key is called that the next release adds.
"""

import re
from collections.abc import Mapping
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.headers import shown

_EMPTY: tuple[Any, ...] = (None, False, "", [], {})
_WORDS = frozenset(
    {
        "base_model_name_or_path",
        "peft_version",
        "prompt_tuning_init_text",
        "revision",
        "tokenizer_name_or_path",
    }
)
"""Keys of texts that are only told: a prompt is read from its file and drawn by no tokenizer."""
_NAMES = frozenset(
    {
        "exclude_modules",
        "feedforward_modules",
        "layers_pattern",
        "modules_to_save",
        "target_modules",
        "target_parameters",
    }
)
"""Keys of names of modules, or of one pattern of such."""
_PATTERNS = frozenset({"alpha_pattern", "rank_pattern"})
"""Keys of patterns of names with a number each."""
_DRAWN = ("gaussian", "lycoris", "orthogonal")
"""How weights may have begun; other ways compute them anew, or change the backbone."""
_ABOUT = frozenset({"auto_mapping"})
"""Tables that only PEFT's own classes of models read, which nothing here uses."""
_CHOICES: Mapping[str, frozenset[str]] = {
    "bias": frozenset({"none", "all", "lora_only", "oft_only", "vera_only"}),
    "megatron_core": frozenset({"megatron.core"}),
    "peft_type": frozenset(
        {
            "ADALORA",
            "ADAPTION_PROMPT",
            "CARTRIDGE",
            "CPT",
            "FOURIERFT",
            "HRA",
            "IA3",
            "LN_TUNING",
            "LOHA",
            "LOKR",
            "LORA",
            "MULTITASK_PROMPT_TUNING",
            "OFT",
            "PREFIX_TUNING",
            "PROMPT_TUNING",
            "P_TUNING",
            "VERA",
        }
    ),
    "prompt_tuning_init": frozenset({"RANDOM", "SAMPLE_VOCAB", "TEXT"}),
    "task_type": frozenset(
        {
            "CAUSAL_LM",
            "FEATURE_EXTRACTION",
            "QUESTION_ANS",
            "SEQ_2_SEQ_LM",
            "SEQ_CLS",
            "TOKEN_CLS",
        }
    ),
}
"""Words that some keys may have; of the types, those of PEFT that build no code of their own."""
_NAME = re.compile(r"[\w.-]{1,200}", re.ASCII)
_REPEATED = re.compile(r"[*+{]")
_MOST_NAMES, _MOST_TEXT, _MOST_REPEATED = 1000, 500, 3
_MOST_NUMBER = 2**24


def check(config: Mapping[str, Any], asked: str) -> None:
    """Refuse a configuration of PEFT that says more than how an adapter is made."""
    for key, value in config.items():
        if not _may(key, value):
            raise StiltsError(
                f"{asked} cannot be used: its adapter_config.json has {shown(repr(value))} for"
                f" '{shown(key)}', which PEFT is not asked to do here; save it again without"
            )


def _may(key: str, value: Any) -> bool:
    """Return whether a value can do no harm."""
    if any(value == each and type(value) is type(each) for each in _EMPTY) or key in _ABOUT:
        return True
    if key in _CHOICES:
        return isinstance(value, str) and value in _CHOICES[key]
    if key in _WORDS:
        return isinstance(value, str) and len(value) <= _MOST_TEXT
    if key in _NAMES:
        return _names(value)
    if key in _PATTERNS:
        return _table(value)
    if key == "layers_to_transform":
        listed = value if isinstance(value, list) else [value]
        return len(listed) <= _MOST_NAMES and all(type(each) is int for each in listed)
    if key.startswith("init_"):
        return value is True or value in _DRAWN
    return type(value) in (bool, int, float) and abs(value) <= _MOST_NUMBER


def _names(value: Any) -> bool:
    if isinstance(value, str):
        return _quick(value)
    listed = value if isinstance(value, list) else []
    plain = all(isinstance(each, str) and _NAME.fullmatch(each) for each in listed)
    return bool(listed) and plain and len(listed) <= _MOST_NAMES


def _table(value: Any) -> bool:
    found = value if isinstance(value, dict) else {}
    quick = all(_quick(name) and type(each) in (int, float) for name, each in found.items())
    return bool(found) and quick and len(found) <= _MOST_NAMES


def _quick(pattern: str) -> bool:
    """Return whether a pattern can be looked for in any name without going astray.

    What takes for ever is repetition within repetition, so none of a group, and few in all.
    """
    if len(pattern) > _MOST_TEXT or len(_REPEATED.findall(pattern)) > _MOST_REPEATED:
        return False
    if re.search(r"\)[*+{?]|\(\?(?!:)", pattern):
        return False
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
