"""What the libraries call what they save, where it must be known without the libraries."""

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter.safetensors"
"""An adapter of `adapters`; PEFT gives its own configuration the same name."""
PEFT_WEIGHTS = "adapter_model.safetensors"
"""An adapter of PEFT."""
HEAD_CONFIG, HEAD_WEIGHTS = "head_config.json", "model_head.safetensors"
"""A head of `adapters`."""
FUSION_CONFIG, FUSION_WEIGHTS = "adapter_fusion_config.json", "model_adapter_fusion.safetensors"
"""A fusion layer of `adapters`."""
SETUP_CONFIG = "adapter_setup.json"
"""A block of `adapters`, beside one folder for each adapter, fusion and head in it."""
MODEL_WEIGHTS = "model.safetensors"
"""A whole model of `transformers`."""
WRAPPED = "base_model.model."
"""How names of weights begin in a file of PEFT."""
HEAD_TYPES = {
    "classification": "sequence",
    "tagging": "token",
    "question_answering": "span",
    "multiple_choice": "choice",
    "masked_lm": "lm",
}
"""Type of a head in `adapters` to its kind here."""
PEFT_PROMPT = "prompt_embeddings"
"""A prompt in a file of PEFT."""
PEFT_SHARED = ("base_model.vera_A", "base_model.vera_B")
"""What all layers have in common in a file of PEFT: the random update that VeRA scales."""
PEFT_TASKS = {"SEQ_CLS": "sequence", "TOKEN_CLS": "token", "QUESTION_ANS": "span"}
"""Task of an adapter of PEFT to the kind of its head."""
CLASSES = {
    "ForSequenceClassification": "sequence",
    "ForTokenClassification": "token",
    "ForQuestionAnswering": "span",
    "ForMultipleChoice": "choice",
    "ForMaskedLM": "lm",
}
"""How the name of a class of `transformers` ends to the kind of its head."""
OUTPUTS = ("classifier.weight", "classifier.out_proj.weight", "qa_outputs.weight")
"""How the names of a head's last weights end in `transformers`."""
BODIES = {
    ADAPTER_WEIGHTS: ADAPTER_CONFIG,
    "pytorch_adapter.bin": ADAPTER_CONFIG,
    PEFT_WEIGHTS: ADAPTER_CONFIG,
    "adapter_model.bin": ADAPTER_CONFIG,
    FUSION_WEIGHTS: FUSION_CONFIG,
    "pytorch_model_adapter_fusion.bin": FUSION_CONFIG,
    MODEL_WEIGHTS: "config.json",
    f"{MODEL_WEIGHTS}.index.json": "config.json",
    "pytorch_model.bin": "config.json",
}
"""Weights that a head beside them may have been trained with, to the configuration of each."""
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
"""Ends of the names of files that nothing here opens."""
_AGAIN = (
    ", with model.load_adapter(…) and model.save_adapter(…, use_safetensors=True) of `adapters`"
)
CONVERT = {
    ADAPTER_WEIGHTS: _AGAIN,
    HEAD_WEIGHTS: (
        ", with model.load_head(…) and model.save_head(…, use_safetensors=True) of `adapters`"
    ),
    FUSION_WEIGHTS: (
        ", with model.load_adapter_setup(…) and model.save_adapter_setup(…, use_safetensors=True)"
        " of `adapters`"
    ),
    PEFT_WEIGHTS: ", with model.save_pretrained(…, safe_serialization=True) of PEFT",
    MODEL_WEIGHTS: ", with model.save_pretrained(…, safe_serialization=True) of `transformers`",
}
"""Name of a file of weights to how whoever has the pickle makes it."""


def head_of_class(name: str) -> str:
    """Return the kind of head that a class of `transformers` has; empty where none here is so."""
    return next((kind for ending, kind in CLASSES.items() if name.endswith(ending)), "")
