"""The script that becomes gitlab-runner: for a process of this machine, or a container."""

import signal
import subprocess
import time
import tomllib
from pathlib import Path

from tests.fakes.boot.release import STUB

from emel.runners import BootSettings, machine_boot

TOKEN = "glrt-t1_Secret.01.abc"
# A sleep at a time: a shell runs its trap between two commands.
WAITS = """\
trap 'echo "signal TERM" >>"$NOTES"; exit 3' TERM
touch "${config%/*}/ready"
while :; do sleep 0.05; done
"""


class Place:
    """A folder in which the script runs, with a gitlab-runner of ours."""

    def __init__(self, folder: Path, body: str, **settings: str) -> None:
        self.folder = folder
        programs = folder / "programs"
        programs.mkdir()
        (programs / "gitlab-runner").write_text(STUB + body)
        (programs / "gitlab-runner").chmod(0o755)
        wanted = BootSettings(
            url="https://gitlab.example.com", name="n", executor="shell", max_lifetime=9, idle=9, **settings
        )
        (folder / "script").write_text(machine_boot(wanted, "").script)
        self.path = f"{programs}:/usr/bin:/bin"

    def start(self, **env: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            ["/bin/sh", "script"],
            cwd=self.folder,
            env={"PATH": self.path, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert child.stdin is not None
        child.stdin.write(TOKEN + "\n")
        child.stdin.flush()
        return child

    @property
    def notes(self) -> str:
        return (self.folder / "runner" / "notes").read_text()


def test_it_ends_with_the_runners_own_status(tmp_path):
    child = Place(tmp_path, "exit 4\n").start()
    said, _ = child.communicate()

    assert child.returncode == 4
    assert TOKEN not in said


def test_the_runner_is_this_very_process_and_gets_a_signal_once(tmp_path):
    place = Place(tmp_path, WAITS)
    child = place.start()
    while not (tmp_path / "runner" / "ready").exists():
        time.sleep(0.01)
    words = Path(f"/proc/{child.pid}/cmdline").read_text().split("\0")
    child.send_signal(signal.SIGTERM)
    child.communicate()

    assert any(word.endswith("gitlab-runner") for word in words)
    assert TOKEN not in " ".join(words)
    assert child.returncode == 3 and place.notes.count("signal TERM") == 1


def test_jobs_inherit_what_is_harmless_alone(tmp_path):
    given = {
        "EMEL_GITLAB_TOKEN": "x", "CI_JOB_TOKEN": "x", "AWS_SECRET_ACCESS_KEY": "x", "token": "x",
        "HOME": "/h", "LC_ALL": "C", "https_proxy": "http://proxy", "CUDA_VISIBLE_DEVICES": "0",
    }  # fmt: skip
    place = Place(tmp_path, "")
    place.start(**given).communicate()

    names = {
        line.split("=")[0].removeprefix("env ")
        for line in place.notes.splitlines()
        if line.startswith("env ")
    }
    assert names & set(given) == {"HOME", "LC_ALL", "https_proxy", "CUDA_VISIBLE_DEVICES"}


def test_the_token_stands_in_no_file(tmp_path):
    place = Place(tmp_path, WAITS)
    child = place.start()
    while not (tmp_path / "runner" / "ready").exists():
        time.sleep(0.01)
    holding = [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN in path.read_text()]
    child.send_signal(signal.SIGTERM)
    child.communicate()

    # The notes are those of the runner of this test.
    assert [path.name for path in holding] == ["notes"]
    assert not (tmp_path / "runner" / "config.toml").exists()


def test_an_authority_of_gitlabs_own_is_made_known_to_the_runner(tmp_path):
    pem = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
    place = Place(tmp_path, "", certificates=pem)
    place.start().communicate()

    file = tmp_path / "runner" / "authority.pem"
    assert file.read_text() == pem
    config = [line.removeprefix("config ") for line in place.notes.splitlines() if line.startswith("config ")]
    assert tomllib.loads("\n".join(config))["runners"][0]["tls-ca-file"] == str(file)


def test_the_folder_of_its_configuration_is_its_own_and_jobs_make_files_as_usual(tmp_path):
    place = Place(tmp_path, "touch made\n")
    place.start().communicate()

    assert (tmp_path / "runner").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "made").stat().st_mode & 0o444 == 0o444


def test_without_gitlab_runner_it_says_so(tmp_path):
    place = Place(tmp_path, "")
    (tmp_path / "programs" / "gitlab-runner").unlink()

    child = place.start()
    said, _ = child.communicate()

    assert child.returncode == 1
    assert "gitlab-runner is not installed" in said
