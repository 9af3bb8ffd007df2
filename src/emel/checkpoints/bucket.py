"""Checkpoints in a bucket of a service that speaks S3.

Sign-in is boto3's own: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, the machine's role
(https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emel.checkpoints.store import Store, Stored
from emel.errors import CheckpointError, MissingExtraError


class BucketStore:
    """Objects below a prefix of a bucket."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def list(self, prefix: str) -> Sequence[Stored]:
        found: list[Stored] = []
        more: dict[str, str] = {}
        while True:
            answer = self._call("list_objects_v2", Bucket=self._bucket, Prefix=self._prefix + prefix, **more)
            for item in answer.get("Contents", ()):
                found.append(Stored(item["Key"].removeprefix(self._prefix), item["Size"]))
            if not answer.get("IsTruncated"):
                return sorted(found)
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def put(self, name: str, file: Path) -> None:
        # Large files go in parts, and become an object when all are there.
        self._call("upload_file", str(file), self._bucket, self._prefix + name)

    def get(self, name: str, target: Path) -> None:
        self._call("download_file", self._bucket, self._prefix + name, str(target))

    def remove(self, name: str) -> None:
        self._call("delete_object", Bucket=self._bucket, Key=self._prefix + name)

    def _call(self, name: str, *arguments: Any, **options: Any) -> Any:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        where = f"s3://{self._bucket}"
        try:
            return getattr(self._client, name)(*arguments, **options)
        except (BotoCoreError, ClientError, Boto3Error) as problem:
            raise CheckpointError(
                f"the bucket refuses or does not answer: {problem}",
                where=where,
                hint="check [checkpoint] url and endpoint, and that the key AWS_ACCESS_KEY_ID may list, "
                "read, write and delete there",
            ) from None


def open_bucket(bucket: str, prefix: str, endpoint: str | None) -> Store:
    """See open_store."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ModuleNotFoundError as problem:
        raise MissingExtraError(
            f"checkpoints in a bucket need a package that is not installed: {problem.name}",
            hint="pip install 'emel[aws]'",
        ) from problem
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 5},
        # Not every service knows S3's newer checksums; the digest in each name guards the data.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if endpoint else None,
    )
    # Signatures name a region; a service of another maker does not look at it, but boto3 wants one.
    region = "ru-central1" if endpoint else None
    try:
        client = boto3.client("s3", endpoint_url=endpoint, region_name=region, config=config)
    except (BotoCoreError, ValueError) as problem:
        raise CheckpointError(f"the bucket cannot be reached: {problem}", where=f"s3://{bucket}") from None
    return BucketStore(client, bucket, prefix)
