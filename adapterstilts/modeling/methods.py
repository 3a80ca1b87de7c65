"""What can be trained on a backbone: adapter architectures, and all of it, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from adapterstilts.core.errors import some
from adapterstilts.core.expressions import parse
from adapterstilts.core.registry import Registry
from adapterstilts.modeling import settings
from adapterstilts.modeling.settings import Setting, Value, chosen


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way of training."""

    name: str
    """Name in recipes, columns and on the command line, with what it sets: `lora[r=16]`."""
    description: str
    """One sentence for `adapterstilts methods`."""
    library: str
    """Library that its files belong to: `adapters`, `peft`, or `transformers` for whole models."""
    architecture: str = ""
    """Name of the configuration in that library; empty where nothing is added to the backbone."""
    overrides: Mapping[str, Value] = field(default_factory=dict)
    """Settings of the configuration that differ from the library's defaults."""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    """What a name may set."""
    whole: bool = False
    """Whether the backbone itself is trained, so that a model is a whole one."""
    stacks: bool = False
    """Whether another adapter can stand on top of one of these."""
    adds: bool = False
    """Whether one stands on another by adding its update to that of the same projection."""
    fuses: bool = False
    """Whether AdapterFusion can read it: only what leaves a bottleneck's output can."""
    averages: bool = False
    """Whether the mean of several's weights does about what they do."""
    alters: bool = False
    """Whether it changes weights that were there before, so that changes can be told apart."""
    heads: tuple[str, ...] = ()
    """Kinds of heads that it can stand under, each of them alone; empty for all, and for mixes."""

    @property
    def base(self) -> str:
        """Return the name without what it sets."""
        return self.name.partition("[")[0]

    @property
    def changes_encoder(self) -> bool:
        """Return whether anything of it is in the encoder, and not in a head alone."""
        return bool(self.architecture) or self.whole

    def value(self, setting: str) -> Value:
        """Return what a setting is."""
        return self.overrides.get(setting, self.settings[setting].default)


_SHOWN = 6
"""Methods that a message names; `adapterstilts methods` has them all."""
NONE = "none"
"""Method of a model on which nothing was ever trained."""
PROBE = "head"
"""Method that leaves a head and nothing below it."""

