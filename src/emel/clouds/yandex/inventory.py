"""What there is of emel's in the folder: functions by their names, and their versions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from yandex.cloud.serverless.functions.v1 import function_pb2 as shapes
from yandex.cloud.serverless.functions.v1 import function_service_pb2 as requests
from yandex.cloud.serverless.functions.v1.function_service_pb2_grpc import FunctionServiceStub

from emel.clouds.yandex.place import named_folder
from emel.clouds.yandex.session import Session
from emel.clouds.yandex.versions import Stored, read_versions

LABELS = {"managed-by": "emel"}
BUCKET = "emel-bucket"
"""What the labels begin with that name the buckets which a function has used."""
_LABEL = re.compile(r"[-_./\\@0-9a-z]{1,63}")
NAME = re.compile(r"[a-z][-a-z0-9]{1,61}[a-z0-9]")


class Found(NamedTuple):
    """What of a function never changes."""

    id: str
    url: str


class Inventory:
    """Reads alone. A function without emel's label is absent to all but `by_name`."""

    def __init__(self, session: Session, folder: str | None) -> None:
        self._session = session
        self._folder_id = folder
        self._found: dict[str, Found] = {}

    @property
    def folder(self) -> str:
        """The folder's identifier. Errors: DeployError when nobody has named it."""
        return named_folder(self._folder_id)

    def names(self) -> list[str]:
        """The names of all functions that are emel's, sorted."""
        request = requests.ListFunctionsRequest(folder_id=self.folder, page_size=1000)
        found = self._session.pages(FunctionServiceStub, "List", request, "functions")
        return sorted(proto.name for proto in found if is_ours(proto))

    def find(self, function: str) -> Any:
        """The function as the cloud has it, if it is there and emel's; else None."""
        proto = self.by_name(function)
        return proto if proto is not None and is_ours(proto) else None

    def by_name(self, function: str) -> Any:
        """The function of this name, whoever made it; else None."""
        if not NAME.fullmatch(function):
            return None
        request = requests.ListFunctionsRequest(folder_id=self.folder, filter=f'name="{function}"')
        found = self._session.read(FunctionServiceStub, "List", request).functions
        return next((proto for proto in found if proto.name == function), None)

    def buckets(self, function: str, mounts: Sequence[Any]) -> list[str]:
        """The buckets in which the function may have something: its labels tell, and what its versions
        mount."""
        proto = self.find(function)
        if proto is None:
            return []
        noted = [value for name, value in proto.labels.items() if name.startswith(f"{BUCKET}-")]
        mounted = [each.object_storage.bucket_id for each in mounts]
        return sorted({*noted, *mounted})

    def mounts(self, function: str) -> list[Any]:
        """What the function's versions mount."""
        return [mount for stored in self.versions(function) for mount in stored.mounts]

    def id_of(self, function: str) -> str | None:
        """The function's identifier; None when the function is absent."""
        found = self._look_up(function)
        return None if found is None else found.id

    def url_of(self, function: str) -> str | None:
        """The function's address; None when the function is absent."""
        found = self._look_up(function)
        return None if found is None else found.url

    def forget(self, function: str) -> None:
        """The function is gone."""
        self._found.pop(function, None)

    def versions(self, function: str) -> list[Stored]:
        """emel's versions of a function that are there or under way, oldest first."""
        identifier = self.id_of(function)
        if identifier is None:
            return []
        request = requests.ListFunctionsVersionsRequest(function_id=identifier, page_size=1000)
        found = self._session.pages(FunctionServiceStub, "ListVersions", request, "versions")
        return read_versions([proto for proto in found if proto.status != shapes.Version.DELETING])

    def _look_up(self, function: str) -> Found | None:
        """Asks for a function once: what is looked for never changes."""
        if function not in self._found:
            proto = self.find(function)
            if proto is None:
                return None
            self._found[function] = Found(proto.id, proto.http_invoke_url)
        return self._found[function]


def bucket_label(bucket: str) -> dict[str, str]:
    """The label by which a function is known to have something in a bucket.

    Empty for a name that no label can hold; those of Object Storage have small letters alone (its
    documentation, «Bucket», part on names).
    """
    if not _LABEL.fullmatch(bucket):
        return {}
    return {f"{BUCKET}-{hashlib.sha256(bucket.encode()).hexdigest()[:8]}": bucket}


def is_ours(proto: Any) -> bool:
    """Whether a function carries emel's label."""
    return all(proto.labels.get(name) == value for name, value in LABELS.items())
