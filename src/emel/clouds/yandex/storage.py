"""What a version needs of Object Storage: its zip on the way there, and the model that it mounts.

After the version is there, the object of its zip is of no use, and is deleted (documentation of Cloud
Functions, «Function», part on versions). A model that is mounted is read at each cold start, and stays for as
long as a version is there that mounts it (documentation, «Mounting external resources to a function file
system»). Both lie under their digests, so that a deploy that is repeated finds them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from yandex.cloud.serverless.functions.v1.function_pb2 import Mount, Package

from emel.clouds.yandex.bucket import Bucket
from emel.clouds.yandex.limits import LIMITS
from emel.errors import DeployError
from emel.records import Bundle
from emel_runtime.contract import MOUNT

ZIPS, MODELS = "emel", "emel-models"
"""The first part of the keys."""


class Uploads:
    """Zips in the project's bucket, `emel/<function>/<digest>.zip`."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def look(self) -> None:
        """Read one entry of the bucket. Errors: DeployError when that cannot be done."""
        self._bucket.look()

    def check(self, bundle: Bundle) -> None:
        """Errors: DeployError when the zip is larger than the cloud takes."""
        size = bundle.path.stat().st_size
        if size > LIMITS.bundle_bytes:
            raise DeployError(
                f"the zip has {size / 2**20:.0f} MB; a function may have {LIMITS.bundle_bytes // 2**20} MB",
                where=str(bundle.path),
                hint='leave --bundle out, or package it with cloud = "yandex" under [ci]: then a large model '
                "stands beside the zip",
            )

    def upload(self, bundle: Bundle) -> Package:
        """Bring a bundle into the bucket, or find it there, and say where it is. Errors: DeployError."""
        if not self._bucket.name:
            raise _no_bucket(f"the bundle has {bundle.path.stat().st_size / 1e6:.1f} MB", bundle)
        key = key_of(bundle.name, bundle.digest)
        self._bucket.put(key, bundle.path, "the bundle")
        # The cloud compares the digest with what it finds in the object.
        checksum = bundle.digest.removeprefix("sha256:")
        return Package(bucket_name=self._bucket.name, object_name=key, sha256=checksum)

    def prune(self, function: str, digest: str) -> None:
        """Delete the object of a version that is there now, and what broken runs left long ago."""
        if self._bucket.name is None:
            return
        for found in self._bucket.objects(f"{ZIPS}/{function}/"):
            if found.key == key_of(function, digest) or found.is_old:
                self._bucket.delete(found.key)
        self._bucket.abort_uploads(f"{ZIPS}/{function}/", forgotten=True)

    def remove(self, function: str) -> None:
        """Delete all that is left of a function's zips. Does nothing without a bucket."""
        _remove(self._bucket, f"{ZIPS}/{function}/")


class Models:
    """Models that stand beside their zips, `emel-models/<function>/<digest>/<file>`."""

    def __init__(self, bucket: Bucket, service_account: str | None) -> None:
        self._bucket = bucket
        self._service_account = service_account

    def check(self, bundle: Bundle) -> None:
        """Errors: DeployError when a version of the bundle could not mount its model."""
        if bundle.mounted is None:
            return
        if not self._bucket.name:
            raise _no_bucket(f"the model of {bundle.mounted.size / 1e6:.1f} MB stands beside the zip", bundle)
        if not self._service_account:
            raise DeployError(
                "the model stands beside the zip, and the function needs a service account to read it",
                where="emel.toml, [yandex]",
                hint="set service_account to one with the role storage.viewer on the bucket",
            )

    def mounts(self, bundle: Bundle) -> list[Mount]:
        """Bring the bundle's model into the bucket, or find it there, and say how it is mounted.

        Nothing for a model that is in the zip. Errors: DeployError.
        """
        if bundle.mounted is None or self._bucket.name is None:
            return []
        folder = folder_of(bundle.name, bundle.mounted.digest)
        self._bucket.put(f"{folder}/{bundle.mounted.name}", bundle.mounted.path, "the model")
        place = Mount.ObjectStorage(bucket_id=self._bucket.name, prefix=folder)
        return [Mount(name=MOUNT, mode=Mount.READ_ONLY, object_storage=place)]

    def prune(self, function: str, used: Iterable[Any]) -> None:
        """Delete the models of versions that are gone. `used` are the mounts of those that are there.

        A model that has just come may be that of a version that another deploy is about to make: it stays.
        """
        if self._bucket.name is None:
            return
        kept = {mount.object_storage.prefix for mount in used}
        for found in self._bucket.objects(f"{MODELS}/{function}/"):
            if found.is_old and found.key.rpartition("/")[0] not in kept:
                self._bucket.delete(found.key)
        self._bucket.abort_uploads(f"{MODELS}/{function}/", forgotten=True)

    def remove(self, function: str) -> None:
        """Delete all models of a function. Does nothing without a bucket."""
        _remove(self._bucket, f"{MODELS}/{function}/")


def key_of(function: str, digest: str) -> str:
    """The name of a zip's object."""
    return f"{ZIPS}/{function}/{digest.removeprefix('sha256:')}.zip"


def folder_of(function: str, digest: str) -> str:
    """What the name of a model's object begins with, and all that a version mounts of the bucket."""
    return f"{MODELS}/{function}/{digest.removeprefix('sha256:')}"


def _remove(bucket: Bucket, prefix: str) -> None:
    if bucket.name is None:
        return
    for found in bucket.objects(prefix):
        bucket.delete(found.key)
    bucket.abort_uploads(prefix, forgotten=False)


def _no_bucket(why: str, bundle: Bundle) -> DeployError:
    return DeployError(
        f"{why}, and only 3.5 MB go without a bucket",
        where=str(bundle.path),
        hint="set [yandex] bucket in emel.toml to a bucket of Object Storage; make one with "
        "`yc storage bucket create --name NAME`",
    )
