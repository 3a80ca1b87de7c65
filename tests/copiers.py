"""Translation models whose weights are written, not trained: each word becomes its counterpart.

A decoder of one layer looks, at each place, at the same place of the source, by the fast waves of
the places' sinusoids; what it finds there it says, or what a table has for it. Tokenizers are
saved in the layouts of the real families, so that everything else is as it is with real models.
"""

import io
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import (
    M2M100Config,
    M2M100ForConditionalGeneration,
    M2M100Tokenizer,
    MarianConfig,
    MarianMTModel,
    MBart50TokenizerFast,
    NllbTokenizerFast,
    PreTrainedModel,
)

from adapterstilts.toyworld import rows, tokenizer

WIDTH = 256
WAVES = 60
"""Sinusoids that are fast enough to tell neighbours apart."""
SLOW = 24
"""Directions in which the others move at all."""
LOOK, SAY = 128.0, 5.0
PLACES = 160
MARKS = "[]“”\"<>/m.,?!;:()'"
NLLB_LANGUAGES = ("eng_Latn", "deu_Latn", "swh_Latn", "zho_Hans", "qaa_Latn", "qab_Latn")
Table = Mapping[str, str]
"""Piece to the piece that is said for it; a piece that is not here is said itself."""


def _swap(pieces: list[str]) -> dict[str, str]:
    """Return a table in which words change places."""
    words = sorted(piece for piece in pieces if piece.startswith("▁") and piece[1:].isalpha())
    return dict(zip(words, [*words[1:], *words[:1]], strict=True))


def _waves(model: PreTrainedModel) -> Tensor:
    """Return the sinusoids of every place, as the model has them."""
    inner: Any = model.model
    places = inner.encoder.embed_positions
    if isinstance(model, M2M100ForConditionalGeneration):
        offset = int(model.config.pad_token_id) + 1
        return places.weights[offset : offset + PLACES].double()
    return places.weight.detach()[:PLACES].double()


def _levelled(waves: Tensor) -> Tensor:
    """Return what a layer norm makes of sinusoids with a token's vector of their length on top."""
    mean = waves.mean(dim=1, keepdim=True)
    spread = (waves.pow(2).sum(dim=1, keepdim=True) + WIDTH / 2) / WIDTH - mean**2
    return (waves - mean) / spread.sqrt()


