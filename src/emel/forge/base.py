"""What emel asks of a forge, the place where changes are reviewed.

A `Forge` is one project, reached with the tokens at hand; each of its members is one kind of thing that the
project holds. Nothing is asked of the server before the first call. What a call may be repeated with is said
there. Errors of all calls: ForgeError, with the forge's own words, its status, and what token would help.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from emel.records.forges import (
    Candidate,
    Commit,
    CommitState,
    CommitStatus,
    CreatedRunner,
    Deployment,
    DeploymentStatus,
    Environment,
    Job,
    MergeRequest,
    Note,
    Noteable,
    Package,
    PackageFile,
    Pipeline,
    Release,
    ReleaseLink,
    Runner,
    TrackedCandidate,
    Upload,
    User,
)


class Notes(Protocol):
    """Comments on merge requests, issues and commits."""

    def me(self) -> User:
        """Whom the token stands for. One request, however often it is asked."""
        ...

    def proof(self, text: str) -> str:
        """A digest of the text that only who has the token can make, in hexadecimal digits. Sends nothing."""
        ...

    def all(self, on: Noteable) -> Iterator[Note]:
        """Every note of a person that may be seen, from all pages, newest first where the forge sorts."""
        ...

    def create(self, on: Noteable, body: str) -> Note | None:
        """Write a note. None when the forge took all of it for commands and wrote nothing.

        Repeated it writes another. When no answer came the note may have been written: ForgeError with
        `maybe_done`, and nothing is sent again.
        """
        ...

    def update(self, on: Noteable, note: Note, body: str) -> Note:
        """Write a note anew. Errors: ForgeError with status 403 or 404 when it is another's, or gone."""
        ...

    def delete(self, on: Noteable, note: Note) -> None:
        """Delete a note. One that is gone is no error."""
        ...


class Uploads(Protocol):
    """Files that comments of the project show."""

    def create(self, file_name: str, content: bytes) -> Upload:
        """Upload a file. Repeated it makes another; an upload that nothing shows does no harm, so a lost
        answer is followed by another try."""
        ...

    def delete(self, url: str) -> None:
        """Delete what `create` gave the URL of. Gone is no error. Errors: status 403 without the right."""
        ...


class MergeRequests(Protocol):
    """Merge requests of the project."""

    def get(self, iid: int) -> MergeRequest:
        """One of them. Errors: status 404."""
        ...

    def open_of_branch(self, branch: str) -> Sequence[MergeRequest]:
        """The open ones that want to merge this branch."""
        ...

    def open_of_commit(self, commit: str) -> Sequence[MergeRequest]:
        """The open ones that hold this commit."""
        ...

    def of_commit(self, commit: str) -> Sequence[MergeRequest]:
        """All that hold this commit, or whose merge brought it. Errors: status 404 for an unknown one."""
        ...

    def create(self, source_branch: str, target_branch: str, title: str, **fields: object) -> MergeRequest:
        """Open one. `fields` are named as in the forge's API: description, labels, squash, …

        Errors: status 409 when the branch has an open one already.
        """
        ...

    def update(self, iid: int, **fields: object) -> MergeRequest:
        """Change it. Repeated it does nothing."""
        ...

    def merge_when_pipeline_succeeds(self, iid: int, *, squash: bool = False) -> MergeRequest:
        """Let it merge by itself once its pipeline has passed. Errors: status 405 or 406 if it cannot."""
        ...

    def rebase(self, iid: int, *, skip_ci: bool = False) -> None:
        """Ask for a rebase onto the target branch, which the forge does later."""
        ...


class Commits(Protocol):
    """Commits of the project, and what is said of them."""

    def get(self, revision: str) -> Commit:
        """The commit that a branch, tag or commit means. Errors: status 404."""
        ...

    def set_status(
        self,
        commit: str,
        state: CommitState,
        name: str,
        *,
        description: str = "",
        target_url: str | None = None,
        ref: str | None = None,
        pipeline: str | None = None,
    ) -> CommitStatus:
        """Say how an outside job named `name` went. The newest word under a name counts."""
        ...


class Releases(Protocol):
    """Releases, and the links in them."""

    def get(self, tag: str) -> Release | None:
        """The release of a tag; None when there is none."""
        ...

    def all(self) -> Iterator[Release]:
        """Every release, newest first."""
        ...

    def create(
        self,
        tag: str,
        *,
        name: str,
        description: str,
        ref: str | None = None,
        tag_message: str | None = None,
        links: Sequence[ReleaseLink] = (),
    ) -> Release:
        """Make a release; the tag is made of `ref` when it is absent, annotated when it has a message.

        Errors: status 409 when the tag has a release already.
        """
        ...

    def update(self, tag: str, *, name: str, description: str) -> Release:
        """Change its words."""
        ...

    def set_link(self, tag: str, link: ReleaseLink) -> ReleaseLink:
        """Add a link, or change the one of that name. Repeated it does nothing."""
        ...

    def delete(self, tag: str) -> None:
        """Delete the release; its tag stays. Gone is no error."""
        ...


