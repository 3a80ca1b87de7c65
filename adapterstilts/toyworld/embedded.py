"""The files that come with the package: a tiny XLM-R, pretrained on the toy world's text."""

from pathlib import Path


def folder() -> Path:
    """Return the folder of the embedded backbone."""
    return Path(__file__).parent / "backbone"
