"""Which method a configuration of somebody else's is, by what it says and not by its name.

A configuration is one of a method if every key that the method's name may set has a value that it
may have, and every other key has the method's own. So `{"reduction_factor": 8, …}` is
`seq_bn[reduction_factor=8]`, and a library that adds a key cannot slip something past unseen.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapterstilts.modeling.foreign.library_configs import FREE, PARTS, PHM
from adapterstilts.modeling.headers import shown
from adapterstilts.modeling.methods import METHODS, Method, method
from adapterstilts.modeling.settings import (
    ALL,
    FLAG,
    LAYERS,
    WORD,
    WORDS,
    Setting,
    Value,
    written,
)

_LATER = frozenset({"dropout", "leave_out", "phm_dim"})
"""Settings that older releases did not write, and that were then as they are by default."""
_BITFIT = {"r": 1, "target_modules": ["query"], "layers_to_transform": [0], "bias": "all"}
_ABOUT = frozenset(
    {
        # Where a file comes from and what stands on top.
        "auto_mapping",
        "base_model_name_or_path",
        "inference_mode",
        "modules_to_save",
        "peft_type",
        "peft_version",
        "revision",
        "task_type",
        # What only counts for others.
        "megatron_core",
        "qalora_group_size",
    }
)
"""Keys of PEFT that change nothing of an adapter that has been trained."""
_DRAWN = ("init_lora_weights", "init_ia3_weights", "init_weights")
"""Keys of PEFT that say how weights began; some ways change the backbone too."""
_KINDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "FOURIERFT": ("peft:fourierft", {"random_loc_seed": 777}),
    "LN_TUNING": ("peft:ln_tuning", {"target_modules": ["LayerNorm"]}),
    "LOHA": ("peft:loha", {}),
    "LOKR": ("peft:lokr", {"decompose_factor": -1}),
    "PROMPT_TUNING": ("peft:prompt", {"num_transformer_submodules": 1}),
    "OFT": ("peft:oft", {"use_cayley_neumann": True, "num_cayley_neumann_terms": 5}),
    "VERA": ("peft:vera", {"save_projection": True}),
}
"""What PEFT calls its other methods, and what is true of each here beside what may be set."""
_UNREAD: Mapping[str, tuple[str, ...]] = {
    "OFT": ("eps",),
    # Sizes show in the weights, and the beginning says nothing once they are there.
    "PROMPT_TUNING": (
        "num_attention_heads",
        "num_layers",
        "prompt_tuning_init_text",
        "token_dim",
        "tokenizer_kwargs",
        "tokenizer_name_or_path",
    ),
    # What is drawn by the key is in the file.
    "VERA": ("d_initial", "projection_prng_key"),
}
"""Keys of these that change nothing of what has been trained."""


class NoMethod(ValueError):
    """A configuration that no method has; the message says what of it (`its …`)."""


def recognised(config: Mapping[str, Any], *, like: Method) -> Method:
    """Return the method of a configuration, or say in what it differs from one of that kind.

    Args:
        config: What `adapter_config.json` says: PEFT's whole, of `adapters` its `config`.
        like: The method that is wanted, to which a configuration of no method is compared.
    """
    if "peft_type" in config:
        return _of_peft(config)
    _check_keys(config)
    for each in METHODS.values():
        if each.architecture in PARTS and each.library == "adapters":
            try:
                return _read(each, config)
            except NoMethod:
                continue
    known = like.library == "adapters" and like.architecture in PARTS
    return _read(method(like.base) if known else METHODS.get("seq_bn"), config)


def _read(kind: Method, config: Mapping[str, Any]) -> Method:
    """Return a method with what a configuration sets of it, if it is one of that kind."""
    own = PARTS[kind.architecture]
    given = _parts(config)
    if len(given) != len(own):
        raise NoMethod(f"its configuration has {len(given)} parts, {kind.name} {len(own)}")
    asked: dict[str, Value] = {}
    for usual, said in zip(own, given, strict=True):
        for key, value in _values(kind, usual, said):
            if asked.setdefault(key, value) != value:
                raise NoMethod(f"its parts differ in '{key}'")
    return _named(kind, asked)


def _values(
    kind: Method, usual: Mapping[str, Any], said: Mapping[str, Any]
) -> Iterator[tuple[str, Value]]:
    """Yield what a part sets of a method, whatever else it says being the method's own."""
    for key in said.keys() - usual.keys() - FREE:
        if said[key] is not None and said[key] is not False:
            raise NoMethod(f"its '{key}' is {shown(repr(said[key]))}, and {kind.name} has none")
    for key, value in usual.items():
        setting = kind.settings.get(key)
        if key not in said:
            if setting is not None and key not in _LATER:
                raise NoMethod(f"its configuration lacks '{key}'")
        elif setting is not None:
            yield key, _setting(key, setting, said[key])
        elif not _alike(said[key], value) and not _means_nothing(key, usual):
            raise NoMethod(
                f"its '{key}' is {shown(repr(said[key]))}, and {kind.name} has {value!r}"
            )


def _means_nothing(key: str, usual: Mapping[str, Any]) -> bool:
    return key in FREE or ("phm" in key and key != PHM and not usual.get(PHM))


