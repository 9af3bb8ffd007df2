"""What every forge must do; GitLab's client is checked against the GitLab of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.gitlab import (
    BAD_GATEWAY,
    MAINTAINER,
    RETRY_LATER,
    FakeGitLab,
    Fault,
    Project,
    Reply,
    add_job,
    add_pipeline,
    push_job,
)
from tests.fakes.gitlab.project import COMMIT, ON, forge_of, usual_project

from emel.errors import ForgeError
from emel.forge import Forge, open_gitlab
from emel.records.forges import Noteable, Place, ReleaseLink
from emel.system.http import SystemHttp

LINK = ReleaseLink(name="bundle", url="https://example.org/1.zip", link_type="package")


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    return usual_project(gitlab)


@pytest.fixture
def forge(gitlab: FakeGitLab, project: Project) -> Forge:
    return forge_of(gitlab, project, role=MAINTAINER)


@pytest.mark.parametrize("on", [ON, Noteable("commit", COMMIT)], ids=lambda on: on.type)
def test_a_note_is_written_changed_and_deleted(forge: Forge, on: Noteable) -> None:
    note = forge.notes.create(on, "one")
    assert note is not None
    forge.notes.update(on, note, "two")
    assert [(each.id, each.body, each.author) for each in forge.notes.all(on)] == [
        (note.id, "two", forge.notes.me())
    ]
    forge.notes.delete(on, note)
    forge.notes.delete(on, note)
    assert list(forge.notes.all(on)) == []


def test_what_the_forge_writes_by_itself_is_no_note(forge: Forge, project: Project) -> None:
    forge.notes.create(ON, "one")
    forge.notes.create(ON, "added 1 commit")
    project.notes[1].system = True
    assert [note.body for note in forge.notes.all(ON)] == ["one"]


def test_another_users_note_cannot_be_changed(gitlab: FakeGitLab, project: Project) -> None:
    note = forge_of(gitlab, project).notes.create(ON, "theirs")
    assert note is not None
    with pytest.raises(ForgeError) as caught:
        forge_of(gitlab, project).notes.update(ON, note, "ours")
    assert caught.value.status == 403


def test_a_body_of_commands_alone_writes_no_note(forge: Forge, project: Project) -> None:
    assert forge.notes.create(ON, "/close") is None
    assert project.notes == []


def test_a_proof_depends_on_the_text_and_the_token(gitlab: FakeGitLab, project: Project) -> None:
    one, other = forge_of(gitlab, project).notes, forge_of(gitlab, project).notes
    assert one.proof("a") == one.proof("a") != one.proof("b")
    assert one.proof("a") != other.proof("a")
    assert forge_of(gitlab, project, "").notes.proof("a") == ""


def test_an_upload_is_made_and_deleted(forge: Forge, project: Project) -> None:
    upload = forge.uploads.create('a "b"\r\nX: y.png', b"\x00\xff")
    assert upload.url.startswith("/uploads/")
    assert list(project.uploads.values()) == [b"\x00\xff"]
    forge.uploads.delete(upload.url)
    forge.uploads.delete(upload.url)
    assert project.uploads == {}


def test_a_file_that_is_too_large_is_refused(forge: Forge, project: Project) -> None:
    project.max_attachment_size = 3
    with pytest.raises(ForgeError, match="413: ") as caught:
        forge.uploads.create("a.png", b"four")
    assert caught.value.hint is not None and "smaller" in caught.value.hint


def test_merge_requests_are_found_by_branch_and_by_commit(forge: Forge, project: Project) -> None:
    project.merge_requests[1]["state"] = "closed"
    assert forge.merge_requests.open_of_branch("topic") == ()
    assert forge.merge_requests.open_of_commit(COMMIT) == ()
    project.merge_requests[1]["state"] = "opened"
    assert [each.iid for each in forge.merge_requests.open_of_branch("topic")] == [1]
    assert [each.iid for each in forge.merge_requests.open_of_commit(COMMIT)] == [1]
    assert [each.iid for each in forge.merge_requests.of_commit(COMMIT)] == [1]
    assert forge.merge_requests.open_of_branch("other") == ()


def test_a_merge_request_is_opened_once_and_changed(forge: Forge) -> None:
    opened = forge.merge_requests.create("fix", "main", "Fix it", description="why", labels="model")
    with pytest.raises(ForgeError, match=f"already exists for this source branch: !{opened.iid}") as caught:
        forge.merge_requests.create("fix", "main", "Fix it")
    assert caught.value.status == 409
    forge.merge_requests.update(opened.iid, title="Fix it well")
    assert forge.merge_requests.get(opened.iid).title == "Fix it well"
    forge.merge_requests.merge_when_pipeline_succeeds(opened.iid, squash=True)
    forge.merge_requests.rebase(opened.iid)


def test_a_status_waits_while_another_is_written(forge: Forge, gitlab: FakeGitLab, project: Project) -> None:
    busy = Fault(Reply(409, {"message": "Another update to this pipeline is in progress"}))
    gitlab.faults.add("POST", "/statuses/", busy)
    forge.commits.set_status(COMMIT, "success", "emel/gate", description="all rules are met")
    assert [(each["name"], each["status"]) for each in project.statuses] == [("emel/gate", "success")]


def test_a_release_is_made_once_with_its_links(forge: Forge) -> None:
    assert forge.releases.get("churn@v1.0.0") is None
    made = forge.releases.create("churn@v1.0.0", name="Churn", description="first", links=[LINK])
    assert [(link.name, link.url) for link in made.assets.links] == [(LINK.name, LINK.url)]
    with pytest.raises(ForgeError) as caught:
        forge.releases.create("churn@v1.0.0", name="Churn", description="again")
    assert caught.value.status == 409
    forge.releases.update("churn@v1.0.0", name="Churn", description="better words")
    found = forge.releases.get("churn@v1.0.0")
    assert found is not None and found.description == "better words"
    assert [each.tag_name for each in forge.releases.all()] == ["churn@v1.0.0"]
    forge.releases.delete("churn@v1.0.0")
    forge.releases.delete("churn@v1.0.0")
    assert list(forge.releases.all()) == []


def test_a_link_is_set_and_not_added_twice(forge: Forge, gitlab: FakeGitLab) -> None:
    forge.releases.create("v1", name="v1", description="")
    forge.releases.set_link("v1", LINK)
    gitlab.log.clear()
    forge.releases.set_link("v1", LINK)
    assert [entry.method for entry in gitlab.log] == ["GET"]
    moved = ReleaseLink(name="bundle", url="https://example.org/2.zip", link_type="package")
    assert forge.releases.set_link("v1", moved).url == "https://example.org/2.zip"


@pytest.mark.parametrize(
    "fault",
    [None, RETRY_LATER, BAD_GATEWAY, Fault(cut="before"), Fault(cut="after")],
    ids=["well", "429", "502", "cut", "answer lost"],
)
def test_a_package_file_arrives_whole_and_once(
    forge: Forge, gitlab: FakeGitLab, project: Project, tmp_path: Path, fault: Fault | None
) -> None:
    (tmp_path / "model.bin").write_bytes(b"weights" * 100_000)
    if fault:
        gitlab.faults.add("PUT", "/packages/generic/", fault)
    sent = forge.packages.publish("churn", "1.0.0", tmp_path / "model.bin")
    assert [file["content"] for file in project.package_files] == [b"weights" * 100_000]
    assert forge.packages.publish("churn", "1.0.0", tmp_path / "model.bin") == sent
    assert len(project.package_files) == 1
    got = forge.packages.download("churn", "1.0.0", "model.bin", tmp_path / "copy" / "model.bin")
    assert got == sent
    assert (tmp_path / "copy" / "model.bin").read_bytes() == b"weights" * 100_000


def test_the_newest_file_of_a_name_counts(forge: Forge, tmp_path: Path) -> None:
    for content in ("old", "new"):
        (tmp_path / "m").write_text(content)
        forge.packages.publish("churn", "1.0.0", tmp_path / "m")
    forge.packages.download("churn", "1.0.0", "m", tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "new"
    assert [each.version for each in forge.packages.versions("churn")] == ["1.0.0"]
    assert forge.packages.versions("chur") == ()
    forge.packages.delete("churn", "1.0.0")
    assert forge.packages.files("churn", "1.0.0") == ()


def test_a_damaged_download_leaves_no_file(forge: Forge, project: Project, tmp_path: Path) -> None:
    (tmp_path / "m").write_text("weights")
    forge.packages.publish("churn", "1.0.0", tmp_path / "m")
    project.package_files[0]["content"] = b"w3ights"
    with pytest.raises(ForgeError, match="was damaged on its way"):
        forge.packages.download("churn", "1.0.0", "m", tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]


def test_a_file_that_is_absent_is_an_error(forge: Forge, tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match="has no file m") as caught:
        forge.packages.download("churn", "1.0.0", "m", tmp_path / "copy")
    assert caught.value.status == 404


def test_an_environment_is_ensured_stopped_and_deleted(forge: Forge, gitlab: FakeGitLab) -> None:
    assert forge.environments.find("preview/mr-1") is None
    made = forge.environments.ensure("preview/mr-1", external_url="https://one.test", tier="development")
    gitlab.log.clear()
    again = forge.environments.ensure("preview/mr-1", external_url="https://one.test", tier="development")
    assert again == made
    assert [entry.method for entry in gitlab.log] == ["GET"]
    assert forge.environments.ensure("preview/mr-1", external_url="https://two.test").id == made.id
    assert [each.name for each in forge.environments.all("preview")] == ["preview/mr-1"]
    forge.environments.stop(made)
    forge.environments.stop(made)
    forge.environments.delete(made)
    forge.environments.delete(made)
    assert list(forge.environments.all()) == []


def test_a_deployment_is_written_down(forge: Forge, project: Project) -> None:
    made = forge.environments.create_deployment("production", COMMIT, "main", "running")
    forge.environments.update_deployment(made, "success")
    assert [(each["sha"], each["status"]) for each in project.deployments.values()] == [(COMMIT, "success")]


def test_a_pipeline_and_its_jobs_run_again(forge: Forge, gitlab: FakeGitLab, project: Project) -> None:
    pipeline = add_pipeline(gitlab.world, project, "main", COMMIT)
    failed = add_job(gitlab.world, project, pipeline, "train", status="failed")
    add_job(gitlab.world, project, pipeline, "prepare", status="success")
    forge.pipelines.retry(pipeline["id"])
    jobs = {job.name: job.status for job in forge.pipelines.jobs(pipeline["id"])}
    assert jobs == {"prepare": "success", "train": "pending"}
    assert forge.pipelines.job(failed["id"]).status == "failed"
    forge.pipelines.cancel(pipeline["id"])
    assert forge.pipelines.get(pipeline["id"]).status == "canceled"
    started = forge.pipelines.create("main", {"EPOCHS": "3"})
    assert project.pipelines[started.id]["variables"] == [{"key": "EPOCHS", "value": "3"}]
    again = next(job for job in project.jobs.values() if job["status"] == "canceled")
    retried = forge.pipelines.retry_job(again["id"])
    assert forge.pipelines.cancel_job(retried.id).status == "canceled"


def test_a_runner_is_made_found_paused_and_deleted(
    forge: Forge, gitlab: FakeGitLab, project: Project
) -> None:
    made = forge.runners.create("emel-1", ["emel-1", "gpu"], maximum_timeout=3600)
    assert made.token.startswith("glrt-")
    assert made.token not in repr(made)
    assert [each.description for each in forge.runners.all(["gpu"])] == ["emel-1"]
    assert list(forge.runners.all(["cpu"])) == []
    pipeline = add_pipeline(gitlab.world, project, "main", COMMIT)
    add_job(gitlab.world, project, pipeline, "train", runner=made.id)
    assert [job.name for job in forge.runners.jobs(made.id)] == ["train"]
    forge.runners.pause(made.id)
    assert project.runners[made.id]["paused"]
    forge.runners.resume(made.id)
    assert not project.runners[made.id]["paused"]
    forge.runners.delete(made.id)
    with pytest.raises(ForgeError):
        forge.runners.pause(made.id)


def test_a_runner_may_begin_paused_and_tells_its_note_and_tags_alone(forge: Forge) -> None:
    made = forge.runners.create("emel-1", ["emel-1"], note="made by a job", paused=True)
    [listed] = forge.runners.all(["emel-1"])
    assert (listed.paused, listed.status, listed.maintenance_note) == (True, "never_contacted", None)
    whole = forge.runners.get(made.id)
    assert whole is not None
    assert (whole.maintenance_note, whole.tag_list) == ("made by a job", ("emel-1",))
    forge.runners.delete(made.id)
    assert forge.runners.get(made.id) is None


def test_a_project_is_numbered_also_where_it_is_known_by_its_path(
    gitlab: FakeGitLab, project: Project
) -> None:
    named = open_gitlab(
        Place(api_url=gitlab.api_url, project=project.path, project_url=gitlab.url),
        {"EMEL_GITLAB_TOKEN": gitlab.world.project_token(project, MAINTAINER)},
        SystemHttp(env={}),
        gitlab.clock,
    )
    assert named.runners.project_number() == str(project.id)
    named.runners.create("emel-1", ["emel-1"])
    assert [runner["description"] for runner in project.runners.values()] == ["emel-1"]


def test_unfinished_jobs_are_told_with_their_tags(forge: Forge, gitlab: FakeGitLab, project: Project) -> None:
    for state in ("created", "pending", "running", "success", "failed"):
        push_job(gitlab.world, project, state, tags=("gpu",), status=state)
    assert {job.name: job.tag_list for job in forge.pipelines.unfinished_jobs()} == {
        "created": ("gpu",),
        "pending": ("gpu",),
        "running": ("gpu",),
    }


def test_a_lost_answer_about_a_runner_is_told(forge: Forge, gitlab: FakeGitLab, project: Project) -> None:
    gitlab.faults.add("POST", "/user/runners$", Fault(cut="after"))
    with pytest.raises(ForgeError) as caught:
        forge.runners.create("emel-1", ["emel-1"])
    assert caught.value.maybe_done
    assert [each.description for each in forge.runners.all(["emel-1"])] == ["emel-1"]
