import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Thing:
    name: str


MNLI, SQUAD = Thing(name="mnli"), Thing(name="squad")


def table() -> Registry[Thing]:
    return Registry("source", entries=lambda: (SQUAD, MNLI))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of declarations; `Path` stands in for what a catalogue declares."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "shelf"]:
        del sys.modules[name]


def shelf() -> Registry[Path]:
    return Registry("book", package="shelf", of=Path)


def test_entries_are_found_by_name_in_the_order_of_declaration() -> None:
    registry = table()
    assert registry.get("mnli") is MNLI
    assert registry.names() == tuple(registry) == ("squad", "mnli")
    assert registry.values() == (SQUAD, MNLI)
    assert len(registry) == 2
    assert "mnli" in registry
    assert "mnil" not in registry


def test_entries_may_come_with_their_names() -> None:
    registry: Registry[int] = Registry("number", entries=lambda: [("one", 1), ("two", 2)])
    assert registry.get("two") == 2


def test_an_unknown_name_is_an_error_with_place_and_remedy() -> None:
    with pytest.raises(UsageError) as caught:
        table().get("mnil", place="recipes/x.yaml:7")
    assert str(caught.value) == "unknown source 'mnil' in recipes/x.yaml:7 (did you mean 'mnli'?)"


def test_an_unknown_name_without_a_place() -> None:
    with pytest.raises(UsageError) as caught:
        table().get("zzz")
    assert str(caught.value) == "unknown source 'zzz' (known: mnli, squad)"


def test_nothing_is_read_before_the_first_question_and_then_once() -> None:
    calls = []

    def entries() -> list[Thing]:
        calls.append(1)
        return [MNLI]

    registry = Registry("source", entries=entries)
    assert calls == []
    assert "mnli" in registry
    assert len(registry) == 1
    assert calls == [1]


@pytest.mark.parametrize("asked_before", [True, False])
def test_what_is_added_is_found(asked_before: bool) -> None:
    registry = table()
    if asked_before:
        assert len(registry) == 2
    qqp = registry.add(Thing(name="qqp"))
    assert registry.names() == ("squad", "mnli", "qqp")
    assert registry.get("qqp") is qqp
    registry.add(qqp, name="alias")
    assert registry.get("alias") is qqp


def test_a_duplicate_names_both_places() -> None:
    registry = table()
    registry.add(Thing(name="mnli"))
    with pytest.raises(StiltsError, match="source 'mnli' is declared twice: in ") as caught:
        registry.names()
    places = (
        str(caught.value).split("twice: ")[1].split(";")[0].removeprefix("in ").split(" and in ")
    )
    assert len(set(places)) == 2
    assert all("test_registry:" in place for place in places)
    assert str(caught.value).endswith("rename one of them")


def test_adding_a_duplicate_later_fails_at_once_and_changes_nothing() -> None:
    registry = table()
    assert registry.get("mnli") is MNLI
    with pytest.raises(StiltsError, match="declared twice"):
        registry.add(Thing(name="mnli"))
    assert registry.get("mnli") is MNLI


def test_a_package_is_searched_in_depth(package: Path) -> None:
    (package / "b.py").write_text("from pathlib import Path\nONE = Path('b/one')\nNAME = 'x'\n")
    (package / "a.py").write_text(
        "from pathlib import Path\nfrom shelf.b import ONE\nMANY = [Path('two'), Path('three')]\n"
    )
    (package / "deep").mkdir()
    (package / "deep" / "__init__.py").write_text("")
    (package / "deep" / "c.py").write_text("from pathlib import Path\nPAIR = (Path('four'), 5)\n")
    assert shelf().names() == ("one", "two", "three", "four")


def test_a_package_is_not_imported_before_the_first_question(package: Path) -> None:
    registry = shelf()
    assert "shelf" not in sys.modules
    assert len(registry) == 0
    assert "shelf" in sys.modules


def test_duplicates_in_a_package_name_both_modules(package: Path) -> None:
    for name in ("a", "b"):
        (package / f"{name}.py").write_text("from pathlib import Path\nONE = Path('one')\n")
    with pytest.raises(
        StiltsError, match=r"book 'one' is declared twice: in shelf\.a and in shelf\.b"
    ):
        shelf().names()


def test_a_module_that_fails_leaves_nothing_half_read(package: Path) -> None:
    (package / "a.py").write_text("from pathlib import Path\nONE = Path('one')\n")
    broken = package / "b.py"
    broken.write_text("raise ImportError('not yet')\n")
    registry = shelf()
    with pytest.raises(ImportError, match="not yet"):
        registry.names()
    broken.unlink()
    # The interpreter remembers folder listings by their time of change.
    sys.path_importer_cache.clear()
    assert registry.names() == ("one",)


def test_threads_that_ask_together_read_once() -> None:
    calls = []

    def entries() -> list[Thing]:
        calls.append(1)
        return [MNLI, SQUAD]

    registry = Registry("source", entries=entries)
    threads = [threading.Thread(target=registry.names) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [1]


def test_an_abstract_class_can_be_looked_for(package: Path) -> None:
    class Shape(ABC):
        name: str

        @abstractmethod
        def area(self) -> float: ...

    shapes: Registry[Shape] = Registry("shape", package="shelf", of=Shape)
    assert len(shapes) == 0


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="both `package` and `of`"):
        Registry("thing", package="shelf")
    nameless: Registry[int] = Registry("number", entries=lambda: [1])
    with pytest.raises(TypeError, match="needs a `name`"):
        nameless.names()
