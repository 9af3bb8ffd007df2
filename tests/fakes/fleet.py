"""A fleet in memory: the fake GitLab, machines on its clock, and doors that end the program at a chosen
call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from tests.fakes.clock import ManualClock
from tests.fakes.compute import InMemoryCompute
from tests.fakes.dying_http import Died
from tests.fakes.gitlab import MAINTAINER, FakeGitLab, Project
from tests.fakes.gitlab.coordinator import exchange
from tests.fakes.gitlab.project import place_in

from emel.clouds import Compute
from emel.config.machines import MachineTable
from emel.forge import open_gitlab
from emel.records import LaunchPlan
from emel.system.http import FileHttp, HttpReply, SystemHttp
from emel.workflows.fleet import Fleet
from emel.workflows.runner_launch import plan

MARK = "emel-runner-memory"
TABLE = MachineTable(max_lifetime="2h", price_per_hour=6.0)


class EventfulClock(ManualClock):
    """Things happen while someone waits: each at its second, once."""

    def __init__(self) -> None:
        super().__init__()
        self._events: list[tuple[float, Callable[[], object]]] = []

    def at(self, second: float, action: Callable[[], object]) -> None:
        """Let something happen when so many seconds have passed since the clock was made."""
        self._events.append((second, action))

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        due = [event for event in self._events if event[0] <= self.monotonic()]
        for event in due:
            self._events.remove(event)
            event[1]()


class Yard(NamedTuple):
    """A project with its fleet, and hands on both sides."""

    gitlab: FakeGitLab
    project: Project
    compute: InMemoryCompute
    fleet: Fleet
    clock: EventfulClock

    def wanted(self, table: MachineTable = TABLE) -> LaunchPlan:
        return plan(self.compute, table)

    def nothing_is_left(self) -> bool:
        return not self.compute.there and not self.compute.secrets and not self.project.runners


def yard(
    gitlab: FakeGitLab, clock: EventfulClock, life: Life | None = None, scopes: tuple[str, ...] = ()
) -> Yard:
    """A new project whose machines come up at once. With a `life`, its doors end with it; `scopes` are those
    of its token, without any all."""
    project = gitlab.world.project(f"team/p{len(gitlab.world.projects)}")
    compute = InMemoryCompute(clock)

    def come_up(name: str) -> None:
        exchange(gitlab.world, compute.secrets[name], clock.monotonic())

    compute.on_create = come_up
    return yard_of(gitlab, project, compute, clock, life, scopes)


def yard_of(
    gitlab: FakeGitLab,
    project: Project,
    compute: InMemoryCompute,
    clock: EventfulClock,
    life: Life | None = None,
    scopes: tuple[str, ...] = (),
) -> Yard:
    """The same project as another program sees it."""
    token = gitlab.world.project_token(project, MAINTAINER, *scopes)
    http: FileHttp = MortalHttp(life) if life else SystemHttp(env={})
    place = place_in(gitlab, project)
    fleet = Fleet(
        cloud="memory",
        project=str(project.id),
        marks=(MARK,),
        server=gitlab.url,
        url=place.project_url,
        forge=open_gitlab(place, {"EMEL_GITLAB_TOKEN": token}, http, clock),
        compute=cast(Compute, MortalCompute(life, compute)) if life else compute,
        clock=clock,
    )
    return Yard(gitlab, project, compute, fleet, clock)


class Life:
    """Ends at remote call number `at`, from 1, of any door: before it is sent, or after it has had its
    effect.

    With a `problem` the program lives on, and that is what it hears instead of the answer.
    """

    def __init__(self, at: int, when: Literal["before", "after"], problem: Exception | None = None) -> None:
        self.calls = 0
        self._at = at
        self._when = when
        self._problem = problem
        self._over = False

    @property
    def reached(self) -> bool:
        """Whether there was a call of this number."""
        return self.calls >= self._at

    def call(self, do: Callable[[], Any]) -> Any:
        if self._over:
            raise Died
        self.calls += 1
        if self.calls == self._at and self._when == "before":
            self._end()
        answer = do()
        if self.calls == self._at and self._when == "after":
            self._end()
        return answer

    def _end(self) -> None:
        if self._problem is not None:
            raise self._problem
        self._over = True
        raise Died


class MortalHttp:
    """Real HTTP for as long as the life lasts."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._http = SystemHttp(env={})

    def request(self, method: str, url: str, **options: Any) -> HttpReply:
        return cast(HttpReply, self._life.call(lambda: self._http.request(method, url, **options)))

    def upload(self, method: str, url: str, file: Path, **options: Any) -> HttpReply:
        return cast(HttpReply, self._life.call(lambda: self._http.upload(method, url, file, **options)))

    def download(self, url: str, target: Path, **options: Any) -> HttpReply:
        return cast(HttpReply, self._life.call(lambda: self._http.download(url, target, **options)))


class MortalCompute:
    """Machines that can be reached for as long as the life lasts."""

    def __init__(self, life: Life, compute: InMemoryCompute) -> None:
        self._life = life
        self._compute = compute

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._compute, name)
        if not callable(found):
            return found
        return lambda *given: self._life.call(lambda: found(*given))
