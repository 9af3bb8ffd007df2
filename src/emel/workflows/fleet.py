"""A project's runners on the machines of one cloud, as GitLab and the cloud know them; no state is kept."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from emel import clouds, runners
from emel.clouds.base import Compute, Outside
from emel.errors import EmelError, ForgeError, MachineError
from emel.forge import LAUNCH, Forge, open_gitlab, require_access_token
from emel.records import Machine
from emel.records.forges import Runner
from emel.runners import RUNNER, Pair
from emel.system.clock import Clock
from emel.system.process import Terminated
from emel.workflows.local import LOCAL
from emel.workflows.project import Progress, Project
from emel.workflows.review import find_place

STOPS = (EmelError, KeyboardInterrupt, Terminated)
"""What can keep a removal from its end, after which somebody must be told what is left."""


class Fleet(NamedTuple):
    """What is needed to make, find and remove them."""

    cloud: str
    project: str
    """The project's number."""
    marks: tuple[str, ...]
    """Tags that all of these runners carry: of the cloud, and on this machine also of this place, whose
    machines alone can be seen from here."""
    server: str
    """The address of GitLab."""
    url: str
    """What a runner is made for: the page of the job, or of the project."""
    forge: Forge
    compute: Compute
    clock: Clock
    certificates: str = ""
    """Those (PEM) of the authority that signed GitLab's own, where this machine was told one."""

    @property
    def owner(self) -> Mapping[str, str]:
        """The labels of the project's machines."""
        return runners.owner_labels(self.server, self.project)

    def pairs(self) -> tuple[Pair, ...]:
        """All machines and runners of the project here, oldest machine first."""
        # Machines first: a runner is made before its machine, so none is seen without the runner that it has.
        machines = self._machines()
        known = [self._told(each) for each in self._runners()]
        found = runners.pairs(machines, known)
        lonely = {str(pair.runner.id) for pair in found if pair.runner and pair.machine is None}
        if not lonely:
            return found
        # Other launches go on meanwhile: one of these may have got its machine since.
        late = [each for each in self._machines() if each.labels.get(RUNNER) in lonely]
        return runners.pairs([*machines, *late], known)

    def named(self, name: str) -> Iterator[Pair]:
        """Those of one name."""
        return (pair for pair in self.pairs() if pair.name == name)

    def over(self, pair: Pair) -> str | None:
        """Why a pair is over; None where it is not."""
        return runners.over(pair, self.clock.now())

    def remove(self, pair: Pair) -> None:
        """Delete the machine, which costs, and then the runner. What is gone is no error."""
        if pair.machine is not None:
            self.compute.delete(pair.name)
        if pair.runner is not None:
            self.forge.runners.delete(pair.runner.id)

    def remove_named(self, name: str) -> None:
        """Remove all of a name. Errors: MachineError, which tells what to do then, also when it is
        interrupted."""
        try:
            for pair in self.named(name):
                self.remove(pair)
        except STOPS as problem:
            raise MachineError(
                f"{name} could not be removed: {problem or 'interrupted'}", hint=hint_of_rest(name, problem)
            ) from problem

    def _runners(self) -> list[Runner]:
        """Those of this place, and of others what GitLab has not heard of for long, as nobody else may
        look."""
        here = list(self.forge.runners.all(self.marks))
        if len(self.marks) == 1:
            return here
        seen = {each.id for each in here}
        elsewhere = [each for each in self.forge.runners.all(self.marks[:1]) if each.id not in seen]
        return here + [each for each in elsewhere if each.status != "online"]

    def _machines(self) -> list[Machine]:
        mine = self.owner.items()
        return [each for each in self.compute.machines() if mine <= each.labels.items()]

    def _told(self, runner: Runner) -> Runner:
        """With its note, where its age matters: GitLab tells the note of a single runner alone."""
        if runner.status != "never_contacted":
            return runner
        return self.forge.runners.get(runner.id) or runner


def hint_of_rest(name: str, problem: BaseException) -> str:
    """What to do when something of a machine is left, because its removal met this problem."""
    removal = f"remove it: emel runner stop {name} --now"
    if isinstance(problem, ForgeError) and problem.status in (401, 403) and problem.hint:
        # With the same token it would be refused again.
        return f"{problem.hint}; then {removal}"
    return removal


def cloud_of(project: Project) -> str:
    """The cloud that [train.machine] names. Errors: MachineError without any."""
    cloud = project.config.train.machine.cloud
    if cloud is None:
        raise MachineError(
            "no cloud is named for the machine",
            hint="say --cloud local, yandex, aws or kubernetes, or write cloud under [train.machine]",
        )
    return cloud


def open_fleet(project: Project, env: Mapping[str, str], progress: Progress) -> Fleet:
    """The fleet of the project in the cloud that [train.machine] names.

    Errors: MachineError, DeployError for what the cloud lacks, ForgeError, RepositoryError.
    """
    cloud = cloud_of(project)
    place = find_place(project.root, project.system, env)
    require_access_token(place, env, LAUNCH)
    forge = open_gitlab(place, env, project.system.http, project.system.clock, tell=progress.step)
    return Fleet(
        cloud=cloud,
        project=forge.runners.project_number(),
        marks=_marks(cloud, project),
        server=place.api_url.removesuffix("/api/v4"),
        url=place.job_url or place.project_url,
        forge=forge,
        compute=open_compute(project, progress),
        clock=project.system.clock,
        certificates=_certificates(env),
    )


def open_compute(project: Project, progress: Progress) -> Compute:
    """The machines of the cloud that [train.machine] names. Errors: MachineError, DeployError."""
    process, http, clock, env = project.system
    config = project.config
    outside = Outside(
        process=process,
        http=http,
        clock=clock,
        env=env,
        yandex=config.yandex_settings(),
        yandex_machines=config.yandex.machine.settings(),
        aws_machines=config.aws.machine.settings(),
        kubernetes_machines=config.kubernetes.machine.settings(),
        tell=progress.step,
    )
    return clouds.open_compute(cloud_of(project), state=project.state, outside=outside)


def _certificates(env: Mapping[str, str]) -> str:
    file = env.get("CI_SERVER_TLS_CA_FILE")
    return Path(file).read_text("utf-8") if file else ""


def _marks(cloud: str, project: Project) -> tuple[str, ...]:
    """The tags of this cloud's runners. «This machine» is another one on each, and in each clone."""
    mark = f"{runners.MARK}-{cloud}"
    if cloud != LOCAL:
        return (mark,)
    here = hashlib.sha256(f"{platform.node()}:{project.state}".encode()).hexdigest()[:8]
    return (mark, f"{mark}-{here}")
