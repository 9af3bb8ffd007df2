"""One instance: a child process that runs a bundle and answers one request at a time.

It gets a working folder of its own, an environment of its own, and of the platform's descriptors only its
channel and its lifeline. Memory: the process's data (heap and anonymous mappings, RLIMIT_DATA) may grow to
the memory class and `DATA_HEADROOM` more, for what is reserved and never touched, such as the stacks of
threads. Linux enforces it; on macOS the limit has no effect.
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

from emel.localcloud.channel import Channel, OnLine, Output
from emel.localcloud.descendants import kill_all_of
from emel.localcloud.events import Reply
from emel.localcloud.unpack import STORAGE
from emel_runtime.settings import NAMES, STORAGE_VARIABLE

DATA_HEADROOM = 64 * 2**20
EXIT_SECONDS = 0.5
"""How long a process that closed its channel may take to end before it is said to be still there."""
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


class Launch(NamedTuple):
    """What an instance is started with. `memory` is in MiB."""

    name: str
    function: str
    version: int
    memory: int
    code: Path
    work: Path
    """A folder that does not exist yet; it is gone when the instance is."""


class Failure(Exception):
    """A request that the platform itself answers, because the function did not. Becomes an HTTP answer."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail


class Message(msgspec.Struct):
    """What an instance says: one of these fields."""

    ready: bool = False
    failed: str | None = None
    reply: Reply | None = None
    error: str | None = None
    kind: str | None = None
    out_of_memory: bool = False


OnStarted = Callable[["Instance", Failure | None], None]
OnReply = Callable[["Instance", Reply | Failure], None]

_DECODER = msgspec.json.Decoder(Message)


class Instance:
    """A child process from its start to its end. Belongs to one event loop; no call waits."""

    def __init__(self, launch: Launch, on_line: OnLine, on_started: OnStarted) -> None:
        """Start the process. `on_started` is called later, once: with None when it can take a request.

        Errors: Failure when no process can be started.
        """
        self._launch = launch
        self._on_started: OnStarted | None = on_started
        self._on_reply: OnReply | None = None
        self._ending: asyncio.Task[None] | None = None
        self._suspended = self._held = False
        self.ended = False
        """Whether the process is gone with all that it started."""
        ours, theirs = socket.socketpair()
        reading, self._lifeline = os.pipe()
        try:
            launch.work.mkdir(parents=True)
            self._process = _spawn(launch, theirs.fileno(), reading)
        except OSError as problem:
            ours.close()
            os.close(self._lifeline)
            text = f"no process can be started: {problem.strerror or problem}"
            raise Failure(502, "Instance did not start", text) from problem
        finally:
            theirs.close()
            os.close(reading)
        assert self._process.stdout is not None and self._process.stderr is not None
        self._outputs = [
            Output(os.dup(stream.fileno()), name, on_line)
            for stream, name in ((self._process.stdout, "stdout"), (self._process.stderr, "stderr"))
        ]
        self._process.stdout.close()
        self._process.stderr.close()
        self._channel = Channel(ours, self._hear, self._lost)
        self._explaining: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return self._launch.name

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def gone(self) -> bool:
        """Whether the process has ended, or closed its channel."""
        return self._channel.closed

    def call(self, request: bytes, on_reply: OnReply) -> None:
        """Have one request answered. A Failure has status 502; the instance may be `gone` then."""
        self._on_reply = on_reply
        if self._suspended:
            self.resume()
        self._channel.send(request)

    def suspend(self) -> None:
        """Take the processor from the process and what it started; its memory stays. Can be repeated."""
        self._stop_for(suspended=True, held=self._held)

    def resume(self) -> None:
        self._stop_for(suspended=False, held=self._held)

    def hold(self) -> None:
        """The same for a moment: it has had more than its share of the processor. Can be repeated."""
        self._stop_for(suspended=self._suspended, held=True)

    def let_go(self) -> None:
        self._stop_for(suspended=self._suspended, held=False)

    def drain(self) -> None:
        """Pass on what the process has printed."""
        for output in self._outputs:
            output.drain()

    def end(self, on_ended: Callable[[], None]) -> None:
        """End the process with all that it started and remove its working folder; once."""
        self._on_started = self._on_reply = None
        self._channel.close()
        self._ending = asyncio.get_running_loop().create_task(self._end(on_ended))

    async def _end(self, on_ended: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(kill_all_of, self.pid, self._launch.work)
            await asyncio.to_thread(self._process.wait)
            for output in self._outputs:
                output.drain()
                output.close()
            await asyncio.to_thread(shutil.rmtree, self._launch.work, True)
        finally:
            os.close(self._lifeline)
            self.ended = True
            on_ended()

    def _stop_for(self, *, suspended: bool, held: bool) -> None:
        was_stopped, stopped = self._suspended or self._held, suspended or held
        self._suspended, self._held = suspended, held
        if stopped != was_stopped and self._ending is None:
            _signal_group(self.pid, signal.SIGSTOP if stopped else signal.SIGCONT)

    def _hear(self, frame: bytes) -> None:
        try:
            message = _DECODER.decode(frame)
        except msgspec.DecodeError as problem:
            text = f"the function's answer has a wrong form: {problem}"
            self._answer(Failure(502, "Malformed answer", text))
            return
        if message.reply is not None:
            self._answer(message.reply)
        elif message.ready:
            self._started(None)
        elif message.failed is not None:
            text = f"opening the bundle failed: {message.failed}"
            self._started(Failure(502, "Instance did not start", text))
        elif message.out_of_memory:
            self._channel.close()
            text = f"the function needs more than its {self._launch.memory} MB of memory"
            self._answer(Failure(502, "Out of memory", text))
        elif message.error is not None:
            self._answer(Failure(502, "Function failed", f"the function raised {message.error}"))
        else:
            self._answer(Failure(502, "Malformed answer", "the function's answer is not an object"))

    def _lost(self) -> None:
        self._explaining = asyncio.get_running_loop().create_task(self._explain())

    async def _explain(self) -> None:
        """Say why the process is gone to whoever waits for it."""
        try:
            code = await asyncio.to_thread(self._process.wait, EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            why = "the instance closed its channel to the platform"
        else:
            why = f"the instance ended with exit code {code}"
            if code < 0:
                why = f"the instance was ended by {signal.Signals(-code).name}"
        self._started(Failure(502, "Instance did not start", f"while it opened the bundle, {why}"))
        self._answer(Failure(502, "Function crashed", why))

    def _started(self, failure: Failure | None) -> None:
        on_started, self._on_started = self._on_started, None
        if on_started is not None:
            on_started(self, failure)

    def _answer(self, answer: Reply | Failure) -> None:
        on_reply, self._on_reply = self._on_reply, None
        if on_reply is not None:
            on_reply(self, answer)


def _spawn(launch: Launch, channel: int, lifeline: int) -> subprocess.Popen[bytes]:
    settings = {
        "channel": channel,
        "lifeline": lifeline,
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
            STORAGE_VARIABLE: str(launch.code / STORAGE),
            **{name: os.environ[name] for name in NAMES if name in os.environ},
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(channel, lifeline),
        # Away from the terminal's Ctrl-C, and one group to end with all that it starts.
        start_new_session=True,
    )


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
