import re

from adapterstilts.tasks.supertags import RARE, categories

ATOM = re.compile(r"(S|NP|N|PP|conj)(\[[a-z]+\])?|[.,:;]|[LR](RB|QU)")


def balanced(category: str) -> bool:
    depth = 0
    for letter in category:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0


def test_every_category_is_one_of_ccgbanks_notation() -> None:
    for category in categories():
        assert balanced(category)
        atoms = [atom for atom in re.split(r"[\\/()]", category) if atom]
        assert all(ATOM.fullmatch(atom) for atom in atoms), category


def test_each_comes_once_and_the_rare_one_is_none_of_them() -> None:
    found = categories()
    assert len(found) == len(set(found)) and RARE not in found


def test_the_order_is_the_same_every_time_for_it_is_that_of_a_heads_outputs() -> None:
    assert categories() == categories()
    parts = [name.count("/") + name.count("\\") for name in categories()]
    assert parts == sorted(parts)


def test_the_categories_of_the_manuals_first_examples_are_there() -> None:
    known = set(categories())
    expected = {
        "N",
        "NP[nb]/N",
        "N/N",
        "(N/N)/(N/N)",
        "(S[dcl]\\NP)/NP",
        "((S[dcl]\\NP)/NP)/NP",
        "(S[dcl]\\NP)/(S[to]\\NP)",
        "(S[to]\\NP)/(S[b]\\NP)",
        "((S\\NP)\\(S\\NP))/NP",
        "(NP\\NP)/(S[dcl]\\NP)",
        "(S/S)/NP",
        "S[em]/S[dcl]",
        "((S[b]\\NP)/PP)/NP",
        "conj",
    }
    assert expected <= known
