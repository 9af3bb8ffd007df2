"""Lists in pages, as every List call has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import grpc
from tests.fakes.yandex.state import Refused, State

T = TypeVar("T")


def page(found: Sequence[T], request: Any, state: State) -> tuple[Sequence[T], str]:
    """The part of a list that the request asks for, and the token of the next; a page has 100 by default."""
    try:
        start = int(request.page_token or 0)
    except ValueError:
        raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "Bad page token") from None
    end = start + min(request.page_size or 100, state.page_limit)
    return found[start:end], str(end) if end < len(found) else ""
