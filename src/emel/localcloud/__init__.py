"""The function platform on this machine: bundles exactly as built, under the rules of a cloud.

The server itself is `emel.localcloud.server.serve`, which alone needs the HTTP front.
"""

from emel.localcloud.events import BODY_LIMIT
from emel.localcloud.logs import follow_log, read_log
from emel.localcloud.running import (
    Running,
    running,
    running_alone,
    server_status,
    server_url,
    start_background,
    stop,
)
from emel.localcloud.status import function_status
from emel.localcloud.store import Store
from emel.localcloud.unpack import UNPACKED_LIMIT

__all__ = [
    "BODY_LIMIT",
    "UNPACKED_LIMIT",
    "Running",
    "Store",
    "follow_log",
    "function_status",
    "read_log",
    "running",
    "running_alone",
    "server_status",
    "server_url",
    "start_background",
    "stop",
]
