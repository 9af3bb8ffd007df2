"""A version's description: how emel knows its own versions again, without a state file.

Versions of Yandex Cloud Functions have no labels (cloudapi, serverless/functions/v1/function.proto), but a
description of up to 600 characters. emel writes one line into it:

    emel/1 number=3 model=v1.2.0 commit=9fceb02… digest=sha256:… spec=… max_instances=4 provisioned=0

`spec` is a digest of all else that a version is made of (memory, time-out, service account, environment,
secrets, log), so that a change of these alone is seen. `emel/1` is the form of the line: raise it when the
meaning of a word changes; a line of another form is no version of ours.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

import msgspec
from yandex.cloud.logging.v1.log_entry_pb2 import LogLevel
from yandex.cloud.serverless.functions.v1.function_pb2 import LogOptions

from emel.records import Bundle, FunctionSettings, FunctionVersion, YandexSettings

FORM = "emel/1"
MIB = 2**20


class Stored(NamedTuple):
    """A version as the cloud has it, and as emel numbers it."""

    id: str
    status: int
    spec: str
    record: FunctionVersion
    mounts: tuple[Any, ...] = ()
    """As the cloud has them."""

    def is_made_of(self, digest: str, spec: str, bucket: str | None) -> bool:
        """Whether it is the version of this bundle and these settings. A model in another bucket than the
        project's may be gone."""
        buckets = {mount.object_storage.bucket_id for mount in self.mounts}
        return (self.record.digest, self.spec) == (digest, spec) and buckets <= {bucket}


def describe(number: int, bundle: Bundle, settings: FunctionSettings, spec: str) -> str:
    """The description of a new version."""
    words = {
        "number": number,
        "model": bundle.version,
        "commit": bundle.commit or "-",
        "digest": bundle.digest,
        "spec": spec,
        "max_instances": settings.max_instances,
        "provisioned": settings.provisioned,
    }
    return " ".join([FORM, *(f"{name}={value}" for name, value in words.items())])


def spec_of(settings: FunctionSettings, yandex: YandexSettings) -> str:
    """A digest of what a version is made of beside its bundle; scaling belongs to tags, not to versions."""
    parts = {
        "memory": settings.memory,
        "timeout": settings.timeout,
        "service_account": yandex.service_account,
        "environment": yandex.environment,
        "secrets": [msgspec.structs.astuple(secret) for secret in yandex.secrets],
        "log": [yandex.log_group, yandex.min_log_level],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def log_options(yandex: YandexSettings) -> LogOptions:
    """Where a version's log goes, and from which level on."""
    options = LogOptions()
    if yandex.log_group:
        options.log_group_id = yandex.log_group
    if yandex.min_log_level:
        options.min_level = LogLevel.Level.Value(yandex.min_log_level.upper())
    return options


def read_versions(protos: list[Any]) -> list[Stored]:
    """emel's versions among those of the cloud, oldest first.

    Should two deploys at the same moment have taken the same number, the later one shows the next free.
    """
    found: list[Stored] = []
    taken: set[int] = set()
    for proto in sorted(protos, key=lambda one: (one.created_at.ToNanoseconds(), one.id)):
        words = _words(proto.description)
        if words is None:
            continue
        number = int(words["number"])
        while number in taken:
            number += 1
        taken.add(number)
        record = _record(proto, words, number)
        found.append(Stored(proto.id, proto.status, words["spec"], record, tuple(proto.mounts)))
    return found


def _words(description: str) -> dict[str, str] | None:
    form, *pairs = description.split(" ")
    words = dict(pair.partition("=")[::2] for pair in pairs)
    if form != FORM or not {"number", "model", "commit", "digest", "spec"} <= words.keys():
        return None
    return words if words["number"].isdecimal() else None


def _record(proto: Any, words: dict[str, str], number: int) -> FunctionVersion:
    timeout = proto.execution_timeout.seconds + proto.execution_timeout.nanos / 1e9
    settings = FunctionSettings(
        memory=proto.resources.memory // MIB,
        timeout=timeout,
        max_instances=int(words.get("max_instances", 0)),
        provisioned=int(words.get("provisioned", 0)),
    )
    return FunctionVersion(
        number=number,
        digest=words["digest"],
        model_version=words["model"],
        commit=None if words["commit"] == "-" else words["commit"],
        created=f"{proto.created_at.ToDatetime().isoformat(timespec='seconds')}+00:00",
        settings=settings,
        tags=tuple(sorted(tag for tag in proto.tags if not tag.startswith("$"))),
    )
