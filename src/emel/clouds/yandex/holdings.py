"""What of a function lies in Object Storage, in all buckets that it has used.

The project may name another bucket tomorrow. So a function gets a label with the bucket's name before
anything is put there, and what is no longer needed is looked for in all buckets that its labels and its
versions' mounts name. Nothing but what lies below emel's own names for this function is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from google.protobuf.field_mask_pb2 import FieldMask
from yandex.cloud.serverless.functions.v1 import function_pb2 as shapes
from yandex.cloud.serverless.functions.v1 import function_service_pb2 as requests
from yandex.cloud.serverless.functions.v1.function_service_pb2_grpc import FunctionServiceStub

from emel.clouds.yandex.bucket import Bucket, Object
from emel.clouds.yandex.inventory import Inventory, bucket_label
from emel.clouds.yandex.refusals import NOT_FOUND, Refusal
from emel.clouds.yandex.session import Session
from emel.clouds.yandex.storage import MODELS, ZIPS, key_of
from emel.records import StoredObjects


class Holdings:
    """Errors of all calls: DeployError."""

    def __init__(
        self, session: Session, inventory: Inventory, bucket: Bucket, tell: Callable[[str], None]
    ) -> None:
        self._session = session
        self._inventory = inventory
        self._bucket = bucket
        self._tell = tell

    def note(self, function: str) -> None:
        """Let the function's labels name the project's bucket, before something is put there."""
        proto, name = self._inventory.find(function), self._bucket.name
        if proto is None or not name:
            return
        label = bucket_label(name)
        if label.items() <= dict(proto.labels).items():
            return
        # An update replaces all labels.
        request = requests.UpdateFunctionRequest(
            function_id=proto.id,
            update_mask=FieldMask(paths=["labels"]),
            labels={**proto.labels, **label},
        )
        started = self._session.change(FunctionServiceStub, "Update", request)
        self._session.wait(started, shapes.Function(), "label the function with its bucket")

    def found(self, function: str) -> Sequence[StoredObjects]:
        """What there is, by bucket; buckets with nothing are left out."""
        told = []
        for bucket in self._buckets(function):
            objects = self._objects(bucket, function)
            if objects:
                size = sum(each.size for each in objects)
                told.append(StoredObjects(bucket=str(bucket.name), objects=len(objects), bytes=size))
        return told

    def remove(self, function: str) -> None:
        """Delete all of it."""
        for bucket in self._buckets(function):
            for each in self._objects(bucket, function):
                bucket.delete(each.key)
            for prefix in self._prefixes(function):
                bucket.abort_uploads(prefix, forgotten=False)

    def prune(self, function: str, digest: str) -> None:
        """Delete the zip of a version that is there now, what broken runs left long ago, and the models of
        versions that are gone.

        What has just come may be that of a version that another deploy is about to make: it stays.
        """
        mounts = self._inventory.mounts(function)
        kept = {(each.object_storage.bucket_id, each.object_storage.prefix) for each in mounts}
        for name in self._inventory.buckets(function, mounts):
            try:
                self._prune(self._bucket.elsewhere(name), function, digest, kept)
            except Refusal as problem:
                if name == self._bucket.name:
                    raise
                # The deploy is done without that bucket; `emel destroy` will insist.
                self._tell(f"what there may be in bucket {name} is left: {problem.message}")

    def _prune(self, bucket: Bucket, function: str, digest: str, kept: set[tuple[str, str]]) -> None:
        used = key_of(self._inventory.folder, function, digest)
        for each in self._objects(bucket, function):
            is_mounted = (str(bucket.name), each.key.rpartition("/")[0]) in kept
            if each.key == used or (each.is_old and not is_mounted):
                bucket.delete(each.key)
        for prefix in self._prefixes(function):
            bucket.abort_uploads(prefix, forgotten=True)

    def _buckets(self, function: str) -> Iterator[Bucket]:
        """Those that there are of the buckets in which something may be, the project's among them.

        Errors: DeployError for one that was used and may not be read: nothing would lead there afterwards.
        """
        used = self._inventory.buckets(function, self._inventory.mounts(function))
        own = self._bucket.name
        for name in sorted({*used, own} if own else used):
            bucket = self._bucket.elsewhere(name)
            try:
                bucket.look()
            except Refusal as problem:
                if problem.code == NOT_FOUND or name not in used:
                    continue
                problem.hint = (
                    f"{problem.hint}; or, if the bucket is not yours any more, delete the function without "
                    f"looking there: yc serverless function delete --name {function}"
                )
                raise
            yield bucket

    def _objects(self, bucket: Bucket, function: str) -> list[Object]:
        return [each for prefix in self._prefixes(function) for each in bucket.objects(prefix)]

    def _prefixes(self, function: str) -> list[str]:
        return [f"{first}/{self._inventory.folder}/{function}/" for first in (ZIPS, MODELS)]
