"""A client of the emulated cloud that is killed at a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import yandexcloud
from tests.fakes.yandex.emulator import Emulator


class Killed(BaseException):
    """The process is gone. Nothing of emel catches it."""


class Killer(grpc.UnaryUnaryClientInterceptor):
    """Ends the client at its call of this number, which the cloud carries out: its answer is never read."""

    def __init__(self, number: int) -> None:
        self._rest = number

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        self._rest -= 1
        answer = continuation(details, request)
        if self._rest == 0:
            answer.result()
            raise Killed
        return answer


def dying_client(emulator: Emulator, number: int) -> Callable[[str], Any]:
    """Makes the SDK of a client that is killed at its call of this number, from 1."""
    killer = Killer(number)

    def connect(token: str) -> Any:
        return yandexcloud.SDK(
            endpoint=emulator.endpoint,
            iam_token=token,
            root_certificates=emulator.root_certificates,
            interceptor=killer,
        )

    return connect
