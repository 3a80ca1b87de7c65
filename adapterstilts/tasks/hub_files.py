"""Which parquet files of a repository belong to a configuration and a split.

What a repository's README says of its configurations is followed as `datasets` does, so that the
same name means the same files; where it says nothing, the layouts that the Hub itself writes are
known. Only parquet is read: no script, nothing pickled, no other format that a repository holds.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError, some
from adapterstilts.core.hub import Hub, Listing, Repository
from adapterstilts.tasks.origin import HubFiles

README = "README.md"
PARQUET = ".parquet"
DEFAULT = "default"
"""Name of the configuration of a repository that has but one."""

_SHARD = re.compile(r"-(\d{5})-of-(\d{5})(?=\D*$)")
_NUMBERED = re.compile(r"(\d{4})\.parquet")
_LIMIT = 4_000_000
"""Bytes of the largest README that is read; that of a dataset of 200 configurations has 500,000."""
_SHOWN = 12
"""Configurations that are told; the rest is only counted."""
_KNOWN = (
    # Pushed by `datasets`, with or without a folder for each configuration.
    r"{config}/{split}(-\d{{5}}-of-\d{{5}}[^/]*)?\.parquet",
    r"{config}/[^/]+-{split}(-\d{{5}}-of-\d{{5}})?\.parquet",
    # Written by the Hub on `refs/convert/parquet`.
    r"{config}/{split}/\d{{4}}\.parquet",
)
_KNOWN_DEFAULT = (
    r"data/{split}(-\d{{5}}-of-\d{{5}}[^/]*)?\.parquet",
    r"{split}(-\d{{5}}-of-\d{{5}}[^/]*)?\.parquet",
)


@dataclass(frozen=True, kw_only=True)
class _Config:
    """One configuration as the README declares it."""

    folder: str
    """Folder that its patterns start in, empty or with a slash at its end."""
    patterns: Mapping[str, tuple[str, ...]]
    """Split to patterns; empty where the files are to be found by their names."""


def chosen(client: Hub, listing: Listing, part: HubFiles) -> tuple[str, ...]:
    """Return the files of a part in the order in which they are read; the README is fetched."""
    declared: Mapping[str, _Config] = {}
    if README in listing.files and listing.files[README].size <= _LIMIT:
        declared = _declared(client.fetch(listing, (README,)) / README)
    return tuple(
        name
        for config in part.configs
        for split in part.splits
        for name in files_of(listing, declared, config, split)
    )


def files_of(
    listing: Listing, declared: Mapping[str, _Config], config: str, split: str
) -> tuple[str, ...]:
    """Return the files of one split of a configuration, or say what the repository has instead."""
    known = declared.get(config)
    if known is None and declared:
        raise _refused(listing, f"has no configuration '{config}'", _has(declared))
    names = [name for name in listing.files if not _is_hidden(name)]
    if known is not None and known.patterns:
        if split not in known.patterns:
            has = f"it has {', '.join(known.patterns)}"
            raise _refused(listing, f"has no split '{split}' in '{config}'", has)
        rules = [_glob(known.folder + pattern) for pattern in known.patterns[split]]
    else:
        rules = list(_conventional(config, split, known))
    found = dict.fromkeys(name for rule in rules for name in names if rule.fullmatch(name))
    other = [name for name in found if not name.endswith(PARQUET)]
    if other or not found:
        raise _refused(listing, *_why(listing, names, config, split, other))
    _check_shards(listing, found)
    return tuple(found)


@lru_cache(maxsize=256)
def _declared(readme: Path) -> Mapping[str, _Config]:
    """Return the configurations that a README names; it lies in a snapshot and never changes."""
    import yaml

    text = readme.read_text(encoding="utf-8", errors="replace").removeprefix("\ufeff")
    match = re.match(r"---\s*\n(.*?)\n---\s*(\n|$)", text, flags=re.DOTALL)
    if not match:
        return {}
    try:
        # Every scalar stays text: `no` is Norwegian.
        front = yaml.load(match[1], Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except yaml.YAMLError:
        return {}
    configs = front.get("configs") if isinstance(front, dict) else None
    return dict(_configs(configs if isinstance(configs, list) else ()))


def _configs(entries: Iterable[Any]) -> Iterator[tuple[str, _Config]]:
    for entry in entries:
        if isinstance(entry, dict) and isinstance(name := entry.get("config_name"), str):
            folder = str(entry.get("data_dir") or "").strip("/")
            yield (
                name,
                _Config(
                    folder=f"{folder}/" if folder else "",
                    patterns=dict(_patterns(entry.get("data_files"))),
                ),
            )


def _patterns(value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield splits with their patterns; patterns without a split are those of `train`."""
    if isinstance(value, dict):
        yield from ((str(split), _texts(paths)) for split, paths in value.items())
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for each in value:
            if isinstance(each, dict) and "split" in each:
                yield str(each["split"]), _texts(each.get("path"))
    elif value:
        yield "train", _texts(value)


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(each.removeprefix("./") for each in values if isinstance(each, str))


