import os

import pytest

from adapterstilts.api.experiment import check_failures, store_folder
from adapterstilts.api.reaching import network
from adapterstilts.core.errors import StiltsError
from adapterstilts.plan.runners import Failure, Summary


def summary(failed: int) -> Summary:
    failures = tuple(Failure(f"train {number}", "no room") for number in range(failed))
    return Summary(run=0, reused=0, failed=failed, seconds=0.0, failures=failures)


def test_what_failed_is_told_and_the_rest_is_counted() -> None:
    check_failures(summary(0))
    with pytest.raises(StiltsError) as raised:
        check_failures(summary(7))
    told = str(raised.value).splitlines()
    assert told[0] == "stage train 0 failed: no room"
    assert (len(told), told[-1]) == (6, "2 more failed")


@pytest.mark.parametrize("before", [None, "0"])
def test_offline_ends_with_its_block(before: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    if before is not None:
        monkeypatch.setenv("HF_HUB_OFFLINE", before)
    with pytest.raises(KeyError), network(offline=True):
        assert os.environ["HF_HUB_OFFLINE"] == "1"
        raise KeyError
    assert os.environ.get("HF_HUB_OFFLINE") == before
    with network(offline=False):
        assert os.environ.get("HF_HUB_OFFLINE") == before


def test_the_store_is_as_given_or_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAPTERSTILTS_STORE", "/data/runs")
    assert str(store_folder("mine")) == "mine"
    assert str(store_folder(None)) == "/data/runs"
    monkeypatch.delenv("ADAPTERSTILTS_STORE")
    assert str(store_folder(None)) == "runs"
