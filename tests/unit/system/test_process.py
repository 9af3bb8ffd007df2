"""Programs are run to their end, their output is live, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.fakes.command import processes_of
from tests.fakes.waiting import is_alive, until

from emel.system.process import SystemProcess

PYTHON = sys.executable


def test_output_and_exit_status_come_back():
    done = SystemProcess().run(
        [PYTHON, "-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"]
    )

    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_what_is_handed_in_arrives():
    done = SystemProcess().run(
        [PYTHON, "-c", "import os, sys; print(os.environ['COLOUR'], sys.stdin.read())"],
        stdin=b"sky",
        env={"COLOUR": "blue"},
    )

    assert done.stdout == "blue sky\n"


def test_lines_of_both_streams_arrive_while_the_program_runs(tmp_path: Path):
    heard = tmp_path / "heard"
    # It says no second word before somebody has heard the first.
    script = f"echo one; until [ -e {heard} ]; do sleep 0.02; done; printf two >&2"
    seen: list[str] = []

    def hear(line: str) -> None:
        seen.append(line)
        heard.touch()

    SystemProcess().run(["/bin/sh", "-c", script], on_line=hear, timeout=60)

    assert seen == ["one", "two"]


def test_output_that_is_not_utf8_does_no_harm():
    done = SystemProcess().run([PYTHON, "-c", "import sys; sys.stdout.buffer.write(b'\\xff')"])

    assert done.stdout == "\ufffd"


def test_a_program_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError):
        SystemProcess().run(["no-such-program-anywhere"])


@pytest.mark.parametrize("on_line", [None, lambda line: None], ids=["at its end", "live"])
def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path, on_line):
    pid_file = tmp_path / "pid"
    # A shell is there long before the time is over, also on a busy machine.
    script = f"sleep 600 & echo $! > {pid_file}; wait"

    with pytest.raises(TimeoutError):
        SystemProcess().run(["/bin/sh", "-c", script], timeout=1.0, on_line=on_line)

    assert until(lambda: not is_alive(int(pid_file.read_text())))


def test_an_interrupt_ends_the_program_before_it_comes_out(tmp_path: Path):
    pid_file = tmp_path / "pid"
    script = f"echo $$ > {pid_file}.part; mv {pid_file}.part {pid_file}; exec sleep 600"

    def interrupt() -> None:
        assert until(pid_file.exists)
        os.kill(os.getpid(), signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        interrupted = pool.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            SystemProcess().run(["/bin/sh", "-c", script], on_line=lambda line: None)
        interrupted.result()

    assert until(lambda: not is_alive(int(pid_file.read_text())))


def test_programs_of_other_threads_are_ended_and_no_other_begins():
    process = SystemProcess()
    begun = threading.Event()

    def wait() -> None:
        waiting = "print('begun', flush=True); import time; time.sleep(600)"
        process.run([sys.executable, "-c", waiting], on_line=lambda _: begun.set())

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(wait)
        assert begun.wait(60)
        process.end_all()
        with pytest.raises(InterruptedError):
            future.result(60)
    with pytest.raises(InterruptedError):
        process.run([sys.executable, "-c", ""])


STARTS = """
import os, signal, threading
from emel.system.process import SystemProcess

for number in range(60):
    timer = threading.Timer(number * 2e-4, os.kill, (os.getpid(), signal.SIGINT))
    try:
        timer.start()
        SystemProcess().run(["sleep", "60"], on_line=print)
    except KeyboardInterrupt:
        timer.join()
"""


def test_an_interrupt_at_any_moment_of_a_start_leaves_nothing(tmp_path: Path):
    done = SystemProcess().run([PYTHON, "-c", STARTS], cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert processes_of(tmp_path) == []
