"""Whether the Hub can be connected to, known soon: refused, swallowed, or by way of a proxy."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.core.hub import Hub, Repository, Unreachable, client, reach
from tests.hub.server import Hub as Served
from tests.hub.server import Odd

MODEL = Repository(name="someone/nli", revision="v1", kind="model")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        for each in (name, name.upper()):
            monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(reach.VARIABLE, "30")


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Yield a socket that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


@pytest.fixture
def swallowing() -> Iterator[str]:
    """Yield an address whose packets are lost: its queue is full, and the kernel drops what comes.

    That is how a firewall that drops packets looks from here.
    """
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            knocking = stack.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(server.getsockname())
        yield url(server)


@pytest.fixture
def dead() -> str:
    """Return an address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return url(server)


def url(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def knocks(server: socket.socket) -> int:
    """Return how many connections were made."""
    found = 0
    while True:
        try:
            server.accept()[0].close()
        except TimeoutError:
            return found
        found += 1


def test_what_takes_a_connection_is_no_obstacle(listening: socket.socket) -> None:
    assert reach.obstacle(url(listening)) == ""
    assert knocks(listening) == 1


def test_what_refuses_is_told_with_the_host(dead: str) -> None:
    assert reach.obstacle(dead) == "Connection refused, 127.0.0.1"


def test_what_swallows_every_packet_is_not_waited_for(
    swallowing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(reach.VARIABLE, "0.1")
    said = reach.obstacle(swallowing)
    assert said.startswith("127.0.0.1 does not answer within 0.1 s; on a slow line set")
    assert said.endswith(f"{reach.VARIABLE}=SECONDS")


def test_a_name_that_nobody_knows_is_told_and_one_that_hangs_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*given: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # A resolver that is away itself would take its time.
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    said = reach.obstacle("https://nowhere.invalid")
    assert said == "Name or service not known, nowhere.invalid"
    monkeypatch.setenv(reach.VARIABLE, "0.1")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1) or [])
    assert "example.org does not answer within 0.1 s" in reach.obstacle("https://example.org")


