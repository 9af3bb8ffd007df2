"""A machine boots the document that emel writes, for real but for what would change this machine."""

import functools
import http.server
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.boot.machine import BootedMachine
from tests.fakes.boot.release import VERSION, Key, new_key, put_release
from tests.fakes.gitlab import BAD_GATEWAY, Fault
from tests.fakes.gitlab.runners import add_runner

from emel.runners import BootSettings, machine_boot

TOKEN = "glrt-t1_Secret.01.abc"
JOB = 'echo "Job succeeded"\n'


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with one release, and its folder."""
    folder = tmp_path_factory.mktemp("site")
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(QuietHandler, directory=folder)
    ) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def key() -> Iterator[Key]:
    # Not where the other folders of tests are: the path of a socket has 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="gpg-", dir="/tmp") as folder:
        made = new_key(Path(folder) / "home")
        yield made
        made.close()


@pytest.fixture
def release(site, key):
    """The release, anew for each test."""
    _, folder = site
    shutil.rmtree(folder / f"v{VERSION}", ignore_errors=True)
    put_release(folder, key, body=JOB)
    return folder / f"v{VERSION}"


@pytest.fixture
def runner(gitlab):
    """The runner whose token the cloud has."""
    return add_runner(gitlab.world, gitlab.world.project("team/churn"), token=TOKEN)


@pytest.fixture
def settings(site, key, release, gitlab, runner):
    url, _ = site
    return {
        "url": gitlab.url,
        "name": "emel-1-2",
        "executor": "shell",
        "max_lifetime": 21600.0,
        "idle": 300.0,
        "runner_version": VERSION,
        "downloads": url,
        "key": f"{url}/key.gpg",
        "key_fingerprint": key.fingerprint,
    }


def booted(
    folder: Path, settings, *, token_command: str = f"echo {TOKEN}", delete_command: str = "", stand_ins=None
) -> BootedMachine:
    machine = BootedMachine(folder / "machine", stand_ins=stand_ins)
    machine.boot(machine_boot(BootSettings(**settings), token_command, delete_command).user_data)
    return machine


def test_it_takes_a_job_and_powers_down(tmp_path, settings):
    machine = booted(tmp_path, settings)

    assert "Job succeeded" in machine.console
    assert machine.has_powered_down()


def test_its_life_is_limited_before_anything_else(tmp_path, settings):
    machine = booted(tmp_path, settings)

    hard, orderly = machine.calls[:2]
    assert hard.startswith("systemd-run --unit=emel-limit --on-startup=21600 ")
    assert hard.endswith(" systemctl --force poweroff")
    assert orderly.startswith("systemd-run --unit=emel-stop --on-startup=21510 ")
    assert orderly.endswith(" systemctl stop emel-runner.service")


def test_the_commands_of_its_limit_survive_that_systemd_reads_them_again(tmp_path, settings):
    # systemd writes transient units to files: what is special there means something else after a reload.
    machine = booted(tmp_path, settings)

    assert not any(set(call) & set(";$%\\\"'") for call in machine.calls[:2])


def test_it_ends_at_once_when_its_life_cannot_be_limited(tmp_path, settings):
    machine = booted(tmp_path, settings, stand_ins={"systemd-run": "#!/bin/sh\nexit 1\n"})

    assert machine.calls[0] == "systemctl --force poweroff"


def test_a_machine_that_is_restarted_ends_at_once(tmp_path, settings):
    document = machine_boot(BootSettings(**settings), f"echo {TOKEN}").user_data
    machine = BootedMachine(tmp_path / "machine")
    machine.boot(document)
    before = len(machine.calls)
    machine.boot(document)

    assert machine.calls[before] == "systemctl --force poweroff"


def test_no_update_that_begins_by_itself_restarts_the_runner(tmp_path, settings):
    machine = booted(tmp_path, settings)

    assert "systemctl stop apt-daily.timer apt-daily-upgrade.timer apt-daily.service" in machine.calls
    assert (machine.folder / "needrestart/emel.conf").read_text() == "$nrconf{restart} = 'l';\n"


def test_without_nftables_the_metadata_service_is_closed_by_iptables(tmp_path, settings):
    """As on an image on which Docker runs already."""
    runs = '#!/bin/sh\necho "iptables $*" >>"$CALLS"\ncase "$*" in *-N*) exit 1 ;; esac\n'
    machine = booted(tmp_path, settings, stand_ins={"nft": None, "iptables": runs})

    refused = [call for call in machine.calls if call.startswith("iptables") and call.endswith("REJECT")]
    assert [call.split()[3] for call in refused] == ["OUTPUT", "DOCKER-USER", "FORWARD"]
    assert all("169.254.169.254" in call for call in refused)
    assert "Job succeeded" in machine.console


def test_the_runner_is_started_with_the_documented_command(tmp_path, settings):
    machine = booted(tmp_path, {**settings, "max_jobs": 3})

    config = tmp_path / "machine" / "home" / "runner" / "config.toml"
    assert machine.notes.splitlines()[0] == (
        f"arguments run-single --config {config} --runner emel-1-2 --max-builds 3 --wait-timeout 300"
    )


def test_the_runner_gets_another_token_than_the_cloud_had(tmp_path, settings, runner):
    machine = booted(tmp_path, settings)

    assert runner["token"] != TOKEN
    assert f'config token = "{runner["token"]}"' in machine.notes
    assert TOKEN not in machine.notes


def test_the_token_reaches_the_configuration_and_nothing_else(tmp_path, settings, runner):
    machine = booted(tmp_path, settings)

    token = runner["token"]
    assert [line for line in machine.notes.splitlines() if token in line] == [f'config token = "{token}"']
    assert token not in machine.console and TOKEN not in machine.console
    assert not any(token in call or TOKEN in call for call in machine.calls)
    # The boot script holds the command of this test, which prints the first one; the notes are the runner's.
    assert holding(machine.folder, TOKEN) == ["boot"]
    assert holding(machine.folder, token) == ["notes"]
    assert not (machine.folder / "home" / "runner" / "config.toml").exists()


def holding(folder: Path, text: str) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and text in path.read_text("latin-1")]


@pytest.mark.parametrize("fault", [BAD_GATEWAY, Fault(cut="after")], ids=["refused", "answer lost"])
def test_without_another_token_it_powers_down_and_says_so(tmp_path, settings, gitlab, fault):
    gitlab.faults.add("POST", "/reset_authentication_token", fault)

    machine = booted(tmp_path, settings)

    assert "GitLab has not exchanged the runner's token" in machine.console
    assert machine.notes == "" and machine.has_powered_down()
    assert len(gitlab.calls("POST")) == 1


def test_jobs_inherit_no_login(tmp_path, settings):
    machine = booted(tmp_path, settings, token_command=f"export AWS_SECRET_ACCESS_KEY=x; echo {TOKEN}")

    names = {line.split("=")[0] for line in machine.notes.splitlines() if line.startswith("env ")}
    assert "env AWS_SECRET_ACCESS_KEY" not in names
    assert "env PATH" in names


def test_the_metadata_service_is_closed_to_all_but_the_superuser_before_there_is_a_token(tmp_path, settings):
    machine = booted(tmp_path, settings, token_command='echo "token" >>"$CALLS"; false')

    calls = machine.calls
    assert calls.index("nft -f -") < calls.index("token")
    assert any("169.254.169.254 meta skuid != 0 reject" in call for call in calls)


def test_jobs_of_the_executor_shell_are_not_the_superusers(tmp_path, settings):
    machine = booted(tmp_path, settings)

    become = next(call for call in machine.calls if call.startswith("setpriv "))
    assert "--reuid=gitlab-runner" in become and "--no-new-privs" in become


def test_with_docker_jobs_run_in_the_image_with_the_graphics_cards(tmp_path, settings):
    machine = booted(tmp_path, {**settings, "executor": "docker", "gpus": 2})

    assert 'config gpus = "all"' in machine.notes
    assert "nvidia-smi -L" in machine.calls
    assert "nvidia-ctk --quiet runtime configure --runtime=docker" in machine.calls
    assert not any(call.startswith("setpriv") for call in machine.calls)


def test_docker_is_installed_where_it_is_lacking(tmp_path, settings):
    installs = '#!/bin/sh\necho "apt-get $*" >>"$CALLS"\ncp "$(dirname "$0")/nft" "$(dirname "$0")/docker"\n'
    lacking = {"docker": None, "apt-get": installs, "dirname": '#!/bin/sh\necho "${1%/*}"\n'}

    machine = booted(tmp_path, {**settings, "executor": "docker"}, stand_ins=lacking)

    assert any(call.endswith("install -y --no-install-recommends docker.io") for call in machine.calls)
    assert "Job succeeded" in machine.console


FAILS = "#!/bin/sh\nexit 1\n"


@pytest.mark.parametrize(
    ("changes", "stand_ins", "says"),
    [
        ({"downloads": "http://127.0.0.1:1"}, {}, "cannot be fetched"),
        ({"runner_version": "0.0.1"}, {}, "cannot be fetched"),
        ({"key_fingerprint": "0" * 40}, {}, "are not signed by"),
        ({}, {"nft": FAILS}, "closing the metadata service"),
        ({}, {"nft": None}, "closing the metadata service"),
        ({}, {"uname": "#!/bin/sh\necho riscv64\n"}, "there is no gitlab-runner for riscv64"),
        ({"gpus": 1}, {"nvidia-smi": FAILS}, "no graphics card answers"),
        ({"executor": "docker"}, {"docker": None, "apt-get": FAILS}, "making Docker ready"),
        ({"executor": "docker"}, {"docker": FAILS}, "Docker does not answer"),
        ({}, {"setpriv": None}, "fetching the runner's token"),
    ],
)
def test_whatever_fails_it_powers_down_and_says_why(tmp_path, settings, changes, stand_ins, says):
    machine = booted(tmp_path, {**settings, **changes}, stand_ins=stand_ins)

    assert machine.has_powered_down()
    assert says in machine.console
    assert machine.notes == ""


def test_a_runner_that_is_not_the_released_one_is_not_run(tmp_path, settings, release):
    (release / "binaries" / "gitlab-runner-linux-amd64").write_text("#!/bin/sh\ncurl evil\n")

    machine = booted(tmp_path, settings)

    assert "has another checksum than its release says" in machine.console
    assert machine.notes == "" and machine.has_powered_down()


def test_a_list_that_was_changed_after_it_was_signed_is_not_believed(tmp_path, settings, release):
    (release / "release.sha256").write_text("0" * 64 + " *./binaries/gitlab-runner-linux-amd64\n")

    machine = booted(tmp_path, settings)

    assert "are not signed by" in machine.console
    assert machine.has_powered_down()


@pytest.mark.parametrize("answer", ["true", "false", "echo 'has a space'"])
def test_without_a_token_it_powers_down(tmp_path, settings, answer):
    machine = booted(tmp_path, settings, token_command=answer)

    assert "token" in machine.console
    assert machine.notes == "" and machine.has_powered_down()


def test_it_powers_down_after_a_runner_that_crashed(tmp_path, settings, site, key):
    _, folder = site
    shutil.rmtree(folder / f"v{VERSION}")
    put_release(folder, key, body="kill -9 $$\n")

    machine = booted(tmp_path, settings)

    assert machine.notes != ""
    assert machine.has_powered_down()


def test_a_machine_that_can_deletes_itself_when_its_work_is_done(tmp_path, settings):
    machine = booted(tmp_path, settings, delete_command='echo "deleted" >>"$CALLS"')

    assert machine.calls[-2:] == ["deleted", "systemd poweroff-force"]
    assert machine.console.endswith("emel: the machine deletes itself\n")


def test_a_machine_that_failed_is_kept_with_its_console(tmp_path, settings):
    machine = booted(tmp_path, settings, token_command="false", delete_command='echo "deleted" >>"$CALLS"')

    assert "deleted" not in machine.calls
    assert machine.has_powered_down()


def test_a_machine_that_may_not_delete_itself_powers_down(tmp_path, settings):
    machine = booted(tmp_path, settings, delete_command="false")

    assert "it could not, and powers down" in machine.console
    assert machine.has_powered_down()


def test_the_document_fits_into_what_aws_takes_and_its_scripts_are_posix(settings):
    largest = BootSettings(**{**settings, "executor": "docker", "gpus": 8, "notice": "aws"})

    boot = machine_boot(largest, f"curl {'x' * 1000}")

    assert len(boot.user_data.encode()) < 15_000
    assert boot.user_data.isascii()
    assert boot.script.startswith("#!/bin/sh\n")
    assert boot.max_lifetime == 21600
