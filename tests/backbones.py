"""A backbone of two random layers, made in a moment."""

from pathlib import Path


def tiny(folder: Path) -> Path:
    """Return the folder of a random XLM-R with dropout and the toy world's tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModelForMaskedLM

    from adapterstilts.toyworld import tokenizer

    torch.set_num_threads(1)
    built = tokenizer.build()
    config = AutoConfig.for_model(
        "xlm-roberta",
        vocab_size=built.get_vocab_size(),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=132,
        type_vocab_size=1,
        hidden_dropout_prob=0.1,
        attention_probs_dropout_prob=0.1,
        initializer_range=0.2,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(7)
        model = AutoModelForMaskedLM.from_config(config)
        model.lm_head.bias.normal_()
    model.save_pretrained(folder, safe_serialization=True)
    built.save(str(folder / "tokenizer.json"))
    return folder
