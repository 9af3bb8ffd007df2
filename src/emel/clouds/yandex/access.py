"""Who may call a function. Only what is asked for is added or taken away; other bindings stay.

Sources: cloudapi, yandex/cloud/access/access.proto; documentation of Cloud Functions, «Making a function
public».
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yandex.cloud.access import access_pb2 as access
from yandex.cloud.serverless.functions.v1.function_service_pb2_grpc import FunctionServiceStub

from emel.clouds.yandex.inventory import Inventory
from emel.clouds.yandex.session import Session
from emel.errors import DeployError

ROLE = "functions.functionInvoker"
EVERYONE = access.Subject(id="allUsers", type="system")


class YandexAccess:
    """See emel.clouds.base.Access."""

    def __init__(self, session: Session, inventory: Inventory) -> None:
        self._session = session
        self._inventory = inventory

    def is_public(self, function: str) -> bool:
        identifier = self._inventory.id_of(function)
        return identifier is not None and self._is_public(identifier)

    def make_public(self, function: str) -> None:
        identifier = self._inventory.id_of(function)
        if identifier is None:
            raise DeployError(f"there is no function {function!r}", hint="`emel deploy --to yandex` makes it")
        if self._is_public(identifier):
            return
        delta = access.AccessBindingDelta(
            action=access.ADD, access_binding=access.AccessBinding(role_id=ROLE, subject=EVERYONE)
        )
        request = access.UpdateAccessBindingsRequest(resource_id=identifier, access_binding_deltas=[delta])
        started = self._session.change(FunctionServiceStub, "UpdateAccessBindings", request)
        self._session.wait(started, access.AccessBindingsOperationResult(), "make the function public")

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._session.token()}"}

    def _is_public(self, identifier: Any) -> bool:
        found = self._session.bindings(FunctionServiceStub, identifier)
        return any(one.role_id == ROLE and one.subject == EVERYONE for one in found)