def _conventional(config: str, split: str, known: _Config | None) -> Iterator[re.Pattern[str]]:
    """Yield what the files of a split are called where nobody says it."""
    folder = known.folder if known else ""
    rules: tuple[str, ...] = () if folder else _KNOWN
    if config == DEFAULT or known is not None:
        rules += _KNOWN_DEFAULT
    for rule in rules:
        named = rule.format(config=re.escape(config), split=re.escape(split))
        yield re.compile(re.escape(folder) + named)


def _glob(pattern: str) -> re.Pattern[str]:
    """Return a pattern of files: `**` is any folders, `*` and `?` stay in one."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]/]+\])", pattern)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile(
        "".join(
            known.get(part) or (part.replace("[!", "[^") if part[:1] == "[" else re.escape(part))
            for part in parts
        )
    )


def _check_shards(listing: Listing, names: Iterable[str]) -> None:
    """Refuse a split of which a part is not there."""
    shards: dict[tuple[str, int], set[int]] = {}
    for name in names:
        if match := _SHARD.search(name):
            there = shards.setdefault((name[: match.start()], int(match[2])), set())
            there.add(int(match[1]))
        elif match := _NUMBERED.fullmatch(name.rpartition("/")[2]):
            shards.setdefault((name.rpartition("/")[0], -1), set()).add(int(match[1]))
    for (stem, count), there in shards.items():
        wanted = set(range(count if count >= 0 else max(there) + 1))
        if missing := sorted(wanted - there):
            raise _refused(
                listing,
                f"has {len(there)} of the {len(wanted)} parts of {stem}",
                f"without number {', '.join(map(str, missing))}",
            )


def _why(
    listing: Listing, names: list[str], config: str, split: str, other: list[str]
) -> tuple[str, str]:
    """Return what a repository lacks, and what it has."""
    if any(name.startswith(f"{config}/partial-{split}/") for name in names):
        return f"was converted to parquet only in part in '{config}'", f"(partial-{split})"
    if other:
        return f"has '{split}' of '{config}' in another format", f"({other[0]})"
    parquet = [name for name in names if name.endswith(PARQUET)]
    scripts = [name for name in names if name.endswith(".py")]
    if not parquet and scripts:
        return "has no parquet files", f"but a loading script, {scripts[0]}, and no script is run"
    if not parquet:
        return "has no parquet files", f"among its {len(names)} files"
    folders = sorted({name.rpartition("/")[0] or "." for name in parquet})
    has = f"it has parquet files in {some(folders, most=_SHOWN)}"
    return f"has no split '{split}' of configuration '{config}'", has


def _has(declared: Mapping[str, _Config]) -> str:
    return f"it has {some(list(declared), most=_SHOWN)}"


def _refused(listing: Listing, what: str, has: str) -> StiltsError:
    repository: Repository = listing.repository
    return StiltsError(
        f"dataset '{repository.name}' {what} at revision '{repository.revision}' (commit"
        f" {listing.commit}): {has}; take the official files with --data TASK=DIR"
    )


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__")) for part in name.split("/"))
