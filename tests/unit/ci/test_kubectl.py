"""kubectl comes into the jobs that launch machines in a cluster: the commands run for real, in a folder."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.fakes import gitlab_events as events
from tests.fakes.gitlab_rules import plan

from emel.ci import Spec, as_pipeline
from emel.ci.kubectl import CHECKSUMS, SERVER, VERSION

PROGRAM = "#!/bin/sh\necho the released kubectl\n"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def script(spec: Spec) -> list[str]:
    """What a job that launches in a cluster runs first, but for what all jobs do."""
    made = plan(as_pipeline(spec._replace(machine="kubernetes")), events.merge_request())
    assert made is not None
    before: list[str] = made.jobs["runner"].config["before_script"]
    assert before[0] == spec.install[0]
    return before[1:]


@pytest.fixture
def run(script: list[str], tmp_path: Path) -> Run:
    """Run it as a job does, where `machine` is what the processor is called."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "curl", "sha256sum", "install"):
        (programs / name).symlink_to(shutil.which(name) or name)
    for architecture in CHECKSUMS:
        release = tmp_path / f"site/v{VERSION}/bin/linux/{architecture}"
        release.mkdir(parents=True)
        (release / "kubectl").write_text(PROGRAM.replace("the", f"the {architecture} of the"), "utf-8")

    def done(machine: str = "x86_64") -> subprocess.CompletedProcess[str]:
        (programs / "uname").write_text(f"#!/bin/sh\necho {machine}\n", "utf-8")
        (programs / "uname").chmod(0o755)
        text = "\n".join(script).replace(SERVER, f"file://{tmp_path}/site")
        text = text.replace("/usr/local/bin", str(programs)).replace("/tmp/kubectl", f"{tmp_path}/fetched")
        for architecture, checksum in CHECKSUMS.items():
            released = tmp_path / f"site/v{VERSION}/bin/linux/{architecture}/kubectl"
            if "tampered" not in released.read_text("utf-8"):
                text = text.replace(checksum, hashlib.sha256(released.read_bytes()).hexdigest())
        return subprocess.run(
            ["sh", "-e", "-c", text], env={"PATH": str(programs)}, capture_output=True, text=True, check=False
        )

    return done


@pytest.mark.parametrize(("machine", "architecture"), [("x86_64", "amd64"), ("aarch64", "arm64")])
def test_the_released_one_of_the_processor_is_installed(
    run: Run, tmp_path: Path, machine: str, architecture: str
) -> None:
    assert run(machine).returncode == 0
    said = subprocess.run([tmp_path / "programs/kubectl"], capture_output=True, text=True, check=True).stdout
    assert said == f"the {architecture} of the released kubectl\n"


def test_one_with_another_checksum_is_not_installed(run: Run, tmp_path: Path) -> None:
    (tmp_path / f"site/v{VERSION}/bin/linux/amd64/kubectl").write_text("tampered", "utf-8")
    assert run().returncode != 0
    assert not (tmp_path / "programs/kubectl").exists()


def test_the_images_own_one_stays(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "programs/kubectl"
    own.write_text("#!/bin/sh\n", "utf-8")
    own.chmod(0o755)
    assert run().returncode == 0
    assert own.read_text("utf-8") == "#!/bin/sh\n" and not (tmp_path / "fetched").exists()


def test_the_jobs_that_train_and_those_of_other_clouds_fetch_none(spec: Spec) -> None:
    in_cluster = yaml.safe_load(as_pipeline(spec._replace(machine="kubernetes")))
    elsewhere = as_pipeline(spec._replace(machine="aws"))
    assert in_cluster["train"]["extends"] == ".emel"
    assert {in_cluster[job]["extends"] for job in ("runner", "stop-runner", "prune-runners")} == {
        ".emel-machine"
    }
    assert "kubectl" not in elsewhere
