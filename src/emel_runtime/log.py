"""One JSON line per request on standard output.

Yandex Cloud Logging reads such a line as a structured record: `message` and `level` are its own names, the
rest becomes the payload. Source: yandex.cloud/docs/functions/operations/function/logs-write
"""

from __future__ import annotations

import sys

from emel_runtime.contract import LONGEST_PATH
from emel_runtime.lean import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def write(
    *,
    method: str,
    path: str,
    status: int,
    rows: int,
    latency_ms: float,
    cold: bool,
    request_id: str,
    version: str,
    error: str | None = None,
    shown: Mapping[str, object] | None = None,
) -> None:
    """Write the line of one request. `error` is the traceback of a fault of our own, `shown` what else the
    line is to hold."""
    record: dict[str, object] = {
        "message": f"{method} {path[:LONGEST_PATH]} {status}",
        "level": "INFO" if status < 400 else "WARN" if status < 500 else "ERROR",
        "request_id": request_id,
        "status": status,
        "rows": rows,
        "latency_ms": round(latency_ms, 3),
        "cold": cold,
        "version": version,
    }
    if error is not None:
        record["error"] = error
    if shown:
        record.update(shown)
    sys.stdout.write(dumps(record) + "\n")
    sys.stdout.flush()
