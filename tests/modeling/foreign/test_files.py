"""Which files of a repository an adapter is made of, by the list alone."""

from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Listing, RemoteFile, Repository
from adapterstilts.modeling import headers
from adapterstilts.modeling.foreign import wholes
from adapterstilts.modeling.foreign.files import configurations, folder, is_there, wanted
from adapterstilts.modeling.foreign.looking import LARGEST

OWN = ("adapter_config.json", "adapter.safetensors")
HEAD = ("head_config.json", "model_head.safetensors")

ADAPTERS = "model.load_adapter(…) and model.save_adapter(…, use_safetensors=True) of `adapters`"

HEADS = "model.load_head(…) and model.save_head(…, use_safetensors=True) of `adapters`"


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
        ((*OWN, "head_config.json", "pytorch_model_head.bin"), "pytorch_model_head.bin", HEADS),
        (("head_config.json", "pytorch_model_head.bin"), "pytorch_model_head.bin", HEADS),
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


BLOCK = (
    "adapter_setup.json",
    *(f"{name}/{file}" for name in ("nli", "mine") for file in OWN),
    "nli,mine/adapter_fusion_config.json",
    "nli,mine/model_adapter_fusion.safetensors",
)
MODEL = ("config.json", "tokenizer.json", "model.safetensors")


def test_a_block_has_a_folder_for_each_of_its_parts() -> None:
    junk = ("nli/x.py", "nli/y/adapter.safetensors", "nli/pytorch_adapter.bin", "z/training.bin")
    heads = tuple(f"heads/mnli/{name}" for name in HEAD)
    found = wanted(listing(*BLOCK, *heads, *junk, "config.json", "records.json"))
    assert sorted(found) == sorted((*BLOCK, *heads, "records.json"))
    assert found[0] == "adapter_setup.json"
    assert [name.endswith(".json") for name in found] == sorted(
        (name.endswith(".json") for name in found), reverse=True
    )
    stage = listing("record.json", *(f"setup/{name}" for name in BLOCK))
    assert folder(stage) == "setup/"
    assert sorted(wanted(stage)) == sorted(f"setup/{name}" for name in BLOCK)


def test_heads_of_a_mix_lie_beside_what_they_stand_on() -> None:
    heads = tuple(f"heads/{task}/{name}" for task in ("mnli", "squad") for name in HEAD)
    assert sorted(wanted(listing(*OWN, *heads))) == sorted((*OWN, *heads))
    assert sorted(wanted(listing(*MODEL, *heads))) == sorted((*MODEL, *heads))
    stage = listing(*(f"adapter/{name}" for name in OWN), *heads)
    assert len(wanted(stage)) == 6
    with pytest.raises(StiltsError, match="lacks heads/mnli/model_head"):
        wanted(listing(*OWN, "heads/mnli/head_config.json"))


def test_a_head_alone_is_wanted_where_nothing_else_is() -> None:
    assert wanted(listing("README.md", *HEAD, "records.json", "optimizer.pt")) == (
        "head_config.json",
        "records.json",
        "model_head.safetensors",
    )
    stage = listing("record.json", *(f"head/{name}" for name in HEAD))
    assert folder(stage) == "head/"
    assert wanted(stage) == tuple(f"head/{name}" for name in HEAD)
    assert wanted(listing(*HEAD, "config.json", "tokenizer.json")) == HEAD
    with pytest.raises(StiltsError, match=r"lacks model_head\.safetensors: .* whole head"):
        wanted(listing("head_config.json"))
    with pytest.raises(StiltsError, match="none of an adapter has so many"):
        wanted(listing(*HEAD, model_head=LARGEST + 1))


@pytest.mark.parametrize(
    ("beside", "why"),
    [
        (("adapter.safetensors",), r"has adapter\.safetensors without its adapter_config\.json"),
        (("pytorch_adapter.bin",), r"has pytorch_adapter\.bin without its adapter_config"),
        (
            ("adapter_fusion_config.json", "model_adapter_fusion.safetensors"),
            r"has a head beside model_adapter_fusion\.safetensors, and nothing says whether",
        ),
        (MODEL, r"has a head beside model\.safetensors, and nothing says whether it stands on"),
    ],
)
def test_a_head_beside_what_it_may_stand_on_is_not_alone(beside: tuple[str, ...], why: str) -> None:
    with pytest.raises(StiltsError, match=why):
        wanted(listing(*HEAD, *beside))


def test_a_full_model_is_wanted_in_one_file_or_in_several() -> None:
    junk = ("README.md", "pytorch_model.bin", "sentencepiece.bpe.model", "modeling.py")
    assert wanted(listing(*MODEL, *junk)) == MODEL
    assert folder(listing(*MODEL)) == ""
    index, parts = "model.safetensors.index.json", ("model-1.safetensors", "model-2.safetensors")
    several = wanted(listing("config.json", "tokenizer.json", index, *parts))
    assert several == ("config.json", "tokenizer.json", index, *parts)
    with pytest.raises(StiltsError, match="so that nobody can say"):
        wanted(listing("config.json", "model.safetensors"))
    with pytest.raises(StiltsError, match=r"pickles only .*save_pretrained.* of `transformers`"):
        wanted(listing("config.json", "tokenizer.json", "pytorch_model.bin"))
    with pytest.raises(StiltsError, match=r"lacks model\.safetensors: .* whole model"):
        wanted(listing("config.json", "tokenizer.json", index))


def test_a_full_model_may_be_larger_than_an_adapter_and_not_without_end() -> None:
    assert wanted(listing(*MODEL, model=LARGEST + 1, tokenizer=headers.DOCUMENT + 1)) == MODEL
    for sizes in ({"model": wholes.LARGEST + 1}, {"tokenizer": wholes.VOCABULARY + 1}):
        with pytest.raises(StiltsError, match="none of a full model has so many"):
            wanted(listing(*MODEL, **sizes))


def test_a_block_without_end_is_refused() -> None:
    many = (f"a{number}/{file}" for number in range(300) for file in OWN)
    with pytest.raises(StiltsError, match="it has 601 files of adapters, and no more than 400"):
        wanted(listing("adapter_setup.json", *many))


@pytest.mark.parametrize(
    ("names", "there"),
    [
        (OWN, True),
        (("adapter/adapter_config.json", "adapter/adapter_model.safetensors"), True),
        (OWN[:1], False),
        (BLOCK, True),
        ((*BLOCK, "other/adapter_config.json"), False),
        (MODEL, True),
        (MODEL[:2], False),
        (("README.md",), False),
    ],
)
def test_what_another_program_has_fetched_is_whole_or_not(
    tmp_path: Path, names: tuple[str, ...], there: bool
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert is_there(tmp_path) is there
