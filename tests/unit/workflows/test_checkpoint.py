"""Training under `emel checkpoint run`: real programs, which end by themselves, by a signal, or too soon."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.fakes.repositories import MissingProgram

from emel import config
from emel.errors import CheckpointError, ConfigError
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows import checkpoint
from emel.workflows.checkpoint import Wanted
from emel.workflows.machine import System
from emel.workflows.project import Project

PYTHON = sys.executable
FLAGS = {"model.name": "none", "model.path": "none", "model.sample": "none"}


class Bench:
    def __init__(self, folder: Path, env=None) -> None:
        loaded = config.without_file(flags=FLAGS)
        self.project = Project(
            folder, loaded, System(MissingProgram(), SystemHttp(), SystemClock(), env or {})
        )
        self.folder = folder
        self.told: list[str] = []

    def run(self, script: str, *, every=60.0, settle=0.0, grace=30.0, command=None) -> int:
        (self.folder / "train.py").write_text(script)
        wanted = Wanted(self.folder, ("state",), command or (PYTHON, "-I", "train.py"))
        return checkpoint.run(self.project, wanted, every=every, settle=settle, tell=self.tell, grace=grace)

    def tell(self, line: str) -> None:
        """Remember a line; where it says that nothing was saved, the program that runs can see it, too."""
        self.told.append(line)
        if line.startswith("not saved: "):
            (self.folder / "noticed").touch()

    def kept(self) -> int:
        return len(checkpoint.listed(self.project, tell=self.tell))


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def send(number: int, when: Path) -> threading.Thread:
    """Send this process a signal as soon as a file is there."""

    def wait_and_send() -> None:
        while not when.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=wait_and_send)
    thread.start()
    return thread


SAVES_ONE = "from pathlib import Path; Path('state').write_text('1')\n"
WAITS = "import time; Path('ready').touch(); time.sleep(60)\n"
HANDLES = """\
import signal
def end(*_):
    Path('state').write_text('2')
    raise SystemExit(0)
