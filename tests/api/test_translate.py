from pathlib import Path

import pytest

from adapterstilts.api.translate import translate
from adapterstilts.core.errors import UsageError
from tests import copiers
from tests.hearing import Ear


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copiers.nllb(tmp_path_factory.mktemp("nllb") / "tiny")


def test_a_notebook_gets_records_and_hears_how_far_it_is(model: Path, tmp_path: Path) -> None:
    listener = Ear()
    found = translate(
        "toy-nli",
        to=("qab", "sw"),
        model=str(model),
        out=tmp_path,
        limit=6,
        beams=1,
        listener=listener,
    )
    assert [(each.language, each.read, each.written, each.reused) for each in found] == [
        ("qab", 6, 6, False),
        ("sw", 6, 6, False),
    ]
    assert all(each.file.is_file() and each.provenance.is_file() for each in found)
    assert listener.heard[:2] == [("planned", 2, 0), ("started", "qab", "toy-nli into qab", 1, 2)]
    assert ("advanced", "sw", 6, 6, "") in listener.heard
    assert listener.heard[-1] == ("finished", "sw")


def test_what_an_earlier_call_has_done_does_not_count_as_done_now(
    model: Path, tmp_path: Path
) -> None:
    class Impatient(Ear):
        def advanced(self, id: str, done: int, total: int, note: str = "") -> None:
            super().advanced(id, done, total, note)
            if done:
                raise KeyboardInterrupt

    request = {"to": ["qab"], "model": str(model), "out": tmp_path, "limit": 30, "beams": 1}
    impatient, patient = Impatient(), Ear()
    with pytest.raises(KeyboardInterrupt):
        translate("toy-nli", **request, batch_tokens=20, listener=impatient)
    before = impatient.heard[-1][2]
    (found,) = translate("toy-nli", **request, batch_tokens=20, listener=patient)
    assert found.written == 30
    steps = [each for each in patient.heard if each[0] == "advanced"]
    assert steps[0] == ("advanced", "qab", 0, 30 - before, f"{before} before")
    assert steps[-1][2:4] == (30 - before, 30 - before)


def test_a_model_in_a_folder_pins_nothing_in_the_store(model: Path, tmp_path: Path) -> None:
    store = tmp_path / "runs"
    translate("toy-nli", to=["qab"], model=str(model), out=tmp_path, limit=2, beams=1, store=store)
    assert not store.exists()


def test_a_bad_request_is_refused_by_name(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown language 'xx' to translate to"):
        translate("toy-nli", to=["xx"], model=str(model), out=tmp_path)
