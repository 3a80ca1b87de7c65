"""Which files of a repository an adapter is made of, by the list alone."""

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Listing, RemoteFile, Repository
from adapterstilts.modeling import headers
from adapterstilts.modeling.foreign.files import configurations, folder, wanted
from adapterstilts.modeling.foreign.looking import LARGEST

OWN = ("adapter_config.json", "adapter.safetensors")
HEAD = ("head_config.json", "model_head.safetensors")

ADAPTERS = "model.load_adapter(…) and model.save_adapter(…, use_safetensors=True) of `adapters`"


def listing(*names: str, **sizes: int) -> Listing:
    """Return the list of a repository; a size is given by a name without its end."""
    files = {name: RemoteFile(size=sizes.get(name.partition(".")[0], 9)) for name in names}
    repository = Repository(name="someone/nli", kind="model")
    return Listing(repository=repository, commit="c" * 40, files=files)


def test_an_adapter_with_its_head_is_wanted_configurations_first() -> None:
    found = wanted(listing("README.md", *OWN, *HEAD, "pytorch_adapter.bin", "training_args.bin"))
    assert found == (
        "adapter_config.json",
        "head_config.json",
        "adapter.safetensors",
        "model_head.safetensors",
    )
    assert configurations(found) == found[:2]
    assert wanted(listing(*OWN, "model.safetensors")) == OWN
    peft = ("adapter_config.json", "adapter_model.safetensors")
    assert wanted(listing(*peft)) == peft


def test_a_stage_that_was_pushed_has_it_in_a_folder() -> None:
    stage = listing("record.json", *(f"adapter/{name}" for name in (*OWN, *HEAD)))
    assert folder(stage) == "adapter/"
    assert wanted(stage)[0] == "adapter/adapter_config.json"
    assert len(wanted(stage)) == 4
    assert folder(listing(*OWN, "other/adapter_config.json")) == ""


def test_what_holds_no_adapter_is_refused_with_what_it_has() -> None:
    names = ["model.safetensors", *(f"other-{number}" for number in range(10))]
    with pytest.raises(StiltsError, match=r"no adapter.*\(it has model.safe.* and 6 more\): na"):
        wanted(listing(*names))
    with pytest.raises(StiltsError, match=r"\(it has nothing\)"):
        wanted(listing())
    with pytest.raises(
        StiltsError, match=r"lacks adapter.safetensors: name a repository of a whole"
    ):
        wanted(listing("adapter_config.json"))


@pytest.mark.parametrize(
    ("names", "pickle", "how"),
    [
        (("adapter_config.json", "pytorch_adapter.bin"), "pytorch_adapter.bin", ADAPTERS),
        ((*OWN, "head_config.json", "pytorch_model_head.bin"), "pytorch_model_head.bin", ADAPTERS),
        (
            ("adapter_config.json", "adapter_model.bin"),
            "adapter_model.bin",
            "model.save_pretrained(…, safe_serialization=True) of PEFT",
        ),
    ],
)
def test_pickles_are_refused_with_how_their_owner_saves_them_again(
    names: tuple[str, ...], pickle: str, how: str
) -> None:
    with pytest.raises(StiltsError) as caught:
        wanted(listing(*names))
    assert f"it has pickles only ({pickle}), and nothing is unpickled here" in str(caught.value)
    assert how in str(caught.value)


@pytest.mark.parametrize(
    "sizes", [{"adapter_config": headers.DOCUMENT + 1}, {"adapter": LARGEST + 1}]
)
def test_what_is_too_large_is_refused_before_it_is_fetched(sizes: dict[str, int]) -> None:
    with pytest.raises(StiltsError, match="and none of an adapter has so many"):
        wanted(listing(*OWN, **sizes))
