"""Programs are run to their end, their output is live, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

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


def test_lines_of_both_streams_arrive_while_the_program_runs():
    script = (
        "import sys, time; print('one', flush=True); time.sleep(.3); print('two', file=sys.stderr, end='')"
    )
    seen: list[tuple[str, float]] = []

    SystemProcess().run([PYTHON, "-c", script], on_line=lambda line: seen.append((line, time.monotonic())))

    assert [line for line, _ in seen] == ["one", "two"]
    assert seen[1][1] - seen[0][1] > 0.1


def test_output_that_is_not_utf8_does_no_harm():
    done = SystemProcess().run([PYTHON, "-c", "import sys; sys.stdout.buffer.write(b'\\xff')"])

    assert done.stdout == "\ufffd"


def test_a_program_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError):
        SystemProcess().run(["no-such-program-anywhere"])


def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path):
    pid_file = tmp_path / "pid"
    script = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )

    with pytest.raises(TimeoutError):
        SystemProcess().run([PYTHON, "-c", script], timeout=1.5)

    assert _is_gone(int(pid_file.read_text()))


def test_an_interrupt_ends_the_program_before_it_comes_out(tmp_path: Path):
    pid_file = tmp_path / "pid"
    script = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()

    with pytest.raises(KeyboardInterrupt):
        SystemProcess().run([PYTHON, "-c", script], on_line=lambda line: None)

    assert _is_gone(int(pid_file.read_text()))


def _is_gone(pid: int) -> bool:
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


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
