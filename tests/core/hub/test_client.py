"""The client against a Hub of our own: real HTTP, and everything that goes wrong on the way."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import Hub, Repository, client
from adapterstilts.core.store import Store
from tests.hub.server import Hub as Served

DATA = Repository(name="someone/data")
LARGE = bytes(range(256)) * 1000
FILES = {"README.md": "# Data\n", "en/train.parquet": LARGE, "en/test.parquet": b"small"}
NAMES = ("README.md", "en/train.parquet")


@pytest.fixture
def here(hub: Served) -> Hub:
    """Return a client with little patience."""
    return replace(client.here(), pauses=(0.0, 0.0))


def fetched(here: Hub, repository: Repository = DATA, names: tuple[str, ...] = NAMES) -> Path:
    return here.fetch(here.listing(repository, here.commit(repository)), names)


def refusal(call: Callable[[], object], kind: type[StiltsError] = StiltsError) -> str:
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


def test_a_branch_becomes_a_commit_and_its_files_come_here(hub: Served, here: Hub) -> None:
    commit = hub.push(DATA.name, FILES)
    assert here.commit(DATA) == commit
    listing = here.listing(DATA, commit)
    assert list(listing.files) == sorted(FILES)
    assert listing.files["en/train.parquet"].size == len(LARGE)
    folder = here.fetch(listing, NAMES)
    assert folder.name == commit
    assert (folder / "en/train.parquet").read_bytes() == LARGE
    assert (folder / "README.md").read_text() == "# Data\n"
    assert not (folder / "en/test.parquet").exists()
    assert here.missing(listing, list(FILES)) == ("en/test.parquet",)


def test_what_is_here_is_not_asked_for_again(hub: Served, here: Hub) -> None:
    commit = hub.push(DATA.name, FILES)
    fetched(here)
    before = len(hub.requests)
    assert here.fetch(here.listing(DATA, commit), NAMES).name == commit
    assert len(hub.requests) == before


def test_a_long_list_of_files_has_several_pages(hub: Served, here: Hub) -> None:
    names = [f"{number:03}/test.parquet" for number in range(120)]
    commit = hub.push(DATA.name, dict.fromkeys(names, "x"))
    assert list(here.listing(DATA, commit).files) == names
    assert hub.asked("GET", f"tree/{commit}") == 3


def test_a_commit_is_kept_by_the_store_though_the_branch_moves_on(
    hub: Served, here: Hub, tmp_path: Path
) -> None:
    store = Store(tmp_path / "runs")
    first = hub.push(DATA.name, FILES)
    assert here.pinned(DATA, store) == first
    second = hub.push(DATA.name, {**FILES, "README.md": "# New\n"})
    assert here.pinned(DATA, store) == first
    assert store.pins() == {"dataset someone/data@main": first}
    assert here.pinned(DATA, None) == second
    assert (fetched(here) / "README.md").read_text() == "# New\n"
    old = here.fetch(here.listing(DATA, first), NAMES)
    assert (old / "README.md").read_text() == "# Data\n"


def test_a_branch_with_a_slash_in_its_name_is_a_branch(hub: Served, here: Hub) -> None:
    hub.push(DATA.name, FILES)
    converted = replace(DATA, revision="refs/convert/parquet")
    commit = hub.push(DATA.name, {"a": "b"}, branch=converted.revision)
    assert fetched(here, converted, ("a",)).name == commit
    assert replace(here, offline=True).commit(converted) == commit


def test_models_and_datasets_of_one_name_are_two_things(hub: Served, here: Hub) -> None:
    model = replace(DATA, kind="model")
    one, other = (
        hub.push(DATA.name, FILES),
        hub.push(DATA.name, {"config.json": "{}"}, kind="model"),
    )
    assert (here.commit(DATA), here.commit(model)) == (one, other)
    assert fetched(here, model, ("config.json",)) != fetched(here)


def test_huggingface_hub_finds_what_was_fetched(hub: Served, here: Hub) -> None:
    from huggingface_hub import snapshot_download

    hub.push(DATA.name, FILES)
    folder = fetched(here)
    found = snapshot_download(
        DATA.name, repo_type="dataset", cache_dir=here.cache, local_files_only=True
    )
    assert Path(found) == folder


def test_offline_everything_comes_from_the_cache(hub: Served, here: Hub) -> None:
    hub.push(DATA.name, FILES)
    folder = fetched(here)
    before = len(hub.requests)
    offline = replace(here, offline=True)
    assert fetched(offline) == folder
    message = refusal(lambda: fetched(offline, names=("en/test.parquet",)), client.NotHere)
    assert "is here without en/test.parquet" in message
    assert "adapterstilts fetch RECIPE --to DIR" in message
    assert len(hub.requests) == before


def test_offline_what_was_never_looked_up_is_refused(here: Hub) -> None:
    offline = replace(here, offline=True)
    message = refusal(lambda: offline.commit(DATA), client.NotHere)
    assert message.startswith("dataset 'someone/data' at revision 'main' has not been fetched")
    message = refusal(lambda: offline.listing(DATA, "0" * 40), client.NotHere)
    assert f"has no list of files here for commit {'0' * 40}" in message


def test_a_list_of_files_that_is_broken_is_none(hub: Served, here: Hub) -> None:
    commit = hub.push(DATA.name, FILES)
    fetched(here)
    (path,) = here.cache.glob("*/listings/*.json")
    for text in ("{", "[]", '{"schema": "other"}', path.read_text()[:-9]):
        path.write_text(text)
        with pytest.raises(client.NotHere):
            replace(here, offline=True).listing(DATA, commit)
    assert list(here.listing(DATA, commit).files) == sorted(FILES)


@pytest.mark.parametrize(
    ("name", "revision"),
    [
        ("../etc", "main"),
        ("a/b/c", "main"),
        ("what is this?", "main"),
        ("a--b", "main"),
        ("", "main"),
        ("a/b", ""),
        ("a/b", "../../up"),
        ("a/b", "/root"),
    ],
)
def test_a_name_that_is_none_never_becomes_a_path(here: Hub, name: str, revision: str) -> None:
    repository = Repository(name=name, revision=revision)
    assert refusal(lambda: here.commit(repository), UsageError).startswith("'")
    refusal(lambda: here.listing(repository, "0" * 40), UsageError)


def test_a_file_whose_name_leads_out_of_its_folder_is_never_looked_at() -> None:
    from adapterstilts.core.hub.cached import RemoteFile, safe_files

    names = ["b", "a/c", "../up", "/root", "a/../../up", "back\\slash"]
    assert list(safe_files(dict.fromkeys(names, RemoteFile(size=1)))) == ["a/c", "b"]


def test_the_environment_says_where_everything_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert client.here().cache == tmp_path / "huggingface" / "hub"
    assert (client.here().endpoint, client.here().offline) == (client.ENDPOINT, False)
    monkeypatch.setenv("HF_HOME", "~/mine")
    assert client.here().cache == Path("~/mine/hub").expanduser()
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("HF_ENDPOINT", "http://localhost:1/")
    monkeypatch.setenv("HF_HUB_OFFLINE", "true")
    assert client.here() == Hub(
        cache=tmp_path / "elsewhere", endpoint="http://localhost:1", offline=True
    )
    assert client.here(cache=tmp_path).cache == tmp_path
