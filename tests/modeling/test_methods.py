"""Names of methods: what they may set, one name for one meaning, and what is refused where."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapterstilts.core.errors import UsageError
from adapterstilts.core.fingerprint import canonical
from adapterstilts.modeling.methods import METHODS, method
from adapterstilts.modeling.settings import COUNT, FLAG, LAYERS, NUMBER, WORD, WORDS, Setting


@pytest.mark.parametrize("name", METHODS.names())
def test_a_bare_name_is_the_entry_itself(name: str) -> None:
    assert method(name) is METHODS.get(name)
    assert method(name).base == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("seq_bn[reduction_factor=16]", "seq_bn"),
        ("seq_bn[reduction_factor=16.0]", "seq_bn"),
        ("seq_bn[reduction_factor=8.0]", "seq_bn[reduction_factor=8]"),
        ("lora[r=16,alpha=32]", "lora[ alpha = 32 , r=16 ]"),
        ("lora[r=16,alpha=8]", "lora[r=16]"),
        ("lora[attn_matrices=v+q]", "lora"),
        ("lora[attn_matrices=k+v+q]", "lora[attn_matrices=q+k+v]"),
        ("seq_bn[leave_out=0+1+2+5]", "seq_bn[leave_out=5+0-2]"),
        ("seq_bn[leave_out=3-3]", "seq_bn[leave_out=3]"),
        ("prefix_tuning[dropout=0]", "prefix_tuning"),
        ("loreft[layers=all]", "loreft"),
    ],
)
def test_one_meaning_has_one_name(one: str, other: str) -> None:
    assert method(one) == method(other)
    assert method(one).name == method(other).name
    assert canonical(dict(method(one).overrides)) == canonical(dict(method(other).overrides))


@pytest.mark.parametrize(
    ("expression", "name", "overrides"),
    [
        ("lora[r=16,alpha=32]", "lora[alpha=32,r=16]", {"alpha": 32, "r": 16}),
        ("seq_bn[leave_out=0-5]", "seq_bn[leave_out=0-5]", {"leave_out": (0, 1, 2, 3, 4, 5)}),
        ("seq_bn[leave_out=7+0-1]", "seq_bn[leave_out=0-1+7]", {"leave_out": (0, 1, 7)}),
        ("seq_bn[dropout=0.10]", "seq_bn[dropout=0.1]", {"dropout": 0.1}),
        ("prefix_tuning[flat=true]", "prefix_tuning[flat=true]", {"flat": True}),
        ("seq_bn[non_linearity=gelu]", "seq_bn[non_linearity=gelu]", {"non_linearity": "gelu"}),
        ("peft:lora[r=4]", "peft:lora[r=4]", {"r": 4}),
        ("loreft[layers=2-3]", "loreft[layers=2-3]", {"layers": (2, 3)}),
    ],
)
def test_what_is_set_is_in_the_name_in_order(
    expression: str, name: str, overrides: dict[str, object]
) -> None:
    found = method(expression)
    assert (found.name, dict(found.overrides)) == (name, overrides)
    assert found.base == name.partition("[")[0]
    assert found == method(found.name)
    for setting in found.settings:
        expected = overrides.get(setting, found.settings[setting].default)
        assert found.value(setting) == expected


def texts(setting: Setting) -> st.SearchStrategy[str]:
    return {
        NUMBER: st.decimals(
            min_value=0 if setting.below else "0.01",
            max_value="0.99" if setting.below else 500,
            places=2,
        ).map(str),
        COUNT: st.integers(setting.low, 5000).map(str),
        FLAG: st.sampled_from(["true", "false"]),
        WORD: st.sampled_from(setting.known or ("",)),
        WORDS: st.lists(st.sampled_from(setting.known or ("",)), min_size=1, unique=True).map(
            "+".join
        ),
        LAYERS: st.lists(st.integers(0, 40), min_size=1, max_size=9).map(
            lambda layers: "+".join(map(str, layers))
        ),
    }[setting.kind]


@settings(deadline=None)
@given(data=st.data())
def test_every_name_is_read_back_as_what_it_names(data: st.DataObject) -> None:
    entry = data.draw(st.sampled_from([each for each in METHODS.values() if each.settings]))
    keys = data.draw(st.lists(st.sampled_from(sorted(entry.settings)), min_size=1, unique=True))
    items = [f"{key}={data.draw(texts(entry.settings[key]))}" for key in keys]
    found = method(f"{entry.name}[{','.join(items)}]")
    again = method(found.name)
    assert again == found
    assert canonical(dict(again.overrides)) == canonical(dict(found.overrides))
    assert list(found.overrides) == sorted(found.overrides)
    assert method(f"{entry.name}[{','.join(reversed(items))}]") == found


@pytest.mark.parametrize(
    ("expression", "position", "complaint"),
    [
        (
            "seq_bn[reduction=8]",
            8,
            "unknown setting 'reduction' (did you mean 'reduction_factor'?)",
        ),
        ("seq_bn[zz=8]", 8, "unknown setting 'zz'"),
        ("lora[r=16,alfa=32]", 11, "unknown setting 'alfa' (did you mean 'alpha'?)"),
        ("lora[r=16, alfa=32]", 12, "unknown setting 'alfa'"),
        ("lora[r=16", 10, "a closing ']' is missing"),
        ("lora[r=16]x", 11, "'x' is one too many here"),
        ("lora(mnli)", 1, "'lora' is a method and takes no sources"),
        ("lora[]", 6, "a setting is missing"),
        ("lora[r=1,,alpha=2]", 10, "a setting is missing"),
        ("lora[r=1,r=2]", 10, "'r' is set twice"),
        ("lora[r]", 7, "a value for 'r' is missing, as in r="),
        ("lora[r=0]", 8, "r: '0' is not a whole number of at least 1"),
        ("lora[r= 1.5]", 9, "r: '1.5' is not a whole number of at least 1"),
        ("lora[r=\u0661]", 8, "is not a whole number"),
        ("seq_bn[reduction_factor=0]", 25, "is not a number above 0"),
        ("seq_bn[reduction_factor=1e3]", 25, "is not a number above 0"),
        ("seq_bn[dropout=1]", 16, "dropout: '1' is not a number from 0 to below 1"),
        ("seq_bn[leave_out=5-0]", 18, "is not layers counted from 0, as in 0-5+8"),
        ("seq_bn[leave_out=all]", 18, "is not layers counted from 0, as in 0-5+8"),
        ("loreft[layers=some]", 15, "as in 0-5+8, or all"),
        ("prefix_tuning[flat=yes]", 20, "flat: 'yes' is not true or false"),
        ("lora[attn_matrices=q+q]", 20, "is not some of q, k, v, joined by +"),
        ("seq_bn[non_linearity=RELU]", 22, "is not one of gelu"),
        ("full[r=1]", 6, "unknown setting 'r'; 'full' can set nothing"),
    ],
)
def test_a_mistake_is_shown_at_its_character(
    expression: str, position: int, complaint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        method(expression, place="my.yaml:7")
    message = str(caught.value)
    assert message.startswith(f"expression '{expression}' in my.yaml:7, character {position}: "), (
        message
    )
    assert complaint in message


def test_a_mistake_says_what_can_be_set() -> None:
    with pytest.raises(UsageError, match=r"'prompt_tuning' can set prompt_length$"):
        method("prompt_tuning[length=3]")


def test_an_unknown_method_is_refused_as_everywhere() -> None:
    with pytest.raises(UsageError, match=r"unknown method 'lor' in r.yaml:3 \(did you mean"):
        method("lor[r=2]", place="r.yaml:3")


def test_methods_are_named_without_a_library() -> None:
    """A plan and `adapterstilts methods` are made without torch."""
    code = (
        "import sys; from adapterstilts.modeling.methods import method;"
        "from adapterstilts.modeling import sizes;"
        "sizes.trainable(method('lora[r=2]'), sizes.BASE);"
        "print({'torch', 'adapters', 'peft', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
