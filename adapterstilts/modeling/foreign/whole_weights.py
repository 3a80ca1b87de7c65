"""What the weights of a full XLM-R of `transformers` are called, and the shapes that they have."""

from collections.abc import Iterator

from adapterstilts.modeling.sizes import Shape

ENCODER = "roberta."
"""How names of the encoder's weights begin below a head."""
TIED = frozenset({"lm_head.decoder.weight", "lm_head.decoder.bias"})
"""Weights of a language model that are others of it under another name."""
_POOLER = "pooler.dense"


def plain(name: str) -> str:
    """Return what a weight of the encoder is called, whether a head stands on it or not."""
    return name.removeprefix(ENCODER)


def encoder(shape: Shape, types: int = 1) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield name and shape of every weight of an encoder, its pooler not among them."""
    hidden, inner = shape.hidden, shape.intermediate
    yield "embeddings.word_embeddings.weight", (shape.vocabulary, hidden)
    yield "embeddings.position_embeddings.weight", (shape.positions, hidden)
    yield "embeddings.token_type_embeddings.weight", (types, hidden)
    yield from _norm("embeddings.LayerNorm", hidden)
    for layer in range(shape.layers):
        at = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            yield from _linear(f"{at}.attention.self.{part}", hidden, hidden)
        yield from _linear(f"{at}.attention.output.dense", hidden, hidden)
        yield from _norm(f"{at}.attention.output.LayerNorm", hidden)
        yield from _linear(f"{at}.intermediate.dense", hidden, inner)
        yield from _linear(f"{at}.output.dense", inner, hidden)
        yield from _norm(f"{at}.output.LayerNorm", hidden)


def head_of(kind: str, shape: Shape, outputs: int) -> dict[str, tuple[int, ...]]:
    """Return name and shape of every weight of a head of `transformers`."""
    hidden = shape.hidden
    if kind == "sequence":
        out = _linear("classifier.out_proj", hidden, outputs)
        return dict((*_linear("classifier.dense", hidden, hidden), *out))
    if kind == "choice":
        below = _linear(f"{ENCODER}{_POOLER}", hidden, hidden)
        return dict((*below, *_linear("classifier", hidden, 1)))
    if kind == "lm":
        layers = (*_linear("lm_head.dense", hidden, hidden), *_norm("lm_head.layer_norm", hidden))
        return {"lm_head.bias": (shape.vocabulary,), **dict(layers)}
    name = "qa_outputs" if kind == "span" else "classifier"
    return dict(_linear(name, hidden, outputs))


def of_encoder(name: str) -> bool:
    """Return whether a weight is the encoder's."""
    return plain(name).startswith(("embeddings.", "encoder.", f"{_POOLER}."))


def pooler(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield name and shape of the weights of a pooler."""
    yield from _linear(_POOLER, shape.hidden, shape.hidden)


def _linear(name: str, into: int, out: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (out, into)
    yield f"{name}.bias", (out,)


def _norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)
