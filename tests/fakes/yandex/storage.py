"""Object Storage: moto's S3 behind a door that asks for an IAM token, counts, delays and fails on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from tests.fakes.yandex.state import State
from werkzeug.serving import make_server


class Storage:
    """The address `storage.yandexcloud.net`. One bucket is there from the start."""

    BUCKET = "emel-bundles"

    def __init__(self, state: State) -> None:
        self._state = state
        self.closed: set[str] = set()
        """Buckets that no role on the folder opens, as those of other folders."""
        s3_backends.reset()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_QuietHandler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self._backend.create_bucket(self.BUCKET, "us-east-1")

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, bucket: str) -> None:
        """Make another bucket."""
        self._backend.create_bucket(bucket, "us-east-1")

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Store an object, as somebody else would."""
        self._backend.put_object(bucket, key, content)

    def keys(self, bucket: str = BUCKET) -> list[str]:
        """The names of all objects."""
        return sorted(self._backend.buckets[bucket].keys)

    def uploads(self, bucket: str = BUCKET) -> int:
        """How many multipart uploads are neither completed nor aborted."""
        return len(self._backend.buckets[bucket].multiparts)

    def get(self, bucket: str, name: str) -> bytes | None:
        """An object's content."""
        if bucket not in self._backend.buckets:
            return None
        found = self._backend.get_object(bucket, name)
        return None if found is None else found.value

    def has(self, bucket: str) -> bool:
        return bucket in self._backend.buckets

    def below(self, bucket: str, prefix: str) -> dict[str, bytes]:
        """The objects of a folder, by their paths in it: what a function sees that mounts the folder."""
        start = f"{prefix.rstrip('/')}/" if prefix else ""
        names = [name for name in self._backend.buckets[bucket].keys if name.startswith(start)]
        return {name.removeprefix(start): self.get(bucket, name) or b"" for name in names}

    def remove(self, key: str) -> None:
        """Delete an object, as somebody else would."""
        self._backend.delete_object(self.BUCKET, key)

    def age(self, key: str, by: timedelta, bucket: str = BUCKET) -> None:
        """Let an object be older than it is."""
        self._backend.get_object(bucket, key).last_modified -= by

    def drop(self, bucket: str) -> None:
        """Delete a bucket with all that is in it."""
        for key in self.keys(bucket):
            self._backend.delete_object(bucket, key)
        self._backend.delete_bucket(bucket)

    @property
    def _backend(self) -> Any:
        return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        state = self._state
        name = f"s3 {environ['REQUEST_METHOD']}"
        state.heard(name)
        state.bytes_in += int(environ.get("CONTENT_LENGTH") or 0)
        time.sleep(state.latency)
        if state.fault(name, after=False):
            return _error(environ, start, "503 Slow Down", "SlowDown")
        expires = state.tokens.get(environ.get("HTTP_X_YACLOUD_SUBJECTTOKEN", ""))
        is_closed = environ["PATH_INFO"].split("/")[1] in self.closed or "storage.editor" not in state.roles
        if expires is None or expires <= datetime.now(UTC) or is_closed:
            return _error(environ, start, "403 Forbidden", "AccessDenied")
        answer = list(self._moto(environ, start))
        if state.fault(name, after=True):
            raise ConnectionError("the answer is lost")
        return answer


class _QuietHandler(MotoRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


def _error(environ: dict[str, Any], start: Callable[..., Any], status: str, code: str) -> list[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start(status, [("Content-Type", "application/xml")])
    return [f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()]
