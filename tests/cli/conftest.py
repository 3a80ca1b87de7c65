from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from adapterstilts.cli.main import invoke


class Result(NamedTuple):
    """What one command line gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def recipe(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the file of the `RECIPE` of a test's module."""
    path = tmp_path / "mine.yaml"
    path.write_text(request.module.RECIPE, encoding="utf-8")
    return path


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Result]:
    """Return a function that runs one command line against a store of its own."""
    monkeypatch.setenv("ADAPTERSTILTS_STORE", str(tmp_path / "runs"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("ADAPTERSTILTS_DEBUG", raising=False)

    def run(*arguments: object) -> Result:
        capsys.readouterr()
        code = invoke([str(argument) for argument in arguments])
        return Result(code, *capsys.readouterr())

    return run
