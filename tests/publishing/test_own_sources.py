"""Nothing takes the place of what it is made of."""

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.publishing import own_sources
from adapterstilts.publishing.item import Base, Item
from adapterstilts.stages import adopt
from adapterstilts.stages.references import Backbone
from tests.publishing.made import made, record, trained

GROUND = Backbone(name="toyworld", revision="")
MINE = adopt.of_hub(
    "me/nli", "v1", method="seq_bn", exact=False, backbone=GROUND, origin=GROUND
).identity()


def over(item: Item, repository: str) -> str:
    with pytest.raises(UsageError) as caught:
        own_sources.check(repository, own_sources.taken(item), what="xnli by seq_bn/stack(hub)")
    return str(caught.value)


@pytest.mark.parametrize("where", ["own", "sources", "before"])
@pytest.mark.parametrize("repository", ["me/nli", "Me/NLI"])
def test_what_was_taken_from_a_repository_does_not_take_its_place(
    where: str, repository: str
) -> None:
    taken = trained("nli", record=record("adopt", identity=MINE))
    said = over(made(**{where: taken if where == "own" else (taken,)}), repository)
    assert said == (
        f"xnli by seq_bn/stack(hub) cannot be published as '{repository}': it is made of"
        " hub(me/nli), whose place it would take; name another repository with --repo"
    )


def test_neither_does_what_stands_on_a_backbone() -> None:
    item = made(base=Base(title="xlmr", id="me/XLMR"))
    assert "it is made of hub(me/XLMR)" in over(item, "me/xlmr")
    own_sources.check("me/xlmr-2", own_sources.taken(item), what="it")


def test_a_folder_and_an_embedded_backbone_are_in_nobodys_place() -> None:
    folder = trained("nli", record=record("adopt", identity={"from": {"digest": "me/nli"}}))
    item = made(sources=(folder,), base=Base(title="toyworld", id="toyworld"))
    assert list(own_sources.taken(item)) == []
