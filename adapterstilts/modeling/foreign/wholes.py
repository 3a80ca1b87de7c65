"""A full model that somebody else has trained: compared with the backbone before it is loaded.

Its configuration must say of every size what the backbone's says, its files must declare the very
weights that such a model has, and its tokenizer must cut a text into the same pieces.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.fingerprint import file_digest, fingerprint
from adapterstilts.core.records import PUBLISHED
from adapterstilts.modeling import filenames, folders, headers, locate
from adapterstilts.modeling.folders import Left
from adapterstilts.modeling.foreign import looking, whole_weights
from adapterstilts.modeling.foreign.crowns import Crown
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.headers import Held, shown
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.parts import Head
from adapterstilts.modeling.sizes import shape_of

LARGEST = 2**34
"""Bytes that all the weights may have: XLM-R large has an eighth of it."""
VOCABULARY = 2**25
"""Bytes that a tokenizer may have; that of XLM-R has 9 million, or 17 with line breaks."""
_MOST = 200
"""Types of texts that a model may tell apart."""
_ALIKE = (
    "model_type",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "type_vocab_size",
    "hidden_act",
    "layer_norm_eps",
    "pad_token_id",
    "position_embedding_type",
)
"""What two models must have alike to compute the same of the same weights."""
_USUAL: Mapping[str, Any] = {"position_embedding_type": "absolute"}
_PIECES = ("added_tokens", "model", "normalizer", "post_processor", "pre_tokenizer")
"""What a tokenizer's file says of how texts are cut."""
_BUFFER = "embeddings.position_ids"
"""Numbers from 0 on, which older releases saved as if they were weights."""


def look(folder: Path, *, asked: str, within: Path | None = None) -> Foreign:
    """Return the full model that lies in a folder, or refuse what is no whole one."""
    left = replace(folders.left(str(folder)), asked=asked)
    root = (within or folder.expanduser()).resolve()
    for name in (locate.CONFIG, locate.TOKENIZER, *locate.WEIGHTS, PUBLISHED):
        looking.check_place(left, name, root)
    said(left)
    if not (left.folder / locate.TOKENIZER).is_file():
        raise StiltsError(
            f"{asked} has no {locate.TOKENIZER}, so that nobody can say that it reads as the"
            " backbone does: save the fast tokenizer there with"
            " AutoTokenizer.from_pretrained(…).save_pretrained(folder)"
        )
    weights: dict[str, Held] = {}
    names = shards(left)
    for name in names:
        looking.check_place(left, name, root)
        weights |= _numbers(left, name)
    there = [locate.CONFIG, locate.TOKENIZER, *names]
    apart, others = looking.heads_apart(left, root)
    if apart and (left.folder / PUBLISHED).is_file():
        there.append(PUBLISHED)
    digests = {name: _digest(left.folder / name) for name in there} | others
    return Foreign(
        left=left,
        weights=weights,
        digest=fingerprint(digests),
        files=digests,
        crown=Crown() if apart else _crown(left, weights),
        apart=apart,
    )


def check_files(left: Left, *, whole: bool = False) -> None:
    """Refuse a model whose files do not declare the weights that its configuration speaks of.

    Args:
        left: Its folder.
        whole: Whether its head is used too; of a backbone nobody asks what else is in it.
    """
    said(left)
    weights: dict[str, Held] = {}
    for name in shards(left):
        weights |= _numbers(left, name)
    _check_names(Foreign(left=left, weights=weights, digest="", files={}, crown=Crown()))
    if whole:
        _crown(left, weights)


def said(left: Left) -> None:
    """Refuse a configuration that would have code run, or is of another architecture."""
    locate.check_safe(left.config, left.folder, left.asked)
    kind = left.config.get("model_type")
    if kind not in locate.SUPPORTED:
        raise StiltsError(
            f"refused {left.asked}: its model_type is {shown(repr(kind))}, and models here are"
            f" {', '.join(locate.SUPPORTED)}: name one that was trained from such a model"
        )
    shape_of(left.config)


def check(found: Foreign, *, method: Method, backbone: Located | None) -> Method:
    """Return the method of a full model, or refuse one that is not the backbone trained further."""
    check_said(found.left, method=method, backbone=backbone)
    _check_names(found)
    if backbone is not None:
        _check_pieces(found, backbone)
    return method


def check_said(left: Left, *, method: Method, backbone: Located | None) -> Method:
    """Return the method of a full model, or refuse what its configuration says of itself."""
    said(left)
    if not method.whole:
        raise StiltsError(
            f"{left.asked} is a full model, and '{method.name}' is asked for: name 'full' as the"
            " method, or an adapter; or give the model as the recipe's backbone"
        )
    if backbone is None:
        return method
    ours = locate.config(backbone)
    for key in _ALIKE:
        theirs, own = (each.get(key, _USUAL.get(key)) for each in (left.config, ours))
        if theirs != own or type(theirs) is not type(own):
            raise StiltsError(
                f"{left.asked} does not fit '{backbone.name}': its {key} is"
                f" {shown(repr(theirs))}, the backbone's {shown(repr(own))}; name one that was"
                " trained from that backbone"
            )
    return method


def shards(left: Left) -> tuple[str, ...]:
    """Return the files that the weights of a model are in."""
    if (left.folder / filenames.MODEL_WEIGHTS).is_file():
        return (filenames.MODEL_WEIGHTS,)
    found = locate.shards(left.folder / locate.WEIGHTS[1])
    if lacking := [name for name in found if not (left.folder / name).is_file()]:
        raise StiltsError(f"{left.asked} lacks {shown(lacking[0])}: fetch or save it again")
    return found


