import re
import sys
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.extras import require, version


def test_what_is_there_is_returned() -> None:
    assert require("json", "typology") is sys.modules["json"]


@pytest.mark.parametrize("module", ["no_such_package_at_all", "no_such_package_at_all.inner"])
def test_what_is_missing_names_the_extra_and_the_command(module: str) -> None:
    with pytest.raises(StiltsError) as caught:
        require(module, "typology")
    assert str(caught.value) == (
        "the package 'no_such_package_at_all' is missing, which the extra 'typology' brings:"
        " run `pip install 'adapterstilts[typology]'`"
    )
    assert caught.value.exit_code == 1


def test_what_is_there_but_broken_speaks_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_extra.py").write_text("import no_such_package_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_package_at_all"):
        require("broken_extra", "typology")


def test_the_version_is_one() -> None:
    assert re.fullmatch(r"\d+\.\d+.*|unknown", version())
