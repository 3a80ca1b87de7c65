"""The public interface: there when asked for, and costing nothing before."""

import subprocess
import sys

import pytest

import adapterstilts as stilts

HEAVY = (
    "torch", "transformers", "adapters", "peft", "numpy", "pandas", "yaml", "click",
    "adapterstilts.core",
)  # fmt: skip


def test_importing_the_package_imports_nothing_else() -> None:
    script = (
        "import sys, adapterstilts\n"
        "assert 'load' in dir(adapterstilts) and 'Stack' in dir(adapterstilts)\n"
        f"loaded = [name for name in {HEAVY} if name in sys.modules]\n"
        "assert not loaded, loaded\n"
        "adapterstilts.StiltsError\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_plans_is_there_without_torch_and_pandas() -> None:
    script = (
        "import sys, adapterstilts as stilts\n"
        "stilts.train, stilts.evaluate, stilts.compare, stilts.run, stilts.scores\n"
        "stilts.translate\n"
        "loaded = [name for name in ('torch', 'transformers', 'pandas') if name in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_there() -> None:
    assert sorted(stilts.__all__) == sorted(stilts._WHERE)
    for name in stilts.__all__:
        assert getattr(stilts, name) is not None
        assert name in dir(stilts)


def test_a_star_import_brings_them() -> None:
    names: dict[str, object] = {}
    exec("from adapterstilts import *", names)
    assert set(stilts.__all__) <= set(names)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        getattr(stilts, "lo" + "de")


def test_stack_and_fuse_are_the_library_s_own() -> None:
    from adapters import composition

    assert stilts.Stack is composition.Stack
    assert stilts.Fuse is composition.Fuse
    assert issubclass(stilts.Average, composition.Average)
