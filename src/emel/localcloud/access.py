"""Who may ask the platform for what: the defence of a server on loopback against pages in the user's browser.

A page from anywhere can have the browser send requests to 127.0.0.1, and with a name of its own that it lets
point there (DNS rebinding) it can read the answers too. So a platform on loopback answers only to names that
cannot be given away, and what reads or changes the platform itself needs a token that stands in a file of the
user's own.
"""

from __future__ import annotations

import hmac
import ipaddress
from http.cookies import CookieError, SimpleCookie

from emel.localcloud.events import Request
from emel.localcloud.messages import Answer, problem

COOKIE = "emel-token"
_SAFE = ("GET", "HEAD")


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
        return self._refuse_name(request)

    def refuse_stranger(self, request: Request) -> Answer | None:
        """The refusal of a request to the platform itself; None when it comes from its owner.

        The token comes as `Authorization: Bearer …`, or as the cookie of the console, which a page of another
        site cannot send along with what it makes the browser send.
        """
        refusal = self._refuse_name(request)
        if refusal is not None:
            return refusal
        said = _header(request, "authorization")
        if said.lower().startswith("bearer ") and self.is_token(said[7:].strip()):
            return None
        if not self.is_token(_cookie(request)):
            detail = "this needs the token of the platform's owner, which is in the store's server.json"
            refused = problem(401, "Unauthorized", detail)
            return refused._replace(headers=[*refused.headers, ("www-authenticate", "Bearer")])
        if request.method not in _SAFE and not _is_same_origin(request):
            return problem(403, "Forbidden", "the request comes from a page of another site")
        return None

    def is_token(self, said: str) -> bool:
        """Whether this is the owner's token."""
        return hmac.compare_digest(said.encode("utf-8", "replace"), self._token)

    def _refuse_name(self, request: Request) -> Answer | None:
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


def _cookie(request: Request) -> str:
    try:
        found = SimpleCookie(_header(request, "cookie")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _is_same_origin(request: Request) -> bool:
    """Whether a browser says that a page of this very address sent the request."""
    origin = _header(request, "origin")
    if origin:
        return origin.partition("://")[2].lower() == _header(request, "host").lower()
    return _header(request, "sec-fetch-site") == "same-origin"
