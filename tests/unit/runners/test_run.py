"""The script that becomes gitlab-runner: for a process of this machine, or a container."""

import shutil
import signal
import subprocess
import tomllib
from pathlib import Path

import pytest
from tests.fakes.boot.release import STUB
from tests.fakes.certificates import loopback_certificate
from tests.fakes.gitlab import BAD_GATEWAY, RETRY_LATER, FakeGitLab, Fault, Reply
from tests.fakes.gitlab.runners import add_runner
from tests.fakes.waiting import until

from emel.runners import BootSettings, machine_boot

TOKEN = "glrt-t1_Secret.01.abc"
# A sleep at a time: a shell runs its trap between two commands.
WAITS = """\
trap 'echo "signal TERM" >>"$NOTES"; exit 3' TERM
touch "${config%/*}/ready"
while :; do sleep 0.05; done
"""
EXCHANGE = "/runners/reset_authentication_token"


class Place:
    """A folder in which the script runs, with a gitlab-runner of ours, and its runner in the fake GitLab."""

    def __init__(self, folder: Path, gitlab: FakeGitLab, body: str = "", **settings: str) -> None:
        self.folder = folder
        self.runner = add_runner(gitlab.world, gitlab.world.project("team/churn"), token=TOKEN)
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.put("gitlab-runner", STUB + body)
        wanted = BootSettings(
            **{"url": gitlab.url, "name": "n", "executor": "shell", "max_lifetime": 9, "idle": 9, **settings}
        )
        (folder / "script").write_text(machine_boot(wanted, "").script)

    def put(self, name: str, text: str) -> None:
        """Put a program before those of this machine."""
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def start(self, *, path: str = "/usr/bin:/bin", **env: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            ["/bin/sh", "script"],
            cwd=self.folder,
            env={"PATH": f"{self.programs}:{path}", **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            umask=0o022,
        )
        assert child.stdin is not None
        child.stdin.write(TOKEN + "\n")
        child.stdin.flush()
        return child

    def wait_for_runner(self) -> None:
        assert until((self.folder / "runner" / "ready").exists)

    def config(self) -> dict[str, str]:
        """What the runner read."""
        lines = [line for line in self.notes.splitlines() if line.startswith("config ")]
        return tomllib.loads("\n".join(line.removeprefix("config ") for line in lines))["runners"][0]

    @property
    def notes(self) -> str:
        found = self.folder / "runner" / "notes"
        return found.read_text() if found.exists() else ""


def test_it_ends_with_the_runners_own_status(tmp_path, gitlab):
    child = Place(tmp_path, gitlab, "exit 4\n").start()
    said, _ = child.communicate()

    assert child.returncode == 4
    assert TOKEN not in said


def test_the_runner_is_this_very_process_and_gets_a_signal_once(tmp_path, gitlab):
    place = Place(tmp_path, gitlab, WAITS)
    child = place.start()
    place.wait_for_runner()
    words = Path(f"/proc/{child.pid}/cmdline").read_text().split("\0")
    child.send_signal(signal.SIGTERM)
    child.communicate()

    assert any(word.endswith("gitlab-runner") for word in words)
    assert child.returncode == 3 and place.notes.count("signal TERM") == 1


def test_jobs_inherit_what_is_harmless_alone(tmp_path, gitlab):
    given = {
        "EMEL_GITLAB_TOKEN": "x", "CI_JOB_TOKEN": "x", "AWS_SECRET_ACCESS_KEY": "x", "token": "x",
        "answer": "x", "HOME": "/h", "LC_ALL": "C", "no_proxy": "127.0.0.1", "CUDA_VISIBLE_DEVICES": "0",
    }  # fmt: skip
    place = Place(tmp_path, gitlab)
    place.start(**given).communicate()

    names = {
        line.split("=")[0].removeprefix("env ")
        for line in place.notes.splitlines()
        if line.startswith("env ")
    }
    assert names & set(given) == {"HOME", "LC_ALL", "no_proxy", "CUDA_VISIBLE_DEVICES"}


def test_the_token_stands_in_no_file(tmp_path, gitlab):
    place = Place(tmp_path, gitlab, WAITS)
    child = place.start()
    place.wait_for_runner()
    holding = {
        token: [path.name for path in tmp_path.rglob("*") if path.is_file() and token in path.read_text()]
        for token in (TOKEN, place.runner["token"])
    }
    child.send_signal(signal.SIGTERM)
    child.communicate()

    # The notes are those of the runner of this test.
    assert holding == {TOKEN: [], place.runner["token"]: ["notes"]}
    assert not (tmp_path / "runner" / "config.toml").exists()


def test_an_authority_of_gitlabs_own_is_made_known_to_the_runner_and_to_the_exchange(tmp_path):
    made = loopback_certificate()
    (tmp_path / "identity").write_bytes(made.key + made.chain)
    with FakeGitLab(identity=tmp_path / "identity") as gitlab:
        place = Place(tmp_path, gitlab, certificates=made.chain.decode())
        place.start().communicate()

    file = tmp_path / "runner" / "authority.pem"
    assert file.read_bytes() == made.chain
    assert place.config()["tls-ca-file"] == str(file)
    assert place.config()["token"] == place.runner["token"] != TOKEN


def test_the_folder_of_its_configuration_is_its_own_and_jobs_make_files_as_usual(tmp_path, gitlab):
    place = Place(tmp_path, gitlab, "touch made\n")
    place.start().communicate()

    assert (tmp_path / "runner").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "made").stat().st_mode & 0o444 == 0o444


