"""Adapters of `adapters` whose configurations, names and files are meant to go too far."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.hub.hostile.case import (
    LABELS,
    Case,
    Spoil,
    beside,
    both,
    brief,
    removed,
    setting,
    told,
    without,
    written,
)
from tests.hub.hostile.tensors import PICKLE
from tests.modeling.foreign_adapters import renamed

_FILE, _HEAD = "adapter_config.json", "head_config.json"
_MADE: Mapping[str, Any] = {
    "reduction_factor": (0, -1, 1e-9, 10**9, "16", [16], {"default": 16}, None, True),
    "non_linearity": ("__import__('os')", "nonsense", 1, ["relu"]),
    "leave_out": ([10**9], ["0"], "all", {"0": 1}, [-1], [0, 1]),
    "phm_dim": (10**9,),
    "phm_layer": (True,),
    "inv_adapter": ("glow", "nice"),
    "inv_adapter_reduction_factor": (10**9,),
    "scaling": ("learned", 1e300),
    "dropout": (2.0, -1.0, "0.1"),
    "use_gating": (True,),
    "mh_adapter": (True, "no"),
    "output_adapter": (False,),
    "original_ln_before": (False,),
    "is_parallel": (True,),
    "ln_before": (True,),
    "architecture": ("lora", "union", "prefix_tuning", "prompt_tuning", "reft", "../x", 1, None),
    "prompt_init_text": ("text",),
    "dtype": ("float64", "load"),
    "vera_d": (10**9,),
    "configs": ([], [{}]),
    "auto_map": ({"AutoAdapter": "code.Adapter"},),
    "surprise": (1,),
    "__class__": ("os.system",),
}
"""Keys of how an adapter is made to what they may not be."""
_HARMLESS = {
    ("phm_dim", "1000000000"),
    ("architecture", "None"),
    ("original_ln_before", "False"),
    ("prompt_init_text", "'text'"),
}
"""What says nothing of this adapter, or makes it another one that is known."""
_SAID: Mapping[str, Any] = {
    "config": ("seq_bn", "/etc/passwd", "https://evil/config.json", None, [], 1, {}),
    "name": (
        "",
        " ",
        ".",
        "..",
        "../x",
        "a.b",
        "a,b",
        "a" * 300,
        "a\nb",
        "\x1b[2J",
        1,
        None,
        ["mnli"],
        {"a": 1},
    ),
    "hidden_size": (768, 0, -64, "64", 64.0, None, [64]),
    "model_type": ("bert", "t5", "roberta", "llama", 1, None, "\x1b[31m", "<b>"),
    "model_class": (1, ["x"]),
    "model_name": (1, ["x"], {"a": 1}),
    "version": (1, {"a": 1}),
    "auto_map": ({"AutoModel": "code.Model"},),
    "_attn_implementation_internal": ("evil/kernel",),
    "custom_generate": ("evil/repo",),
    "trust_remote_code": (True,),
    "peft_type": ("LORA", 1, None),
    "surprise": (1,),
}
_CROWN: Mapping[str, Any] = {
    "num_labels": (0, -1, 10**9, 10**18, "3", 3.0, None, 4),
    "layers": (0, 10**6, "2", None, 1),
    "activation_function": (1, ["tanh"]),
    "label2id": LABELS,
    "use_pooler": ("yes", 1),
    "bias": (1, "no", False),
    "dropout_prob": ("0.1", [0.1]),
    "surprise": (1,),
    "auto_map": ({"AutoModel": "code.Model"},),
}


def cases() -> Iterator[Case]:
    """Yield adapters that are hostile in what their files say."""
    for key, values in _MADE.items():
        for value in values:
            yield _case(
                f"adapters: made with {key}",
                value,
                setting(_FILE, "config", key, to=value),
                harmless=(key, repr(value)) in _HARMLESS,
            )
    for key, values in _SAID.items():
        for value in values:
            yield _case(f"adapters: {_FILE} with {key}", value, setting(_FILE, key, to=value))
    for key, values in _CROWN.items():
        for value in values:
            yield _case(
                f"adapters: a head with {key}",
                value,
                setting(_HEAD, "config", key, to=value),
                harmless=key == "use_pooler",
            )
    for name, spoil in _SPOILT.items():
        aliased = name == "of names that are aliases"
        yield Case(name=f"adapters: {name}", layout="adapters", spoil=spoil, harmless=aliased)
    for name, spoil in _BESIDE.items():
        yield Case(name=f"adapters: {name}", layout="adapters", spoil=spoil, harmless=True)


def _case(what: str, value: Any, spoil: Spoil, *, harmless: bool = False) -> Case:
    return Case(name=f"{what} {brief(value)}", layout="adapters", spoil=spoil, harmless=harmless)


def _wider(folder: Path) -> None:
    """Let an adapter say that it belongs to a backbone of another width, as its weights do not."""
    said = told(folder / _FILE)
    written(folder / _FILE, {**said, "hidden_size": 128})


_SPOILT: Mapping[str, Spoil] = {
    "without weights": removed("adapter.safetensors"),
    "without its configuration": removed(_FILE),
    "without the weights of its head": removed("model_head.safetensors"),
    "of pickles alone": both(
        removed("adapter.safetensors", "model_head.safetensors"),
        beside({"pytorch_adapter.bin": PICKLE, "pytorch_model_head.bin": PICKLE}),
    ),
    "of pickles under other names": both(
        removed("adapter.safetensors"),
        beside({"adapter.pkl": PICKLE, "adapter.pt": PICKLE, "adapter.ckpt": PICKLE}),
    ),
    "in an archive": both(removed("adapter.safetensors"), beside({"adapter.zip": b"PK\x03\x04"})),
    "of gguf": both(removed("adapter.safetensors"), beside({"adapter.gguf": b"GGUF\x03\0\0\0"})),
    "of a width that its weights have not": _wider,
    "whose configuration lacks how it is made": without(_FILE, "config"),
    "whose configuration lacks its name": without(_FILE, "name"),
    "whose configuration lacks its width": without(_FILE, "hidden_size"),
    "whose head lacks its type": without(_HEAD, "config", "num_labels"),
    "of another layer": lambda folder: renamed(
        folder, lambda name: name.replace(".layer.1.", ".layer.7.")
    ),
    "of a layer of a million digits": lambda folder: renamed(
        folder, lambda name: name.replace(".layer.1.", f".layer.{'1' * 250}.")
    ),
    "of names that are aliases": lambda folder: renamed(
        folder, lambda name: name.replace("roberta.", "")
    ),
    "of a decoder": lambda folder: renamed(
        folder, lambda name: name.replace("encoder.layer", "decoder.layer")
    ),
    "of another adapter": lambda folder: renamed(
        folder, lambda name: name.replace(".mnli.", ".other.")
    ),
    "whose head is of another name": lambda folder: renamed(
        folder, lambda name: name.replace("heads.mnli.", "heads.x."), "model_head.safetensors"
    ),
}
_BESIDE: Mapping[str, Spoil] = {
    "with code beside it": beside(
        {"code.py": "open('canary', 'w')", "setup.py": "raise SystemExit"}
    ),
    "with pickles beside it": beside({"pytorch_adapter.bin": PICKLE, "optimizer.pt": PICKLE}),
    "with a card of markup": beside({"README.md": "---\nlicense: <script>\n---\n<script>alert(1)"}),
    "with code of generation": beside({"custom_generate/generate.py": "open('canary', 'w')"}),
    "with a hook of a shell": beside({".git/hooks/post-checkout": "touch canary"}),
    "with a module of the library's name": beside({"adapters/__init__.py": "raise SystemExit"}),
    "with a file of sites": beside(
        {"sitecustomize.py": "open('canary', 'w')", "x.pth": "import os"}
    ),
}
