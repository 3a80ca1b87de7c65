import os
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks import answers, mlqa

languages = st.sampled_from(mlqa.LANGUAGES)


@pytest.mark.parametrize(
    ("language", "text", "left"),
    [
        ("en", "The Dog's — “A” mat.", "dogs mat"),
        ("de", "Das Haus, eines der „Häuser“", "haus häuser"),
        ("de", "Einerlei deren", "einerlei deren"),
        ("es", "¿Los perros? ¡Un elefante!", "perros elefante"),
        ("vi", "Những ngôi nhà của Huế.", "ngôi nhà huế"),
        ("ar", "البيت والكتاب، سلام؟", "بيت و كتاب سلام"),
        ("hi", "एक घर।", "एक घर"),
        ("zh", "北京\uff08Beijing\uff092008年。", "北 京 beijing2008 年"),
        ("zh", "the 猫", "the 猫"),
    ],
)
def test_each_language_loses_its_own_articles_and_all_punctuation(
    language: str, text: str, left: str
) -> None:
    assert mlqa.normaliser(language)(text) == left


def test_han_is_compared_sign_by_sign() -> None:
    rule = mlqa.normaliser("zh")
    assert answers.overlap("北京大学", ["北京"], normalise=rule) == pytest.approx(2 / 3)
    assert answers.overlap("北京大学", ["北京"]) == 0


def test_articles_of_another_language_stay() -> None:
    assert mlqa.normaliser("en")("der the") == "der"
    assert mlqa.normaliser("de")("der the") == "the"


def test_a_language_without_a_rule_is_refused_with_what_to_use() -> None:
    with pytest.raises(StiltsError, match=r"not 'sw': score this language with `f1`"):
        mlqa.normaliser("sw")


@given(language=languages, text=st.text())
def test_normalising_twice_changes_only_what_lower_case_left(language: str, text: str) -> None:
    once = mlqa.normaliser(language)(text)
    assert not set(once) & set(string.punctuation)
    assert once == " ".join(once.split())


@given(language=languages, words=st.lists(st.text(alphabet="bcfgк猫घ", min_size=1), min_size=1))
def test_an_answer_meets_itself(language: str, words: list[str]) -> None:
    text, rule = " ".join(words), mlqa.normaliser(language)
    assert answers.exact(text, [text], normalise=rule) == 1
    assert answers.overlap(text, [text], normalise=rule) == 1


def test_every_real_gold_answer_meets_itself() -> None:
    import json

    root = os.environ.get("ADAPTERSTILTS_REAL_DATA")
    if not root:
        pytest.skip("set ADAPTERSTILTS_REAL_DATA to a folder that holds real/download/mlqa")
    found = 0
    for path in sorted(Path(root).glob("real/download/mlqa/MLQA_V1/*/*.json")):
        rule = mlqa.normaliser(path.name.split("-")[2])
        for article in json.loads(path.read_text("utf-8"))["data"]:
            for asked in (asked for each in article["paragraphs"] for asked in each["qas"]):
                for answer in asked["answers"]:
                    assert answers.overlap(answer["text"], [answer["text"]], normalise=rule) == 1
                    found += 1
    assert found > 2000