def test_without_gitlab_runner_it_says_so_and_exchanges_nothing(tmp_path, gitlab):
    place = Place(tmp_path, gitlab)
    (place.programs / "gitlab-runner").unlink()

    child = place.start()
    said, _ = child.communicate()

    assert child.returncode == 1
    assert "gitlab-runner is not installed" in said
    assert place.runner["token"] == TOKEN


def test_without_curl_it_says_so(tmp_path, gitlab):
    place = Place(tmp_path, gitlab)
    for name in ("env", "sed", "mktemp", "mkdir"):
        (place.programs / name).symlink_to(shutil.which(name))

    child = place.start(path="/nowhere")
    said, _ = child.communicate()

    assert child.returncode == 1
    assert "curl is not installed" in said


@pytest.mark.parametrize(
    "fault",
    [
        BAD_GATEWAY,
        RETRY_LATER,
        Fault(Reply(403, {"message": "403 Forbidden"})),
        Fault(cut="before"),
        Fault(cut="after"),
        Fault(Reply(502, b"<html>502</html>"), after=True),
        Fault(Reply(200, b"<html>Sign in</html>")),
        Fault(Reply(201, {"token": TOKEN, "token_expires_at": None})),
    ],
    ids=["502", "429", "403", "not heard", "answer lost", "502 of what was done", "no token", "the same one"],
)
def test_it_ends_at_once_when_it_may_have_no_token_that_works(tmp_path, gitlab, fault):
    gitlab.faults.add("POST", EXCHANGE, fault)
    place = Place(tmp_path, gitlab)

    child = place.start()
    said, _ = child.communicate()

    assert child.returncode == 1
    assert "GitLab has not exchanged the runner's token" in said
    assert place.notes == "" and len(gitlab.calls("POST", EXCHANGE)) == 1
    assert TOKEN not in said and place.runner["token"] not in said


def test_a_server_that_is_not_reached_is_asked_again(tmp_path, gitlab):
    place = Place(tmp_path, gitlab, url="http://127.0.0.1:1")
    place.put("sleep", '#!/bin/sh\necho "pause $1"\n')

    child = place.start()
    said, _ = child.communicate()

    assert child.returncode == 1
    assert [line for line in said.splitlines() if line.startswith("pause ")] == [
        f"pause {seconds}" for seconds in (1, 4, 10, 20, 25, 0)
    ]
    assert "GitLab has not exchanged the runner's token" in said


def test_the_exchange_shows_no_token_to_other_users(tmp_path, gitlab):
    place = Place(tmp_path, gitlab)
    looks = 'tr "\\0" " " </proc/$$/cmdline >"$HOME/seen"\nenv >>"$HOME/seen"\n'
    place.put("curl", f'#!/bin/sh\n{looks}exec {shutil.which("curl")} "$@"\n')

    place.start(HOME=str(tmp_path)).communicate()

    seen = (tmp_path / "seen").read_text()
    assert EXCHANGE in seen and TOKEN not in seen
    assert place.config()["token"] == place.runner["token"] != TOKEN


def test_settings_of_curl_on_the_machine_change_nothing(tmp_path, gitlab):
    (tmp_path / ".curlrc").write_text("verbose\nfail-early\nurl = http://127.0.0.1:1/\n")
    place = Place(tmp_path, gitlab)

    said, _ = place.start(HOME=str(tmp_path)).communicate()

    assert "127.0.0.1:1" not in said and "> POST" not in said
    assert place.config()["token"] == place.runner["token"] != TOKEN