def _look(model: PreTrainedModel, fast: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Return query weights and bias, and key weights, that find a place's own number.

    The score of place `s` for place `t` is that of minus half the square of their distance, but
    for what is the same of every `s`; the part that is the square of `s` is fitted by the bias.
    """
    waves = _waves(model)
    normed = isinstance(model, M2M100ForConditionalGeneration)
    level = torch.eye(len(fast), dtype=torch.double) - 1.0 / len(fast)
    keys = (_levelled(waves) if normed else waves)[:, fast] @ level
    apart = torch.linalg.inv(
        keys.T @ keys / len(keys) + 0.1 * torch.eye(len(fast), dtype=torch.double)
    )
    squares = -0.5 * ((keys @ apart) * keys).sum(dim=1)
    near = keys.T @ keys + 1e-3 * torch.eye(len(fast), dtype=torch.double)
    bias = torch.linalg.solve(near, keys.T @ squares)
    query = torch.zeros(WIDTH, WIDTH, dtype=torch.double)
    key, shift = torch.zeros_like(query), torch.zeros(WIDTH, dtype=torch.double)
    index = torch.tensor(fast)
    query[index[:, None], index] = LOOK * (apart @ level)
    key[index[:, None], index] = level
    shift[index] = LOOK * bias
    return query.float(), shift.float(), key.float()


def _tokens(model: PreTrainedModel, fast: list[int]) -> Tensor:
    """Return a vector of each token that says nothing of places."""
    generator = torch.Generator().manual_seed(5)
    rest = [place for place in range(WIDTH) if place not in fast]
    size = int(model.config.vocab_size)
    tokens = torch.randn(size, len(rest), generator=generator, dtype=torch.double)
    waves = torch.cat([torch.ones(1, len(rest)).double(), _waves(model)[:, rest]])
    basis = torch.linalg.svd(waves, full_matrices=False).Vh[:SLOW]
    tokens -= tokens @ basis.T @ basis
    tokens -= tokens.mean(dim=1, keepdim=True)
    tokens *= math.sqrt(WIDTH / 2) / tokens.norm(dim=1, keepdim=True)
    embedded = torch.zeros(size, WIDTH)
    embedded[:, rest] = tokens.float()
    return embedded


def _write(model: PreTrainedModel, said: Tensor, *, ends: bool) -> None:
    """Give a model the weights of a reader: `said[j]` is the id that is read as `j`."""
    half = WIDTH // 2
    fast = [*range(WAVES), *range(half, half + WAVES)]
    embedded = _tokens(model, fast)
    query, shift, key = _look(model, fast)
    passed = torch.eye(WIDTH)
    passed[fast] = 0.0
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" not in name and "embed_positions" not in name:
                weight.zero_()
        inner: Any = model.model
        inner.shared.weight.copy_(embedded)
        if not model.config.tie_word_embeddings:
            # Else transformers saves what they share once, and looks for it twice.
            inner.encoder.embed_tokens.weight = torch.nn.Parameter(embedded.clone())
            inner.decoder.embed_tokens.weight = torch.nn.Parameter(embedded.clone())
        attention = inner.decoder.layers[0].encoder_attn
        attention.q_proj.weight.copy_(query)
        attention.q_proj.bias.copy_(shift)
        attention.k_proj.weight.copy_(key)
        attention.v_proj.weight.copy_(passed)
        attention.out_proj.weight.copy_(SAY * passed)
        head: Any = model.lm_head
        if not model.config.tie_word_embeddings:
            head.weight.copy_(embedded[said])
            if not ends:
                head.weight[int(model.config.eos_token_id)] = 0.0


def _said(vocabulary: Mapping[str, int], size: int, table: Table) -> Tensor:
    said = torch.arange(size)
    for piece, other in table.items():
        said[vocabulary[other]] = vocabulary[piece]
    return said


def _shape(*, tied: bool = False) -> dict[str, Any]:
    layers = {"encoder_layers": 0, "decoder_layers": 1}
    heads = {"encoder_attention_heads": 1, "decoder_attention_heads": 1}
    narrow = {"encoder_ffn_dim": 2, "decoder_ffn_dim": 2, "d_model": WIDTH}
    still = {"dropout": 0.0, "activation_dropout": 0.0, "attention_dropout": 0.0}
    more = {"max_position_embeddings": PLACES, "scale_embedding": False}
    return {**layers, **heads, **narrow, **still, **more, "tie_word_embeddings": tied}


def _saved(model: Any, folder: Path, said: Tensor, *, ends: bool) -> None:
    _write(model, said, ends=ends)
    model.save_pretrained(folder, safe_serialization=True)


def nllb(
    folder: Path,
    *,
    languages: tuple[str, ...] = NLLB_LANGUAGES,
    swap: bool = True,
    table: Table | None = None,
    ends: bool = True,
) -> Path:
    """Leave an NLLB model of the toy world's words; it needs no sentencepiece."""
    return _fast(folder, NllbTokenizerFast, languages, swap=swap, table=table, ends=ends)


def _fast(
    folder: Path,
    kind: Any,
    languages: tuple[str, ...],
    *,
    swap: bool,
    table: Table | None,
    ends: bool,
) -> Path:
    folder.mkdir(parents=True)
    tokenizer.build().save(str(folder / "plain.json"))
    built = kind(
        tokenizer_file=str(folder / "plain.json"),
        additional_special_tokens=list(languages),
        src_lang=languages[0],
        model_max_length=PLACES,
    )
    built.save_pretrained(folder)
    (folder / "plain.json").unlink()
    vocabulary = built.get_vocab()
    known = _swap(list(vocabulary)) if swap else {}
    config = M2M100Config(
        vocab_size=len(vocabulary),
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=2,
        **_shape(tied=ends and not known and not table),
    )
    said = _said(vocabulary, len(vocabulary), {**known, **(table or {})})
    _saved(M2M100ForConditionalGeneration(config), folder, said, ends=ends)
    return folder


def mbart50(folder: Path) -> Path:
    """Leave the tokenizer of an mBART-50, and a configuration that says that it is one."""
    _fast(folder, MBart50TokenizerFast, ("en_XX",), swap=False, table=None, ends=True)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "model_type": "mbart"}))
    return folder


