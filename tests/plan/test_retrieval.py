import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.plan import retrieval
from adapterstilts.plan.readers import integer
from adapterstilts.plan.retrieval import ALL, Retrieval
from adapterstilts.plan.yaml_nodes import Node

PLACE = "mine.yaml:3"


def node(**entries: object) -> Node:
    """Return what a recipe has under `retrieval`, as YAML gives it."""

    def of(value: object, key: str) -> Node:
        if isinstance(value, list):
            some = tuple(of(each, key) for each in value)
            return Node(value=some, place=PLACE, key=key)
        return Node(value=str(value), place=PLACE, key=key)

    values = {key: of(value, key) for key, value in entries.items()}
    keys = dict.fromkeys(values, PLACE)
    return Node(value=values, place=PLACE, keys=keys, key="retrieval")


def read(**entries: object) -> Retrieval:
    return retrieval.reader(integer)(node(**entries))


def test_each_part_has_a_default() -> None:
    assert read() == Retrieval(layer=None, layers=(), pooling="mean")


def test_layers_are_all_or_some() -> None:
    assert read(layer=3, layers="all", pooling="cls") == Retrieval(
        layer=3, layers=ALL, pooling="cls"
    )
    assert read(layers=[0, 7]).layers == (0, 7)
    assert read(layers=4).layers == (4,)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"layers": "every"}, "a whole number belongs under 'layers' in mine.yaml:3"),
        ({"layers": [1, 1]}, "stands twice"),
        ({"pooling": "max"}, "one of mean, cls belongs"),
        ({"layer": "two"}, "a whole number belongs"),
        ({"depth": 2}, "unknown key 'depth' in mine.yaml:3"),
    ],
)
def test_what_is_no_choice_is_refused_with_its_line(
    entries: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        read(**entries)
