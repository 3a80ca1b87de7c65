"""Every reader of what somebody else has written, with good things that it reads."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapterstilts.api.showing.show import show
from adapterstilts.core import expressions, records, strict
from adapterstilts.core.hub import cached, names
from adapterstilts.core.hub.cached import Repository
from adapterstilts.core.records import Score
from adapterstilts.modeling import headers, locate
from adapterstilts.modeling.folders import left
from adapterstilts.modeling.foreign import guarding, meeting
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import method
from adapterstilts.modeling.parts import MODEL
from adapterstilts.plan import yaml_nodes
from adapterstilts.publishing.card import reading
from adapterstilts.publishing.folder import history
from adapterstilts.tasks.tokenizing import Tokenizer
from tests.fuzzing import samples
from tests.hub.hostile.goods import COMMIT, METHODS, NAME


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One way in which bytes of others come into the program."""

    name: str
    """What it is called."""
    good: tuple[bytes, ...] = field(repr=False)
    """What it reads."""
    read: Callable[[bytes], Any]
    """Reads bytes."""
    structured: bool = True
    """Whether they are JSON."""


def readers(goods: Mapping[str, Path], place: Path) -> Iterator[Reader]:
    """Yield every reader.

    Args:
        goods: Folder of a good repository of each layout.
        place: Folder to write in.
    """
    configs = tuple(
        path.read_bytes()
        for folder in goods.values()
        for path in sorted(folder.rglob("*config.json"))
    )
    tensors = tuple(path.read_bytes() for path in sorted(goods["setup"].rglob("*.safetensors")))
    yield Reader(name="strict.parsed", good=configs, read=lambda raw: strict.parsed(raw.decode()))
    yield Reader(
        name="backbone: tokenizer.json",
        good=((goods["backbone"] / locate.TOKENIZER).read_bytes(),),
        read=_tokenizer(Path(shutil.copytree(goods["backbone"], place / "tokenizer"))),
    )
    yield Reader(name="headers.document", good=configs, read=_file(place, headers.document))
    yield Reader(
        name="headers.tensors", good=tensors, read=_file(place, headers.tensors), structured=False
    )
    yield Reader(
        name="headers.tensors, by header", good=tuple(map(_header, tensors)), read=_packed(place)
    )
    yield from _folders(goods, place)
    yield from _notes(place)
    yield from _texts()


def _tokenizer(folder: Path) -> Callable[[bytes], Any]:
    """Return a reader of a tokenizer's file, which is used then."""

    def read(raw: bytes) -> Any:
        (folder / locate.TOKENIZER).write_bytes(raw)
        return Tokenizer.load(folder).words(["hello", "é", "▁", "中"])

    return read


def _folders(goods: Mapping[str, Path], place: Path) -> Iterator[Reader]:
    backbone = locate.locate(str(goods["backbone"]), "")
    files = [
        ("adapters", "adapter_config.json"),
        ("adapters", "head_config.json"),
        ("adapters", "adapter.safetensors"),
        ("adapters", "model_head.safetensors"),
        ("peft", "adapter_config.json"),
        ("peft", "adapter_model.safetensors"),
        ("model", "config.json"),
        ("model", "model.safetensors"),
        ("setup", "adapter_setup.json"),
        ("setup", "mnli/adapter_config.json"),
        ("setup", "mnli,squad/adapter_fusion_config.json"),
        ("setup", "mnli,squad/model_adapter_fusion.safetensors"),
    ]
    for layout, file in files:
        folder = Path(shutil.copytree(goods[layout], place / f"{layout}-{file.replace('/', '-')}"))
        yield Reader(
            name=f"{layout}: {file}",
            good=((goods[layout] / file).read_bytes(),),
            read=_within(folder, file, METHODS[layout], backbone),
            structured=file.endswith(".json"),
        )
    folder = Path(shutil.copytree(goods["backbone"], place / "backbone"))
    yield Reader(
        name="backbone: config.json",
        good=((folder / locate.CONFIG).read_bytes(),),
        read=_backbone(folder),
    )
    yield Reader(
        name="model.safetensors.index.json", good=samples.INDEX, read=_file(place, locate.shards)
    )


