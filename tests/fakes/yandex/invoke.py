"""Calls of functions over HTTP: who may call, which version answers, by instances of the local platform.

Source: «Invoking a function» (function-invoke.md) of the documentation of Cloud Functions. The limits on
sizes, time and memory, the header rules and the status codes are the local platform's own.
"""

from __future__ import annotations

import contextlib
import io
import json
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import urllib3
from tests.fakes.yandex.answering import Answer, AnsweringServer
from tests.fakes.yandex.logs import add_entry
from tests.fakes.yandex.state import FOLDER, State, StoredFunction, StoredVersion

from emel.localcloud import Store, read_log, running_alone
from emel.records import FunctionSettings, LogFilter, LogRecord

INVOKERS = ("functions.functionInvoker", "serverless.functions.invoker")
_SHIM = Path(__file__).with_name("shim.py")
# What belongs to a connection and not to a request.
_HOP = {"host", "connection", "content-length", "transfer-encoding", "keep-alive"}


class Front:
    """The address `functions.yandexcloud.net`. The platform behind it starts with the first call."""

    def __init__(self, state: State, folder: Path, below: Callable[[str, str], dict[str, bytes]]) -> None:
        self._state = state
        self._below = below
        """The objects of a bucket that a mount shows."""
        self._store = Store(folder / "platform")
        self._platform = contextlib.ExitStack()
        self._platform_url = ""
        self._starting = threading.Lock()
        self._http = urllib3.PoolManager(maxsize=16, retries=False)
        self._busy: Counter[tuple[str, str]] = Counter()
        self._logs = self._store.folder / "logs"
        self._read: Counter[str] = Counter()
        self._pending: dict[str, dict[str, Any]] = {}
        """Calls that are not in the log yet: by function, request → version."""
        self._unreported: set[str] = set()
        """Requests that ended without a word of the function."""
        state.before_reading = self.collect_logs
        self._server = AnsweringServer(self.answer)
        self.url = self._server.url

    def close(self) -> None:
        self._server.close()
        self._platform.close()
        self._http.clear()

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """What the cloud answers to one HTTP request."""
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        identifier = parts.path.strip("/")
        tag = query.get("tag", ["$latest"])[-1]
        with self._state.lock:
            stored = self._state.functions.get(identifier)
            if stored is None:
                return _refusal(404, f"Function {identifier} not found")
            if not self._allowed(stored, headers):
                return _refusal(403, "Access denied")
            version = stored.versions.get(stored.tags.get(tag, ""))
            if version is None:
                return _refusal(404, f"Tag {tag} not found")
            policy = stored.policies.get(tag)
            limit = policy.zone_requests_limit if policy else 0
            if limit and self._busy[identifier, tag] >= limit:
                return _refusal(429, "Too many requests in progress")
            self._busy[identifier, tag] += 1
            request_id = self._state.new_id("request-")
        try:
            raw = query.get("integration") == ["raw"]
            return self._forward(version, method, parts.query, headers, body, request_id, raw)
        finally:
            with self._state.lock:
                self._busy[identifier, tag] -= 1

    def _allowed(self, stored: StoredFunction, headers: dict[str, str]) -> bool:
        for binding in stored.bindings:
            if binding.role_id in INVOKERS and binding.subject.id == "allUsers":
                return True
        return headers.get("authorization", "").removeprefix("Bearer ") in self._state.tokens

    def _forward(
        self,
        version: StoredVersion,
        method: str,
        query: str,
        headers: dict[str, str],
        body: bytes,
        request_id: str,
        raw: bool,
    ) -> Answer:
        url = self._deployed(version)
        sent = {name: value for name, value in headers.items() if name not in _HOP}
        sent["x-emulator-request-id"] = request_id
        if raw:
            sent["x-emulator-raw"] = "1"
        proto = version.proto
        with self._state.lock:
            self._pending.setdefault(proto.function_id, {})[request_id] = proto
        reply = self._http.request(
            method, f"{url}/?{query}", body=body, headers=sent, timeout=700, redirect=False
        )
        if reply.status >= 500 or "x-function-version-id" not in reply.headers:
            with self._state.lock:
                self._unreported.add(request_id)
        kept = [
            (name, value)
            for name, value in reply.headers.items()
            if name.lower() not in (*_HOP, "x-function-id", "x-function-version-id", "x-request-id")
        ]
        named = [
            ("X-Function-Id", proto.function_id),
            ("X-Function-Version-Id", proto.id),
            ("X-Request-Id", request_id),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return Answer(reply.status, kept + named, _problem(reply))

    def collect_logs(self) -> None:
        """Move what the platform logged since the last time to Cloud Logging, with a report of each call."""
        with self._state.lock:
            for function_id, pending in self._pending.items():
                self._await_reports(function_id, set(pending) - self._unreported)
                self._move(function_id, pending)
                pending.clear()

    def _move(self, function_id: str, pending: dict[str, Any]) -> None:
        said: list[LogRecord] = []
        for record in self._new_records(function_id):
            if record.message != "emulator-report":
                said.append(record)
                continue
            request_id = record.fields["id"]
            proto = pending.pop(request_id, None)
            if proto is not None:
                self._write(proto, request_id, said, record.fields["ms"], record.fields["cold"])
                said = []
        for request_id, proto in pending.items():
            self._write(proto, request_id, said, proto.execution_timeout.seconds * 1000.0, False)
            said = []

    def _write(self, proto: Any, request_id: str, said: list[LogRecord], took: float, cold: bool) -> None:
        memory = proto.resources.memory // 2**20
        billed = max(100, -(-took // 100) * 100)
        init = " Function Init Duration: 20.000 ms" if cold else ""
        report = (
            f"REPORT RequestID: {request_id} Duration: {took:.3f} ms Billed Duration: {billed:.0f} ms "
            f"Memory Size: {memory} MB Max Memory Used: 20 MB Queuing Duration: 0.020 ms{init}"
        )
        add_entry(self._state, proto.function_id, f"START RequestID: {request_id} Version: {proto.id}")
        for record in said:
            known = {"request_id": record.request_id} if record.request_id else {}
            add_entry(
                self._state,
                proto.function_id,
                record.message,
                level=record.level.upper(),
                fields={**record.fields, **known},
            )
        for message in (f"END RequestID: {request_id}", report):
            add_entry(self._state, proto.function_id, message)

    def _await_reports(self, function_id: str, wanted: set[str]) -> None:
        """The platform writes its log a moment after it answers."""
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            newest, _ = read_log(self._logs, _name(function_id), LogFilter(limit=100_000))
            if wanted <= {record.fields.get("id") for record in newest}:
                return
            time.sleep(0.02)

    def _new_records(self, function_id: str) -> list[LogRecord]:
        name = _name(function_id)
        records, _ = read_log(self._logs, name, LogFilter(limit=100_000))
        new = records[self._read[name] :]
        self._read[name] = len(records)
        return new

    def _deployed(self, version: StoredVersion) -> str:
        """The platform's address of a version, which is put there the first time."""
        proto = version.proto
        name, tag = _name(proto.function_id), f"v{proto.id[-8:]}"
        with self._starting:
            if tag not in self._store.tags(name):
                zip_path = self._store.folder.parent / f"{proto.id}.zip"
                _wrap(version, zip_path, self._state.secrets)
                settings = FunctionSettings(
                    memory=proto.resources.memory // 2**20,
                    timeout=proto.execution_timeout.seconds or 5.0,
                    # How long the cloud keeps an idle instance, it does not say: longer than any test takes.
                    idle_seconds=3600.0,
                )
                made = self._store.create_version(
                    name,
                    zip_path,
                    model_version=proto.id,
                    commit=None,
                    settings=settings,
                    mounts=self._mounts(proto, zip_path.with_suffix(".mounts")),
                )
                self._store.set_tag(name, tag, made.number)
            if not self._platform_url:
                self._platform_url = self._platform.enter_context(running_alone(self._store)).url
        return f"{self._platform_url}/{name}/{tag}"

    def _mounts(self, proto: Any, folder: Path) -> dict[str, Path]:
        """What a version mounts, as it is in the bucket when the version is first called."""
        found: dict[str, Path] = {}
        for mount in proto.mounts:
            place = mount.object_storage
            for name, content in self._below(place.bucket_id, place.prefix).items():
                target = folder / mount.name / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                found[f"{mount.name}/{name}"] = target
        return found


def _name(function_id: str) -> str:
    return f"f-{function_id[-12:]}"


def _wrap(version: StoredVersion, target: Path, secrets: dict[str, dict[str, str]]) -> None:
    """The zip of a version with the shim before it."""
    proto = version.proto
    described = {
        "entrypoint": proto.entrypoint,
        "environment": {
            **proto.environment,
            **{secret.environment_variable: secrets[secret.id][secret.key] for secret in proto.secrets},
        },
        "folder": FOLDER,
        "function": proto.function_id,
        "version": proto.id,
        "service_account": proto.service_account_id,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(version.code)) as code, zipfile.ZipFile(target, "w") as archive:
        archive.writestr("handler.py", _SHIM.read_text("utf-8"))
        archive.writestr("manifest.json", "{}")
        archive.writestr("version.json", json.dumps(described))
        for name in code.namelist():
            archive.writestr(f"code/{name}", code.read(name))


def _problem(reply: Any) -> bytes:
    """The body; the platform's own problems take the shape of the cloud's."""
    if reply.headers.get("content-type") != "application/problem+json" or reply.status not in (502, 504):
        return reply.data
    said = json.loads(reply.data)
    return json.dumps({"errorMessage": said["detail"], "errorType": said["title"]}).encode()


def _refusal(status: int, text: str) -> Answer:
    body = json.dumps({"errorCode": status, "errorMessage": text}).encode()
    return Answer(status, [("Content-Type", "application/json")], body)