def _digest(path: Path) -> str:
    """Return the digest of a file: once for each state of it, for weights are long to read."""
    state = path.stat()
    return _known(path, (state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))


@lru_cache(maxsize=256)
def _known(path: Path, state: tuple[int, ...]) -> str:
    return file_digest(path)


def _numbers(left: Left, name: str) -> dict[str, Held]:
    """Return what a file of weights declares, without what is no weight."""
    found = looking.held_in(
        left, name, most=LARGEST, what="model", free=(_BUFFER, f"{whole_weights.ENCODER}{_BUFFER}")
    )
    return {key: held for key, held in found.items() if whole_weights.plain(key) != _BUFFER}


def _crown(left: Left, weights: Mapping[str, Held]) -> Crown:
    """Return the head of a full model, which is part of its class."""
    config, shape = left.config, shape_of(left.config)
    names = config.get("architectures")
    said = str(names[0]) if isinstance(names, list) and names else ""
    kind = filenames.head_of_class(said)
    own = [key for key in weights if not whole_weights.of_encoder(key)]
    if not own:
        return Crown()
    problem = config.get("problem_type")
    if not kind or problem not in (None, "single_label_classification"):
        named = f"of class {shown(said)}" if said else "of no class"
        what = f"for {shown(problem)}" if kind else named
        return Crown(behind=f"its head is {what}, which none here is")
    ends = [weights[key].shape for key in own if key.endswith(filenames.OUTPUTS)]
    outputs = ends[0][0] if ends and ends[0] else 0
    expected = whole_weights.head_of(kind, shape, outputs)
    there = {key: held.shape for key, held in weights.items() if key in expected}
    if there != expected:
        lacking = next(key for key in expected if there.get(key) != expected[key])
        raise StiltsError(
            f"{left.asked} says that it is {shown(said)}, and its weight {lacking} is"
            f" {'of another shape' if lacking in there else 'not there'}: save it again"
        )
    if beyond := sorted({*own} - expected.keys() - whole_weights.TIED):
        raise StiltsError(
            f"{left.asked} has the weight '{shown(beyond[0])}', which has no place in"
            f" {shown(said)}: save it again"
        )
    labels = _labels(config.get("id2label"), outputs) if kind in ("sequence", "token") else ()
    return Crown(head=Head(name="adopted", kind=kind, outputs=outputs, labels=labels))


def _check_names(found: Foreign) -> None:
    """Refuse weights that are not those of a model of the sizes that its configuration says."""
    types = found.left.config.get("type_vocab_size", 2)
    if type(types) is not int or not 1 <= types <= _MOST:
        raise StiltsError(f"{found.left.asked} has type_vocab_size {shown(repr(types))}")
    theirs = {
        whole_weights.plain(key): held.shape
        for key, held in found.weights.items()
        if whole_weights.of_encoder(key)
    }
    sizes = shape_of(found.left.config)
    pooled = any(name.startswith("pooler.") for name in theirs)
    pooler = whole_weights.pooler(sizes) if pooled else ()
    beyond = set(theirs)
    # One by one: a configuration may speak of more layers than anybody has.
    for name, shape in chain(whole_weights.encoder(sizes, types), pooler):
        if theirs.get(name) != shape:
            why = f"is {list(theirs[name])}" if name in theirs else "is not there"
            raise StiltsError(
                f"{found.left.asked} is no whole model: its weight '{name}' {why}, and"
                f" {list(shape)} belongs there; save it again with model.save_pretrained(folder)"
            )
        beyond.discard(name)
    if beyond:
        raise StiltsError(
            f"{found.left.asked} has the weight '{shown(min(beyond))}', which has no place in"
            f" {' or '.join(locate.SUPPORTED)}: name a model of that architecture"
        )


def _check_pieces(found: Foreign, backbone: Located) -> None:
    """Refuse a tokenizer that cuts texts into other pieces than the backbone's."""
    theirs, ours = (folder / locate.TOKENIZER for folder in (found.left.folder, backbone.folder))
    if not ours.is_file() or file_digest(theirs) == file_digest(ours):
        return
    one, other = (_pieces(each) for each in (theirs, ours))
    for key in _PIECES:
        if one[key] != other[key]:
            raise StiltsError(
                f"{found.left.asked} does not fit '{backbone.name}': its tokenizer has another"
                f" {key}, so that texts become other pieces; name one that was trained from that"
                " backbone, with its tokenizer"
            )


def _pieces(path: Path) -> dict[str, str]:
    """Return what a tokenizer's file says of how texts are cut, each thing as a digest."""
    found = headers.document(path, most=VOCABULARY)
    said = {key: json.dumps(found.get(key), sort_keys=True) for key in _PIECES}
    return {key: sha256(text.encode()).hexdigest() for key, text in said.items()}


def _labels(names: Any, outputs: int) -> tuple[str, ...]:
    """Return the labels in order; none where nobody has named them."""
    if not isinstance(names, dict) or names.keys() != {str(each) for each in range(outputs)}:
        return ()
    labels = tuple(names[str(each)] for each in range(outputs))
    if not all(isinstance(each, str) for each in labels) or len({*labels}) < outputs:
        return ()
    return () if labels == tuple(f"LABEL_{each}" for each in range(outputs)) else labels
