"""What a version needs of Object Storage: its zip on the way there, and the model that it mounts.

After the version is there, the object of its zip is of no use, and is deleted (documentation of Cloud
Functions, «Function», part on versions). A model that is mounted is read at each cold start, and stays for as
long as a version is there that mounts it (documentation, «Mounting external resources to a function file
system»). Both lie under their digests, so that a deploy that is repeated finds them, and under the folder of
the cloud, in which alone a function's name is its own.
"""

from __future__ import annotations

from yandex.cloud.serverless.functions.v1.function_pb2 import Mount, Package

from emel.clouds.yandex.bucket import Bucket
from emel.clouds.yandex.inventory import Inventory
from emel.clouds.yandex.limits import DIRECT_BYTES, LIMITS
from emel.errors import DeployError
from emel.records import Bundle
from emel_runtime.contract import MOUNT

ZIPS, MODELS = "emel", "emel-models"
"""The first part of the keys."""


class Uploads:
    """Zips in the project's bucket, `emel/<folder>/<function>/<digest>.zip`."""

    def __init__(self, bucket: Bucket, inventory: Inventory) -> None:
        self._bucket = bucket
        self._inventory = inventory

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

    def check_way(self, bundle: Bundle) -> None:
        """Errors: DeployError when the zip would have to go through a bucket and none is named."""
        if bundle.path.stat().st_size > DIRECT_BYTES:
            self._named(bundle)

    def upload(self, bundle: Bundle) -> Package:
        """Bring a bundle into the bucket, or find it there, and say where it is. Errors: DeployError."""
        bucket = self._named(bundle)
        key = key_of(self._inventory.folder, bundle.name, bundle.digest)
        self._bucket.put(key, bundle.path, "the bundle")
        # The cloud compares the digest with what it finds in the object.
        checksum = bundle.digest.removeprefix("sha256:")
        return Package(bucket_name=bucket, object_name=key, sha256=checksum)

    def _named(self, bundle: Bundle) -> str:
        if not self._bucket.name:
            raise _no_bucket(f"the bundle has {bundle.path.stat().st_size / 1e6:.1f} MB", bundle)
        return self._bucket.name


class Models:
    """Models that stand beside their zips, `emel-models/<folder>/<function>/<digest>/<file>`."""

    def __init__(self, bucket: Bucket, inventory: Inventory, service_account: str | None) -> None:
        self._bucket = bucket
        self._inventory = inventory
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
        folder = folder_of(self._inventory.folder, bundle.name, bundle.mounted.digest)
        self._bucket.put(f"{folder}/{bundle.mounted.name}", bundle.mounted.path, "the model")
        place = Mount.ObjectStorage(bucket_id=self._bucket.name, prefix=folder)
        return [Mount(name=MOUNT, mode=Mount.READ_ONLY, object_storage=place)]


def key_of(folder: str, function: str, digest: str) -> str:
    """The name of a zip's object."""
    return f"{ZIPS}/{folder}/{function}/{digest.removeprefix('sha256:')}.zip"


def folder_of(folder: str, function: str, digest: str) -> str:
    """What the name of a model's object begins with, and all that a version mounts of the bucket."""
    return f"{MODELS}/{folder}/{function}/{digest.removeprefix('sha256:')}"


def _no_bucket(why: str, bundle: Bundle) -> DeployError:
    return DeployError(
        f"{why}, and only 3.5 MB go without a bucket",
        where=str(bundle.path),
        hint="set [yandex] bucket in emel.toml to a bucket of Object Storage; make one with "
        "`yc storage bucket create --name NAME`",
    )
