"""The first and only program of an instance: opens the bundle and answers requests, one at a time.

It runs as `python -I -S -B bootstrap.py <settings>`, needs nothing but the standard library, and is never
imported by emel. `settings` is JSON:

    channel   descriptor of the socket to the platform: frames of 4 bytes of length and JSON, both ways
    lifeline  descriptor of a pipe that the platform holds open as long as it lives
    code      folder of the unpacked bundle
    data      limit of the process's data in bytes
    name, version, memory   what the handler's context says

It first sends `{"ready": true}` or `{"failed": …}`, then one reply for each request, and ends when the
channel closes.
"""

from __future__ import annotations

import fcntl
import gc
import os
import resource
import sys
import time

# Together, the modules json, signal and traceback take longer to load than the interpreter and this program.
# The first is a shell around _json, which is all that is needed here.
try:
    import _json
except ImportError:
    import json

    _scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
    _encode = json.JSONEncoder().iterencode
else:

    class _Grammar:
        """What the scanner asks of a JSONDecoder."""

        strict = True
        object_hook = None
        object_pairs_hook = None
        parse_float = float
        parse_int = int
        parse_constant = float

    def _refuse(value: object) -> object:
        raise TypeError(f"an answer cannot hold an object of type {type(value).__name__}")

    _scan = _json.make_scanner(_Grammar)  # type: ignore[arg-type]
    # Arguments: markers, default, encoder, indent, separators, sort_keys, skipkeys, allow_nan.
    _encode = _json.make_encoder(  # type: ignore[assignment]
        None, _refuse, _json.encode_basestring_ascii, None, ": ", ", ", False, False, True
    )

DESCRIPTORS = 1024
SIGKILL = 9

TYPE_CHECKING = False
if TYPE_CHECKING:  # Importing typing would cost a fifth of the start.
    from typing import Any


class Context:
    """What Yandex Cloud Functions hands to a handler beside the event."""

    def __init__(self, settings: dict[str, Any], request_id: str, timeout_ms: int) -> None:
        self.function_folder_id = "local"
        self.function_name = settings["name"]
        self.function_version = settings["version"]
        self.memory_limit_in_mb = settings["memory"]
        self.request_id = request_id
        self.deadline_ms = round(time.time() * 1000) + timeout_ms
        self.token = None
        self._ends = time.monotonic() * 1000 + timeout_ms

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round(self._ends - time.monotonic() * 1000))


def main() -> None:
    settings = _scan(sys.argv[1], 0)[0]
    channel = settings["channel"]
    _keep_to_limits(settings["data"])
    _end_with_platform(settings["lifeline"])
    os.set_inheritable(channel, False)
    # A child must not answer in its parent's place.
    os.register_at_fork(after_in_child=lambda: os.close(channel))
    # A line is written when it is complete, so that the platform reads it at once.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.path.insert(0, settings["code"])
    sys.argv = ["handler.py"]
    try:
        answer = __import__("handler").yandex
    except BaseException as problem:
        _print_traceback()
        _send(channel, {"failed": _last_line(problem)})
        # A thread of the bundle could otherwise keep the process alive.
        os._exit(1)
    # What was loaded stays: the collector need not look through the model again and again.
    gc.freeze()
    _send(channel, {"ready": True})
    _answer_all(channel, settings, answer)


def _keep_to_limits(data: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The platform has raised its own; what the bundle calls may close descriptors up to the limit.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, most), most))


def _end_with_platform(lifeline: int) -> None:
    """Have the kernel end this process group when the platform is gone, even in the middle of a computation.

    Nothing is ever written to the pipe. When its other end closes, the kernel sends SIGIO, whose default
    action ends a process; a thread that waits for the end would need the interpreter's lock. Linux can send
    SIGKILL in its place, which also ends a process that is suspended.
    """
    os.set_inheritable(lifeline, False)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpid())
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
    try:
        if not os.read(lifeline, 1):
            os._exit(0)  # The platform was gone before the signal was set up.
    except BlockingIOError:
        pass


def _answer_all(channel: int, settings: dict[str, Any], answer: Any) -> None:
    requests = open(channel, "rb", buffering=65536, closefd=False)  # noqa: SIM115
    while header := requests.read(4):
        request = _scan(requests.read(int.from_bytes(header, "big")).decode(), 0)[0]
        context = Context(settings, request["request_id"], request["timeout_ms"])
        try:
            text = _json_of({"reply": answer(request["event"], context)})
        except MemoryError:
            _send(channel, {"out_of_memory": True})
            os._exit(1)
        except Exception as problem:
            _print_traceback()
            text = _json_of({"error": _last_line(problem), "kind": type(problem).__name__})
        _send_text(channel, text)


def _send(channel: int, message: dict[str, Any]) -> None:
    _send_text(channel, _json_of(message))


def _send_text(channel: int, text: str) -> None:
    rest = len(text).to_bytes(4, "big") + text.encode("ascii")
    while rest:
        rest = rest[os.write(channel, rest) :]


def _json_of(value: dict[str, Any]) -> str:
    return "".join(_encode(value, 0))  # type: ignore[arg-type]


def _print_traceback() -> None:
    import traceback

    traceback.print_exc()


def _last_line(problem: BaseException) -> str:
    import traceback

    return traceback.format_exception_only(problem)[-1].strip()


if __name__ == "__main__":
    main()
