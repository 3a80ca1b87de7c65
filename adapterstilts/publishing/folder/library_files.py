"""Which files of a thing are its library's own, and how they are called where it is published."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.expressions import slug
from adapterstilts.modeling import filenames, headers, locate
from adapterstilts.modeling.parts import ADAPTER, HEADS, MODEL
from adapterstilts.publishing.folder import artifacts, copying, files, tokenizer_files
from adapterstilts.publishing.folder.artifacts import Head, Trained
from adapterstilts.publishing.folder.blocks import Block
from adapterstilts.publishing.folder.copying import Rename
from adapterstilts.publishing.folder.files import File
from adapterstilts.publishing.item import Item
from adapterstilts.publishing.scrubbing.texts import Scrubber

SETUP = "adapter_setup.json"
"""What `load_adapter_setup` of `adapters` reads first."""
_BASES = ("model_name", "base_model_name_or_path", "_name_or_path")
"""Keys under which the libraries keep what a file stands on."""
_LEAVE_OUT = "leave_out"


def of(item: Item, found: Trained, scrubber: Scrubber) -> tuple[list[File], str]:
    """Return the files, and in code of `adapters` what is to be made active of them."""
    writing = _Writing(item, scrubber)
    if found.part == MODEL:
        return [*writing.model(), *writing.heads(found.heads)], ""
    if found.library == "peft":
        return [*writing.peft(), *writing.heads(found.heads)], ""
    own = named(found.name, scrubber)
    if artifacts.joins(item):
        names = artifacts.names(item, scrubber)
        active = artifacts.block(item, own, names)
        every = [*writing.setup(active, found, own, names), *writing.heads(found.heads, setup=True)]
        return every, active.code
    apart = [*writing.heads(found.heads)]
    if found.part != ADAPTER:  # Heads alone, on a backbone as it came.
        return apart, ""
    return [*writing.adapter("", item.own.folder / ADAPTER, own), *apart], f'"{own}"'


def named(name: str, scrubber: Scrubber) -> str:
    """Return what a module or a head is called that a stage calls otherwise."""
    return slug(scrubber.text(name)) if name else ""


def folder_of(head: Head, name: str, *, setup: bool) -> str:
    """Return where a head is that has a name there, relative; the root is an empty text."""
    if head.folder is not None and head.folder.parent.name == HEADS:
        return f"{HEADS}/{head.folder.name}"
    return name if setup else ""


class _Writing:
    """Makes the files of one thing."""

    def __init__(self, item: Item, scrubber: Scrubber) -> None:
        self._item, self._scrubber = item, scrubber
        # Labels and names of architectures are words, whoever else is called so.
        self._paths = replace(scrubber, users=(), hosts=())

    def adapter(
        self, at: str, folder: Path, name: str, leave_out: Sequence[int] = ()
    ) -> Iterator[File]:
        """Yield an adapter of `adapters` under a name, in all layers but some."""
        config = headers.document(folder / filenames.ADAPTER_CONFIG)
        old, config["name"] = str(config["name"]), name
        rename = copying.module(old, name) if old != name else str
        if leave_out:
            said = config["config"]
            layers = sorted({*(said.get(_LEAVE_OUT) or ()), *leave_out})
            config["config"] = {**said, _LEAVE_OUT: layers}
            rename = _without(leave_out, rename)
        yield self._json(_in(at, filenames.ADAPTER_CONFIG), config)
        weights = filenames.ADAPTER_WEIGHTS
        yield files.of_weights(_in(at, weights), folder / weights, rename)

    def heads(self, heads: Sequence[Head], *, setup: bool = False) -> Iterator[File]:
        """Yield the heads of `adapters`, each where it belongs."""
        for head in heads:
            if head.folder is None:
                continue
            config = headers.document(head.folder / filenames.HEAD_CONFIG)
            config["name"] = name = named(head.name, self._scrubber)
            at = folder_of(head, name, setup=setup)
            rename = copying.module(head.name, name) if name != head.name else str
            yield self._json(_in(at, filenames.HEAD_CONFIG), config)
            weights = filenames.HEAD_WEIGHTS
            yield files.of_weights(_in(at, weights), head.folder / weights, rename)

    def setup(
        self, active: Block, found: Trained, own: str, names: Sequence[str]
    ) -> Iterator[File]:
        """Yield what `load_adapter_setup` reads: the block, and a folder a module."""
        item = self._item
        layers = artifacts.left_out(item)
        sources = artifacts.sources(item).sources
        for name, source in zip(names, sources, strict=True):
            folder = source.place
            if not (folder / filenames.ADAPTER_WEIGHTS).is_file():
                raise StiltsError(
                    f"source '{source.name}' in {source.folder} has no {filenames.ADAPTER_WEIGHTS}:"
                    " remove that folder and run again to train it anew"
                )
            yield from self.adapter(name, folder, name, layers)
        if own:
            yield from self.adapter(own, item.own.folder / ADAPTER, own)
        for name, folder in artifacts.fusions(item, active):
            yield from self._fusion(name, folder)
        head = named(found.heads[0].name, self._scrubber)
        version = headers.document(sources[0].place / filenames.ADAPTER_CONFIG)
        yield files.of_text(
            SETUP,
            json.dumps(
                {
                    "adapter_setup": active.document(),
                    "head_setup": head or None,
                    "version": version.get("version", "adapters"),
                },
                indent=2,
            ),
        )

    def _fusion(self, name: str, folder: Path) -> Iterator[File]:
        config = headers.document(folder / filenames.FUSION_CONFIG)
        old = str(config["name"])
        rename = copying.module(old, name) if old != name else str
        said = {**config, "name": name, "adapter_names": name.split(",")}
        yield self._json(_in(name, filenames.FUSION_CONFIG), said)
        weights = filenames.FUSION_WEIGHTS
        yield files.of_weights(_in(name, weights), folder / weights, rename)

    def peft(self) -> Iterator[File]:
        """Yield what PEFT saved."""
        folder = self._item.own.folder / ADAPTER
        yield self._json("", folder / filenames.ADAPTER_CONFIG)
        yield files.of_weights(filenames.PEFT_WEIGHTS, folder / filenames.PEFT_WEIGHTS)

    def model(self) -> Iterator[File]:
        """Yield a full model, with a tokenizer that loads by itself."""
        folder = self._item.own.folder / MODEL
        yield self._json("", folder / locate.CONFIG, end="\n")
        for path in sorted(folder.glob("*.safetensors")):
            yield files.of_weights(path.name, path)
        if (folder / locate.WEIGHTS[1]).is_file():
            yield self._json("", folder / locate.WEIGHTS[1], end="\n")
        yield files.of_file(locate.TOKENIZER, folder / locate.TOKENIZER)
        config = headers.document(folder / locate.CONFIG)
        for name, text in tokenizer_files.files(folder, config).items():
            yield files.of_text(name, text)

    def _json(self, name: str, said: Mapping[str, Any] | Path, *, end: str = "") -> File:
        """Return a configuration as its library wrote it, but for what it stands on."""
        if isinstance(said, Path):
            name, said = name or said.name, headers.document(said)
        base = self._item.base
        rewritten = {
            key: (base.id or base.title) if key in _BASES else self._paths.value(value)
            for key, value in said.items()
        }
        text = json.dumps(rewritten, indent=2, sort_keys=True, ensure_ascii=False)
        return files.of_text(name, text + end)


def _in(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _without(layers: Sequence[int], rename: Rename) -> Rename:
    """Return what leaves out the tensors of some layers."""
    absent = tuple(f".layer.{layer}." for layer in layers)
    return lambda name: "" if any(at in name for at in absent) else rename(name)
