"""The example of training that can be interrupted: killed in the middle, it ends as if nothing had been."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.fakes.waiting import until

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "resume"
EMEL = Path(sys.executable).with_name("emel")
STEPS, PAUSE = "1600", "0.1"
LOGIN = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> bytes:
    folder = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("undisturbed") / "resume")
    subprocess.run([sys.executable, "train.py", STEPS, "0"], cwd=folder, check=True, capture_output=True)
    return (folder / "result.json").read_bytes()


@pytest.fixture(scope="module")
def bucket():
    """The environment of a job whose checkpoints go to a bucket."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "id", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=url, **keys)
    client.create_bucket(Bucket="models")
    client.close()
    yield {**LOGIN, "EMEL_CHECKPOINT_URL": "s3://models/ckpt", "EMEL_CHECKPOINT_ENDPOINT": url}
    server.stop()


def start(folder: Path, env: dict[str, str]) -> subprocess.Popen[str]:
    options = ["--save", "state", "--every", "1s", "--settle", "0"]
    return subprocess.Popen(
        [EMEL, "checkpoint", "run", *options, "--", sys.executable, "train.py", STEPS, PAUSE],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def heard(child: subprocess.Popen[str], words: str) -> str:
    """What it says up to a line with these words."""
    said = ""
    assert child.stdout is not None
    for line in child.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it ended without «{words}»: {said}")


def started_by(child: subprocess.Popen[str]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()]


def end_all(child: subprocess.Popen[str]) -> None:
    """What the loss of a machine does: emel and the training end at once, and can do nothing about it."""
    for pid in (child.pid, *started_by(child)):
        os.kill(pid, signal.SIGKILL)
    child.communicate()


def machine(folder: Path, name: str) -> Path:
    """A clone on a machine of its own."""
    return shutil.copytree(EXAMPLE, folder / name / "resume")


def test_a_machine_that_is_lost_costs_seconds_and_changes_nothing(tmp_path, undisturbed, bucket):
    folder = machine(tmp_path, "first")
    first = start(folder, bucket)
    assert until((folder / "state" / "state.json").exists)
    # It makes no further step: however long a checkpoint takes, the training is not done before it is kept.
    for pid in started_by(first):
        os.kill(pid, signal.SIGSTOP)
    heard(first, "saved ")
    end_all(first)

    second = start(machine(tmp_path, "second"), bucket)
    said = heard(second, "starting at step ") + second.communicate()[0]

    assert second.returncode == 0
    assert "going on from the checkpoint of" in said and "starting at step 0" not in said
    assert (tmp_path / "second/resume/result.json").read_bytes() == undisturbed


def test_a_machine_that_is_taken_away_saves_to_the_last_moment(tmp_path, undisturbed, bucket):
    folder = machine(tmp_path, "first")
    first = start(folder, {**bucket, "CI_PROJECT_PATH": "group/taken"})
    assert until((folder / "state" / "state.json").exists)
    first.send_signal(signal.SIGTERM)
    first.communicate()

    second = start(machine(tmp_path, "second"), {**bucket, "CI_PROJECT_PATH": "group/taken"})
    said = heard(second, "starting at step ") + second.communicate()[0]

    assert (first.returncode, second.returncode) == (143, 0)
    assert "starting at step 0" not in said
    assert (tmp_path / "second/resume/result.json").read_bytes() == undisturbed


def test_as_a_stage_of_a_pipeline_it_is_known_by_its_stage(tmp_path):
    folder = machine(tmp_path, "here")
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    pipeline = folder / "dvc.yaml"
    # No such number of steps: it fails after it has begun.
    pipeline.write_text(pipeline.read_text().replace("train.py 20000 0.1", "train.py 200 -1"))
    env = {**os.environ, "HOME": str(tmp_path), "PATH": f"{EMEL.parent}:{os.environ['PATH']}"}

    ran = subprocess.run(
        [EMEL.with_name("dvc"), "repro"], cwd=folder, env=env, capture_output=True, text=True
    )
    listed = subprocess.run([EMEL, "checkpoint", "list", "--json"], cwd=folder, env=env, capture_output=True)

    assert ran.returncode != 0
    assert [one["work"]["stage"] for one in json.loads(listed.stdout)] == ["train"]
