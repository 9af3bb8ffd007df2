"""Calls of Yandex Cloud's services through its SDK: signed in, repeated where that is safe, and waited for.

The SDK has no deadline of its own, repeats nothing by default, and its waiter gives an empty success when
time is up, so all three are here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

import grpc
from yandex.cloud.access.access_pb2 import AccessBinding, ListAccessBindingsRequest
from yandex.cloud.iam.v1.iam_token_service_pb2 import CreateIamTokenRequest
from yandex.cloud.iam.v1.iam_token_service_pb2_grpc import IamTokenServiceStub
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.operation.operation_service_pb2 import GetOperationRequest
from yandex.cloud.operation.operation_service_pb2_grpc import OperationServiceStub
from yandexcloud import SDK  # type: ignore[attr-defined]

from emel.clouds.yandex.refusals import CODES, PASSING, Refusal, details_of, refusal
from emel.clouds.yandex.sign_in import SignIn, Token
from emel.errors import DeployError
from emel.system.clock import Clock

CALL_SECONDS = 60.0
ATTEMPTS = 6
LONGEST_PAUSE = 8.0
BUSY_SECONDS = 180.0
"""How long a change waits for others to end: making a machine takes most of a minute."""
OPERATION_SECONDS = 600.0
"""The builder has five minutes (documentation, «Quotas and limits»); what takes twice as long is stuck."""

Connect = Callable[[str], Any]
"""Makes an SDK that sends this IAM token."""
T = TypeVar("T")


def connect_to(endpoint: str, root_certificates: bytes | None = None) -> Connect:
    """How to reach the cloud whose discovery service is at `endpoint`, host and port."""

    def connect(token: str) -> Any:
        return SDK(endpoint=endpoint, iam_token=token, root_certificates=root_certificates)

    return connect


class Session:
    """One signed-in user of the cloud. Errors of all calls: Refusal, which is a DeployError."""

    def __init__(self, connect: Connect, sign_in: SignIn, clock: Clock, tell: Callable[[str], None]) -> None:
        self._connect = connect
        self._sign_in = sign_in
        self._clock = clock
        self._tell = tell
        self._sdk: tuple[str, Any] | None = None

    def token(self) -> str:
        """An IAM token that is good for some minutes more."""
        return self._sign_in.token(self._exchange)

    @property
    def way(self) -> str:
        """How the user is signed in, in words."""
        return self._sign_in.way

    def read(self, stub: Any, method: str, request: Any) -> Any:
        """A call that changes nothing: repeated until it is answered, with growing pauses."""
        for pause in self._pauses():
            try:
                return self._send(stub, method, request, None)
            except Refusal as problem:
                if pause is None or problem.code not in {*PASSING, "RESOURCE_EXHAUSTED"}:
                    raise
            self._pause(pause)
        raise AssertionError("the last attempt returns or raises")

    def pages(self, stub: Any, method: str, request: Any, field: str) -> list[Any]:
        """All elements of a list, whatever the number of its pages. `field` is the list's name."""
        found: list[Any] = []
        while True:
            response = self.read(stub, method, request)
            found += getattr(response, field)
            if not response.next_page_token:
                return found
            request.page_token = response.next_page_token

    def bindings(self, stub: Any, resource: str) -> list[AccessBinding]:
        """Who holds which role on a resource, by the service that has it."""
        request = ListAccessBindingsRequest(resource_id=resource, page_size=1000)
        return self.pages(stub, "ListAccessBindings", request, "access_bindings")

    def change(
        self, stub: Any, method: str, request: Any, *, arrived: Callable[[], T | None] | None = None
    ) -> Any:
        """Start an operation that changes something, and return it.

        When no answer comes, the change may have been made all the same. The call is repeated with the same
        idempotency key; since nobody promises that the cloud heeds it, `arrived` looks first, for a change
        that would be made twice, and what it finds is returned instead.
        """
        key, busy_until = str(uuid.uuid4()), self._clock.monotonic() + BUSY_SECONDS
        for attempt in count():
            try:
                return self._send(stub, method, request, key)
            except Refusal as problem:
                if _is_busy(problem):
                    may_pass = self._clock.monotonic() < busy_until
                else:
                    may_pass = problem.code in PASSING and attempt < ATTEMPTS - 1
                if not may_pass:
                    raise
            self._pause(_growing(attempt))
            found = arrived() if arrived is not None else None
            if found is not None:
                return found
        raise AssertionError("the last attempt returns or raises")

    def wait(self, operation: Operation, response: T, what: str) -> T:
        """Wait until an operation has ended, and put its result into `response`, an empty message.

        `what` says what is being done: "create the function". Errors: also when it takes too long.
        """
        ends, pause = self._clock.monotonic() + OPERATION_SECONDS, 0.2
        while not operation.done:
            if self._clock.monotonic() > ends:
                raise DeployError(
                    f"Yandex Cloud did not {what} within {OPERATION_SECONDS:g} s (operation {operation.id})",
                    hint=f"look at it with `yc operation get {operation.id}`, then try again: what has "
                    "ended by then is taken up",
                )
            self._clock.sleep(pause)
            pause = min(pause * 1.5, 3.0)
            operation = self.read(OperationServiceStub, "Get", GetOperationRequest(operation_id=operation.id))
        if operation.HasField("error"):
            code = CODES.get(operation.error.code, "UNKNOWN")
            told = [operation.error.message, *details_of(operation.error)]
            raise refusal(code, "; ".join(told), f"{what} (operation {operation.id})")
        operation.response.Unpack(response)
        return response

    def _send(self, stub: Any, method: str, request: Any, key: str | None) -> Any:
        call = f"{stub.__name__.removesuffix('Stub')}.{method}"
        metadata = () if key is None else (("idempotency-key", key),)
        for is_last in (False, True):
            try:
                client = self._signed_in().client(stub)
                return getattr(client, method)(request, timeout=CALL_SECONDS, metadata=metadata)
            except grpc.RpcError as problem:
                code, text = problem.code().name, problem.details() or ""
                if code != "UNAUTHENTICATED" or is_last:
                    raise refusal(code, text, call) from None
                # The token may have been revoked before its time.
                self._sign_in.forget()
        raise AssertionError("the last attempt returns or raises")

    def _signed_in(self) -> Any:
        token = self.token()
        if self._sdk is None or self._sdk[0] != token:
            self._sdk = token, self._connect(token)
        return self._sdk[1]

    def _exchange(self, claim: str) -> Token:
        client = self._connect("").client(IamTokenServiceStub)
        for pause in self._pauses():
            try:
                answer = client.Create(CreateIamTokenRequest(jwt=claim), timeout=CALL_SECONDS)
            except grpc.RpcError as problem:
                if pause is None or problem.code().name not in PASSING:
                    text = problem.details() or ""
                    raise refusal(problem.code().name, text, "IamTokenService.Create") from None
                self._pause(pause)
                continue
            return Token(answer.iam_token, answer.expires_at.seconds - self._clock.now().timestamp())
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, seconds: float) -> None:
        self._tell(f"Yandex Cloud does not take the call, trying again in {seconds:g} s")
        self._clock.sleep(seconds)

    def _pauses(self) -> list[float | None]:
        """The seconds to wait after each attempt that failed; None after the last."""
        return [*map(_growing, range(ATTEMPTS - 1)), None]


def _is_busy(problem: Refusal) -> bool:
    """Whether a change was refused for too many operations at once, which end."""
    # Cloud Functions says "concurrentFolderOperations", Compute Cloud "active operations".
    said = any(word in problem.message.lower() for word in ("concurrent", "active operations"))
    return problem.code == "RESOURCE_EXHAUSTED" and said


def _growing(attempt: int) -> float:
    """Seconds to wait after an attempt, from 0."""
    return float(min(LONGEST_PAUSE, 0.5 * 2**attempt))