def test_a_host_with_one_dead_address_is_reached_by_the_other(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listening.getsockname()[1]
    hosts = ("127.0.0.2", "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses(port, *hosts))
    assert reach.obstacle("http://two.example") == ""
    assert knocks(listening) == 1


def addresses(port: int, *hosts: str) -> list[tuple[object, ...]]:
    """Return what looking up a name gives."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in hosts]


def test_a_host_some_of_whose_addresses_are_silent_is_told_as_silent(
    swallowing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(reach.VARIABLE, "0.1")
    port = int(swallowing.rpartition(":")[2])
    hosts = ("127.0.0.2", "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses(port, *hosts))
    assert "two.example does not answer within 0.1 s" in reach.obstacle("http://two.example")


def test_an_address_of_a_kind_that_there_is_not_here_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(-1, 1, 6, "", ("x", 1))])
    assert reach.obstacle("http://odd.example").endswith(", odd.example")


def test_who_was_not_run_for_the_time_of_the_wait_looks_once_more(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listening.getsockname()[1]

    def look_up(*_: object, **__: object) -> list[tuple[object, ...]]:
        # No other thread is run meanwhile, as on a machine that has other things to do.
        sum(range(10_000_000))
        return addresses(port, "127.0.0.1")

    monkeypatch.setenv(reach.VARIABLE, "0.02")
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert reach.obstacle("http://slow.example") == ""


@pytest.mark.parametrize("variable", ["http_proxy", "ALL_PROXY"])
def test_a_proxy_is_knocked_at_in_the_hubs_place(
    listening: socket.socket, dead: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, url(listening))
    assert reach.obstacle("http://hub.example") == ""
    assert knocks(listening) == 1
    monkeypatch.setenv(variable, dead)
    assert reach.obstacle("http://hub.example") == "Connection refused, 127.0.0.1"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert reach.obstacle(url(listening)) == ""


def test_without_a_proxy_nobody_waits_for_the_import_of_requests(dead: str) -> None:
    asked = (
        "import sys; from adapterstilts.core.hub import reach; why = reach.obstacle(sys.argv[1])\n"
        'sys.exit(f\'{why} {sys.modules.keys() & {"requests", "huggingface_hub"}}\')'
    )
    done = subprocess.run(
        [sys.executable, "-c", asked, dead], capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "Connection refused, 127.0.0.1 set()"


@pytest.mark.parametrize("address", ["", "nonsense", "http://127.0.0.1:port", "http://"])
def test_what_is_no_address_is_left_to_whoever_asks(address: str) -> None:
    assert reach.obstacle(address) == ""


@pytest.mark.parametrize("said", ["", "soon", "-1", "nan"])
def test_a_patience_that_is_no_number_is_the_usual_one(
    said: str, monkeypatch: pytest.MonkeyPatch, swallowing: str
) -> None:
    assert reach.PATIENCE <= 0.5
    monkeypatch.setattr(reach, "PATIENCE", 0.1)
    monkeypatch.setenv(reach.VARIABLE, said)
    assert "within 0.1 s" in reach.obstacle(swallowing)


def refused(ask: Callable[[], object]) -> str:
    with pytest.raises(Unreachable) as caught:
        ask()
    return str(caught.value)


def test_the_first_question_fails_at_once_with_what_fetches_it(
    dead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(client.time, "sleep", slept.append)
    said = refused(lambda: Hub(cache=tmp_path, endpoint=dead).commit(MODEL))
    assert said.startswith(f"{dead} cannot be reached for model 'someone/nli' (Connection refused")
    assert "`adapterstilts fetch 'hub(someone/nli@v1)' --to DIR`, and here set HF_HOME=DIR" in said
    assert slept == []


def test_a_stage_waits_for_a_network_that_is_away(
    dead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(client.time, "sleep", slept.append)
    monkeypatch.setenv("HF_ENDPOINT", dead)
    with client.patient():
        patient = client.here(cache=tmp_path)
    assert (patient.prompt, client.here().prompt) == (False, True)
    refused(lambda: patient.commit(MODEL))
    assert slept == list(client.PAUSES)


def test_what_is_lost_after_the_first_answer_is_waited_for(
    listening: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(client.time, "sleep", slept.append)
    here = Hub(cache=tmp_path, endpoint=url(listening), pauses=(1.0, 2.0))
    here.reach(MODEL)
    listening.close()
    refused(lambda: here.commit(MODEL))
    assert slept == [1.0, 2.0]
    refused(lambda: replace(here).commit(MODEL))
    assert slept == [1.0, 2.0]


def test_offline_nobody_is_knocked_at(listening: socket.socket, tmp_path: Path) -> None:
    Hub(cache=tmp_path, endpoint=url(listening), offline=True).reach(MODEL)
    assert knocks(listening) == 0


def test_who_has_begun_waits_for_the_same_knock_once(listening: socket.socket) -> None:
    with reach.begun(url(listening)):
        assert reach.obstacle(url(listening)) == ""
        assert knocks(listening) == 1
        assert reach.obstacle(url(listening)) == ""
    assert knocks(listening) == 1


def test_what_was_begun_is_forgotten_in_the_end(listening: socket.socket) -> None:
    address = url(listening)
    with reach.begun(address):
        pass
    listening.close()
    assert reach.obstacle(address) == "Connection refused, 127.0.0.1"


def test_a_file_that_lies_where_nobody_listens_is_told_at_once(
    hub: Served, dead: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # huggingface_hub would ask there five times, for half a minute, and talk of it.
    away = {"Location": f"{dead}/store/weights.bin"}
    hub.push(MODEL.name, {"weights.bin": Odd(b"x" * 64, headers=away)}, kind="model")
    there = client.here(cache=tmp_path)
    found = replace(MODEL, revision="main")
    listing = there.listing(found, there.commit(found))
    with pytest.raises(Unreachable, match=rf"^{dead} cannot be reached for .*refused"):
        there.fetch(listing, ["weights.bin"])
    assert capfd.readouterr() == ("", "")
