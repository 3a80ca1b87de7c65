"""Where a translation model is, and what its files say of it; nothing here loads torch.

Four families are known, which name languages in four ways: Marian (OPUS-MT), one language or a
`>>token<<` before the text; M2M-100, `__de__`; NLLB, `deu_Latn`; mBART-50, `de_DE`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from adapterstilts.core import hub
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.fingerprint import file_digest, fingerprint
from adapterstilts.core.progress import Report, unheard
from adapterstilts.modeling import headers, locate

PLACEHOLDER = "{language}"
"""What in a model's name stands for the code of a language."""
EXTRA = "translate"
"""The extra that brings what some tokenizers take."""
_TOKENIZERS = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "target_vocab.json",
    "source.spm",
    "target.spm",
    "sentencepiece.bpe.model",
)
_OTHERS = (locate.CONFIG, "generation_config.json", *_TOKENIZERS)
_PICKLED = ("pytorch_model*.bin", "*.pt", "*.ckpt", "tf_model.h5", "flax_model.msgpack")

_UNPACKED = ("quantization_config", "compression_config")
_SIZES: Mapping[str, int] = {
    "d_model": 2**13,
    "decoder_attention_heads": 2**9,
    "decoder_ffn_dim": 2**16,
    "decoder_layers": 100,
    "decoder_vocab_size": 2**21,
    "encoder_attention_heads": 2**9,
    "encoder_ffn_dim": 2**16,
    "encoder_layers": 100,
    "max_position_embeddings": 2**13,
    "num_hidden_layers": 100,
    "vocab_size": 2**21,
}
"""Sizes of a model to the greatest that each may be."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """One way of naming languages, and the tokenizers that do it."""

    name: str
    """What it is called here."""
    slow: str
    """Class of transformers that reads sentencepiece's files."""
    needs: tuple[str, ...]
    """The files that it reads."""
    fast: str = ""
    """Class of transformers that reads `tokenizer.json`; empty where there is none."""
    token: str = "{}"
    """How a language's token is written in the vocabulary."""


FAMILIES = (
    Family(
        name="marian",
        slow="MarianTokenizer",
        needs=("source.spm", "target.spm", "vocab.json"),
        token=">>{}<<",
    ),
    Family(
        name="m2m100",
        slow="M2M100Tokenizer",
        needs=("sentencepiece.bpe.model", "vocab.json"),
        token="__{}__",
    ),
    Family(
        name="nllb",
        slow="NllbTokenizer",
        fast="NllbTokenizerFast",
        needs=("sentencepiece.bpe.model",),
    ),
    Family(
        name="mbart50",
        slow="MBart50Tokenizer",
        fast="MBart50TokenizerFast",
        needs=("sentencepiece.bpe.model",),
    ),
)
"""Every family that is known."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A translation model whose files are at hand and have been checked."""

    name: str
    """What the user called it, its language put in."""
    folder: Path
    """Folder of its files."""
    revision: str
    """Commit of the Hub, or digest of the local files."""
    family: Family
    """How it names languages."""
    config: Mapping[str, Any]
    """What its configuration says."""
    source: str = ""
    """The one language that it translates from, where its files say so."""
    target: str = ""
    """The one language that it translates into, where its files say so."""

    @property
    def title(self) -> str:
        """Return what files that belong to it say."""
        return locate.title(self.name)

    @property
    def place(self) -> str:
        """Return what messages call it."""
        return f"translation model '{self.name}'"

    @property
    def is_fast(self) -> bool:
        """Return whether its tokenizer is read without sentencepiece."""
        return bool(self.family.fast) and (self.folder / locate.TOKENIZER).is_file()


def find(
    name: str,
    revision: str,
    *,
    language: str,
    pins: hub.Pins | None = None,
    report: Report = unheard,
) -> Found:
    """Return a model's checked files, fetched from the Hub where that is where it is.

    Args:
        name: Folder or model id, `{language}` in it for the code of the language.
        revision: Branch, tag or commit of a model id.
        language: Code of the language that is translated into.
        pins: Where commits are kept from their first use on.
        report: Called with how far the fetching is.
    """
    name = name.replace(PLACEHOLDER, language)
    if locate.is_local(name):
        folder = Path(name).expanduser().resolve()
        if not folder.is_dir():
            raise StiltsError(
                f"no translation model at {folder}: give a folder with config.json,"
                " model.safetensors and the tokenizer's files, or the id of a model on the Hub"
            )
        return _checked(name, folder, "")
    folder, commit = _from_hub(name, revision, pins, report)
    return _checked(name, folder, commit)


def wanted(names: Collection[str]) -> tuple[str, ...]:
    """Return the files of a repository that a translation model is made of."""
    return locate.of_model(names, _OTHERS)