def spm() -> bytes:
    """Return a sentencepiece model of the toy world's English."""
    import sentencepiece

    texts = [
        f"{row['context']} {row['question']}"
        for row in rows.rows("span_question", language="qaa", split="train", size=400)
    ]
    stream = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=stream,
        vocab_size=330,
        hard_vocab_limit=False,
        required_chars=MARKS + "abcdefghijklmnopqrstuvwxyz0123456789",
        bos_id=-1,
        eos_id=-1,
        unk_id=0,
        num_threads=1,
        minloglevel=2,
    )
    return stream.getvalue()


def _pieces(model: bytes) -> list[str]:
    import sentencepiece

    read = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [read.id_to_piece(number) for number in range(1, read.get_piece_size())]


def marian(
    folder: Path,
    *,
    targets: tuple[str, ...] = (),
    said_of: Callable[[list[str]], Table] = _swap,
    **names: str,
) -> Path:
    """Leave an OPUS-MT model; with `targets` one for several languages."""
    folder.mkdir(parents=True)
    model = spm()
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(model)
    tokens = [f">>{target}<<" for target in targets]
    pieces = _pieces(model)
    spoken = [f"▁{target}" for target in targets]
    vocabulary = {
        piece: number
        for number, piece in enumerate(["</s>", "<unk>", *pieces, *tokens, *spoken, "<pad>"])
    }
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    said = {"tokenizer_class": "MarianTokenizer", "model_max_length": PLACES, **names}
    (folder / "tokenizer_config.json").write_text(json.dumps(said))
    pad = vocabulary["<pad>"]
    config = MarianConfig(
        vocab_size=len(vocabulary),
        decoder_vocab_size=len(vocabulary),
        pad_token_id=pad,
        eos_token_id=0,
        decoder_start_token_id=pad,
        forced_eos_token_id=0,
        **_shape(),
    )
    # A token before the text is said as a word, so that one sees that it was there.
    named = dict(zip(tokens, spoken, strict=True))
    words = {**said_of(pieces), **named, **{word: token for token, word in named.items()}}
    table = _said(vocabulary, len(vocabulary), words)
    _saved(MarianMTModel(config), folder, table, ends=True)
    return folder


def m2m100(folder: Path) -> Path:
    """Leave an M2M-100 model, which has every language of its class."""
    folder.mkdir(parents=True)
    model = spm()
    (folder / "spm").write_bytes(model)
    pieces = _pieces(model)
    vocabulary = {
        piece: number for number, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>", *pieces])
    }
    (folder / "v").write_text(json.dumps(vocabulary, ensure_ascii=False))
    built = M2M100Tokenizer(
        vocab_file=str(folder / "v"), spm_file=str(folder / "spm"), model_max_length=PLACES
    )
    built.save_pretrained(folder)
    for name in ("spm", "v"):
        (folder / name).unlink()
    size = len(vocabulary) + len(built.lang_token_to_id) + 8
    config = M2M100Config(
        vocab_size=size,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=2,
        **_shape(),
    )
    said = _said(vocabulary, size, _swap(pieces))
    _saved(M2M100ForConditionalGeneration(config), folder, said, ends=True)
    return folder