signal.signal(signal.SIGTERM, end)
"""
IGNORES = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


def test_the_exit_status_comes_back_and_what_failed_is_saved(bench):
    assert bench.run(SAVES_ONE + "raise SystemExit(7)") == 7
    assert bench.kept() == 1


def test_what_was_saved_is_there_at_the_next_start_of_the_same_work(bench):
    script = (
        "from pathlib import Path; s = Path('state'); n = int(s.read_text()) if s.is_file() else 0\n"
        "s.write_text(str(n + 1)); raise SystemExit(n + 1 < 3)\n"
    )

    assert [bench.run(script) for _ in range(3)] == [1, 1, 0]
    assert (bench.folder / "state").read_text() == "3"


def test_work_that_is_done_leaves_no_checkpoint(bench):
    script = (
        SAVES_ONE + "mark = Path('again'); first = not mark.exists(); mark.touch(); raise SystemExit(first)"
    )
    bench.run("raise SystemExit(1) # other work\n" + SAVES_ONE)

    assert bench.run(script) == 1
    assert bench.kept() == 1
    assert bench.run(script) == 0
    assert bench.kept() == 0


def test_other_work_does_not_find_what_this_one_left(bench):
    bench.run(SAVES_ONE + "raise SystemExit(1)")

    assert bench.run("from pathlib import Path; raise SystemExit(Path('state').exists() * 5)") == 0
    assert (bench.folder / ".emel/set-aside/state").read_text() == "1"


def test_a_running_program_is_saved_every_so_often(bench):
    script = (
        SAVES_ONE
        + "import time\nwhile not list(Path('.emel/checkpoints').rglob('*.tar')): time.sleep(0.02)\n"
        "import os; os.kill(os.getpid(), 9)\n"
    )

    assert bench.run(script, every=0.1) == 128 + 9
    assert bench.kept() == 1


def test_a_program_ends_in_order_on_sigterm_and_what_it_then_wrote_is_saved(bench):
    sender = send(signal.SIGTERM, bench.folder / "ready")

    status = bench.run(SAVES_ONE + HANDLES + WAITS)
    sender.join()

    # It says that all went well, but it is not done.
    assert status == 128 + signal.SIGTERM
    checkpoint.restore(
        bench.project, Wanted(bench.folder, command=(PYTHON, "-I", "train.py")), tell=bench.tell
    )
    assert (bench.folder / "state").read_text() == "2"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_goes_through_to_a_program_that_does_not_handle_it(bench, number):
    sender = send(number, bench.folder / "ready")

    status = bench.run(SAVES_ONE + "import signal; signal.signal(2, signal.SIG_DFL)\n" + WAITS)
    sender.join()

    assert status == 128 + number
    assert bench.kept() == 1


def test_a_program_that_does_not_end_in_its_time_is_ended(bench):
    sender = send(signal.SIGTERM, bench.folder / "ready")

    status = bench.run(SAVES_ONE + IGNORES + WAITS, grace=0.2)
    sender.join()

    assert status == 128 + signal.SIGKILL
    assert bench.kept() == 1


def test_a_file_that_was_just_being_written_is_not_saved(bench):
    assert bench.run(SAVES_ONE + "import os; os.kill(os.getpid(), 9)", settle=30.0) == 128 + 9

    assert bench.kept() == 0
    assert "not saved: the files were being written" in bench.told


def test_a_store_that_fails_stops_no_training(bench):
    # It works on until somebody has noticed.
    script = SAVES_ONE + (
        "import shutil, time; place = Path('.emel/checkpoints')\n"
        "while not place.is_file(): shutil.rmtree(place, True); place.exists() or place.touch()\n"
        "while not Path('noticed').exists(): time.sleep(0.02)\n"
    )

    assert bench.run(script, every=0.1) == 0
    assert any(line.startswith("not saved: ") for line in bench.told)


def test_a_program_that_is_not_there_is_said_before_anything_is_left(bench):
    (bench.folder / "state").write_text("mine")

    with pytest.raises(FileNotFoundError, match="no-such-program"):
        bench.run("", command=("no-such-program",))
    assert (bench.folder / "state").read_text() == "mine"


def test_a_store_that_cannot_be_reached_leaves_all_as_it_is(bench, monkeypatch):
    # With a login boto3 asks nobody else for one.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    (bench.folder / "state").write_text("mine")
    flags = {**FLAGS, "checkpoint.url": "s3://nowhere/x", "checkpoint.endpoint": "http://127.0.0.1:1"}
    bench.project = bench.project._replace(config=config.without_file(flags=flags))

    with pytest.raises(CheckpointError, match="does not answer"):
        bench.run("")
    assert (bench.folder / "state").read_text() == "mine"


def test_in_ci_a_place_that_is_lost_with_the_machine_is_said(tmp_path):
    bench = Bench(tmp_path, {"CI": "true"})
    bench.run("")

    assert any("are lost with this machine" in line for line in bench.told)


def test_the_stage_that_dvc_runs_is_the_one_it_says(tmp_path):
    (tmp_path / "dvc.yaml").write_text("stages: {fit: {cmd: x}}")
    bench = Bench(tmp_path, {"DVC_STAGE": "fit", "CI_PROJECT_PATH": "group/churn"})

    work = checkpoint.work_of(bench.project, Wanted(tmp_path))

    assert (work.project, work.stage) == ("group/churn", "fit")


def test_saving_nothing_by_hand_is_an_error(bench):
    with pytest.raises(CheckpointError, match="there is nothing at state"):
        checkpoint.save(bench.project, Wanted(bench.folder, ("state",)), tell=bench.tell)


def test_a_url_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ConfigError):
        config.without_file(flags={**FLAGS, "checkpoint.url": "ftp://x"})


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [("s3://mine/ckpt", "https://storage.yandexcloud.net"), ("s3://other/ckpt", "https://s3.amazonaws.com")],
)
def test_the_bucket_of_yandex_cloud_is_reached_at_its_own_address(tmp_path, url, endpoint):
    flags = {**FLAGS, "yandex.bucket": "mine", "checkpoint.url": url}
    doors = System(MissingProgram(), SystemHttp(), SystemClock(), {})
    project = Project(tmp_path, config.without_file(flags=flags), doors)

    store, found = checkpoint.place_of(project)

    assert store == url
    assert (found or "https://s3.amazonaws.com") == endpoint
