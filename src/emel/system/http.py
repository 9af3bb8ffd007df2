"""HTTP: one request, one reply, over connections that are kept alive."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

import urllib3

from emel.errors import CertificateError, EndpointError, NoConnectionError

CHUNK = 1 << 20
"""Bytes of a file that are held in memory at a time."""


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
        reply came; of these NoConnectionError when nothing has been sent, and CertificateError when the
        server is not the one that it says it is.
        """
        ...


class FileHttp(Http, Protocol):
    """The same, with files of any size, of which little is in memory at a time."""

    def upload(
        self, method: str, url: str, file: Path, *, headers: Mapping[str, str], timeout: float = 30.0
    ) -> HttpReply:
        """Send a file as the body, from its first byte to its last. Errors: also OSError."""
        ...

    def download(
        self, url: str, target: Path, *, headers: Mapping[str, str], timeout: float = 30.0
    ) -> HttpReply:
        """Write the body of an answer 200 into `target`; any other answer comes with its body, and no file.

        Errors: also EndpointError when the body ends too soon, OSError; the file is then not whole.
        """
        ...


class SystemHttp:
    """Real HTTP, with up to eight connections to a server kept alive.

    `ca_file` holds further certificates (PEM) that a server's own may be signed by. `env` names the proxies,
    as for curl: `https_proxy`, `http_proxy`, `no_proxy`. This machine itself is never asked through one.
    """

    def __init__(self, *, ca_file: str | None = None, env: Mapping[str, str] = os.environ) -> None:
        self._ca_file = ca_file
        self._proxies = {
            scheme: proxy
            for scheme in ("http", "https")
            if (proxy := env.get(f"{scheme}_proxy") or env.get(f"{scheme.upper()}_PROXY"))
        }
        self._unproxied = env.get("no_proxy") or env.get("NO_PROXY") or ""
        self._pools: dict[str | None, urllib3.PoolManager] = {}
        """By the proxy that stands before it."""

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> HttpReply:
        return _answer(self._send(method, url, timeout, headers=dict(headers or {}), body=body))

    def upload(
        self, method: str, url: str, file: Path, *, headers: Mapping[str, str], timeout: float = 30.0
    ) -> HttpReply:
        with file.open("rb") as stream:
            # With its length the file is sent as it is; without, in chunks that not every server takes.
            sized = {**headers, "Content-Length": str(os.fstat(stream.fileno()).st_size)}
            return _answer(self._send(method, url, timeout, headers=sized, body=stream))

    def download(
        self, url: str, target: Path, *, headers: Mapping[str, str], timeout: float = 30.0
    ) -> HttpReply:
        reply = self._send("GET", url, timeout, headers=dict(headers), preload_content=False)
        try:
            if reply.status != 200:
                return _answer(reply)
            with target.open("wb") as file:
                for chunk in reply.stream(CHUNK):
                    file.write(chunk)
        except urllib3.exceptions.HTTPError as problem:
            raise EndpointError(f"the answer from {url} broke off: {problem}") from problem
        finally:
            reply.release_conn()
        return HttpReply(reply.status, _lower(reply.headers), b"")

    def _send(self, method: str, url: str, timeout: float, **options: Any) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool(url).request(method, url, timeout=timeout, redirect=False, **options)
        except urllib3.exceptions.HTTPError as problem:
            raise _explained(url, problem) from problem

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        direct = is_direct(parts.hostname or "", self._unproxied)
        proxy = None if direct else self._proxies.get(parts.scheme)
        if proxy not in self._pools:
            self._pools[proxy] = self._new_pool(proxy)
        return self._pools[proxy]

    def _new_pool(self, proxy: str | None) -> urllib3.PoolManager:
        options: dict[str, Any] = {"maxsize": 8, "retries": False}
        if self._ca_file:
            options["ssl_context"] = _trusting(self._ca_file)
        if proxy is None:
            return urllib3.PoolManager(**options)
        address = proxy if "://" in proxy else f"http://{proxy}"
        login = urlsplit(address)
        named = f"{unquote(login.username)}:{unquote(login.password or '')}" if login.username else None
        headers = urllib3.make_headers(proxy_basic_auth=named) if named else None
        return urllib3.ProxyManager(address, proxy_headers=headers, **options)


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


def is_direct(host: str, unproxied: str) -> bool:
    """Whether no proxy stands before the host: this machine, and what `no_proxy` lists by name or suffix."""
    if host in ("localhost", "::1") or host.startswith("127."):
        return True
    entries = (entry.strip().lower().removeprefix("*").lstrip(".") for entry in unproxied.split(","))
    return "*" in unproxied.split(",") or any(
        entry and (host == entry or host.endswith(f".{entry}")) for entry in entries
    )


def _trusting(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as problem:
        raise CertificateError(
            f"the certificates cannot be read: {problem}",
            where=ca_file,
            hint="give a file of certificates in PEM form",
        ) from problem
    return context


def _explained(url: str, problem: urllib3.exceptions.HTTPError) -> EndpointError:
    hint = "check that the address is right and that the endpoint is up"
    if isinstance(problem, urllib3.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(problem):
        return CertificateError(
            f"the certificate of {url} is not trusted: {problem}",
            hint="name the file with its authority's certificate: CI_SERVER_TLS_CA_FILE or SSL_CERT_FILE",
        )
    unsent = (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.ProxyError)
    kind = NoConnectionError if isinstance(problem, unsent) else EndpointError
    return kind(f"no answer from {url}: {problem}", hint=hint)


def _answer(reply: urllib3.BaseHTTPResponse) -> HttpReply:
    return HttpReply(reply.status, _lower(reply.headers), reply.data)


def _lower(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}