METHODS: Registry[Method] = Registry(
    "method",
    entries=lambda: (
        Method(
            name="seq_bn",
            description="Bottleneck after the feed-forward block (Pfeiffer et al. 2020).",
            library="adapters",
            architecture="seq_bn",
            settings=settings.SEQ_BN,
            stacks=True,
            fuses=True,
            averages=True,
        ),
        Method(
            name="double_seq_bn",
            description="Bottlenecks after attention and feed-forward (Houlsby et al. 2019).",
            library="adapters",
            architecture="double_seq_bn",
            settings=settings.DOUBLE_SEQ_BN,
            stacks=True,
            fuses=True,
            averages=True,
        ),
        Method(
            name="lora",
            description="Low-rank updates of the query and value projections (Hu et al. 2021).",
            library="adapters",
            architecture="lora",
            settings=settings.LORA,
            stacks=True,
            adds=True,
            averages=True,
            alters=True,
        ),
        # The library's Stack drops what lies below one of these, and its Fuse counts the layer
        # twice.
        Method(
            name="par_bn",
            description="Bottleneck beside the feed-forward block (He et al. 2022).",
            library="adapters",
            architecture="par_bn",
            settings=settings.PAR_BN,
            averages=True,
        ),
        Method(
            name="scaled_par_bn",
            description="Bottleneck beside the feed-forward block, its scale learned.",
            library="adapters",
            architecture="scaled_par_bn",
            settings=settings.SCALED_PAR_BN,
            averages=True,
        ),
        # Of several, the library inverts the embeddings with the first one's layer alone.
        Method(
            name="seq_bn_inv",
            description="Bottlenecks and an invertible layer on the embeddings (MAD-X, 2020).",
            library="adapters",
            architecture="seq_bn_inv",
            settings=settings.SEQ_BN_INV,
            averages=True,
        ),
        Method(
            name="compacter",
            description="Bottlenecks made of Kronecker products (Karimi Mahabadi et al. 2021).",
            library="adapters",
            architecture="compacter",
            settings=settings.COMPACTER,
            stacks=True,
            fuses=True,
        ),
        Method(
            name="prefix_tuning",
            description="Learned keys and values before every layer's own (Li and Liang 2021).",
            library="adapters",
            architecture="prefix_tuning",
            settings=settings.PREFIX_TUNING,
            stacks=True,
        ),
        Method(
            name="prompt_tuning",
            description="Learned embeddings before the input (Lester et al. 2021).",
            library="adapters",
            architecture="prompt_tuning",
            settings=settings.PROMPT_TUNING,
        ),
        Method(
            name="ia3",
            description="Learned scales of keys, values and feed-forward (Liu et al. 2022).",
            library="adapters",
            architecture="ia3",
            settings=settings.IA3,
            stacks=True,
            averages=True,
            alters=True,
        ),
        Method(
            name="mam",
            description="Prefixes and parallel bottlenecks together (He et al. 2022).",
            library="adapters",
            architecture="mam",
            settings=settings.MAM,
        ),
        Method(
            name="unipelt",
            description="Prefixes, bottlenecks and LoRA, each behind a gate (Mao et al. 2022).",
            library="adapters",
            architecture="unipelt",
            settings=settings.UNIPELT,
        ),
        Method(
            name="loreft",
            description="Low-rank edits of hidden states at a few places (Wu et al. 2024).",
            library="adapters",
            architecture="loreft",
            settings=settings.LOREFT,
        ),
        Method(
            name="peft:lora",
            description="LoRA as PEFT has it, the head beside it in one file.",
            library="peft",
            architecture="lora",
            settings=settings.PEFT_LORA,
            averages=True,
            alters=True,
        ),
        Method(
            name="peft:dora",
            description="LoRA with magnitude and direction apart (Liu et al. 2024), by PEFT.",
            library="peft",
            architecture="dora",
            settings=settings.PEFT_LORA,
        ),
        Method(
            name="peft:ia3",
            description="Learned scales of keys, values and feed-forward, by PEFT.",
            library="peft",
            architecture="ia3",
            averages=True,
            alters=True,
        ),
        # Only PEFT's own models for these heads put the prompt before an input; under any other,
        # and around the flexible heads of a mix, it would stay unread.
        Method(
            name="peft:prompt",
            description="Learned embeddings before the input, by PEFT; no choices, no mixes.",
            library="peft",
            architecture="prompt",
            settings=settings.PEFT_PROMPT,
            heads=("sequence", "token", "span"),
        ),
        Method(
            name="peft:loha",
            description="Hadamard products of low-rank updates (Hyeon-Woo et al. 2022), by PEFT.",
            library="peft",
            architecture="loha",
            settings=settings.PEFT_LOHA,
        ),
        Method(
            name="peft:lokr",
            description="Kronecker products of small updates (Yeh et al. 2023), by PEFT.",
            library="peft",
            architecture="lokr",
            settings=settings.PEFT_LOKR,
        ),
        Method(
            name="peft:vera",
            description="Scales of one frozen random update (Kopiczko et al. 2024), by PEFT.",
            library="peft",
            architecture="vera",
            settings=settings.PEFT_VERA,
        ),
        Method(
            name="peft:oft",
            description="Rotations of the projections' inputs (Qiu et al. 2023), by PEFT.",
            library="peft",
            architecture="oft",
            settings=settings.PEFT_OFT,
        ),
        # All files have the same places of the spectrum, so that their mean is that of the updates.
        Method(
            name="peft:fourierft",
            description="A few coefficients of the updates' spectra (Gao et al. 2024), by PEFT.",
            library="peft",
            architecture="fourierft",
            settings=settings.PEFT_FOURIERFT,
            averages=True,
        ),
        Method(
            name="peft:ln_tuning",
            description="Every layer norm of the encoder (Zhao et al. 2024), by PEFT.",
            library="peft",
            architecture="ln_tuning",
            averages=True,
            alters=True,
        ),
        # PEFT has no BitFit of its own, but its LoRA files may hold every bias.
        Method(
            name="bitfit",
            description="Every bias of the backbone (Ben Zaken et al. 2022), kept as a PEFT file.",
            library="peft",
            architecture="bitfit",
            averages=True,
            alters=True,
        ),
        Method(
            name="full",
            description="Every weight of the backbone: fine-tuning as in Phang et al. 2020.",
            library="transformers",
            whole=True,
            averages=True,
            alters=True,
        ),
        Method(
            name=NONE,
            description="Nothing: the backbone as it came, for what needs no training.",
            library="adapters",
        ),
        Method(
            name=PROBE,
            description="The head alone on frozen features: a linear probe.",
            library="adapters",
        ),
    ),
)
"""Every method by name, with nothing set."""


def cannot_stand_under(method: Method, kinds: Sequence[str]) -> str:
    """Return why a method cannot be had under heads of some kinds (`…`), or an empty string."""
    if not method.heads or (len(kinds) == 1 and kinds[0] in method.heads):
        return ""
    asked = f"a head for '{kinds[0]}'" if len(kinds) == 1 else f"{len(kinds)} heads at once"
    free = [each.name for each in METHODS.values() if not each.heads and each.name != NONE]
    return (
        f"cannot stand under {asked}, for PEFT has it in models with one head for"
        f" {', '.join(method.heads)} alone: use {some(free, most=_SHOWN)}"
    )


def method(expression: str, *, place: str = "") -> Method:
    """Return the method of an expression like `lora[r=16,alpha=32]`, under its one name.

    What repeats a default is left out and the rest is put in order, so that one meaning has one
    name and one identity.
    """
    term = parse(expression, place=place)
    found = METHODS.get(term.word, place=place)
    if term.called:
        raise term.refused(f"'{term.word}' is a method and takes no sources")
    kept = chosen(term, found.settings)
    if not kept:
        return found
    return replace(
        found, name=settings.named(found.name, kept), overrides={**found.overrides, **kept}
    )