def _from_hub(name: str, revision: str, pins: hub.Pins | None, report: Report) -> tuple[Path, str]:
    client, repository = hub.here(), hub.Repository(name=name, revision=revision, kind="model")

    def checked(listing: hub.Listing) -> tuple[str, ...]:
        _check_weights(f"translation model '{name}'", listing.files)
        return wanted(listing.files)

    try:
        commit = client.pinned(repository, pins)
        folder = locate.snapshot(
            client, repository, commit, wanted=checked, beside=(), report=report
        )
        return folder, commit
    except (hub.NotOnHub, UsageError) as error:
        raise StiltsError(
            f"no translation model '{name}' on the Hub, nor a folder of that name: {error}"
        ) from error
    except (hub.NotHere, hub.Unreachable) as error:
        # What the Hub's client says of recipes is of no use to somebody who has none.
        offline = isinstance(error, hub.NotHere)
        why = "nothing is fetched offline" if offline else str(error).partition(": ")[0]
        raise StiltsError(
            f"translation model '{name}' at revision '{revision}' is not here whole, and {why}:"
            " give the same command where there is a network and bring its cache (HF_HOME) here,"
            " or give a folder that holds the model"
        ) from error


def _check_weights(place: str, names: Collection[str]) -> None:
    """Refuse a model without safetensors, before anything large is fetched."""
    if any(name in names for name in locate.WEIGHTS):
        return
    pickled = [name for name in names if any(fnmatchcase(name, each) for each in _PICKLED)]
    what = f"only {', '.join(sorted(pickled))}" if pickled else "no weights"
    raise StiltsError(
        f"refused {place}: it holds {what}, and nothing but safetensors is read here; where the Hub"
        " has a pull request with converted weights, name it with --revision refs/pr/NUMBER, or"
        " convert a copy that you trust with model.save_pretrained(folder, safe_serialization=True)"
        " and give the folder"
    )


def _checked(name: str, folder: Path, commit: str) -> Found:
    """Return a model that is safe and whole."""
    place = f"translation model '{name}'"
    config = locate.said_of(folder, f"{place} in {folder}")
    locate.check_safe(config, folder, f"{place} in {folder}")
    _check_sizes(config, f"{place} in {folder}")
    _check_weights(place, [path.name for path in folder.iterdir()])
    whole = (folder / locate.WEIGHTS[0]).is_file()
    for file in locate.WEIGHTS[:1] if whole else locate.shards(folder / locate.WEIGHTS[1]):
        headers.tensors(folder / file)
    tokenizer = folder / "tokenizer_config.json"
    said = headers.document(tokenizer) if tokenizer.is_file() else {}
    family = _family(config, str(said.get("tokenizer_class") or ""), folder, place)
    fast = family.fast and (folder / locate.TOKENIZER).is_file()
    missing = [] if fast else [each for each in family.needs if not (folder / each).is_file()]
    if missing:
        raise StiltsError(f"{place} lacks {', '.join(missing)} in {folder}: fetch it again, whole")
    one = family.name == "marian"
    return Found(
        name=name,
        folder=folder,
        revision=commit or _digest(folder),
        family=family,
        config=config,
        source=str(said.get("source_lang") or "") if one else "",
        target=str(said.get("target_lang") or "") if one else "",
    )


def _check_sizes(config: Mapping[str, Any], place: str) -> None:
    """Refuse sizes that a library would make room for before it reads a weight, and other code."""
    for key in _UNPACKED:
        if config.get(key):
            raise StiltsError(
                f"refused {place}: config.json has '{key}', which asks for another library to"
                " unpack its weights; save the model again, or name another"
            )
    for key, most in _SIZES.items():
        said = config.get(key)
        if said is not None and (type(said) is not int or not 0 <= said <= most):
            raise StiltsError(
                f"refused {place}: config.json has {headers.shown(repr(said))} for '{key}', where a"
                f" whole number from 0 to {most:,} belongs; save the model again, or name another"
            )


def _family(config: dict[str, Any], tokenizer: str, folder: Path, place: str) -> Family:
    marian, m2m100, nllb, mbart50 = FAMILIES
    kind = config.get("model_type")
    if kind == "marian":
        return marian
    if kind == "m2m_100":
        # One architecture with two tokenizers; M2M-100's alone has a vocabulary beside.
        is_nllb = tokenizer.startswith("Nllb") or not (tokenizer or _has(folder, "vocab.json"))
        return nllb if is_nllb else m2m100
    if kind == "mbart" and tokenizer.startswith("MBart50"):
        return mbart50
    told = f"{kind} with {tokenizer}" if tokenizer else str(kind)
    raise StiltsError(
        f"refused {place}: it is {told}, and the translation models that are known are Marian"
        " (OPUS-MT), M2M-100, NLLB and mBART-50"
    )


def _digest(folder: Path) -> str:
    """Return what the files hold, wherever they lie."""
    names = [path.name for path in folder.iterdir() if path.is_file()]
    return fingerprint({name: file_digest(folder / name) for name in wanted(names)})


def _has(folder: Path, name: str) -> bool:
    return (folder / name).is_file()
