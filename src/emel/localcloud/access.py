"""Who may ask the platform for what: the defence of a server on loopback against pages in the user's browser.

A page from anywhere can have the browser send requests to 127.0.0.1, and with a name of its own that it lets
point there (DNS rebinding) it can read the answers too. So a platform on loopback answers only to names that
cannot be given away, and what reads or changes the platform itself needs a token that stands in a file of the
user's own.
"""

from __future__ import annotations

import hmac
import ipaddress

from emel.localcloud.events import Request
from emel.localcloud.messages import Answer, problem


class Gate:
    """Decides about requests to a platform that listens on `host` and whose owner knows `token`."""

    def __init__(self, host: str, token: str) -> None:
        self._host = host.lower()
        self._token = token.encode()
        self._is_loopback = is_loopback(host)
        self._trusted: set[str] = set()
        """Values of the header host that were found to be good."""

    def refuse(self, request: Request) -> Answer | None:
        """The refusal of a request to a function; None when it may pass.

        A platform that listens to others is meant to be reached by whatever name they have for it.
        """
        if not self._is_loopback:
            return None
        return self.refuse_name(request)

    def refuse_stranger(self, request: Request) -> Answer | None:
        """The refusal of a request to the platform itself; None when it comes from its owner.

        The token comes as `Authorization: Bearer …`, and never as a cookie: a browser sends those by itself,
        to every port of this machine.
        """
        refusal = self.refuse_name(request)
        if refusal is not None:
            return refusal
        if not _is_same_origin(request):
            return problem(403, "Forbidden", "the request comes from a page of another site")
        scheme, _, said = _header(request, "authorization").partition(" ")
        if scheme.lower() == "bearer" and self._is_token(said.strip()):
            return None
        detail = "this needs the token of the platform's owner: `emel console` tells it"
        refused = problem(401, "Unauthorized", detail)
        return refused._replace(headers=[*refused.headers, ("www-authenticate", "Bearer")])

    def refuse_name(self, request: Request) -> Answer | None:
        """The refusal of a request to a name that others can have point at this machine."""
        said = _header(request, "host").lower()
        if said in self._trusted:
            return None
        name = _name_of(said)
        if not (name == self._host or is_loopback(name) or (not self._is_loopback and _is_address(name))):
            detail = f"the platform does not answer to the name {said[:100]!r}; use its address"
            return problem(421, "Misdirected Request", detail)
        if len(self._trusted) < 100:
            self._trusted.add(said)
        return None

    def _is_token(self, said: str) -> bool:
        return hmac.compare_digest(said.encode("utf-8", "replace"), self._token)


def is_loopback(host: str) -> bool:
    """Whether a name or address can only be this very machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _name_of(authority: str) -> str:
    """The name or address of a host header, without its port."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]


def _header(request: Request, name: str) -> str:
    for key, value in request.headers:
        if key == name:
            return value
    return ""


def _is_same_origin(request: Request) -> bool:
    """Whether a browser does not say that a page of another address sent the request."""
    origin = _header(request, "origin")
    if origin:
        return origin.partition("://")[2].lower() == _header(request, "host").lower()
    return _header(request, "sec-fetch-site") in ("", "same-origin", "none")
