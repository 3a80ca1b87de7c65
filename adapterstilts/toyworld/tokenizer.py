"""The tokenizer of the toy backbone: XLM-R's own shape, with the toy world's stems and endings."""

import string

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from adapterstilts.toyworld import lexicon

_LETTERS = (
    string.ascii_lowercase + "абвгдежзийклмнопрстуфхцчшщъыьэюя" + string.digits + string.punctuation
)


def build() -> Tokenizer:
    """Return the tokenizer; single letters are there for words that are not of the toy world."""
    control = ["<s>", "<pad>", "</s>", "<unk>"]
    whole = [
        *dict.fromkeys([*(f"▁{digit}" for digit in lexicon.NUMBERS), *lexicon.pieces(), ".", "?"])
    ]
    rest = [letter for letter in ("▁", *_LETTERS) if letter not in whole]
    # A whole piece must win over every other way to cut it up.
    vocabulary = [
        *((token, 0.0) for token in control),
        *((piece, -6.0) for piece in whole),
        *((letter, -14.0) for letter in rest),
    ]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.add_special_tokens(control)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer
