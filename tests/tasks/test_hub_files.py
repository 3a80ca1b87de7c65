"""Which files of a repository belong to a configuration and a split, as `datasets` has it."""

from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Listing, RemoteFile, Repository
from adapterstilts.tasks import hub_files

COMMIT = "0123456789" * 4


def listing(*names: str, revision: str = "main") -> Listing:
    repository = Repository(name="someone/data", revision=revision)
    files = dict.fromkeys(sorted(names), RemoteFile(size=1))
    return Listing(repository=repository, commit=COMMIT, files=files)


@pytest.fixture
def readme(tmp_path: Path):
    """Return a function that reads what a README declares."""
    count = 0

    def of(front: str):
        nonlocal count
        count += 1
        path = tmp_path / f"README-{count}.md"
        path.write_text(f"---\n{front}---\n# Data\n", encoding="utf-8")
        return hub_files._declared(path)

    return of


def refusal(*arguments) -> str:
    with pytest.raises(StiltsError) as caught:
        hub_files.files_of(*arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("config", "split", "names"),
    [
        ("en", "train", ("en/train-00000-of-00002.parquet", "en/train-00001-of-00002.parquet")),
        ("en", "train", ("en/train.parquet",)),
        ("default", "train", ("data/train-00000-of-00001-0a1b2c3d.parquet",)),
        ("default", "train", ("train.parquet",)),
        ("en_ewt", "train", ("en_ewt/universal_dependencies-train.parquet",)),
        ("en_ewt", "train", ("en_ewt/ud-train-00000-of-00001.parquet",)),
        ("en", "train", ("en/train/0000.parquet", "en/train/0001.parquet")),
    ],
)
def test_the_layouts_that_the_hub_writes_are_known(
    config: str, split: str, names: tuple[str, ...]
) -> None:
    others = (
        "en/validation-00000-of-00001.parquet",
        "en/pretrain.parquet",
        "en/validation/0000.parquet",
        "de/train-00000-of-00001.parquet",
        "data/validation-00000-of-00001.parquet",
        "en_ewt/universal_dependencies-test.parquet",
        ".hidden/train.parquet",
        "en/train.jsonl",
    )
    assert hub_files.files_of(listing(*names, *others), {}, config, split) == names


def test_a_readme_decides_where_it_says_something(readme) -> None:
    declared = readme(
        "configs:\n"
        "- config_name: en\n"
        "  data_files:\n"
        "  - split: train\n"
        "    path: odd/place/tr*n-*\n"
        "  - split: validation\n"
        "    path: [one/a.parquet, two/**]\n"
        "- config_name: no\n"
        "  data_dir: nordic\n"
        "  data_files: {train: train.parquet}\n"
        "- config_name: only\n"
        "  data_files: '[ab]/?.parquet'\n"
        "- config_name: list\n"
        "  data_files: [a/x.parquet, ./b/y.parquet]\n"
    )
    files = listing(
        "odd/place/train-00000-of-00001.parquet",
        "odd/place/deep/train-1.parquet",
        "en/train-00000-of-00001.parquet",
        "one/a.parquet",
        "one/b.parquet",
        "two/x/y.parquet",
        "two/z.parquet",
        "nordic/train.parquet",
        "train.parquet",
        "a/x.parquet",
        "b/y.parquet",
        "c/x.parquet",
        "a/xx.parquet",
    )

    def of(config: str, split: str) -> tuple[str, ...]:
        return hub_files.files_of(files, declared, config, split)

    assert of("en", "train") == ("odd/place/train-00000-of-00001.parquet",)
    assert of("en", "validation") == ("one/a.parquet", "two/x/y.parquet", "two/z.parquet")
    assert of("no", "train") == ("nordic/train.parquet",)
    assert of("only", "train") == ("a/x.parquet", "b/y.parquet")
    assert of("list", "train") == ("a/x.parquet", "b/y.parquet")


def test_a_configuration_that_is_but_a_folder_is_read_by_names(readme) -> None:
    declared = readme("configs:\n- config_name: en\n  data_dir: english\n")
    files = listing("english/train-00000-of-00001.parquet", "en/train.parquet", "train.parquet")
    found = hub_files.files_of(files, declared, "en", "train")
    assert found == ("english/train-00000-of-00001.parquet",)


def test_a_configuration_that_is_not_there_is_told_with_those_that_are(readme) -> None:
    declared = readme("configs:\n- config_name: en\n  data_files: a.parquet\n")
    message = refusal(listing("a.parquet", "de/train.parquet"), declared, "de", "train")
    assert message.startswith("dataset 'someone/data' has no configuration 'de' at revision 'main'")
    assert f"(commit {COMMIT}): it has en;" in message
    assert "take the official files with --data TASK=DIR" in message
    assert "revision refs/" not in message  # A recipe cannot choose the revision of data.


def test_a_split_that_is_not_there_is_told_with_those_that_are(readme) -> None:
    declared = readme("configs:\n- config_name: en\n  data_files: a.parquet\n")
    message = refusal(listing("a.parquet"), declared, "en", "test")
    assert "has no split 'test' in 'en'" in message
    assert "it has train" in message
    message = refusal(listing("en/train.parquet", "de/train.parquet"), {}, "en", "test")
    assert "has no split 'test' of configuration 'en'" in message
    assert "it has parquet files in de, en" in message


def test_a_script_is_never_run_and_another_format_never_read(readme) -> None:
    message = refusal(listing("data.py", "README.md"), {}, "default", "train")
    assert "has no parquet files" in message
    assert "but a loading script, data.py, and no script is run" in message
    declared = readme("configs:\n- config_name: en\n  data_files: {train: en/*}\n")
    files = listing("en/train.parquet", "en/train.pkl")
    assert "in another format" in refusal(files, declared, "en", "train")
    assert "(en/train.pkl)" in refusal(files, declared, "en", "train")


def test_a_part_that_is_not_there_is_missed() -> None:
    names = [f"en/train-{number:05}-of-00003.parquet" for number in range(3)]
    for gone in range(3):
        some = [name for number, name in enumerate(names) if number != gone]
        message = refusal(listing(*some), {}, "en", "train")
        assert "has 2 of the 3 parts of en/train at revision 'main'" in message
        assert f"without number {gone}" in message
    files = listing("en/train/0000.parquet", "en/train/0002.parquet")
    assert "without number 1" in refusal(files, {}, "en", "train")


def test_what_the_hub_converted_only_in_part_is_not_taken_for_the_whole() -> None:
    files = listing("en/partial-train/0000.parquet", revision="refs/convert/parquet")
    message = refusal(files, {}, "en", "train")
    assert "was converted to parquet only in part in 'en'" in message
    assert "(partial-train)" in message


@pytest.mark.parametrize(
    "front",
    [
        "",
        "license: mit\n",
        "configs: 3\n",
        "configs:\n- 3\n- config_name: [a]\n",
        "configs: [\n",
        "- a\n",
    ],
)
def test_a_readme_that_says_nothing_leaves_it_to_the_names(readme, front: str) -> None:
    assert readme(front) == {}


def test_a_readme_without_a_head_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("# Data\n---\nconfigs: no\n---\n")
    assert hub_files._declared(path) == {}
