import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.core.languages import LANGUAGES, Language, languages

XTREME = (
    "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru"
    " sw ta te th tl tr ur vi yo zh"
).split()
XTREME_R = [*XTREME, *"az gu ht lt pa pl qu ro uk wo".split()]


def test_every_language_of_both_benchmarks_is_there_and_no_other() -> None:
    assert len(XTREME) == 40
    assert set(languages()) == set(XTREME_R)
    assert len(LANGUAGES) == 50


def test_each_is_complete_and_names_do_not_repeat() -> None:
    for code, entry in languages().items():
        assert entry.code == code
        assert all([entry.name, entry.family, entry.genus, entry.script])
        assert len(entry.script) == 4
        assert entry.script.istitle()
    assert len({entry.name for entry in languages().values()}) == len(languages())


def test_a_genus_lies_in_one_family() -> None:
    families: dict[str, set[str]] = {}
    for entry in languages().values():
        families.setdefault(entry.genus, set()).add(entry.family)
    assert all(len(found) == 1 for found in families.values())


def test_one_of_them_in_full() -> None:
    assert LANGUAGES.get("sw") == Language(
        code="sw", name="Swahili", family="Niger-Congo", genus="Bantu", script="Latn"
    )


@pytest.mark.parametrize(
    ("code", "genus", "script"),
    [
        ("ur", "Indic", "Arab"),
        ("hi", "Indic", "Deva"),
        ("kk", "Turkic", "Cyrl"),
        ("et", "Finnic", "Latn"),
        ("hu", "Ugric", "Latn"),
        ("ht", "Creoles and Pidgins", "Latn"),
        ("zh", "Chinese", "Hani"),
    ],
)
def test_some_that_are_easily_confused(code: str, genus: str, script: str) -> None:
    assert (LANGUAGES.get(code).genus, LANGUAGES.get(code).script) == (genus, script)


def test_an_unknown_code_is_a_usage_error() -> None:
    with pytest.raises(
        UsageError, match=r"unknown language 'swa' in x\.yaml:3 \(did you mean 'sw'"
    ):
        LANGUAGES.get("swa", place="x.yaml:3")
