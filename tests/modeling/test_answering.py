from typing import Any

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.answering import add_heads, format_of, tied
from adapterstilts.modeling.folders import left


@pytest.fixture(scope="module")
def mix(lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what a mix of three tasks left."""
    out = tmp_path_factory.mktemp("mix")
    tasks = [lab.head(name) for name in ("toy-squad", "toy-nli", "toy-pawsx")]
    parts = lab.parts("seq_bn", "target", "toy-squad", others=tuple(tasks[1:]), name="mix")
    lab.assembly(parts).save(out)
    return left(str(out))


@pytest.mark.parametrize(
    ("task", "answers"),
    [
        ("", "toy-nli"),
        ("toy-pawsx", "toy-pawsx"),
        ("toy-xnli", "toy-nli"),
        ("classification", "toy-nli"),
        ("toy-xquad", "toy-squad"),
        ("toy-panx", "toy-nli"),
    ],
)
def test_the_head_of_the_task_answers_else_the_first_for_such_a_task(
    plain: Any, mix: Any, task: str, answers: str
) -> None:
    assert add_heads(plain, mix, format_of(task), task) == answers
    assert set(plain.heads) == {"toy-nli", "toy-pawsx", "toy-squad"}


def test_a_format_is_known_by_its_own_name_or_a_task_s() -> None:
    assert format_of("") is None
    assert format_of("tagging") is format_of("toy-panx")
    with pytest.raises(
        UsageError, match=r"unknown task or format 'taging' .did you mean 'tagging'"
    ):
        format_of("taging")


def test_only_the_output_of_a_language_model_is_tied(plain: Any) -> None:
    plain.add_masked_lm_head("fills")
    plain.add_classification_head("says", num_labels=2)
    names = [name for name, _ in plain.named_parameters() if name.startswith("heads.")]
    assert not [name for name in names if tied(plain, name)]
    assert tied(plain, "heads.fills.3.weight")
    assert not tied(plain, "heads.says.3.weight")
    assert not tied(plain, "roberta.embeddings.word_embeddings.weight")
