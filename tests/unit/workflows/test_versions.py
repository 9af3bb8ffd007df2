"""What belongs to a version: downloads held against its manifest, and tags that reach the remote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.progress import Silence
from tests.fakes.versions import Maker, Remote, remote

from emel.bundle.shelf import read_record
from emel.config import load
from emel.errors import ForgeError, RegistryError
from emel.records import MountedModel
from emel.registry import Choice, assign, find_version, stages
from emel.system.clock import SystemClock
from emel.system.files import sha256_of
from emel.system.http import SystemHttp
from emel.workflows.forged import fetch_versions
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.release import Material, Wanted, publish_version
from emel.workflows.stages import deprecate_version, promote_version, rollback_version
from emel.workflows.versions import bundle_of, download

TOML = '[model]\nname = "churn"\npath = "model.joblib"\nsample = "sample.csv"\n'


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Remote]:
    """A project whose first commit is released as v1.0.0."""
    with FakeGitLab() as fake:
        made = remote(fake, tmp_path)
        publish_version(
            made.repo, "churn", made.forge(), Wanted(None, "minor", "HEAD"), Maker(tmp_path / "x"), Silence()
        )
        yield made


@pytest.fixture
def project(there: Remote) -> Project:
    root = there.repo.root
    (root / "emel.toml").write_text(TOML)
    system = System(there.process, SystemHttp(env={}), SystemClock())
    return Project(root, load(root / "emel.toml"), system)


@pytest.fixture
def job(there: Remote) -> dict[str, str]:
    """What GitLab tells a job of the default branch."""
    return {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": there.gitlab.api_url,
        "CI_PROJECT_ID": str(there.project.id),
        "CI_PROJECT_PATH": there.project.path,
        "CI_PROJECT_URL": f"{there.gitlab.url}/{there.project.path}",
        "CI_JOB_TOKEN": there.gitlab.world.job_token(there.project, "ada"),
    }


def test_a_version_is_downloaded_whole_and_can_be_deployed(
    project: Project, job: dict[str, str], tmp_path: Path
) -> None:
    done = download(project, "v1.0.0", folder=tmp_path / "dl", env=job, progress=Silence())

    assert done.fetched == ("churn-v1.0.0.zip", "model.joblib")
    record = read_record(tmp_path / "dl" / "churn-v1.0.0.zip")
    assert (record.version, record.path) == ("v1.0.0", tmp_path / "dl" / "churn-v1.0.0.zip")


def test_a_model_that_stands_beside_its_zip_is_released_and_downloaded_with_it(
    there: Remote, project: Project, job: dict[str, str], tmp_path: Path
) -> None:
    class Beside(Maker):
        def __call__(self, choice: Choice, scratch: Path) -> Material:
            material = super().__call__(choice, scratch)
            model = material.bundle.path.with_suffix(".model")
            model.write_bytes(b"large")
            beside = MountedModel(path=model, name="model.bin", digest=sha256_of(model), size=5)
            return material._replace(bundle=msgspec.structs.replace(material.bundle, mounted=beside))

    there.commit("second")
    wanted = Wanted(None, "minor", "HEAD")
    publish_version(there.repo, "churn", there.forge(), wanted, Beside(tmp_path / "y"), Silence())
    done = download(project, "v1.1.0", folder=tmp_path / "dl", env=job, progress=Silence())

    assert done.fetched == ("churn-v1.1.0.zip", "churn-v1.1.0.model", "model.joblib")
    mounted = read_record(tmp_path / "dl" / "churn-v1.1.0.zip").mounted
    assert mounted is not None and mounted.path.read_bytes() == b"large"


def test_files_that_are_there_whole_are_kept_and_damaged_ones_are_fetched_again(
    project: Project, job: dict[str, str], tmp_path: Path
) -> None:
    download(project, None, folder=tmp_path, env=job, progress=Silence())
    (tmp_path / "model.joblib").write_text("half of")

    done = download(project, None, folder=tmp_path, env=job, progress=Silence())

    assert (done.fetched, done.kept) == (("model.joblib",), ("churn-v1.0.0.zip",))


def test_another_file_under_the_same_name_is_refused_and_not_left_here(
    there: Remote, project: Project, job: dict[str, str], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_text("another model")
    there.forge().forge.packages.publish("churn", "v1.0.0", other, file_name="model.joblib")

    with pytest.raises(ForgeError, match="not the file that the manifest"):
        download(project, None, folder=tmp_path / "dl", env=job, progress=Silence())
    assert not (tmp_path / "dl" / "model.joblib").exists()


@pytest.mark.parametrize("name", ["../model.joblib", "/tmp/model.joblib", ".."])
def test_no_manifest_leads_out_of_the_folder(
    there: Remote, project: Project, job: dict[str, str], tmp_path: Path, name: str
) -> None:
    stored = next(f for f in there.project.package_files if f["file_name"] == "manifest.json")
    evil = tmp_path / "manifest.json"
    evil.write_bytes(stored["content"].replace(b'"model.joblib":', f'"{name}":'.encode()))
    there.forge().forge.packages.publish("churn", "v1.0.0", evil)

    with pytest.raises(RegistryError, match="is no name"):
        download(project, None, folder=tmp_path / "dl", env=job, progress=Silence())


def test_a_release_of_another_commit_than_the_tags_is_refused(
    there: Remote, project: Project, job: dict[str, str], tmp_path: Path
) -> None:
    there.repo.create_tag("churn@v2.0.0", "moved by hand", there.commit("second"))
    stored = next(f for f in there.project.package_files if f["file_name"] == "manifest.json")
    (tmp_path / "manifest.json").write_bytes(stored["content"])
    there.forge().forge.packages.publish("churn", "v2.0.0", tmp_path / "manifest.json")

    with pytest.raises(RegistryError, match="was made of commit"):
        download(project, "v2.0.0", folder=tmp_path / "dl", env=job, progress=Silence())


def test_another_machine_takes_the_bundle_of_the_release(project: Project, job: dict[str, str]) -> None:
    version = find_version(project.repo(), "churn", None)

    found = bundle_of(project, version, env=job, progress=Silence())

    assert found.path == project.state / "releases" / "churn-v1.0.0.zip"
    assert found.path.read_text() == f"bundle of {version.commit} as v1.0.0"


def test_a_deprecation_reaches_the_remote_the_next_clone_and_the_release(
    there: Remote, project: Project, job: dict[str, str]
) -> None:
    before = there.project.releases["churn@v1.0.0"]["description"]
    done = deprecate_version(project, "churn@v1.0.0", env=job, progress=Silence())

    assert (done.tag, done.pushed) == ("churn@v1.0.0!", True)
    release = there.project.releases["churn@v1.0.0"]
    assert release["name"] == "churn v1.0.0 (deprecated)"
    assert release["description"] == f"**This version is deprecated.**\n\n{before}"
    assert done.release == f"{there.gitlab.url}/{there.project.path}/-/releases/churn%40v1.0.0"

    again = deprecate_version(project, "v1.0.0", env=job, progress=Silence())
    assert again == done
    assert there.project.releases["churn@v1.0.0"] == release
    assert {tag.name for tag in there.bare.tags("churn@*")} == {"churn@v1.0.0", "churn@v1.0.0!"}
    fetch_versions(there.repo, "churn")


def test_a_release_that_cannot_be_changed_is_told_and_the_version_is_deprecated_all_the_same(
    there: Remote, project: Project, job: dict[str, str]
) -> None:
    del there.project.releases["churn@v1.0.0"]
    done = deprecate_version(project, "v1.0.0", env=job, progress=Silence())

    assert (done.pushed, done.release, done.release_reason) == (True, None, "there is none")


def test_a_commit_without_a_version_cannot_be_promoted(there: Remote, project: Project) -> None:
    there.commit("second")

    with pytest.raises(RegistryError, match="has no version of churn"):
        promote_version(project, None, env={}, progress=Silence())


def test_what_stands_in_a_stage_is_not_deprecated(there: Remote, project: Project) -> None:
    assign(there.repo, find_version(there.repo, "churn", None), "prod")

    with pytest.raises(RegistryError, match="stands in prod"):
        deprecate_version(project, "v1.0.0", env={}, progress=Silence())
    assert stages(there.repo, "churn")


def test_what_somebody_else_promoted_is_known(there: Remote, project: Project) -> None:
    assign(there.bare, find_version(there.bare, "churn", None), "prod")

    with pytest.raises(RegistryError, match="stands in prod"):
        deprecate_version(project, "v1.0.0", env={}, progress=Silence())


def test_a_remote_that_cannot_be_reached_is_told_and_stops_nobody(there: Remote, project: Project) -> None:
    there.process.run(["git", "remote", "set-url", "origin", "/nowhere"], cwd=there.repo.root)
    told = Silence()

    with pytest.raises(RegistryError, match="no version stands in the stage prod"):
        rollback_version(project, env={}, progress=told)
    assert "going by those that are known here" in told.lines[-1]


def test_without_an_earlier_version_there_is_nothing_to_roll_back_to(
    there: Remote, project: Project, job: dict[str, str]
) -> None:
    with pytest.raises(RegistryError, match="no version stands in the stage prod"):
        rollback_version(project, env=job, progress=Silence())
    assign(there.repo, find_version(there.repo, "churn", None), "prod")
    with pytest.raises(RegistryError, match=r"only v1\.0\.0 ever stood"):
        rollback_version(project, env=job, progress=Silence())
