"""A machine that the cloud is about to take away tells its jobs, and ends the runner once."""

import http.server
import threading
from pathlib import Path

import pytest
from tests.fakes.boot.machine import BootedMachine
from tests.fakes.boot.release import STUB, VERSION
from tests.fakes.gitlab.runners import add_runner

from emel.runners import BootSettings, machine_boot

NOTICE = b'{"action": "terminate", "time": "2026-11-22T12:00:00Z"}'
# A sleep at a time: a shell runs its trap between two commands.
WAITS = """\
trap 'echo "signal TERM" >>"$NOTES"; exit 0' TERM
: >"${config%/*}/ready"
while :; do sleep 1; done
"""
SHORT_SLEEP = "#!/bin/sh\nexec /bin/sleep 0.02\n"


class Metadata(http.server.BaseHTTPRequestHandler):
    """IMDSv2: a pass by PUT, and no notice until it was asked for three times, and the runner works."""

    asked = 0
    ready = Path()
    """A file that is there when the runner hears signals."""

    def do_PUT(self):
        assert self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
        self.answer(200, b"pass")

    def do_GET(self):
        if self.headers["X-aws-ec2-metadata-token"] != "pass":
            return self.answer(401, b"")
        type(self).asked += self.path == "/latest/meta-data/spot/instance-action"
        comes = type(self).asked > 2 and self.ready.exists()
        return self.answer(200, NOTICE) if comes else self.answer(404, b"")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def metadata(tmp_path):
    own = type("Own", (Metadata,), {"asked": 0, "ready": tmp_path / "machine/home/runner/ready"})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), own) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_notice_of_aws_reaches_the_jobs_and_ends_the_runner(tmp_path, metadata, gitlab):
    add_runner(gitlab.world, gitlab.world.project("team/churn"), token="glrt-1")
    settings = BootSettings(
        url=gitlab.url,
        name="emel-1",
        executor="shell",
        max_lifetime=3600,
        idle=60,
        notice="aws",
        runner_version=VERSION,
    )
    machine = BootedMachine(tmp_path / "machine", metadata=metadata, stand_ins={"sleep": SHORT_SLEEP})
    runner = machine.folder / "bin" / "gitlab-runner"
    runner.write_text(STUB + WAITS)
    runner.chmod(0o755)
    document = machine_boot(settings, "echo glrt-1").user_data

    machine.boot(document.replace("    install_runner\n", ""))

    assert (machine.folder / "run" / "notice").read_bytes() == NOTICE
    assert machine.notes.count("signal TERM") == 1
    assert "the cloud takes this machine away" in machine.console
    assert machine.has_powered_down()


def test_containers_of_jobs_see_the_notice():
    settings = BootSettings(url="u", name="n", executor="docker", max_lifetime=60, idle=60, notice="aws")

    assert '"/run/emel:/run/emel:ro"' in machine_boot(settings, "").script
