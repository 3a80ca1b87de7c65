"""Full models and backbones whose configurations go too far, and files that lead elsewhere."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.hub.hostile.case import Case, Spoil, beside, both, brief, removed, setting
from tests.hub.hostile.tensors import PICKLE

_FILE, _WEIGHTS, _INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
_SAID: Mapping[str, tuple[Any, ...]] = {
    "num_hidden_layers": (0, -1, 3, 10**9, 10**18, "2", 2.0, None, [2], True),
    "hidden_size": (0, -64, 65, 128, 10**9, "64", None),
    "num_attention_heads": (0, -2, 3, 10**6, "2", None),
    "intermediate_size": (0, -1, 10**12, "48", 47),
    "vocab_size": (0, -1, 10**12, "652", 651),
    "max_position_embeddings": (0, -1, 10**12, "132"),
    "type_vocab_size": (0, 10**9, "1", 5),
    "num_labels": (0, -1, 10**9, "3"),
    "pad_token_id": (-1, 10**18, "1", [1]),
    "layer_norm_eps": (-1.0, 1e300, "1e-5", [1], None),
    "hidden_dropout_prob": (-1.0, 2.0, "0.1"),
    "attention_probs_dropout_prob": (-1.0, "0.1"),
    "hidden_act": ("__import__", "nonsense", 1, ["gelu"], None),
    "position_embedding_type": ("evil", 1, ["absolute"]),
    "chunk_size_feed_forward": (-1, 10**9, "1"),
    "auto_map": ({"AutoModel": "code.Model"}, {}, "x"),
    "_attn_implementation_internal": ("evil/kernel", None),
    "_attn_implementation": ("evil/kernel", "flash_attention_2"),
    "attn_implementation": ("evil/kernel",),
    "quantization_config": ({"quant_method": "bitsandbytes"}, {"quant_method": "gptq"}),
    "compression_config": ({"a": 1},),
    "dtype": ("load", "float64", "int8", 1, "__class__"),
    "torch_dtype": ("load", "complex64", 1),
    "pruned_heads": ({"0": [0]}, {"a": "b"}),
    "is_decoder": (True, "yes"),
    "add_cross_attention": (True,),
    "is_encoder_decoder": (True,),
    "torchscript": (True,),
    "output_hidden_states": (True,),
    "output_attentions": (True,),
    "return_dict": (False,),
    "adapters": ({"adapters": {"x": "seq_bn"}, "config_map": {}}, {"a": 1}),
    "adapter_fusion_models": ([["a", "b"]],),
    "id2label": (
        {"0": 1},
        ["a"],
        "abc",
        {"0": "a" * 5000},
        {str(each): "x" for each in range(60_000)},
    ),
    "label2id": (["a"], {"a": [1]}),
    "architectures": (1, [1], {"a": 1}),
    "model_type": ("bert", "t5", "llama", "roberta", None, 1, "\x1b[2J", ["xlm-roberta"]),
    "problem_type": ("evil", 1),
}


def cases() -> Iterator[Case]:
    """Yield models and backbones that are hostile in what their files say."""
    for layout in ("model", "backbone"):
        for key, values in _SAID.items():
            for value in values:
                yield Case(
                    name=f"{layout}: {_FILE} with {key} {brief(value)}",
                    layout=layout,
                    spoil=setting(_FILE, key, to=value),
                    # Thousands of labels are many, and mean no more than a few.
                    harmless=key == "id2label" and len(value) > 1000,
                )
        for name, spoil in _SPOILT.items():
            yield Case(name=f"{layout}: {name}", layout=layout, spoil=spoil)
        for name, spoil in _BESIDE.items():
            yield Case(name=f"{layout}: {name}", layout=layout, spoil=spoil, harmless=True)


def _sharded(*names: str, more: Any = None) -> Spoil:
    """Return what says that weights are in files of such names, and puts them elsewhere."""

    def spoil(folder: Path) -> None:
        outside = folder.parent / "outside.safetensors"
        shutil.move(folder / _WEIGHTS, outside)
        index = {"metadata": {}, "weight_map": {f"w{at}": name for at, name in enumerate(names)}}
        (folder / _INDEX).write_text(json.dumps(more if more is not None else index))

    return spoil


def _linked(folder: Path) -> None:
    outside = folder.parent.parent.parent / "outside.safetensors"
    shutil.move(folder / _WEIGHTS, outside)
    (folder / _WEIGHTS).symlink_to(outside)


_SPOILT: Mapping[str, Spoil] = {
    "without weights": removed(_WEIGHTS),
    "without its configuration": removed(_FILE),
    "without a tokenizer": removed("tokenizer.json"),
    "of a pickle alone": both(removed(_WEIGHTS), beside({"pytorch_model.bin": PICKLE})),
    "of pickles in parts": both(
        removed(_WEIGHTS),
        beside(
            {
                "pytorch_model.bin.index.json": '{"weight_map": {"a": "pytorch_model-1.bin"}}',
                "pytorch_model-1.bin": PICKLE,
            }
        ),
    ),
    "whose parts are above it": _sharded("../outside.safetensors"),
    "whose parts are at an absolute place": _sharded("/etc/passwd"),
    "whose parts are in a folder of Windows": _sharded("..\\outside.safetensors"),
    "whose parts are pickles": both(_sharded("model-1.bin"), beside({"model-1.bin": PICKLE})),
    "whose parts have nothing in their names": _sharded("model\0.safetensors"),
    "whose parts have long names": _sharded(f"{'a' * 5000}.safetensors"),
    "whose parts have signs for a screen in their names": _sharded("\x1b[2Jmodel.safetensors"),
    "whose parts are not there": _sharded("model-00001-of-00002.safetensors"),
    "whose parts are thousands": _sharded(*(f"model-{at}.safetensors" for at in range(5000))),
    "whose parts are numbers": _sharded(more={"weight_map": {"a": 1}}),
    "whose parts are a list": _sharded(more={"weight_map": ["model.safetensors"]}),
    "whose parts are nothing": _sharded(more={}),
    "whose list of parts is deep": _sharded(more={"weight_map": [[[[[[[[1]]]]]]]] * 3}),
    "with an adapter that names another model": beside(
        {"adapter_config.json": '{"peft_type": "LORA", "base_model_name_or_path": "evil/other"}'}
    ),
    "with code of generation": beside({"custom_generate/generate.py": "open('canary', 'w')"}),
}
_BESIDE: Mapping[str, Spoil] = {
    "with code beside it": beside({"modeling_evil.py": "open('canary', 'w')"}),
    "with a pickle beside it": beside({"pytorch_model.bin": PICKLE}),
    "with settings of generation beside it": beside(
        {"generation_config.json": '{"max_length": 1000000000, "custom_generate": "evil/repo"}'}
    ),
}
