"""What holds for the whole house: who imports whom, how large, how fast, and what is promised."""

import ast
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # Comes with pytest there.

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "adapterstilts"
QUICKSTART = "recipes/quickstart.yaml"
HEAVY = ("torch", "transformers", "adapters", "peft", "accelerate")
TOP = {
    "pyproject.toml", "adapterstilts", "recipes", "tests", "README.md", "benchmarks", "LICENSE",
}  # fmt: skip
MODULES = sorted(PACKAGE.rglob("*.py"))


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_nothing_has_come_to_lie_beside_what_belongs_there() -> None:
    try:
        listed = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        listed = []
    if "pyproject.toml" not in listed:
        pytest.skip("this is no checkout of git, which would say what belongs to it")
    there = {name.partition("/")[0] for name in listed}
    assert {name for name in there if not name.startswith(".")} == TOP


def test_nobody_imports_what_is_above_or_beside_him() -> None:
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = python("-c", script)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["run", "--help"],
        ["train", "--help"],
        ["evaluate", "--help"],
        ["compare", "--help"],
        ["predict", "--help"],
        ["plan", QUICKSTART],
        ["status"],
        ["status", QUICKSTART],
        ["scores"],
        ["scores", QUICKSTART],
        ["report", QUICKSTART],
        ["tasks"],
        ["methods"],
        ["compositions"],
        ["gc", QUICKSTART, "--dry-run"],
    ],
    ids=" ".join,
)
def test_what_runs_no_stage_never_loads_torch(arguments: list[str], tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from adapterstilts.cli.main import invoke\n"
        "code = invoke(sys.argv[1:])\n"
        f"loaded = [name for name in {HEAVY} if name in sys.modules]\n"
        "assert not loaded, loaded\n"
        "sys.exit(code)\n"
    )
    store = [] if "--help" in arguments or len(arguments) == 1 else ["--store", str(tmp_path)]
    done = python("-c", script, *arguments, *store)
    # A report of an empty store is refused, and that is as far as it goes here.
    assert done.returncode == (1 if arguments[0] == "report" else 0), done.stderr
    assert "Error" not in done.stderr


def test_help_costs_little_more_than_python_itself() -> None:
    def seconds(*arguments: str) -> float:
        start = time.perf_counter()
        assert python(*arguments).returncode == 0
        return time.perf_counter() - start

    # In turn, so that whatever else the machine does weighs on both alike.
    pairs = [(seconds("-c", "pass"), seconds("-m", "adapterstilts", "--help")) for _ in range(9)]
    nothing, help_ = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert help_ <= 8 * nothing


def test_help_imports_nothing_but_click() -> None:
    done = python("-X", "importtime", "-m", "adapterstilts", "--help")
    loaded = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()
    }
    foreign = loaded & {"rich", "yaml", "numpy", "pandas", "datasets", "evaluate", *HEAVY}
    assert not foreign
    assert {"click", "adapterstilts"} <= loaded


def test_no_module_is_over_400_lines() -> None:
    every = [*MODULES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py")]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in every}
    assert len(lengths) > len(MODULES) > 0
    assert {str(path): length for path, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_and_does_no_work_when_imported(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    allowed = (
        ast.Import,
        ast.ImportFrom,
        ast.FunctionDef,
        ast.ClassDef,
        ast.Assign,
        ast.AnnAssign,
        ast.Expr,
        ast.If,
    )
    for statement in tree.body:
        assert isinstance(statement, allowed), f"{path}:{statement.lineno}"
        if isinstance(statement, ast.Expr):
            assert isinstance(statement.value, ast.Constant), f"{path}:{statement.lineno}"


def fields_without_docstring(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ClassDef):
            continue
        if not any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
            continue
        for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
            described = (
                isinstance(following, ast.Expr)
                and isinstance(following.value, ast.Constant)
                and isinstance(following.value.value, str)
            )
            field = isinstance(statement, ast.AnnAssign) and "ClassVar" not in ast.unparse(
                statement
            )
            if field and not described:
                found.append(f"{path.relative_to(ROOT)}:{statement.lineno}")
    return found


def test_every_field_of_a_record_says_what_it_is() -> None:
    assert [place for path in MODULES for place in fields_without_docstring(path)] == []


def readme_blocks() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```\w*\n(.*?)\n```$", text, flags=re.MULTILINE | re.DOTALL)


def test_the_readme_starts_with_the_quickstart_and_the_tests_in_a_line_each() -> None:
    quickstart, tests = readme_blocks()[:2]
    assert quickstart == f"pip install . && adapterstilts run {QUICKSTART}"
    assert tests == "pip install -e '.[test]' && python -m pytest -n auto"
    assert (ROOT / QUICKSTART).is_file()


def test_ci_reads_its_commands_from_the_readme() -> None:
    ci = ROOT / ".ci" / "run"
    assert os.access(ci, os.X_OK)
    function = re.search(r"^block\(\) \{\n.*?^\}$", ci.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert function
    for number, expected in enumerate(readme_blocks()[:2], start=1):
        done = subprocess.run(
            ["bash", "-c", f"{function.group()}\nblock {number}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_torch_stays_in_the_range_that_the_tests_have_seen() -> None:
    dependencies = project()["dependencies"]
    assert isinstance(dependencies, list)
    assert [name for name in dependencies if name.startswith("torch")] == ["torch>=2.6,<2.14"]


def test_the_extras_are_those_of_the_design() -> None:
    extras = project()["optional-dependencies"]
    assert isinstance(extras, dict)
    assert set(extras) == {"test", "dev", "typology", "mining", "translate", "cluster"}


def test_the_licence_is_the_one_that_is_declared() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert project()["license"] == "Apache-2.0"
