"""HTTP: one request, one reply, over connections that are kept alive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import urllib3

from emel.errors import EndpointError


class HttpReply(NamedTuple):
    """What a server answered. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http(Protocol):
    """Sends a request and returns the reply, whatever its status."""

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> HttpReply:
        """Send one request, once: nothing is retried and no redirect is followed.

        `timeout` is in seconds, for connecting and for each read. Errors: EndpointError when no
        reply came.
        """
        ...


class SystemHttp:
    """Real HTTP, with up to eight connections to a server kept alive."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(maxsize=8, retries=False)

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> HttpReply:
        try:
            reply = self._pool.request(
                method,
                url,
                body=body,
                headers=dict(headers or {}),
                timeout=timeout,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as problem:
            raise EndpointError(
                f"no answer from {url}: {problem}",
                hint="check that the address is right and that the endpoint is up",
            ) from problem
        names = {name.lower(): value for name, value in reply.headers.items()}
        return HttpReply(reply.status, names, reply.data)


class WithHeaders:
    """HTTP with the same headers on every request; those of the request itself win."""

    def __init__(self, http: Http, headers: Mapping[str, str]) -> None:
        self._http = http
        self._headers = headers

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> HttpReply:
        sent = {**self._headers, **(headers or {})}
        return self._http.request(method, url, body=body, headers=sent, timeout=timeout)