def _notes(place: Path) -> Iterator[Reader]:
    yield Reader(
        name="README.md", good=samples.CARDS, read=_file(place, reading.card), structured=False
    )
    yield Reader(
        name="records.json", good=samples.PUBLISHED, read=_file(place, history.read_records)
    )
    yield Reader(name="record.json", good=samples.RECORDS, read=_stage(place / "stage"))
    yield Reader(
        name="scores.jsonl",
        good=samples.SCORES,
        read=_file(place, lambda path: list(records.read_rows(path, Score))),
        structured=False,
    )
    yield Reader(name="a list of files", good=samples.LISTINGS, read=_listing(place / "cache"))


def _texts() -> Iterator[Reader]:
    yield Reader(
        name="expressions.parse",
        good=samples.EXPRESSIONS,
        read=lambda raw: expressions.parse(raw.decode("utf-8", "surrogateescape")),
        structured=False,
    )
    yield Reader(
        name="names.one",
        good=(b"hub(user/repo@v1)", b"user/repo", b"hub(user/repo)"),
        read=lambda raw: names.one(raw.decode("utf-8", "surrogateescape")),
        structured=False,
    )
    yield Reader(
        name="yaml_nodes.parse",
        good=samples.RECIPES,
        read=lambda raw: yaml_nodes.parse(raw.decode("utf-8", "replace"), "recipe"),
        structured=False,
    )


def _file(place: Path, read: Callable[[Path], Any]) -> Callable[[bytes], Any]:
    path = place / "file"

    def of(raw: bytes) -> Any:
        path.write_bytes(raw)
        return read(path)

    return of


def _header(raw: bytes) -> bytes:
    return raw[8 : 8 + int.from_bytes(raw[:8], "little")]


def _packed(place: Path) -> Callable[[bytes], Any]:
    read = _file(place, headers.tensors)

    def of(raw: bytes) -> Any:
        ends = [int(end) for end in re.findall(rb"([0-9]{1,6})\]\}", raw)]
        return read(len(raw).to_bytes(8, "little") + raw + bytes(max(ends, default=0)))

    return of


def _within(folder: Path, file: str, name: str, backbone: Located) -> Callable[[bytes], Any]:
    """Return what reads a folder with one file of these bytes as a plan, a load and a look do."""

    def of(raw: bytes) -> Any:
        (folder / file).write_bytes(raw)
        show(folder, backbone=backbone.name, offline=True)
        there = left(str(folder))
        if there.kind == MODEL:
            guarding.guard(there, backbone)
        found = meeting.look(folder, asked="hub(evil/repo)")
        meeting.check(found, method=method(name), exact=False, backbone=backbone)
        guarding.guard(there, backbone)

    return of


def _backbone(folder: Path) -> Callable[[bytes], Any]:
    def of(raw: bytes) -> Any:
        (folder / locate.CONFIG).write_bytes(raw)
        found = locate.locate(str(folder), "")
        guarding.guard(left(str(folder)), found)

    return of


def _stage(folder: Path) -> Callable[[bytes], Any]:
    (folder / "adapter").mkdir(parents=True)
    (folder / "adapter" / "adapter_config.json").write_text('{"name": "a", "config": {}}')
    (folder / "adapter" / "adapter.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")

    def of(raw: bytes) -> Any:
        (folder / records.RECORD).write_bytes(raw)
        found = left(str(folder))
        said = (found.max_length, found.task, found.block, found.heads(), found.nodes)
        return (*said, found.sources())

    return of


def _listing(cache: Path) -> Callable[[bytes], Any]:
    repository = Repository(name=NAME, kind="model")
    path = cached.folder(cache, repository) / "listings" / f"{COMMIT}.json"
    path.parent.mkdir(parents=True)

    def of(raw: bytes) -> Any:
        path.write_bytes(raw)
        found = cached.listing(cache, repository, COMMIT)
        for name in found.files if found else ():
            inside = cached.blob(cache, found, name).parent == path.parent.parent / "blobs"
            assert inside and json.dumps(name), name

    return of