def _alike(one: Any, other: Any) -> bool:
    """Return whether two values are the same, of a whole number and a float the same number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _setting(key: str, setting: Setting, value: Any) -> Value:
    """Return a value of JSON as a method's name would set it."""
    if setting.kind == LAYERS and value == []:
        return ()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        if not _is_of(setting.kind, value):
            raise ValueError(f"{shown(repr(value))} is not {setting.expected}")
        return setting.read(written(tuple(value) if isinstance(value, list) else value))
    except ValueError as error:
        raise NoMethod(f"its '{key}' is wrong: {shown(error)}") from error


def _is_of(kind: str, value: Any) -> bool:
    """Return whether a value of JSON is of the type that a setting has in a file."""
    if kind in (LAYERS, WORDS):
        each = int if kind == LAYERS else str
        many = isinstance(value, list) and all(type(item) is each for item in value)
        return many or (kind == LAYERS and value == ALL)
    return type(value) in {FLAG: (bool,), WORD: (str,)}.get(kind, (int, float))


def _check_keys(config: Mapping[str, Any]) -> None:
    """Refuse what is none of the library's, whichever method it may be."""
    known = {key for parts in PARTS.values() for part in parts for key in part}
    for part in _parts(config):
        for key in part:
            if key not in known:
                raise NoMethod(
                    f"its configuration has '{shown(key)}', which adapters 1.3 does not know"
                )


def _parts(config: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    if config.get("architecture") != "union":
        return [config]
    parts = config.get("configs")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise NoMethod("its 'configs' is no list of configurations")
    if unknown := sorted(config.keys() - {"architecture", "configs"}):
        raise NoMethod(
            f"its configuration has '{shown(unknown[0])}', which adapters 1.3 does not know"
        )
    return parts


def _of_peft(config: Mapping[str, Any]) -> Method:
    """Return the method of a configuration of PEFT.

    Every release of PEFT adds keys. One that is not known here changes nothing while it is empty,
    and is refused where it is not.
    """
    for key in _DRAWN:
        if config.get(key, True) not in (True, False, "gaussian", "lycoris"):
            raise NoMethod(
                f"its '{key}' is {shown(repr(config[key]))}, which changes the backbone too"
            )
    said = {
        key: value
        for key, value in config.items()
        if key not in _ABOUT and key not in _DRAWN and value not in (None, False, {}, [], "none")
    }
    kind = config["peft_type"]
    if kind == "IA3":
        # Two ways to write one pattern differ; what they give shows in the names of the weights.
        _check_rest(said, {"target_modules", "feedforward_modules"})
        return METHODS.get("peft:ia3")
    if isinstance(kind, str) and kind in _KINDS:
        return _of_table(kind, said)
    if kind != "LORA":
        known = ", ".join(sorted({*_KINDS, "IA3", "LORA"}))
        raise NoMethod(f"its peft_type is {shown(repr(kind))}, and only {known} can be taken over")
    if all(_alike(said.get(key), value) for key, value in _BITFIT.items()):
        _check_rest(said, {*_BITFIT, "lora_alpha", "lora_dropout"})
        return METHODS.get("bitfit")
    base = METHODS.get("peft:dora" if said.pop("use_dora", False) is True else "peft:lora")
    return _with_settings(base, said)


def _of_table(kind: str, said: Mapping[str, Any]) -> Method:
    """Return the method of a configuration of which all but the settings must be as it is here."""
    name, fixed = _KINDS[kind]
    if said.get("prompt_tuning_init") == "TEXT":
        # How a prompt began; PEFT would load a tokenizer for it, and nothing is left of the words.
        said = {**said, "prompt_tuning_init": "RANDOM"}
    for key, value in fixed.items():
        if not _alike(said.get(key), value):
            theirs = shown(repr(said.get(key)))
            raise NoMethod(f"its '{key}' is {theirs}, and {name} has {value!r}")
    left = {
        key: value
        for key, value in said.items()
        if key not in fixed and key not in _UNREAD.get(kind, ())
    }
    return _with_settings(METHODS.get(name), left)


def _with_settings(base: Method, said: Mapping[str, Any]) -> Method:
    """Return a method with what a configuration sets of it; what it leaves out is empty there."""
    _check_rest(said, set(base.settings))
    asked = {key: _setting(key, base.settings[key], value) for key, value in said.items()}
    needed = {key for key, setting in base.settings.items() if setting.default}
    if lacking := sorted(needed - asked.keys()):
        raise NoMethod(f"its configuration lacks '{lacking[0]}'")
    return _named(base, asked)


def _check_rest(said: Mapping[str, Any], known: set[str]) -> None:
    if rest := sorted(said.keys() - known):
        raise NoMethod(
            f"its '{shown(rest[0])}' is {shown(repr(said[rest[0]]))}, which no method here sets"
        )


def _named(base: Method, asked: Mapping[str, Value]) -> Method:
    kept = ",".join(
        f"{key}={written(value)}"
        for key, value in asked.items()
        if value != base.settings[key].default
    )
    return method(f"{base.name}[{kept}]") if kept else base
