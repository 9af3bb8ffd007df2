"""A GitLab on loopback that remembers: projects, tokens with their rights, notes, releases, runners …

Its rules are those of GitLab 18 and 19, as documentation and source tell; each file names its pages. What it
cannot do: GraphQL, groups, web pages, and running pipelines but for jobs that are pushed for a runner.
"""

from tests.fakes.gitlab.coordinator import end_job, push_job
from tests.fakes.gitlab.faults import BAD_GATEWAY, RETRY_LATER, Fault, retry_after
from tests.fakes.gitlab.pipelines import add_job, add_pipeline
from tests.fakes.gitlab.routing import Reply
from tests.fakes.gitlab.server import FakeGitLab, Logged
from tests.fakes.gitlab.state import DEVELOPER, GUEST, MAINTAINER, OWNER, REPORTER, Note, Project, World

__all__ = [
    "BAD_GATEWAY",
    "DEVELOPER",
    "GUEST",
    "MAINTAINER",
    "OWNER",
    "REPORTER",
    "RETRY_LATER",
    "FakeGitLab",
    "Fault",
    "Logged",
    "Note",
    "Project",
    "Reply",
    "World",
    "add_job",
    "add_pipeline",
    "end_job",
    "push_job",
    "retry_after",
]
