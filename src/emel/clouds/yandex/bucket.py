"""The project's bucket in Object Storage: objects put in parts that a later run takes up, listed, deleted.

Object Storage speaks S3 and takes an IAM token in the header `X-YaCloud-SubjectToken`, so that no static
key has to be made or kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from emel.clouds.yandex.refusals import NOT_FOUND, refusal
from emel.errors import DeployError
from emel.system.clock import Clock

PART_BYTES = 8 * 2**20
MOST_PARTS = 10_000
"""Of one object, as in S3 (documentation of Object Storage, «Quotas and limits»)."""
FORGOTTEN = timedelta(days=1)
"""After so long nobody will come back for an upload that was broken off."""
_CODES = {"AccessDenied": "PERMISSION_DENIED", "NoSuchBucket": "NOT_FOUND", "403": "PERMISSION_DENIED"}


class Target(NamedTuple):
    """Where objects go."""

    bucket: str | None
    endpoint: str


class Object(NamedTuple):
    """What a list says of an object."""

    key: str
    size: int
    is_old: bool
    """Whether it was put there so long ago that no run that is under way did it."""


class Bucket:
    """Nothing is sent before it is needed. Errors of all calls: DeployError."""

    def __init__(
        self, target: Target, token: Callable[[], str], clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._target = target
        self._token = token
        self._clock = clock
        self._tell = tell
        self._client: Any = None

    @property
    def name(self) -> str | None:
        """What [yandex] bucket names; None without it."""
        return self._target.bucket

    def elsewhere(self, name: str) -> Bucket:
        """Another bucket of the same cloud."""
        if name == self.name:
            return self
        return Bucket(self._target._replace(bucket=name), self._token, self._clock, self._tell)

    def look(self) -> None:
        """Read one entry of the bucket."""
        self._call("list_objects_v2", MaxKeys=1)

    def put(self, key: str, path: Path, what: str) -> None:
        """Bring a file there, unless an object of its size has the key already.

        Parts that an earlier run sent are not sent again. `what` says what the file is: "the bundle".
        """
        size = path.stat().st_size
        if not any(one["Key"] == key and one["Size"] == size for one in self._listed(key)):
            self._send(key, path, what)

    def objects(self, prefix: str) -> list[Object]:
        """All objects whose keys begin so."""
        old = self._clock.now() - FORGOTTEN
        return [Object(one["Key"], one["Size"], one["LastModified"] < old) for one in self._listed(prefix)]

    def delete(self, key: str) -> None:
        """Remove an object. Does nothing when it is absent."""
        self._call("delete_object", Key=key)

    def abort_uploads(self, prefix: str, *, forgotten: bool) -> None:
        """Throw away what was uploaded in part to keys that begin so; the `forgotten` alone, or all."""
        old = self._clock.now() - FORGOTTEN
        for upload in self._begun(prefix):
            if not forgotten or upload["Initiated"] < old:
                self._abort(upload)

    def _send(self, key: str, path: Path, what: str) -> None:
        known = sorted(
            (one for one in self._begun(key) if one["Key"] == key), key=lambda one: one["Initiated"]
        )
        if known:
            upload = known[-1]["UploadId"]
        else:
            upload = self._call("create_multipart_upload", Key=key)["UploadId"]
        sent = self._parts(key, upload)
        parts, size = [], path.stat().st_size
        length = part_bytes(size)
        with path.open("rb") as file:
            for number in range(1, -(-size // length) + 1):
                data = file.read(length)
                etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
                if sent.get(number) != etag:
                    self._tell(f"uploading {what}, {min(number * length, size) / size:.0%}")
                    self._call("upload_part", Key=key, UploadId=upload, PartNumber=number, Body=data)
                parts.append({"PartNumber": number, "ETag": f'"{etag}"'})
        self._call("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
        for other in known[:-1]:
            self._abort(other)

    def _parts(self, key: str, upload: str) -> dict[int, str]:
        """Parts that are there: number → MD5 of its bytes, which is what its ETag is."""
        found: dict[int, str] = {}
        for page in self._pages("list_parts", Key=key, UploadId=upload):
            found.update((part["PartNumber"], part["ETag"].strip('"')) for part in page.get("Parts", ()))
        return found

    def _listed(self, prefix: str) -> list[Any]:
        pages = self._pages("list_objects_v2", Prefix=prefix)
        return [one for page in pages for one in page.get("Contents", ())]

    def _begun(self, prefix: str) -> list[Any]:
        pages = self._pages("list_multipart_uploads", Prefix=prefix)
        return [one for page in pages for one in page.get("Uploads", ())]

    def _abort(self, upload: Any) -> None:
        self._call("abort_multipart_upload", Key=upload["Key"], UploadId=upload["UploadId"])

    def _pages(self, name: str, **arguments: Any) -> Iterator[Any]:
        """All pages of a list: a thousand entries are on one."""
        following: dict[str, Any] = {}
        while True:
            page = self._call(name, **arguments, **following)
            yield page
            following = {given: page[told] for told, given in _NEXT[name].items() if page.get(told)}
            if not page.get("IsTruncated") or not following:
                return

    def _call(self, name: str, **arguments: Any) -> Any:
        # Half a second to import, for the few deploys that need it.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self._client is None:
                self._client = _client(self._target.endpoint, self._token)
            return getattr(self._client, name)(Bucket=self.name, **arguments)
        except ClientError as problem:
            said = problem.response.get("Error", {})
            code = str(said.get("Code", "unknown"))
            text = f"{code}: {said.get('Message', 'without a reason')}"
            found = refusal(_CODES.get(code, code), text, f"Object Storage, bucket {self.name}, {name}")
            if found.code == NOT_FOUND and found.hint is None:
                found.hint = f"make it with `yc storage bucket create --name {self.name}`, or name another"
            raise found from None
        except BotoCoreError as problem:
            raise DeployError(
                f"Object Storage does not answer: {problem}",
                where=self._target.endpoint,
                hint="check the network, and do it again: what has been uploaded is not sent twice",
            ) from None


_NEXT = {
    "list_objects_v2": {"NextContinuationToken": "ContinuationToken"},
    "list_parts": {"NextPartNumberMarker": "PartNumberMarker"},
    "list_multipart_uploads": {"NextKeyMarker": "KeyMarker", "NextUploadIdMarker": "UploadIdMarker"},
}
"""List → what an answer calls the place to go on from, and what the next request calls it."""


def part_bytes(size: int) -> int:
    """How long the parts of an object of so many bytes are: the same whenever it is sent, or no part that is
    there could be kept."""
    return max(PART_BYTES, -(-size // MOST_PARTS))


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
