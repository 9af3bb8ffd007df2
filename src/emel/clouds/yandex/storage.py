"""Large bundles on their way to a version: a private object, in parts that a later run takes up.

Object Storage speaks S3 and takes an IAM token in the header `X-YaCloud-SubjectToken`, so that no static
key has to be made or kept. After the version is there its object is of no use, and is deleted (documentation
of Cloud Functions, «Function», part on versions).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from yandex.cloud.serverless.functions.v1.function_pb2 import Package

from emel.clouds.yandex.limits import LIMITS
from emel.clouds.yandex.refusals import refusal
from emel.errors import DeployError
from emel.records import Bundle
from emel.system.clock import Clock

PART_BYTES = 8 * 2**20
PREFIX = "emel"
FORGOTTEN = timedelta(days=1)
"""After so long nobody will come back for an upload that was broken off."""
_CODES = {"AccessDenied": "PERMISSION_DENIED", "NoSuchBucket": "NOT_FOUND", "403": "PERMISSION_DENIED"}


class Target(NamedTuple):
    """Where bundles go."""

    bucket: str | None
    endpoint: str


class Uploads:
    """Bundles in the project's bucket, under `emel/<function>/`. Nothing is sent before it is needed."""

    def __init__(
        self, target: Target, token: Callable[[], str], clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._target = target
        self._token = token
        self._clock = clock
        self._tell = tell
        self._client: Any = None

    def look(self) -> None:
        """Read one entry of the bucket. Errors: DeployError when that cannot be done."""
        self._call("list_objects_v2", Bucket=self._target.bucket, MaxKeys=1)

    def upload(self, bundle: Bundle) -> Package:
        """Bring a bundle into the bucket, or find it there, and say where it is.

        Parts that an earlier run sent are not sent again. Errors: DeployError.
        """
        bucket, key = self._bucket(bundle), key_of(bundle.name, bundle.digest)
        if bundle.path.stat().st_size > LIMITS.bundle_bytes:
            raise DeployError(
                f"the bundle has {bundle.path.stat().st_size / 2**20:.0f} MB; a function may have "
                f"{LIMITS.bundle_bytes // 2**20} MB",
                where=str(bundle.path),
                hint="make it smaller: another tier, fewer libraries ([model] requirements)",
            )
        checksum = bundle.digest.removeprefix("sha256:")
        if not self._is_there(bucket, key, bundle.path.stat().st_size):
            self._send(bucket, key, bundle.path)
        # The cloud compares the digest with what it finds in the object.
        return Package(bucket_name=bucket, object_name=key, sha256=checksum)

    def prune(self, function: str, digest: str) -> None:
        """Delete the object of a version that is there now, and what broken runs left long ago."""
        if self._target.bucket is None:
            return
        bucket, old = self._target.bucket, self._clock.now() - FORGOTTEN
        for found in self._objects(bucket, f"{PREFIX}/{function}/"):
            if found["Key"] == key_of(function, digest) or found["LastModified"] < old:
                self._call("delete_object", Bucket=bucket, Key=found["Key"])
        for upload in self._uploads(bucket, f"{PREFIX}/{function}/"):
            if upload["Initiated"] < old:
                self._abort(bucket, upload)

    def remove(self, function: str) -> None:
        """Delete all that is left of a function's bundles. Does nothing without a bucket."""
        if self._target.bucket is None:
            return
        bucket, prefix = self._target.bucket, f"{PREFIX}/{function}/"
        for found in self._objects(bucket, prefix):
            self._call("delete_object", Bucket=bucket, Key=found["Key"])
        for upload in self._uploads(bucket, prefix):
            self._abort(bucket, upload)

    def _bucket(self, bundle: Bundle) -> str:
        if not self._target.bucket:
            raise DeployError(
                f"the bundle has {bundle.path.stat().st_size / 1e6:.1f} MB, and only 3.5 MB go "
                "without a bucket",
                where=str(bundle.path),
                hint="set [yandex] bucket in emel.toml to a bucket of Object Storage; make one with "
                "`yc storage bucket create --name NAME`",
            )
        return self._target.bucket

    def _is_there(self, bucket: str, key: str, size: int) -> bool:
        found = self._objects(bucket, key)
        return any(one["Key"] == key and one["Size"] == size for one in found)

    def _send(self, bucket: str, key: str, path: Path) -> None:
        known = sorted(
            (one for one in self._uploads(bucket, key) if one["Key"] == key),
            key=lambda one: one["Initiated"],
        )
        if known:
            upload = known[-1]["UploadId"]
        else:
            upload = self._call("create_multipart_upload", Bucket=bucket, Key=key)["UploadId"]
        sent = self._parts(bucket, key, upload)
        parts, size = [], path.stat().st_size
        with path.open("rb") as file:
            for number in range(1, -(-size // PART_BYTES) + 1):
                data = file.read(PART_BYTES)
                etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
                if sent.get(number) != etag:
                    self._tell(f"uploading the bundle, {min(number * PART_BYTES, size) / size:.0%}")
                    self._call(
                        "upload_part", Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=data
                    )
                parts.append({"PartNumber": number, "ETag": f'"{etag}"'})
        self._call(
            "complete_multipart_upload",
            Bucket=bucket,
            Key=key,
            UploadId=upload,
            MultipartUpload={"Parts": parts},
        )
        for other in known[:-1]:
            self._abort(bucket, other)

    def _parts(self, bucket: str, key: str, upload: str) -> dict[int, str]:
        """Parts that are there: number → MD5 of its bytes, which is what its ETag is."""
        answer = self._call("list_parts", Bucket=bucket, Key=key, UploadId=upload)
        return {part["PartNumber"]: part["ETag"].strip('"') for part in answer.get("Parts", ())}

    def _objects(self, bucket: str, prefix: str) -> list[Any]:
        """At most a thousand, which is far more than there ever are at a time."""
        return list(self._call("list_objects_v2", Bucket=bucket, Prefix=prefix).get("Contents", ()))

    def _uploads(self, bucket: str, prefix: str) -> list[Any]:
        return list(self._call("list_multipart_uploads", Bucket=bucket, Prefix=prefix).get("Uploads", ()))

    def _abort(self, bucket: str, upload: Any) -> None:
        self._call("abort_multipart_upload", Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    def _call(self, name: str, **arguments: Any) -> Any:
        # Half a second to import, for the few deploys that need it.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self._client is None:
                self._client = _client(self._target.endpoint, self._token)
            return getattr(self._client, name)(**arguments)
        except ClientError as problem:
            said = problem.response.get("Error", {})
            code = str(said.get("Code", "unknown"))
            text = f"{code}: {said.get('Message', 'without a reason')}"
            raise refusal(_CODES.get(code, code), text, f"Object Storage, {name}") from None
        except BotoCoreError as problem:
            raise DeployError(
                f"Object Storage does not answer: {problem}",
                where=self._target.endpoint,
                hint="deploy again: what has been uploaded is not sent twice",
            ) from None


def key_of(function: str, digest: str) -> str:
    """The name of a bundle's object."""
    return f"{PREFIX}/{function}/{digest.removeprefix('sha256:')}.zip"


def _client(endpoint: str, token: Callable[[], str]) -> Any:
    import boto3
    import botocore
    from botocore.config import Config

    config = Config(
        signature_version=botocore.UNSIGNED,
        retries={"mode": "standard", "total_max_attempts": 5},
        # Whether Object Storage takes S3's newer checksums is not documented; MD5 and SHA-256 guard the data.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"},
    )
    client = boto3.client("s3", endpoint_url=endpoint, region_name="ru-central1", config=config)

    def sign(request: Any, **_: Any) -> None:
        request.headers["X-YaCloud-SubjectToken"] = token()

    client.meta.events.register("request-created.s3", sign)
    return client
