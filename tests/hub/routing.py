"""The way to a Hub of our own for what asks the real one whatever `HF_ENDPOINT` says.

`ModelCard.validate` and `ModelCard.push_to_hub` have the address of the Hub written into them:

    with routed(hub.url):
        ModelCard.load(path).validate()
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from huggingface_hub import configure_http_backend
from requests.adapters import HTTPAdapter

SITE = "https://huggingface.co"
"""The Hub, as it is written into huggingface_hub."""


class _There(HTTPAdapter):
    """What sends to another place what was meant for the Hub."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:  # type: ignore[override]
        request.url = (request.url or "").replace(SITE, self._url, 1)
        return super().send(request, **how)


@contextmanager
def routed(url: str) -> Iterator[None]:
    """Let everything that huggingface_hub sends to the Hub go to a URL until the block ends."""

    def session() -> requests.Session:
        made = requests.Session()
        made.mount(SITE, _There(url))
        return made

    configure_http_backend(session)
    try:
        yield
    finally:
        configure_http_backend()
