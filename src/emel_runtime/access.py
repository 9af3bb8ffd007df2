"""Who may call: an API key, and the origins whose pages may call from a browser."""

from __future__ import annotations

from _operator import _compare_digest

from emel_runtime.contract import KEY_HEADER, Refusal
from emel_runtime.lean import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from emel_runtime.contract import Request, Response

SECONDS = "600"
"""For how long a browser may remember what a preflight request told it."""


def require_key(request: Request, expected: str) -> None:
    """Let a request pass that brings the key; `expected` is the key's digest.

    Digests have one length, and comparing them takes one time whatever they are. Errors: Refusal with
    status 401.
    """
    given = request.headers.get(KEY_HEADER.lower(), "")
    if not _compare_digest(digest(given.encode("utf-8", "replace")).encode(), expected.encode()):
        detail = (
            f"the key in {KEY_HEADER} is another" if given else f"send the key in the header {KEY_HEADER}"
        )
        raise Refusal(401, detail)


def share(request: Request, response: Response, origins: Sequence[str]) -> None:
    """Tell a browser whether a page of the request's origin may see the answer."""
    others = response.headers.get("Vary")
    response.headers["Vary"] = f"{others}, Origin" if others else "Origin"
    origin = request.headers.get("origin", "")
    if not origin or not (origin in origins or "*" in origins):
        return
    response.headers["Access-Control-Allow-Origin"] = "*" if "*" in origins else origin


def answer_preflight(response: Response) -> None:
    """What a browser asks before it sends a request that a form could not."""
    response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
    response.headers["Access-Control-Allow-Headers"] = f"Content-Type, Content-Encoding, {KEY_HEADER}"
    response.headers["Access-Control-Max-Age"] = SECONDS
