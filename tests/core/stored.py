"""Stores with finished stages in them, and what is left of others."""

from pathlib import Path

from adapterstilts.core.store import Store

A, B, C = "a" * 16, "b" * 16, "c" * 16


def finish(store: Store, id: str, *, kind: str = "train", slug: str = "s", data: str = "x") -> Path:
    with store.writing(kind, slug, id) as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "weights").write_text(data)
        (folder / "record.json").write_text("{}")
    path = store.find(id)
    assert path is not None
    return path


def rubbish(store: Store) -> list[str]:
    """Return what is left of unfinished work."""
    return [
        path.name
        for part in (".partial", ".work", ".claims")
        if (store.root / part).is_dir()
        for path in (store.root / part).iterdir()
    ]
