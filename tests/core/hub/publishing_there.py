"""What tests of uploading share: a folder to publish, a Hub that knows us, and what it got."""

from pathlib import Path

from adapterstilts.core.hub import Repository
from tests.hub.server import Hub as Served

XNLI = Repository(name="someone/xnli", kind="model")
"""What is published in these tests."""
WEIGHTS = bytes(range(256)) * 1200
CARD = "---\nlibrary_name: adapter-transformers\n---\n# XNLI\n"


def files(folder: Path, **contents: bytes | str) -> Path:
    """Return a folder with the files of a publication, changed by what is given.

    Args:
        folder: Where it is made, or changed.
        contents: Content of each file, its dots and slashes written as `_` and `__`.
    """
    usual: dict[str, bytes | str] = {
        "README.md": CARD,
        "adapter.safetensors": WEIGHTS,
        "heads/xnli/model_head.safetensors": WEIGHTS[:5000],
        "adapter_config.json": '{"model_name": "toyworld"}\n',
        "records.json": '{"files": []}\n',
    }
    named = {name.replace("__", "/").replace("_", "."): each for name, each in contents.items()}
    for name, content in (usual | named).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def held(hub: Served, revision: str = "main") -> dict[str, bytes]:
    """Return what a branch of the repository holds, but for the Hub's own file."""
    found = hub.repository(XNLI.name, kind="model").files(revision)
    return {name: content for name, content in found.items() if name != ".gitattributes"}


def local(folder: Path) -> dict[str, bytes]:
    """Return what a folder holds."""
    every = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in every}
