"""One instance: a child process that runs a bundle and answers one request at a time.

It gets a working folder of its own, an environment of its own, and of the platform's descriptors only its
channel. Memory: the process's data (heap and anonymous mappings, RLIMIT_DATA) may grow to the memory
class and `DATA_HEADROOM` more, for what is reserved and never touched, such as the stacks of threads.
Linux enforces it; on macOS the limit has no effect.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from emel.localcloud.events import Reply
from emel_runtime.settings import NAMES

DATA_HEADROOM = 64 * 2**20
LARGEST_FRAME = 16 * 2**20
OUTPUT_PER_SECOND = 8 * 2**20
LONGEST_LINE = 16 * 1024
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")

OnLine = Callable[[str, bytes], None]
"""Gets "stdout" or "stderr", and a line without its end."""


class Launch(NamedTuple):
    """What an instance is started with. `memory` is in MiB, `start_limit` in seconds."""

    function: str
    version: int
    memory: int
    code: Path
    work: Path
    """A folder that does not exist yet; it is gone when the instance is."""
    lifeline: int
    """The reading end of a pipe whose other end the platform alone holds open."""
    start_limit: float


class Failure(Exception):
    """A request that the platform itself answers, because the function did not. Becomes an HTTP answer."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail

    def again(self) -> Failure:
        """The same for another request; an exception that is raised twice would drag its past along."""
        return Failure(self.status, self.title, self.detail)


class Message(msgspec.Struct):
    """What an instance says: one of these fields."""

    ready: bool = False
    failed: str | None = None
    reply: Reply | None = None
    error: str | None = None
    kind: str | None = None
    out_of_memory: bool = False


class Instance:
    """A running instance. Made by `start`, ended by `end`; not for more than one request at a time."""

    def __init__(self, launch: Launch, process: subprocess.Popen[bytes], channel: _Channel) -> None:
        self._launch = launch
        self._process = process
        self._channel = channel

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def gone(self) -> bool:
        """Whether the process has ended, or closed its channel."""
        return self._channel.closed

    async def open(self, channel: socket.socket, on_line: OnLine) -> None:
        """Listen to the process and wait until it is ready. Errors: as of `start`."""
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self._channel, sock=channel)
        for stream, name in ((self._process.stdout, "stdout"), (self._process.stderr, "stderr")):
            await loop.connect_read_pipe(_output(name, on_line), stream)
        limit = self._launch.start_limit
        try:
            message = msgspec.json.decode(await self._channel.hear(limit), type=Message)
        except TimeoutError:
            raise Failure(504, "Start timed out", f"the instance did not start within {limit:g} s") from None
        except (ConnectionError, msgspec.DecodeError):
            why = await self._why_gone()
            raise Failure(502, "Instance did not start", f"while it opened the bundle, {why}") from None
        if not message.ready:
            raise Failure(502, "Instance did not start", f"opening the bundle failed: {message.failed}")

    async def call(self, request: bytes, timeout: float) -> Reply:
        """Have one request answered; `timeout` is in seconds.

        Errors: Failure with 504 when it took too long and with 502 otherwise. After both the instance
        may be `gone`; after 504 it has to be ended.
        """
        try:
            frame = await self._channel.ask(request, timeout)
        except TimeoutError:
            raise Failure(
                504, "Time-out", f"the function did not answer within {timeout:g} s, and was ended"
            ) from None
        except ConnectionError:
            raise Failure(502, "Function crashed", await self._why_gone()) from None
        return self._understand(frame)

    async def end(self) -> None:
        """End the process with all that it started, and remove its working folder. Can be repeated."""
        self._channel.close()
        _kill_group(self._process)
        await asyncio.to_thread(self._process.wait)
        # The group may hold processes that the instance left behind.
        _kill_group(self._process)
        await asyncio.to_thread(shutil.rmtree, self._launch.work, True)

    def _understand(self, frame: bytes) -> Reply:
        try:
            message = msgspec.json.decode(frame, type=Message)
        except msgspec.DecodeError as problem:
            text = f"the function's answer has a wrong form: {problem}"
            raise Failure(502, "Malformed answer", text) from None
        if message.out_of_memory:
            self._channel.close()
            raise Failure(
                502, "Out of memory", f"the function needs more than its {self._launch.memory} MB of memory"
            )
        if message.error is not None:
            raise Failure(502, "Function failed", f"the function raised {message.error}")
        if message.reply is None:
            raise Failure(502, "Malformed answer", "the function's answer is not an object")
        return message.reply

    async def _why_gone(self) -> str:
        try:
            code = await asyncio.to_thread(self._process.wait, 0.5)
        except subprocess.TimeoutExpired:
            return "the instance closed its channel to the platform"
        if code < 0:
            return f"the instance was ended by {signal.Signals(-code).name}"
        return f"the instance ended with exit code {code}"


