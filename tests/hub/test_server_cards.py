"""The server checks cards as the Hub does, for plain huggingface_hub and for its own cards."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from huggingface_hub import EvalResult, HfApi, ModelCard, ModelCardData
from huggingface_hub.utils import HfHubHTTPError

from tests.hub.routing import routed
from tests.hub.server import TOKEN, Hub
from tests.hub.validating import validate

NAME = "someone/thing"
RESULT: dict[str, Any] = {
    "task": {"type": "text-classification", "name": "NLI"},
    "dataset": {"type": "facebook/xnli", "name": "XNLI (Swahili)", "config": "sw", "split": "test"},
    "metrics": [{"type": "accuracy", "value": 0.5, "name": "Accuracy"}],
}
GOOD: dict[str, Any] = {
    "library_name": "adapter-transformers",
    "license": "cc-by-nc-4.0",
    "language": ["en", "sw", "multilingual"],
    "tags": ["adapterstilts", "base_model:adapter:x"],
    "base_model": "FacebookAI/xlm-roberta-base",
    "base_model_relation": "adapter",
    "datasets": ["nyu-mll/glue", "squad"],
    "pipeline_tag": "text-classification",
    "model-index": [{"name": "thing", "results": [RESULT]}],
}


def card(**other: Any) -> str:
    """Return a card whose metadata are good but for what is said."""
    return f"---\n{yaml.safe_dump({**GOOD, **other}, sort_keys=False)}---\n\n# A thing\n"


def result(**other: Any) -> dict[str, Any]:
    """Return a model index with one result, good but for what is said."""
    return {"model-index": [{"name": "thing", "results": [{**RESULT, **other}]}]}


@pytest.fixture
def api(hub: Hub) -> Iterator[HfApi]:
    """Yield huggingface_hub itself, with a way for what it sends to the Hub in any case."""
    made = HfApi(endpoint=hub.url, token=TOKEN)
    made.create_repo(NAME)
    with routed(hub.url):
        yield made


def test_a_good_card_has_nothing_said_of_it() -> None:
    assert validate(card()) == ((), ())


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"license": "my-own"}, '"license" must be one of [apache-2.0, mit, '),
        ({"license": ["mit", "Apache-2.0"]}, '"license[1]" must be one of ['),
        ({"language": ["en", False]}, '"language[1]" must be a string'),
        ({"language": "en-GB"}, '"language" must only contain lowercase characters'),
        ({"language": ["xx_yy"]}, '"language[0]" with value "xx_yy" is not valid. It must be an I'),
        ({"tags": "one"}, '"tags" must be an array'),
        ({"tags": ["one", 2]}, '"tags[1]" must be a string'),
        ({"library_name": 4}, '"library_name" must be a string'),
        ({"base_model": "/home/me/model"}, '"base_model" with value "/home/me/model" is not valid'),
        ({"base_model": ["a/b", "a b"]}, '"base_model[1]" with value "a b" is not valid'),
        ({"base_model_relation": "cousin"}, '"base_model_relation" must be one of [adapter'),
        ({"datasets": ["/var/data"]}, '"datasets[0]" with value "/var/data" is not valid. If poss'),
        ({"model-index": {"name": "x"}}, '"model-index" must be an array'),
        ({"model-index": [{"name": "x"}]}, '"model-index[0].results" is required'),
        (result(task={}), '"model-index[0].results[0].task.type" is required'),
        (result(dataset={"type": "x"}), '"model-index[0].results[0].dataset.name" is required'),
        (
            result(dataset={"type": "x", "name": "y", "config": 3}),
            '"model-index[0].results[0].dataset.config" must be a string',
        ),
        (
            result(metrics=[{"type": "f1"}]),
            '"model-index[0].results[0].metrics[0].value" is required',
        ),
        (
            result(metrics=[{"type": "f1", "value": float("nan")}]),
            '"model-index[0].results[0].metrics[0].value" must be a finite number',
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(wrong: dict[str, Any], told: str) -> None:
    (error,) = validate(card(**wrong)).errors
    assert error.startswith(told)


def test_a_card_without_metadata_or_with_broken_ones() -> None:
    assert validate("# A thing\n").errors == ()
    assert validate("# A thing\n").warnings[0].startswith("empty or missing yaml metadata")
    (error,) = validate("---\nlicense: [\n---\n").errors
    assert error.startswith("Invalid YAML")
    assert validate("---\n- a\n---\n").errors == ('"metadata" must be of type object',)
    assert "pipeline tag" in validate(card(pipeline_tag="guessing")).warnings[0]


def test_a_card_of_the_library_is_checked_pushed_and_read_back(hub: Hub, api: HfApi) -> None:
    score = EvalResult(
        task_type="text-classification",
        dataset_type="facebook/xnli",
        dataset_name="XNLI",
        metric_type="accuracy",
        metric_value=0.25,
    )
    data = ModelCardData(license="mit", language="sw", model_name="thing", eval_results=[score])
    made = ModelCard(f"---\n{data.to_yaml()}\n---\n# A thing\n")
    made.validate()
    api.upload_file(path_or_fileobj=str(made).encode(), path_in_repo="README.md", repo_id=NAME)
    assert hub.asked("POST", "/api/validate-yaml") == 2
    assert hub.repository(NAME, kind="model").files()["README.md"] == str(made).encode()
    (found,) = api.model_info(NAME).card_data.eval_results
    assert (found.metric_type, found.metric_value) == ("accuracy", 0.25)
    assert {"license:mit", "sw"} <= set(api.model_info(NAME).tags)


def test_a_card_of_the_library_is_pushed_with_its_own_shorthand(hub: Hub, api: HfApi) -> None:
    made = ModelCard(card())
    made.push_to_hub(NAME, token=TOKEN)
    assert hub.repository(NAME, kind="model").files()["README.md"] == str(made).encode()
    done = ModelCard(card(license="mit")).push_to_hub(NAME, token=TOKEN, create_pr=True)
    assert done.pr_num == 1


def test_a_bad_card_is_refused_wherever_it_comes(hub: Hub, api: HfApi) -> None:
    bad = card(license="my-own")
    with pytest.raises(ValueError, match='- Error: "license" must be one of'):
        ModelCard(bad).validate()
    with pytest.raises(ValueError, match=r'(?s)Invalid metadata in README\.md.*"license" must'):
        api.upload_file(path_or_fileobj=bad.encode(), path_in_repo="README.md", repo_id=NAME)
    # The commit itself says no, too, to whoever has not asked before or was told a yes.
    hub.fault("/api/validate-yaml", method="POST", status=200, body=b'{"warnings": []}')
    with pytest.raises(HfHubHTTPError, match='"license" must be one of') as caught:
        api.upload_file(path_or_fileobj=bad.encode(), path_in_repo="README.md", repo_id=NAME)
    assert caught.value.response.status_code == 400
    assert "README.md" not in hub.repository(NAME, kind="model").files()


def test_warnings_are_told_and_stop_nothing(hub: Hub, api: HfApi) -> None:
    with pytest.warns(UserWarning, match="empty or missing yaml metadata"):
        api.upload_file(path_or_fileobj=b"# A", path_in_repo="README.md", repo_id=NAME)
    assert hub.repository(NAME, kind="model").files()["README.md"] == b"# A"
