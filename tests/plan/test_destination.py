"""The key `publish` of a recipe: read strictly, and refused with its place."""

from collections.abc import Callable

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.plan.destination import Destination
from adapterstilts.plan.planner import Plan

Planned = Callable[..., Plan]


def test_every_key_is_read(planned: Planned) -> None:
    said = (
        "{to: me/x, what: [toy-nli, toy-xnli], seed: 0, private: true, revision: v1,"
        " collection: XSTILTs, base_model: someone/tiny, licence: mit}"
    )
    assert planned(f"publish={said}").recipe.publish == Destination(
        to="me/x",
        what=("toy-nli", "toy-xnli"),
        seed=0,
        private=True,
        revision="v1",
        collection="XSTILTs",
        base_model="someone/tiny",
        licence="mit",
    )
    assert planned("publish=null").recipe.publish is None
    assert planned().recipe.publish is None


def test_what_is_published_may_have_a_name_that_the_recipe_gives_it(planned: Planned) -> None:
    plan = planned(
        "define={both: 'mix(toy-nli, toy-squad)'}",
        "sources=[both]",
        "grid.0.compositions=stack",
        "publish={to: me/x, what: both, base_model: someone/tiny}",
    )
    assert plan.recipe.publish is not None
    assert plan.recipe.publish.what == ("mix(toy-nli, toy-squad)",)
    assert sum(spec.kind == "publish" for spec in plan.stages.values()) == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("publish=xstilts", "write OWNER/NAME, as in to: me/toy-xnli"),
        ("publish={to: me/a--b}", "is no name of a model on the Hub"),
        ("publish={what: toy-nli}", "missing key 'to'"),
        ("publish={to: me/x, whatever: 3}", "unknown key 'whatever'"),
        ("publish={to: me/x, licence: mine}", "unknown licence 'mine'"),
        ("publish={to: me/x, private: perhaps}", "true or false"),
        ("publish={to: me/x, revision: ../up}", "'../up' is no name of a branch"),
        (f"publish={{to: me/x, collection: {'x' * 60}}}", "has at most 59 characters"),
        ("publish={to: https://huggingface.co/me/x}", "write to: me/x"),
        ("publish={to: me/x, base_model: a/b/c}", "is no name of a model on the Hub"),
        ("publish={to: me/x, what: 'stack('}", "stack("),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(planned: Planned, said: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        planned(said)
    message = str(caught.value)
    assert told in message
    assert "--set publish" in message
