import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from adapters.composition import Parallel

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.blocks import Average, Fuse, LibraryAverage, Stack
from adapterstilts.modeling.setups import setup


@pytest.fixture(scope="module")
def folder(lab: Any) -> Any:
    """Return a function that gives the folder of a trained source."""
    return lambda method, task="toy-nli": str(lab.source(method, task))


@pytest.fixture(scope="module")
def fusion(lab: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the folder of a fusion layer over two sources."""
    out = tmp_path_factory.mktemp("fusion")
    lab.assembly(lab.parts("seq_bn", "fuse", "toy-pawsx", "toy-nli", "toy-squad")).save(out)
    return str(out)


def test_a_folder_alone_is_its_own_block(folder: Any) -> None:
    found = setup(folder("seq_bn"))
    assert (found.block, found.top) == ("toy-nli", ("toy-nli",))
    assert found.head is not None
    assert list(found.adapters) == ["toy-nli"]


def test_a_head_alone_has_no_block(folder: Any) -> None:
    found = setup(folder("head"))
    assert found.block is None
    assert found.head is not None
    assert found.top == ()


def test_a_stack_has_the_head_of_its_uppermost_member(folder: Any) -> None:
    found = setup(Stack(folder("seq_bn"), folder("seq_bn", "toy-squad")))
    assert found.block == Stack("toy-nli", "toy-squad")
    assert found.top == ("toy-squad",)
    assert found.head is found.adapters["toy-squad"]


def test_another_head_may_be_named(folder: Any) -> None:
    from adapterstilts.modeling.folders import left

    other = left(folder("seq_bn"))
    found = setup(Stack(folder("seq_bn"), folder("seq_bn", "toy-squad")), head=other)
    assert found.head is other


def test_two_adapters_of_one_name_are_told_apart(folder: Any, tmp_path: Path) -> None:
    twin = shutil.copytree(folder("seq_bn"), tmp_path / "twin")
    found = setup(Stack(folder("seq_bn"), str(twin)))
    assert found.block == Stack("toy-nli", "toy-nli-2")
    again = setup(Stack(folder("seq_bn"), folder("seq_bn")))
    assert list(again.adapters) == ["toy-nli"]


def test_a_name_that_no_module_can_have_is_changed(folder: Any, tmp_path: Path) -> None:
    twin = Path(shutil.copytree(folder("seq_bn"), tmp_path / "twin"))
    path = twin / "adapter" / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "name": "v1.0, mine"}))
    assert setup(str(twin)).block == "v1-0-mine"


def test_updates_of_lora_are_added_up(folder: Any) -> None:
    found = setup(Stack(folder("lora"), folder("lora", "toy-squad")))
    assert type(found.block) is LibraryAverage
    assert found.block.weights == [2, 2]
    assert found.top == ("toy-squad",)
    with pytest.raises(UsageError, match="adds up updates of LoRA only where nothing else"):
        setup(Stack(folder("lora"), folder("lora", "toy-squad"), folder("seq_bn")))


def test_an_average_keeps_its_weights_and_has_no_head(folder: Any) -> None:
    found = setup(Average(folder("seq_bn"), folder("seq_bn", "toy-squad"), weights=[1, 3]))
    assert list(found.block.children) == ["toy-nli", "toy-squad"]
    assert found.block.weights == [0.5, 1.5]
    assert found.head is None
    assert found.top == ("toy-nli", "toy-squad")


def test_a_fuse_takes_its_layer_by_name(folder: Any, fusion: str) -> None:
    found = setup(Fuse(folder("seq_bn"), folder("seq_bn", "toy-squad"), name=fusion))
    assert found.block == Fuse("toy-nli", "toy-squad")
    assert list(found.fusions) == list(found.top) == ["toy-nli,toy-squad"]
    assert found.head is found.fusions["toy-nli,toy-squad"]


def test_a_fuse_without_a_layer_or_with_another_s_is_refused(folder: Any, fusion: str) -> None:
    nli, squad, swag = (folder("seq_bn", name) for name in ("toy-nli", "toy-squad", "toy-swag"))
    with pytest.raises(UsageError, match=r"has no fusion layer.*name=FOLDER"):
        setup(Fuse(nli, squad))
    with pytest.raises(UsageError, match="holds no fusion layer"):
        setup(Fuse(nli, squad, name=nli))
    with pytest.raises(UsageError, match="trained over toy-nli, toy-squad, not over"):
        setup(Fuse(nli, swag, name=fusion))
    with pytest.raises(UsageError, match="Fuse of 1 has nothing to choose from"):
        setup(Fuse(nli, name=fusion))
    with pytest.raises(UsageError, match="is a fusion layer alone"):
        setup(fusion)


@pytest.mark.parametrize("block", [Stack, Average])
def test_a_block_of_nothing_is_refused(block: Any) -> None:
    with pytest.raises(UsageError, match=f"{block.__name__} of nothing.*name a folder in it"):
        setup(block())


@pytest.mark.parametrize(
    ("block", "method", "said"),
    [
        (Stack, "par_bn", "is a parallel bottleneck.*so Stack cannot take it"),
        (Stack, "prompt_tuning", "is prompt_tuning.*so Stack cannot take it"),
        (Stack, "peft:lora", "no adapter of the library `adapters`"),
        (Stack, "full", "no adapter of the library `adapters`"),
        (Average, "prefix_tuning", "is prefix_tuning.*so Average cannot take it"),
        (Average, "ia3", "so Average cannot take it"),
    ],
)
def test_what_the_library_gets_wrong_is_refused(
    folder: Any, block: Any, method: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        setup(block(folder("seq_bn"), folder(method)))


def test_a_fuse_of_lora_is_refused(folder: Any, fusion: str) -> None:
    with pytest.raises(UsageError, match=r"is lora, which AdapterFusion cannot read"):
        setup(Fuse(folder("lora"), folder("lora", "toy-squad"), name=fusion))


def test_an_invertible_adapter_belongs_at_the_bottom(folder: Any) -> None:
    found = setup(Stack(folder("seq_bn_inv"), folder("seq_bn", "toy-squad")))
    assert found.block == Stack("toy-nli", "toy-squad")
    with pytest.raises(UsageError, match="put toy-nli at the bottom"):
        setup(Stack(folder("seq_bn", "toy-squad"), folder("seq_bn_inv")))


def test_other_blocks_and_other_things_are_refused(folder: Any) -> None:
    with pytest.raises(UsageError, match="Parallel cannot be loaded"):
        setup(Parallel(folder("seq_bn"), folder("seq_bn")))
    with pytest.raises(UsageError, match="7 is no composition"):
        setup(7)


@pytest.fixture(scope="module")
def left_by(lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that gives the folder of an untrained composition."""

    def of(way: str) -> str:
        out = tmp_path_factory.mktemp("way")
        lab.assembly(lab.way("seq_bn", way, "toy-pawsx")).save(out)
        return str(out)

    return of


def test_a_nested_block_over_folders_takes_each_fusion_by_name(folder: Any, left_by: Any) -> None:
    nli, squad, swag = (folder("seq_bn", name) for name in ("toy-nli", "toy-squad", "toy-swag"))
    own = left_by("stack(toy-nli, fuse(toy-squad, toy-swag))")
    found = setup(Stack(nli, Fuse(squad, swag, name=f"{own}/fusion"), own))
    assert found.block == Stack("toy-nli", Fuse("toy-squad", "toy-swag"), "toy-pawsx")
    assert found.top == ("toy-pawsx",)
    assert found.head is found.adapters["toy-pawsx"]
    assert list(found.fusions) == ["toy-squad,toy-swag"]
    fused = setup(
        Fuse(Stack(nli, squad), swag, name=left_by("fuse(stack(toy-nli, toy-squad), toy-swag)"))
    )
    assert fused.block == Fuse(Stack("toy-nli", "toy-squad"), "toy-swag")
    assert fused.top == ("toy-squad,toy-swag",)


def test_two_fusions_of_the_same_adapters_are_refused(folder: Any, left_by: Any) -> None:
    nli, squad = (folder("seq_bn", name) for name in ("toy-nli", "toy-squad"))
    one, other = (left_by("fuse(toy-nli, toy-squad)") for _ in range(2))
    again = setup(Stack(Fuse(nli, squad, name=one), Fuse(nli, squad, name=one)))
    assert len(again.fusions) == 1
    with pytest.raises(UsageError, match="fuse the same adapters, which cannot be in one model"):
        setup(Stack(Fuse(nli, squad, name=one), Fuse(nli, squad, name=other)))


def test_a_fusion_without_its_last_layer_stands_alone(folder: Any, left_by: Any) -> None:
    nli, squad, swag = (folder("seq_bn", name) for name in ("toy-nli", "toy-squad", "toy-swag"))
    fusion = left_by("fuse[last_layer=false](toy-nli, toy-squad)")
    assert setup(Fuse(nli, squad, name=fusion)).left_out == (1,)
    with pytest.raises(UsageError, match=r"was trained without layer 1.*last_layer=true"):
        setup(Stack(swag, Fuse(nli, squad, name=fusion)))
