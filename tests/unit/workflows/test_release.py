"""A version and its release: made once, whole, and finished by the next run wherever the first one ended."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.fakes.dying_http import Died, DyingHttp
from tests.fakes.gitlab import FakeGitLab, Fault, Reply
from tests.fakes.progress import Silence
from tests.fakes.versions import Maker, Remote, remote

from emel.errors import ForgeError, RegistryError
from emel.gitrepo import GitRepo
from emel.records import Registration
from emel.registry import read_manifest, register
from emel.workflows.forged import VersionForge, fetch_versions
from emel.workflows.release import Wanted, publish_version

FILES = ["churn-v1.0.0.zip", "model.joblib", "manifest.json"]


@pytest.fixture
def there(gitlab: FakeGitLab, tmp_path: Path) -> Remote:
    return remote(gitlab, tmp_path)


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "shelf")


def publish(
    there: Remote, make: Maker, *, version: str | None = None, forge: VersionForge | None = None
) -> Registration:
    wanted = Wanted(version, "minor", "HEAD")
    return publish_version(there.repo, "churn", forge or there.forge(), wanted, make, Silence())


def stored(there: Remote) -> list[str]:
    return [file["file_name"] for file in there.project.package_files]


def test_a_job_makes_tag_release_and_files_with_its_own_token(there: Remote, make: Maker) -> None:
    done = publish(there, make)

    (tag,) = there.bare.tags("churn@*")
    assert (tag.name, tag.commit, tag.message) == ("churn@v1.0.0", there.repo.head(), "Register churn v1.0.0")
    assert done.version.tag == tag.name and done.version.commit == tag.commit
    assert done.release == f"{there.gitlab.url}/team/churn/-/releases/churn%40v1.0.0"
    assert stored(there) == FILES
    assert {logged.token for logged in there.gitlab.log} == {"job-token"}
    links = there.project.releases["churn@v1.0.0"]["assets"]["links"]
    assert [(link["name"], link["link_type"]) for link in links] == [(name, "package") for name in FILES]
    assert {link["url"] for link in links} == {file.url for file in done.files}


def test_the_manifest_says_what_the_model_is_made_of_and_what_its_files_are(
    there: Remote, make: Maker
) -> None:
    publish(there, make)
    content = {file["file_name"]: file["content"] for file in there.project.package_files}
    manifest = read_manifest(content["manifest.json"], "manifest.json")

    assert manifest.commit == there.repo.head()
    assert (manifest.metrics, manifest.params, manifest.data) == (
        {"accuracy": 0.97},
        {"depth": 3},
        {"data.csv": "md5:0011"},
    )
    assert manifest.libraries == {"scikit-learn": "1.9.1"}
    assert manifest.model_file == "model.joblib"
    assert manifest.files == {
        name: "sha256:" + hashlib.sha256(content[name]).hexdigest() for name in FILES[:2]
    }
    assert manifest.bundle.path == Path("churn-v1.0.0.zip"), "no path of the machine that made it"


def test_the_description_tells_commit_metrics_parameters_and_data(there: Remote, make: Maker) -> None:
    publish(there, make)
    said = there.project.releases["churn@v1.0.0"]["description"]

    for part in (there.repo.head(), "`accuracy` | `0.97`", "`depth` | `3`", "`data.csv` | `md5:0011`"):
        assert part in said


def test_the_same_commit_again_sends_nothing_and_makes_nothing(there: Remote, make: Maker) -> None:
    first = publish(there, make)
    there.gitlab.log.clear()

    assert publish(there, make) == first
    assert make.made == ["v1.0.0"]
    assert {logged.method for logged in there.gitlab.log} == {"GET"}


def test_the_next_commit_gets_the_next_version_in_a_clone_without_tags(
    there: Remote, make: Maker, tmp_path: Path
) -> None:
    publish(there, make)
    there.commit("second")
    clone = tmp_path / "clone"
    there.process.run(["git", "clone", "--quiet", "--no-tags", there.bare.root, clone])
    fresh = there._replace(repo=GitRepo(clone, there.process))
    fetch_versions(fresh.repo, "churn")

    assert publish(fresh, make).version.version == "v1.1.0"


def test_a_tag_that_was_made_here_goes_to_the_remote_as_it_is(there: Remote, make: Maker) -> None:
    register(there.repo, name="churn", version="v3.0.0", revision="HEAD")
    ours = there.repo.tags("churn@*")

    assert publish(there, make).version.version == "v3.0.0"
    assert there.bare.tags("churn@*") == ours


def test_a_release_that_somebody_began_gets_the_links_that_it_lacks(there: Remote, make: Maker) -> None:
    there.forge().forge.releases.create(
        "churn@v1.0.0", name="by hand", description="", ref="main", tag_message="by hand"
    )
    there.repo.fetch_tags("origin", "churn@*")
    publish(there, make)

    release = there.project.releases["churn@v1.0.0"]
    assert release["name"] == "by hand"
    assert sorted(link["name"] for link in release["assets"]["links"]) == sorted(FILES)


def test_a_version_that_another_job_gave_meanwhile_is_left_to_it(there: Remote, make: Maker) -> None:
    first = there.repo.head()
    there.commit("second")

    def faster(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/releases") and not there.bare.tags("churn@*"):
            there.bare.create_tag("churn@v1.0.0", "Register churn v1.0.0", first)

    there.gitlab.before = faster
    done = publish(there, make)

    assert done.version.version == "v1.1.0"
    assert {tag.name: tag.commit for tag in there.bare.tags("churn@*")} == {
        "churn@v1.0.0": first,
        "churn@v1.1.0": there.repo.head(),
    }
    assert list(there.project.releases) == ["churn@v1.1.0"]


def test_a_version_that_was_asked_for_and_is_taken_is_an_error(there: Remote, make: Maker) -> None:
    publish(there, make, version="v1.0.0")
    there.commit("second")

    with pytest.raises(RegistryError, match="exists already, at commit"):
        publish(there, make, version="v1.0.0")


def test_a_file_that_arrives_damaged_leaves_no_manifest_that_calls_it_whole(
    there: Remote, make: Maker
) -> None:
    other = {"id": 9, "file_name": "model.joblib", "size": 7, "file_sha256": "0" * 64}
    there.gitlab.faults.add("PUT", "model.joblib", Fault(Reply(201, other), after=True))
    with pytest.raises(ForgeError, match="damaged on its way"):
        publish(there, make)

    assert "manifest.json" not in stored(there)


def test_a_release_whose_answer_was_lost_is_found_and_finished(there: Remote, make: Maker) -> None:
    there.gitlab.faults.add("POST", "/releases$", Fault(cut="after"))
    done = publish(there, make)

    assert done.version.version == "v1.0.0" and stored(there) == FILES
    assert [tag.name for tag in there.bare.tags("churn@*")] == ["churn@v1.0.0"]


def test_a_refusal_that_is_no_race_is_told_as_it_is(there: Remote, make: Maker) -> None:
    there.gitlab.faults.add("POST", "/releases$", Fault(Reply(422, {"message": "Name is too long"})))

    with pytest.raises(ForgeError, match="Name is too long"):
        publish(there, make)
    assert make.made == ["v1.0.0"]


def test_ended_after_any_call_the_next_run_comes_to_the_same_end(gitlab: FakeGitLab, tmp_path: Path) -> None:
    calls = 0
    for at in range(1, 100):
        folder = tmp_path / str(at)
        folder.mkdir()
        there, make = remote(gitlab, folder), Maker(folder / "shelf")
        http = DyingHttp(at, "after")
        try:
            publish(there, make, forge=there.forge(http=http))
        except Died:
            publish(there, make)
        else:
            calls = http.calls
        (tag,) = there.bare.tags("churn@*")
        assert (tag.name, tag.commit) == ("churn@v1.0.0", there.repo.head())
        assert sorted(stored(there)) == sorted(FILES), f"ended after call {at}"
        assert list(there.project.releases) == ["churn@v1.0.0"]
        links = there.project.releases["churn@v1.0.0"]["assets"]["links"]
        assert [link["name"] for link in links] == FILES
        if calls:
            break

    assert calls > 8
