"""The socket that the server listens on."""

from __future__ import annotations

import errno
import socket

from emel.errors import PlatformError, PortTakenError

BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that no other program shares. Errors: PortTakenError, PlatformError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as problem:
        listener.close()
        if problem.errno == errno.EADDRINUSE:
            raise PortTakenError(
                f"another program listens on port {port} of {host}",
                hint="use --port 0 for any free port, or --port with another number",
            ) from problem
        raise PlatformError(
            f"cannot listen on {host}, port {port}: {problem.strerror or problem}",
            hint="choose an address of this machine with --host, and a port above 1023 with --port",
        ) from problem
    listener.setblocking(False)
    return listener
