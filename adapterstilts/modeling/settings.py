"""What may be set of a method in its name: `lora[r=16,alpha=32]`, `seq_bn[leave_out=0-5]`.

Every setting is a field of the library's own configuration, under the library's own name, and the
tests compare the defaults. The tables stand here because a plan is made without the libraries.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from adapterstilts.core.errors import suggest
from adapterstilts.core.expressions import Term, spelled

Value = bool | int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[str, ...]

NUMBER, COUNT, FLAG, WORD, WORDS, LAYERS = "number", "count", "flag", "word", "words", "layers"
NUMBERS, TEXT = "numbers", "text"
ALL = "all"
"""Every layer, where that is a value."""
_SPAN = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One field of a configuration that a name may set."""

    kind: str
    """`number`, `count`, `flag`, `word`, `words` (`q+v`), `layers` (`0-5+8`, from 0),
    `numbers` (`2+1`) or any `text`."""
    default: Value
    """Value where the name is silent."""
    known: tuple[str, ...] = ()
    """Words that there are."""
    low: int = 1
    """Smallest count."""
    below: int = 0
    """Number that a number must stay below; 0 sets no bound, and asks for more than nothing."""
    most: int = 0
    """Largest number; 0 sets no bound."""

    def read(self, text: str) -> Value:
        """Return the value of a text; equal meanings give equal values."""
        value = _READERS[self.kind](self, text)
        if value is None:
            raise ValueError(f"'{text}' is not {self.expected}")
        return value

    @property
    def expected(self) -> str:
        """Return what a value must look like."""
        bounds = f"from 0 to below {self.below}" if self.below else "above 0"
        bounds += f" and at most {self.most}" if self.most else ""
        layers = "layers counted from 0, as in 0-5+8"
        return {
            NUMBER: f"a number {bounds}",
            COUNT: f"a whole number of at least {self.low}",
            FLAG: "true or false",
            WORD: f"one of {', '.join(self.known)}",
            WORDS: f"some of {', '.join(self.known)}, joined by +",
            LAYERS: f"{layers}, or {ALL}" if self.default == ALL else layers,
            NUMBERS: "numbers above 0, joined by +",
            TEXT: "a text",
        }[self.kind]


def chosen(term: Term, known: Mapping[str, Setting]) -> dict[str, Value]:
    """Return what a term sets otherwise than the defaults, in order of the names.

    What it cannot set, and what is no value for it, is refused at its character.
    """
    asked: dict[str, Value] = {}
    for key, text in term.settings.items():
        if key not in known:
            hint = suggest(key, known)
            meant = hint if "mean" in hint else ""
            complaint = f"unknown setting '{key}'{meant}; {_can_be_set(term.word, known)}"
            raise term.refused(complaint, setting=key)
        try:
            asked[key] = known[key].read(text)
        except ValueError as error:
            raise term.refused(f"{key}: {error}", value=key) from error
    return {key: asked[key] for key in sorted(asked) if asked[key] != known[key].default}


def named(word: str, kept: Mapping[str, Value], arguments: Iterable[str] = ()) -> str:
    """Return a word with what it sets, and its arguments: the one name of what is meant."""
    return spelled(word, {key: written(value) for key, value in kept.items()}, arguments)


def _can_be_set(word: str, known: Mapping[str, Setting]) -> str:
    return f"'{word}' can set {', '.join(sorted(known)) or 'nothing'}"


