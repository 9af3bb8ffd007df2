"""What the fake GitLab remembers. Each kind of thing is numbered on the whole server, as in GitLab."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

GUEST, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 20, 30, 40, 50

TokenKind = Literal["personal", "project", "job", "deploy"]
Json = dict[str, Any]


@dataclass
class User:
    """A person, or the bot user behind a project access token."""

    id: int
    username: str

    @property
    def shown(self) -> Json:
        return {"id": self.id, "username": self.username, "name": self.username, "state": "active"}


@dataclass
class Token:
    """A secret and what it may do. A job token belongs to one job of one project."""

    value: str
    kind: TokenKind
    user: User
    scopes: frozenset[str]
    project: Project | None = None
    job: Json | None = None
    revoked: bool = False


@dataclass
class Note:
    """A comment on the `noteable`, as (`merge_request`, `7`)."""

    id: int
    body: str
    author: User
    noteable: tuple[str, str]
    discussion: str
    created_at: str
    system: bool = False
    hidden: bool = False
    """Whether the reader may not see it: GitLab drops such a note after it has cut the pages."""


@dataclass
class Project:
    """A project. `repository` is a bare Git repository, where there is one."""

    id: int
    path: str
    repository: Path | None = None
    private: bool = True
    default_branch: str = "main"
    members: dict[int, int] = field(default_factory=dict)
    """User → role."""
    notes: list[Note] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    """`<secret>/<file name>` → content."""
    issues: set[str] = field(default_factory=set)
    merge_requests: dict[int, Json] = field(default_factory=dict)
    statuses: list[Json] = field(default_factory=list)
    releases: dict[str, Json] = field(default_factory=dict)
    package_files: list[Json] = field(default_factory=list)
    environments: dict[int, Json] = field(default_factory=dict)
    deployments: dict[int, Json] = field(default_factory=dict)
    pipelines: dict[int, Json] = field(default_factory=dict)
    jobs: dict[int, Json] = field(default_factory=dict)
    runners: dict[int, Json] = field(default_factory=dict)
    experiments: dict[str, Json] = field(default_factory=dict)
    """By their numbers, each with its candidates in `runs`."""
    executed: list[str] = field(default_factory=list)
    """Quick actions that notes have run."""
    mentioned: list[str] = field(default_factory=list)
    """People that notes have called."""
    max_attachment_size: int = 100 << 20
    duplicate_packages: bool = True


@dataclass
class World:
    """Everything on the server."""

    users: list[User] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)
    moved: dict[str, Project] = field(default_factory=dict)
    """Old paths."""
    notes_per_minute: int | None = None
    note_times: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """When each user wrote notes."""
    totals: bool = True
    """Whether lists say how long they are; above 10,000 rows GitLab does not."""
    numbers: defaultdict[str, Iterator[int]] = field(
        default_factory=lambda: defaultdict(lambda: itertools.count(1))
    )

    def number(self, kind: str) -> int:
        return next(self.numbers[kind])

    def user(self, username: str) -> User:
        """The user of that name, made when there is none."""
        for known in self.users:
            if known.username == username:
                return known
        self.users.append(User(self.number("user"), username))
        return self.users[-1]

    def project(self, path: str, **fields: Any) -> Project:
        """A new project."""
        made = Project(self.number("project"), path, **fields)
        self.projects[made.id] = made
        return made

    def token(self, username: str, *scopes: str, value: str = "") -> str:
        """A personal access token."""
        return self._add("personal", self.user(username), scopes or ("api",), value=value).value

    def project_token(self, project: Project, role: int = DEVELOPER, *scopes: str) -> str:
        """A project access token, with the bot user that GitLab makes for each."""
        bot = self.user(f"project_{project.id}_bot_{self.number('bot')}")
        project.members[bot.id] = role
        return self._add("project", bot, scopes or ("api",), project=project).value

    def job_token(self, project: Project, username: str, job: Json | None = None) -> str:
        """The CI_JOB_TOKEN of a job that `username` started."""
        return self._add("job", self.user(username), (), project=project, job=job).value

    def deploy_token(self, project: Project, *scopes: str) -> str:
        """A deploy token, which packages alone take."""
        user = self.user(f"deploy-token-{self.number('deploy')}")
        return self._add("deploy", user, scopes, project=project).value

    def moves(self, project: Project, path: str) -> None:
        """Rename a project; GitLab redirects from its old path."""
        self.moved[project.path] = project
        project.path = path

    def merge_request(self, project: Project, source: str = "topic", **fields: Any) -> Json:
        """A merge request that someone opened."""
        iid = len(project.merge_requests) + 1
        opened = {
            "id": self.number("merge_request"),
            "iid": iid,
            "project_id": project.id,
            "source_project_id": project.id,
            "target_project_id": project.id,
            "title": f"Merge {source}",
            "description": None,
            "state": "opened",
            "source_branch": source,
            "target_branch": project.default_branch,
            "sha": None,
            "merge_commit_sha": None,
            "labels": [],
            "draft": False,
            "detailed_merge_status": "mergeable",
            "web_url": f"https://gitlab.test/{project.path}/-/merge_requests/{iid}",
            **fields,
        }
        project.merge_requests[iid] = opened
        return opened

    def _add(
        self, kind: TokenKind, user: User, scopes: tuple[str, ...], value: str = "", **more: Any
    ) -> Token:
        prefix = {"personal": "glpat", "project": "glpat", "job": "glcbt", "deploy": "gldt"}[kind]
        value = value or f"{prefix}-{kind}{self.number('token'):04}secret"
        made = Token(value, kind, user, frozenset(scopes), **more)
        self.tokens[made.value] = made
        return made
