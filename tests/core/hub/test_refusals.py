"""What is said of a refusal: on one line, short, and without anybody's token."""

import pytest
from requests import Request, Response
from requests.exceptions import ChunkedEncodingError, ConnectionError

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Repository, Unreachable, refusals
from adapterstilts.core.hub.errors import hush
from adapterstilts.core.hub.refusals import (
    refused,
    refused_collection,
    refused_to_all,
    sent,
    words,
)

XNLI = Repository(name="me/xnli", kind="model")
HERE = "http://me:secret@127.0.0.1:9"


def answered(status: int, said: str = "", method: str = "POST") -> Exception:
    """Return what huggingface_hub raises of an answer."""
    from huggingface_hub.errors import HfHubHTTPError

    response = Response()
    response.status_code = status
    response.request = Request(method, f"{HERE}/api/models/me/xnli/commit/main").prepare()
    return HfHubHTTPError(f"{status} for {HERE}", response=response, server_message=said or None)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (400, "does not take what was sent for model 'me/xnli' (400: why): mend that"),
        (401, "does not know the token"),
        (403, "the token may not write model 'me/xnli' (403: why)"),
        (404, "there is no model 'me/xnli' on the Hub (http://127.0.0.1:9) any more"),
        (409, "in conflict with what is on the Hub (409: why)"),
        (412, "somebody else has published to model 'me/xnli' meanwhile (412)"),
        (413, "larger than the Hub takes (413: why)"),
        (418, "http://127.0.0.1:9 answers 418 for model 'me/xnli': why"),
        (422, "does not take what was sent for model 'me/xnli' (422: why): mend that"),
        (429, "answers 429 when model 'me/xnli' is sent: why: wait, and run"),
        (502, "answers 502 when model 'me/xnli' is sent: why: wait, and run"),
    ],
)
def test_each_answer_is_one_paragraph_that_says_what_to_do(status: int, told: str) -> None:
    error = refused(answered(status, "why"), XNLI, HERE)
    assert isinstance(error, StiltsError)
    assert told in str(error)
    assert "secret" not in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "does not know the token that was to publish (401: why): it may have expired"),
        (403, "the token may not write (403: why): make one with write permission at http"),
        (404, "answers 404 when asked whose token this is: why: look at what HF_ENDPOINT names"),
        (409, "answers 409 when asked whose token this is: why: look at what HF_ENDPOINT names"),
        (429, "answers 429 when asked whose token this is: why: wait, and run the same"),
        (503, "answers 503 when asked whose token this is: why: wait, and run the same"),
    ],
)
def test_what_is_no_matter_of_one_repository_names_none(status: int, told: str) -> None:
    message = str(refused_to_all(answered(status, "why", "GET"), HERE))
    assert told in message
    assert "anything" not in message
    assert "secret" not in message


def test_a_conflict_that_names_no_collection_is_told() -> None:
    for error in (KeyError("slug"), TypeError("'NoneType' object is not subscriptable")):
        told = refused_collection(error, "Mine", "me", HERE)
        assert isinstance(told, StiltsError)
        assert "127.0.0.1:9 does not answer as the Hub does for collection 'Mine'" in str(told)


def test_what_went_wrong_is_found_below_what_is_said_of_a_file() -> None:
    error = RuntimeError("Error while uploading 'a' to the Hub.")
    error.__cause__ = answered(413, method="PUT")
    assert sent(error) is error.__cause__
    assert refusals.method(sent(error)) == "PUT"
    assert "larger than the Hub takes" in str(refused(error, XNLI, HERE))


def test_what_hf_xet_says_is_told_with_another_way() -> None:
    message = str(refused(RuntimeError("CAS service\nerror: hf_abcdef0123"), XNLI, HERE))
    assert "(CAS service error: (hidden))" in message
    assert "HF_HUB_DISABLE_XET=1" in message


def test_what_the_store_of_large_files_refuses_is_told() -> None:
    said = "LFS batch API returned errors:\nEncountered error for file with OID 12: `too large"
    message = str(refused(ValueError(said), XNLI, HERE))
    assert message.startswith("the Hub does not take a file of model 'me/xnli': Encountered error")
    assert "\n" not in message


def test_a_connection_is_lost_only_where_nothing_was_answered() -> None:
    assert refusals.is_lost(ConnectionError())
    assert refusals.is_lost(ChunkedEncodingError())
    assert not refusals.is_lost(answered(500))
    assert not refusals.is_lost(ValueError())
    assert isinstance(refused(ConnectionError(), XNLI, HERE), Unreachable)


def test_what_is_no_matter_of_the_hub_stays_as_it_is() -> None:
    for error in (ValueError("else"), KeyError("a"), StiltsError("told already")):
        assert refused(error, XNLI, HERE) is error


def test_an_answer_that_cannot_be_read_is_told_where_something_was_asked() -> None:
    for error in (ValueError("else"), KeyError("a"), TypeError("b"), RecursionError("deep")):
        for told in (
            refusals.refused_answer(error, XNLI, HERE),
            refusals.refused_to_all(error, HERE),
        ):
            assert "does not answer as the Hub does for" in str(told)
    known = StiltsError("told already")
    assert refusals.refused_answer(known, XNLI, HERE) is known


def test_what_others_say_is_shown_short_and_plain() -> None:
    assert words("a\n b\x1b[1m\tc\u202e") == "a b�[1m c�"
    assert words("Bearer abc.def, hf_abcdefgh") == "Bearer (hidden) (hidden)"
    assert len(words("x" * 9999)) == refusals.LONGEST + 1


def test_no_secret_is_left_in_an_error_and_in_what_led_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_TOKEN", "not-like-others")
    error, below = ValueError("with not-like-others", 3), OSError(f"at {HERE}/api hf_abcdefgh")
    error.__cause__, below.__context__ = below, error
    hush(error)
    assert error.args == ("with (hidden)", 3)
    assert below.args == ("at http://(hidden)@127.0.0.1:9/api (hidden)",)
