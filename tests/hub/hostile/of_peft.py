"""Adapters of PEFT whose configurations would have it import, compute, fetch or search for ever."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.hub.hostile.case import Case, Spoil, beside, both, brief, removed, setting, without
from tests.hub.hostile.tensors import PICKLE
from tests.modeling.foreign_adapters import renamed

_FILE, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_BOMBS = (
    "(a+)+$",
    "(.*)*.query",
    "(.*a){25}",
    "(.|.)*x",
    ".*.*.*.*.*.*.*.*x",
    "(?=(.+)+$)query",
    "((((((((.*)*)*)*)*)*)*)*)*",
    "[",
    "(" * 3000,
    "(?P<a>.)(?P=a)+",
    "query" * 2000,
)
"""Patterns that take for ever, or are none."""
_SAID: Mapping[str, tuple[Any, ...]] = {
    "target_modules": (*_BOMBS, ["(a+)+$"], [1], {"a": 1}, 1, [["query"]], "all-linear", ["key"]),
    "exclude_modules": (*_BOMBS[:3], ["(a+)+$"]),
    "modules_to_save": (["(.*)*x"], "classifier", ["embeddings"], {"a": 1}, [1]),
    "layers_pattern": ("(a+)+", ["(a+)+"]),
    "layers_to_transform": (10**9, [10**9], ["0"], "all"),
    "rank_pattern": ({"(a+)+$": 8}, {"query": 10**9}, {"query": "8"}, {"query": -1}, [1]),
    "alpha_pattern": ({"(a+)+$": 8}, {"query": "8"}),
    "r": (0, -1, 10**6, 10**9, 10**18, "4", 4.5, None, [4], True, 8),
    "lora_alpha": ("8", None, [8]),
    "lora_dropout": ("0.1", [0.1]),
    "bias": ("everything", 1, ["all"]),
    "fan_in_fan_out": ("yes", [1]),
    "use_rslora": ("yes",),
    "use_dora": (True, "yes"),
    "lora_bias": (True,),
    "megatron_config": ({"a": 1},),
    "megatron_core": ("os",),
    "loftq_config": ({"loftq_bits": 4},),
    "eva_config": ({"rho": 2.0},),
    "corda_config": ({"cache_file": "/tmp/canary", "covariance_file": "x"},),
    "init_lora_weights": (
        "pissa",
        "eva",
        "olora",
        "corda",
        "loftq",
        "pissa_niter_9999999",
        {"a": 1},
    ),
    "layer_replication": ([[0, 10**6]], [[0, 2], [0, 2]]),
    "trainable_token_indices": ([0, 1], {"embed": [10**9]}),
    "target_parameters": (["(a+)+"], "x" * 2000),
    "runtime_config": ({"ephemeral_gpu_offload": True},),
    "arrow_config": ({"top_k": 3},),
    "alora_invocation_tokens": ([1, 2],),
    "use_qalora": (True,),
    "peft_type": (
        "PROMPT_TUNING",
        "P_TUNING",
        "XLORA",
        "POLY",
        "BOFT",
        "lora",
        "os",
        1,
        None,
        ["LORA"],
    ),
    "task_type": ("CAUSAL_LM", "__import__", 1, {"a": 1}, "\x1b[2J"),
    "prompt_tuning_init": ("TEXT",),
    "tokenizer_name_or_path": ({"a": 1},),
    "tokenizer_kwargs": ({"trust_remote_code": True},),
    "auto_map": ({"AutoModel": "code.Model"},),
    "model_type": ("bert", "llama"),
    "base_model_class": ({"a": 1},),
    "inference_mode": ("yes", {"a": 1}),
    "revision": ({"a": 1}, 1),
    "base_model_name_or_path": ({"a": 1}, 1),
    "surprise": ({"a": 1}, "<script>", ["x"]),
}
_HARMLESS = frozenset(
    {
        ("fan_in_fan_out", "yes"),
        ("modules_to_save", "classifier"),
        ("modules_to_save", "['embeddings']"),
        ("prompt_tuning_init", "TEXT"),
        ("task_type", "CAUSAL_LM"),
        ("use_qalora", "True"),
    }
)
"""What changes nothing of this adapter, whose weights are what they are."""


def cases() -> Iterator[Case]:
    """Yield adapters of PEFT that are hostile in what their files say."""
    for key, values in _SAID.items():
        for value in values:
            yield Case(
                name=f"peft: {_FILE} with {key} {brief(value)}",
                layout="peft",
                spoil=setting(_FILE, key, to=value),
                harmless=(key, str(value)) in _HARMLESS,
            )
    for name, spoil in _SPOILT.items():
        bare = name == "without what it changes"
        yield Case(name=f"peft: {name}", layout="peft", spoil=spoil, harmless=bare)
    for name, spoil in _BESIDE.items():
        yield Case(name=f"peft: {name}", layout="peft", spoil=spoil, harmless=True)


def _called(old: str, new: str) -> Spoil:
    def spoil(folder: Path) -> None:
        renamed(folder, lambda name: name.replace(old, new), _WEIGHTS)

    return spoil


_SPOILT: Mapping[str, Spoil] = {
    "without weights": removed(_WEIGHTS),
    "without its configuration": removed(_FILE),
    "without its rank": without(_FILE, "r"),
    "without what it changes": without(_FILE, "target_modules"),
    "of a pickle alone": both(removed(_WEIGHTS), beside({"adapter_model.bin": PICKLE})),
    "of kohya": _called("base_model.model.", "lora_unet_"),
    "of a decoder": _called("roberta.encoder.layer", "model.layers"),
    "of another architecture": _called("roberta.", "bert."),
    "of a layer that is not there": _called(".layer.1.", ".layer.11."),
    "with one matrix for the other": lambda folder: renamed(
        folder,
        lambda name: name.replace("lora_A", "x").replace("lora_B", "lora_A").replace("x", "lora_B"),
        _WEIGHTS,
    ),
    "without its half": lambda folder: renamed(
        folder, lambda name: None if "lora_B" in name else name, _WEIGHTS
    ),
}
_BESIDE: Mapping[str, Spoil] = {
    "with code beside it": beside(
        {"code.py": "open('canary', 'w')", "modeling.py": "raise SystemExit"}
    ),
    "with pickles beside it": beside({"adapter_model.bin": PICKLE, "training_args.bin": PICKLE}),
    "with a tokenizer of code beside it": beside(
        {"tokenizer_config.json": '{"auto_map": {"AutoTokenizer": ["code.T", null]}}'}
    ),
}
