"""What the libraries call their files, where they must be known without the libraries."""

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter.safetensors"
"""An adapter of `adapters`; PEFT gives its own configuration the same name."""
PEFT_WEIGHTS = "adapter_model.safetensors"
"""An adapter of PEFT."""
HEAD_CONFIG, HEAD_WEIGHTS = "head_config.json", "model_head.safetensors"
"""A head of `adapters`."""
FUSION_CONFIG, FUSION_WEIGHTS = "adapter_fusion_config.json", "model_adapter_fusion.safetensors"
"""A fusion layer of `adapters`."""
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
"""Ends of the names of files that nothing here opens."""
_AGAIN = (
    ", with model.load_adapter(…) and model.save_adapter(…, use_safetensors=True) of `adapters`"
)
CONVERT = {
    ADAPTER_WEIGHTS: _AGAIN,
    HEAD_WEIGHTS: _AGAIN,
    PEFT_WEIGHTS: ", with model.save_pretrained(…, safe_serialization=True) of PEFT",
}
"""Name of a file of weights to how whoever has the pickle makes it."""