class Packages(Protocol):
    """Generic packages: files under a name and a version."""

    def publish(self, name: str, version: str, file: Path, *, file_name: str | None = None) -> PackageFile:
        """Upload a file, and hold its checksum there against the one here.

        A file of that name with the same content is not sent again. Errors: ForgeError when what arrived
        is not what was sent.
        """
        ...

    def versions(self, name: str) -> Sequence[Package]:
        """Every version of a package."""
        ...

    def files(self, name: str, version: str) -> Sequence[PackageFile]:
        """The files of one version, oldest first. Empty when there is no such version."""
        ...

    def download(self, name: str, version: str, file_name: str, target: Path) -> PackageFile:
        """Fetch the newest file of that name, and check it. Errors: ForgeError when absent or damaged."""
        ...

    def delete(self, name: str, version: str) -> None:
        """Delete a version with its files. Gone is no error."""
        ...

    def file_url(self, name: str, version: str, file_name: str) -> str:
        """Where the file can be fetched from."""
        ...


class Environments(Protocol):
    """Environments and deployments."""

    def find(self, name: str) -> Environment | None:
        """The environment of exactly this name."""
        ...

    def all(self, search: str | None = None) -> Iterator[Environment]:
        """Every environment, or those whose name holds `search` (three characters or more)."""
        ...

    def ensure(self, name: str, *, external_url: str | None = None, tier: str | None = None) -> Environment:
        """Make it, or bring the one that exists to this URL and tier. Repeated it does nothing."""
        ...

    def stop(self, environment: Environment, *, force: bool = False) -> None:
        """Stop it, by its stop job or with `force` without. Stopped already is no error."""
        ...

    def delete(self, environment: Environment) -> None:
        """Delete a stopped one. Gone is no error."""
        ...

    def create_deployment(
        self, environment: str, commit: str, ref: str, status: DeploymentStatus, *, tag: bool = False
    ) -> Deployment:
        """Write a deployment down. Repeated it writes another."""
        ...

    def update_deployment(self, deployment: Deployment, status: DeploymentStatus) -> Deployment:
        """Say how it went."""
        ...


class Pipelines(Protocol):
    """Pipelines and jobs."""

    def get(self, pipeline: int) -> Pipeline:
        """One pipeline."""
        ...

    def create(self, ref: str, variables: Mapping[str, str] | None = None) -> Pipeline:
        """Start one. Repeated it starts another."""
        ...

    def retry(self, pipeline: int) -> Pipeline:
        """Run its failed and cancelled jobs again."""
        ...

    def cancel(self, pipeline: int) -> Pipeline:
        """Cancel it."""
        ...

    def jobs(self, pipeline: int) -> Iterator[Job]:
        """Its jobs, without those that were run again."""
        ...

    def job(self, job: int) -> Job:
        """One job."""
        ...

    def retry_job(self, job: int) -> Job:
        """Run a job again; the answer is the new one."""
        ...

    def cancel_job(self, job: int) -> Job:
        """Cancel a job."""
        ...

    def unfinished_jobs(self) -> Iterator[Job]:
        """The project's jobs that wait for earlier ones or for a runner, or run, of all pipelines.

        A job that goes on from one state to the next while this reads may be told twice, but is not left out.
        """
        ...


class Runners(Protocol):
    """Runners of the project."""

    def project_number(self) -> str:
        """The project's number, by which runners are made. One request at most, none where it is known."""
        ...

    def create(
        self,
        description: str,
        tags: Sequence[str],
        *,
        maximum_timeout: int | None = None,
        note: str = "",
        paused: bool = False,
    ) -> CreatedRunner:
        """Make a runner that takes only jobs whose tags are all among these, and none while it is paused.

        `maximum_timeout` is in seconds. Repeated it makes another. When no answer came: ForgeError with
        `maybe_done`; look for it by its description before making another.
        """
        ...

    def all(self, tags: Sequence[str] = ()) -> Iterator[Runner]:
        """The project's own runners that have all these tags. Their tags and notes are not told here."""
        ...

    def get(self, runner: int) -> Runner | None:
        """All that is told of one. None when it is gone."""
        ...

    def jobs(self, runner: int) -> Iterator[Job]:
        """The jobs that it runs now."""
        ...

    def pause(self, runner: int) -> None:
        """Let it take no more jobs. What it runs goes on. Repeated it does nothing."""
        ...

    def resume(self, runner: int) -> None:
        """Let it take jobs again. Repeated it does nothing."""
        ...

    def delete(self, runner: int) -> None:
        """Delete it. Gone is no error."""
        ...


class Experiments(Protocol):
    """Model experiments: what was tried, with metrics and parameters."""

    def track(self, experiment: str, candidate: Candidate) -> TrackedCandidate:
        """Write a candidate into an experiment, which is made where it is not there yet.

        Repeated with the same name it changes that candidate: metrics get their new values, parameters and
        tags that it does not have yet are added. Where one has another value by now, a new candidate takes
        its place, unless somebody else has added to the old one: then those that it has stay as they are.
        What is longer than the forge takes is cut, or left out where it is a name.
        """
        ...


class Forge(NamedTuple):
    """One project on a forge."""

    project: str
    notes: Notes
    uploads: Uploads
    merge_requests: MergeRequests
    commits: Commits
    releases: Releases
    packages: Packages
    environments: Environments
    pipelines: Pipelines
    runners: Runners
    experiments: Experiments
