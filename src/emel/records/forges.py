"""What a forge holds: notes, merge requests, releases, packages, environments, pipelines, runners.

The names of the fields are those of GitLab's REST API, whose answers are read straight into these records.
Times are ISO 8601, as the forge writes them.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from emel.records.scalars import Scalar

NoteableType = Literal["merge_request", "issue", "commit"]
LinkType = Literal["other", "runbook", "image", "package"]
CommitState = Literal["pending", "running", "success", "failed", "canceled", "skipped"]
DeploymentStatus = Literal["running", "success", "failed", "canceled"]


class Noteable(Struct, frozen=True):
    """What notes are written on. `id` is the number of a merge request or issue (its iid), or a commit."""

    type: NoteableType
    id: str


class Place(Struct, frozen=True, kw_only=True):
    """Where emel works: the project on its forge, and the job that it runs in, as far as they are known."""

    api_url: str
    """`https://gitlab.com/api/v4`, without a slash at its end."""
    project: str
    """The project whose code this is: its number or full path."""
    project_url: str
    """Its page, `https://gitlab.com/group/project`."""
    commit: str | None = None
    """The commit that was pushed: in a merged results pipeline not the throw-away merge of it."""
    branch: str | None = None
    merge_request: str | None = None
    """Its number (iid), when the pipeline says to which merge request it belongs."""
    merge_request_project: str | None = None
    """The number or path of the project that the merge request stands in: of a fork's, another one."""
    merge_request_url: str | None = None
    """Its page."""
    pipeline: str | None = None
    job: str | None = None
    job_name: str | None = None
    job_url: str | None = None
    from_fork: bool = False
    """Whether the pipeline runs in a fork, where the variables of the target project are not to be had."""
    in_ci: bool = False


class User(Struct, frozen=True):
    """Who wrote something, or whom a token stands for."""

    id: int
    username: str


class Note(Struct, frozen=True, kw_only=True):
    """A comment."""

    id: int
    body: str
    author: User
    system: bool = False
    """Whether the forge wrote it by itself."""
    created_at: str = ""
    discussion_id: str | None = None
    """The discussion that a note on a commit belongs to; its note cannot be reached without."""


class ReportRun(Struct, frozen=True, kw_only=True):
    """What the comment of a report remembers of one run."""

    commit: str
    pipeline: int | None
    """Its number grows with time; None outside of CI."""
    passed: bool | None
    """What the gate said; None without any rule."""
    metrics: dict[str, Scalar]


class Upload(Struct, frozen=True):
    """A file that was uploaded to be shown in comments of its project."""

    url: str
    """`/uploads/<secret>/<file name>`: a comment of the same project shows it by this."""
    full_path: str = ""
    markdown: str = ""


class MergeRequest(Struct, frozen=True, kw_only=True):
    """A merge request. `iid` is the number that people see."""

    iid: int
    project_id: int
    title: str
    state: str
    """`opened`, `closed`, `locked` or `merged`."""
    source_branch: str
    target_branch: str
    web_url: str
    sha: str | None = None
    """The head of the source branch."""
    description: str | None = None
    source_project_id: int | None = None
    target_project_id: int | None = None
    detailed_merge_status: str | None = None
    merge_commit_sha: str | None = None


class Commit(Struct, frozen=True, kw_only=True):
    """A commit."""

    id: str
    title: str
    message: str = ""
    web_url: str = ""


class CommitStatus(Struct, frozen=True, kw_only=True):
    """What an outside job says of a commit."""

    id: int
    sha: str
    status: str
    name: str
    description: str | None = None
    target_url: str | None = None


class ReleaseLink(Struct, frozen=True, kw_only=True):
    """A file or page that belongs to a release. Name and URL are each unique in the release."""

    name: str
    url: str
    link_type: LinkType = "other"
    direct_asset_path: str | None = None
    id: int | None = None


class ReleaseAssets(Struct, frozen=True):
    """What belongs to a release."""

    links: tuple[ReleaseLink, ...] = ()


class Release(Struct, frozen=True, kw_only=True):
    """A release: a tag with words and links."""

    tag_name: str
    name: str | None = None
    description: str | None = None
    released_at: str | None = None
    assets: ReleaseAssets = ReleaseAssets()


class Package(Struct, frozen=True, kw_only=True):
    """One version of a package."""

    id: int
    name: str
    version: str
    package_type: str


class PackageFile(Struct, frozen=True, kw_only=True):
    """A file of a package."""

    id: int
    file_name: str
    size: int
    file_sha256: str | None = None
    """64 hexadecimal digits."""


class Environment(Struct, frozen=True, kw_only=True):
    """Where something is deployed to."""

    id: int
    name: str
    state: str = "available"
    """`available`, `stopping` or `stopped`."""
    external_url: str | None = None
    tier: str | None = None
    auto_stop_at: str | None = None


class Deployment(Struct, frozen=True, kw_only=True):
    """One deployment to an environment."""

    id: int
    sha: str
    ref: str
    status: str


class Pipeline(Struct, frozen=True, kw_only=True):
    """A pipeline."""

    id: int
    sha: str
    ref: str
    status: str
    web_url: str = ""


class PipelineOfJob(Struct, frozen=True):
    """The pipeline that a job belongs to."""

    id: int


class Job(Struct, frozen=True, kw_only=True):
    """A job of a pipeline."""

    id: int
    name: str
    status: str
    stage: str = ""
    web_url: str = ""
    pipeline: PipelineOfJob | None = None
    tag_list: tuple[str, ...] = ()


class Runner(Struct, frozen=True, kw_only=True):
    """A runner."""

    id: int
    description: str | None = None
    paused: bool = False
    status: str | None = None
    """`never_contacted`, then `online` until two hours have passed without a word, `offline`, `stale`."""
    tag_list: tuple[str, ...] = ()
    """Told of a single runner alone, as the note."""
    maintenance_note: str | None = None


class CreatedRunner(Struct, frozen=True):
    """A new runner with its authentication token, which is shown this once."""

    id: int
    token: str

    def __repr__(self) -> str:
        return f"CreatedRunner(id={self.id})"


class Candidate(Struct, frozen=True, kw_only=True):
    """A run of a model experiment: what a pipeline tried, and what came of it."""

    name: str
    """One of its kind in the experiment: the same name again is the same candidate."""
    time_ms: int
    """When it was measured, in milliseconds since 1970, UTC."""
    metrics: dict[str, float]
    """Finite numbers."""
    params: dict[str, str]
    tags: dict[str, str]


class TrackedCandidate(Struct, frozen=True, kw_only=True):
    """A candidate as the forge has it."""

    id: str
    name: str
    experiment: str
    url: str
    """The page of the experiment."""
    created: bool