def written(value: Value) -> str:
    """Return the one text of a value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.9f}".rstrip("0").rstrip(".")
    if not isinstance(value, tuple):
        return str(value)
    if any(isinstance(each, float) for each in value):
        return "+".join(written(float(each)) for each in value)
    spans: list[list[int]] = []
    words = [each for each in value if isinstance(each, str)]
    for layer in (each for each in value if isinstance(each, int)):
        if spans and layer == spans[-1][1] + 1:
            spans[-1][1] = layer
        else:
            spans.append([layer, layer])
    ranges = [str(low) if low == high else f"{low}-{high}" for low, high in spans]
    return "+".join(words + ranges)


def _number(setting: Setting, text: str) -> Value | None:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        return None
    value = float(text)
    if not (0 <= value < setting.below if setting.below else value > 0):
        return None
    if setting.most and value > setting.most:
        return None
    return int(value) if value.is_integer() else value


def _count(setting: Setting, text: str) -> Value | None:
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < setting.low:
        return None
    return int(text)


def _flag(setting: Setting, text: str) -> Value | None:
    return {"true": True, "false": False}.get(text)


def _word(setting: Setting, text: str) -> Value | None:
    return text if text in setting.known else None


def _words(setting: Setting, text: str) -> Value | None:
    asked = text.split("+")
    if not set(asked) <= set(setting.known) or len(set(asked)) < len(asked):
        return None
    return tuple(word for word in setting.known if word in asked)


def _layers(setting: Setting, text: str) -> Value | None:
    if text == ALL == setting.default:
        return text
    found: set[int] = set()
    for part in text.split("+"):
        span = _SPAN.fullmatch(part)
        if span is None:
            return None
        low, high = int(span[1]), int(span[2] or span[1])
        if high < low:
            return None
        found |= set(range(low, high + 1))
    return tuple(sorted(found))


def _text(setting: Setting, text: str) -> Value | None:
    return text


def _numbers(setting: Setting, text: str) -> Value | None:
    found = [_number(setting, part) for part in text.split("+")]
    return None if None in found else tuple(float(str(each)) for each in found)


_READERS = {
    NUMBERS: _numbers,
    TEXT: _text,
    NUMBER: _number,
    COUNT: _count,
    FLAG: _flag,
    WORD: _word,
    WORDS: _words,
    LAYERS: _layers,
}

_ACTIVATIONS = ("gelu", "gelu_new", "leakyrelu", "relu", "silu", "swish", "tanh")
_ATTENTION = ("q", "k", "v")
_PROJECTIONS = ("query", "key", "value")
_LEAVE_OUT = {"leave_out": Setting(kind=LAYERS, default=())}
_DROPOUT = Setting(kind=NUMBER, default=0, below=1)

Table = Mapping[str, Setting]


def bottleneck(*, reduction: int, activation: str, before: bool) -> Table:
    """Return what can be set of a bottleneck adapter."""
    return MappingProxyType(
        {
            "reduction_factor": Setting(kind=NUMBER, default=reduction),
            "non_linearity": Setting(kind=WORD, default=activation, known=_ACTIVATIONS),
            "dropout": _DROPOUT,
            "ln_before": Setting(kind=FLAG, default=False),
            "ln_after": Setting(kind=FLAG, default=False),
            "original_ln_before": Setting(kind=FLAG, default=before),
            **_LEAVE_OUT,
        }
    )


SEQ_BN = bottleneck(reduction=16, activation="relu", before=True)
DOUBLE_SEQ_BN = bottleneck(reduction=16, activation="swish", before=False)
SEQ_BN_INV: Table = {
    **SEQ_BN,
    "inv_adapter_reduction_factor": Setting(kind=NUMBER, default=2),
}
COMPACTER: Table = {
    **bottleneck(reduction=32, activation="gelu", before=False),
    "phm_dim": Setting(kind=COUNT, default=4),
}
SCALED_PAR_BN: Table = {
    name: setting
    for name, setting in bottleneck(reduction=2, activation="relu", before=False).items()
    if name != "original_ln_before"  # Nothing that stands beside a layer reads it.
}
PAR_BN: Table = {**SCALED_PAR_BN, "scaling": Setting(kind=NUMBER, default=4)}
PREFIX_TUNING: Table = {
    "prefix_length": Setting(kind=COUNT, default=30),
    "bottleneck_size": Setting(kind=COUNT, default=512),
    "flat": Setting(kind=FLAG, default=False),
    "dropout": _DROPOUT,
    **_LEAVE_OUT,
}
PROMPT_TUNING: Table = {"prompt_length": Setting(kind=COUNT, default=10)}
LORA: Table = {
    "r": Setting(kind=COUNT, default=8),
    "alpha": Setting(kind=COUNT, default=8),
    "dropout": _DROPOUT,
    "attn_matrices": Setting(kind=WORDS, default=("q", "v"), known=_ATTENTION),
    "intermediate_lora": Setting(kind=FLAG, default=False),
    "output_lora": Setting(kind=FLAG, default=False),
    **_LEAVE_OUT,
}
IA3: Table = {
    "attn_matrices": Setting(kind=WORDS, default=("k", "v"), known=_ATTENTION),
    "intermediate_lora": Setting(kind=FLAG, default=True),
    "output_lora": Setting(kind=FLAG, default=False),
    **_LEAVE_OUT,
}
MAM: Table = {
    "prefix_length": Setting(kind=COUNT, default=30),
    "bottleneck_size": Setting(kind=COUNT, default=800),
    "reduction_factor": Setting(kind=NUMBER, default=2),
    "scaling": Setting(kind=NUMBER, default=4),
    **_LEAVE_OUT,
}
UNIPELT: Table = {
    "prefix_length": Setting(kind=COUNT, default=10),
    "reduction_factor": Setting(kind=NUMBER, default=16),
    "r": Setting(kind=COUNT, default=8),
    "alpha": Setting(kind=COUNT, default=2),
    **_LEAVE_OUT,
}
LOREFT: Table = {
    "r": Setting(kind=COUNT, default=1),
    "layers": Setting(kind=LAYERS, default=ALL),
    "prefix_positions": Setting(kind=COUNT, default=3, low=0),
    "suffix_positions": Setting(kind=COUNT, default=0, low=0),
    "tied_weights": Setting(kind=FLAG, default=False),
    "dropout": Setting(kind=NUMBER, default=0.05, below=1),
}
_TARGETS = {
    "target_modules": Setting(kind=WORDS, default=("query", "value"), known=_PROJECTIONS),
}
_DROPPED = {"rank_dropout": _DROPOUT, "module_dropout": _DROPOUT}
PEFT_LORA: Table = {
    "r": Setting(kind=COUNT, default=8),
    "lora_alpha": Setting(kind=COUNT, default=8),
    "lora_dropout": _DROPOUT,
    **_TARGETS,
    "use_rslora": Setting(kind=FLAG, default=False),
}
PEFT_PROMPT: Table = {
    "num_virtual_tokens": Setting(kind=COUNT, default=20),
    # Words of a text would need a tokenizer that PEFT loads by itself.
    "prompt_tuning_init": Setting(kind=WORD, default="RANDOM", known=("RANDOM", "SAMPLE_VOCAB")),
}
PEFT_LOHA: Table = {
    "r": Setting(kind=COUNT, default=8),
    "alpha": Setting(kind=COUNT, default=8),
    **_DROPPED,
    **_TARGETS,
}
PEFT_LOKR: Table = {**PEFT_LOHA, "decompose_both": Setting(kind=FLAG, default=False)}
PEFT_VERA: Table = {
    "r": Setting(kind=COUNT, default=256),
    "vera_dropout": _DROPOUT,
    **_TARGETS,
}
PEFT_OFT: Table = {
    "oft_block_size": Setting(kind=COUNT, default=32, low=2),
    "module_dropout": _DROPOUT,
    **_TARGETS,
}
PEFT_FOURIERFT: Table = {
    "n_frequency": Setting(kind=COUNT, default=1000),
    "scaling": Setting(kind=NUMBER, default=150),
    **_TARGETS,
}