async def start(launch: Launch, on_line: OnLine) -> Instance:
    """Start an instance and wait until it has opened its bundle.

    Errors: Failure with 502 when it cannot, and with 504 when it takes longer than `start_limit`.
    """
    ours, theirs = socket.socketpair()
    try:
        launch.work.mkdir(parents=True)
        process = _spawn(launch, theirs)
    except OSError as problem:
        ours.close()
        raise Failure(502, "Instance did not start", f"no process can be started: {problem}") from problem
    finally:
        theirs.close()
    instance = Instance(launch, process, _Channel())
    try:
        await instance.open(ours, on_line)
    except BaseException:
        await instance.end()
        raise
    return instance


def _spawn(launch: Launch, channel: socket.socket) -> subprocess.Popen[bytes]:
    settings = {
        "channel": channel.fileno(),
        "lifeline": launch.lifeline,
        "code": str(launch.code),
        "data": launch.memory * 2**20 + DATA_HEADROOM,
        "name": launch.function,
        "version": str(launch.version),
        "memory": launch.memory,
    }
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", str(_BOOTSTRAP), msgspec.json.encode(settings).decode()],
        cwd=launch.work,
        env={
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": str(launch.work),
            "TMPDIR": str(launch.work),
            "LAMBDA_TASK_ROOT": str(launch.code),
            "_HANDLER": "handler.yandex",
            **{name: os.environ[name] for name in NAMES if name in os.environ},
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(channel.fileno(), launch.lifeline),
        # Away from the terminal's Ctrl-C, and one group to end with all that it starts.
        start_new_session=True,
    )


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


class _Channel(asyncio.Protocol):
    """Frames to and from an instance: one question, one answer."""

    def __init__(self) -> None:
        self.closed = False
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[bytes] | None = None

    async def ask(self, request: bytes, timeout: float) -> bytes:
        if self._transport is None or self.closed:
            raise ConnectionResetError
        self._transport.write(len(request).to_bytes(4, "big") + request)
        return await self.hear(timeout)

    async def hear(self, timeout: float) -> bytes:
        """The next frame. Errors: TimeoutError, ConnectionError."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        self._answer = answer
        timer = loop.call_later(timeout, self._fail, TimeoutError())
        self._deliver()
        if self.closed:
            self._fail(ConnectionResetError())
        try:
            return await answer
        finally:
            timer.cancel()

    def close(self) -> None:
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if int.from_bytes(self._received[:4], "big") > LARGEST_FRAME:
            self.close()
        else:
            self._deliver()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._fail(ConnectionResetError())

    def _deliver(self) -> None:
        received = self._received
        if len(received) < 4 or self._answer is None or self._answer.done():
            return
        end = 4 + int.from_bytes(received[:4], "big")
        if len(received) >= end:
            self._answer.set_result(bytes(received[4:end]))
            del received[:end]

    def _fail(self, problem: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(problem)


def _output(stream: str, on_line: OnLine) -> Callable[[], _Output]:
    return lambda: _Output(stream, on_line)


class _Output(asyncio.Protocol):
    """Cuts what an instance prints into lines, and holds it back when it prints without measure."""

    def __init__(self, stream: str, on_line: OnLine) -> None:
        self._stream = stream
        self._on_line = on_line
        self._rest = b""
        self._budget = OUTPUT_PER_SECOND
        self._transport: asyncio.ReadTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.ReadTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        while len(rest) > LONGEST_LINE:
            lines.append(rest[:LONGEST_LINE])
            rest = rest[LONGEST_LINE:]
        self._rest = rest
        for line in lines:
            self._on_line(self._stream, line[:LONGEST_LINE])
        if self._budget == OUTPUT_PER_SECOND:
            asyncio.get_running_loop().call_later(1.0, self._allow)
        self._budget -= len(data)
        if self._budget <= 0 and self._transport is not None:
            self._transport.pause_reading()

    def eof_received(self) -> None:
        if self._rest:
            self._on_line(self._stream, self._rest)

    def _allow(self) -> None:
        self._budget = OUTPUT_PER_SECOND
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
