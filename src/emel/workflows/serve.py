"""The function platform on this machine: run it, stop it."""

from __future__ import annotations

from collections.abc import Callable

from emel import cost, localcloud
from emel.errors import PlatformError
from emel.localcloud import Running
from emel.localcloud.server import serve as serve_store
from emel.localcloud.throttle import find_throttle
from emel.workflows.local import local_store
from emel.workflows.project import Project


def serve(
    project: Project,
    *,
    host: str | None = None,
    port: int | None = None,
    throttled: bool | None = None,
    on_ready: Callable[[str, str], None],
) -> None:
    """Serve the project's deployed functions until Ctrl-C.

    `on_ready` gets the URL when it answers, and how instances are throttled, "" if they are not. Errors:
    PortTakenError; PlatformError when the project's platform runs already, or this system cannot throttle.
    """
    table = project.config.local
    wanted = table.throttle if throttled is None else throttled
    throttle = find_throttle() if wanted else None
    serve_store(
        local_store(project),
        host=host or table.host,
        port=table.port if port is None else port,
        on_ready=lambda url: on_ready(url, throttle.name if throttle else ""),
        price=cost.elsewhere,
        throttle=throttle,
    )


def console_url(project: Project) -> str:
    """The address of the console, with the token that it needs. Errors: PlatformError when none runs."""
    found = localcloud.console_url(local_store(project))
    if found is None:
        raise PlatformError("the local platform is not running", hint="`emel serve` starts it")
    return found


def stop(project: Project) -> Running:
    """End the project's platform. Errors: PlatformError when none runs."""
    found = localcloud.running(local_store(project))
    if found is None:
        raise PlatformError(
            "the local platform is not running", hint="`emel serve` starts it; there is nothing to stop"
        )
    localcloud.stop(found)
    return found
