"""The configurations of `adapters` 1.3 as its files write them, known without the library.

The tests compare them with the library's own. What a method's settings name differs from file to
file; all the rest is part of what makes the method what it is.
"""

from collections.abc import Mapping
from typing import Any

Config = Mapping[str, Any]

FREE = frozenset(
    {
        # How weights begin, which says nothing once they are there.
        "init_weights",
        "init_weights_seed",
        "phm_c_init",
        "phm_init_range",
        "hypercomplex_nonlinearity",
        "prompt_init",
        "prompt_init_text",
        # What an encoder has not.
        "cross_adapter",
        "cross_prefix",
    }
)
"""Keys that change nothing of an adapter that has been trained on an encoder."""
PHM = "phm_layer"
"""Key that says whether those that begin with `phm_` mean anything."""

_BOTTLENECK: Config = {
    "mh_adapter": False,
    "output_adapter": True,
    "reduction_factor": 16,
    "non_linearity": "relu",
    "original_ln_before": False,
    "original_ln_after": True,
    "ln_before": False,
    "ln_after": False,
    "init_weights": "bert",
    "init_weights_seed": None,
    "is_parallel": False,
    "scaling": 1.0,
    "use_gating": False,
    "residual_before_ln": True,
    "adapter_residual_before_ln": False,
    "inv_adapter": None,
    "inv_adapter_reduction_factor": None,
    "cross_adapter": False,
    "leave_out": [],
    "dropout": 0.0,
    "phm_layer": False,
    "phm_dim": 4,
    "factorized_phm_W": True,
    "shared_W_phm": False,
    "shared_phm_rule": True,
    "factorized_phm_rule": False,
    "phm_c_init": "normal",
    "phm_init_range": 0.0001,
    "learn_phm": True,
    "hypercomplex_nonlinearity": "glorot-uniform",
    "phm_rank": 1,
    "phm_bias": True,
    "stochastic_depth": 0.0,
}
_LORA: Config = {
    "architecture": "lora",
    "selfattn_lora": True,
    "intermediate_lora": False,
    "output_lora": False,
    "leave_out": [],
    "r": 8,
    "alpha": 8,
    "dropout": 0.0,
    "attn_matrices": ["q", "v"],
    "composition_mode": "add",
    "init_weights": "lora",
    "init_weights_seed": None,
    "use_gating": False,
    "use_dora": False,
    "vera_d": None,
    "vera_b": None,
    "dtype": None,
}
_PREFIX: Config = {
    "architecture": "prefix_tuning",
    "encoder_prefix": True,
    "cross_prefix": True,
    "leave_out": [],
    "flat": False,
    "prefix_length": 30,
    "bottleneck_size": 512,
    "non_linearity": "tanh",
    "dropout": 0.0,
    "use_gating": False,
    "shared_gating": True,
    "init_weights_seed": None,
}
_PROMPT: Config = {
    "architecture": "prompt_tuning",
    "prompt_length": 10,
    "prompt_init": "random_uniform",
    "prompt_init_text": None,
    "combine": "prefix",
    "init_weights_seed": None,
}
_REFT: Config = {
    "architecture": "reft",
    "layers": "all",
    "prefix_positions": 3,
    "suffix_positions": 0,
    "r": 1,
    "orthogonality": True,
    "tied_weights": False,
    "dropout": 0.05,
    "non_linearity": None,
    "dtype": None,
    "output_reft": True,
    "init_weights_seed": None,
}
_SEQUENTIAL: Config = {**_BOTTLENECK, "original_ln_before": True}
_DOUBLE: Config = {**_BOTTLENECK, "mh_adapter": True, "non_linearity": "swish"}
_PARALLEL: Config = {
    **_BOTTLENECK,
    "reduction_factor": 2,
    "is_parallel": True,
    "scaling": 4.0,
    "init_weights": "mam_adapter",
}
_GATED: Config = {"use_gating": True}
_SCALE: Config = {
    "intermediate_lora": True,
    "r": 1,
    "alpha": 1,
    "attn_matrices": ["k", "v"],
    "composition_mode": "scale",
    "init_weights": "ia3",
}

PARTS: Mapping[str, tuple[Config, ...]] = {
    "seq_bn": (_SEQUENTIAL,),
    "double_seq_bn": (_DOUBLE,),
    "par_bn": (_PARALLEL,),
    "scaled_par_bn": ({**_PARALLEL, "scaling": "learned"},),
    "seq_bn_inv": ({**_SEQUENTIAL, "inv_adapter": "nice", "inv_adapter_reduction_factor": 2},),
    "compacter": ({**_DOUBLE, "reduction_factor": 32, "non_linearity": "gelu", PHM: True},),
    "prefix_tuning": (_PREFIX,),
    "prompt_tuning": (_PROMPT,),
    "lora": (_LORA,),
    "ia3": ({**_LORA, **_SCALE},),
    "mam": ({**_PREFIX, "bottleneck_size": 800}, _PARALLEL),
    "unipelt": (
        {**_PREFIX, **_GATED, "prefix_length": 10},
        {**_SEQUENTIAL, **_GATED},
        {**_LORA, **_GATED, "alpha": 2},
    ),
    "loreft": (_REFT,),
}
"""Architecture to its configuration where nothing is set, of a mixture to all of them in order."""
