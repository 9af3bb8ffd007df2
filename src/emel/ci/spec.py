"""What a pipeline is made from."""

from __future__ import annotations

from typing import NamedTuple


class Spec(NamedTuple):
    """One project, as its pipeline has to know it. All values may be `$[[ inputs.… ]]` of a component."""

    base: str
    """The branch that results are compared with."""
    image: str
    install: tuple[str, ...]
    """Commands that make `emel` and the project's libraries ready."""
    results: tuple[str, ...] | str
    """Files that training writes and later jobs read, relative to the folder of emel.toml."""
    lock: str | None = None
    """The file that pins the libraries: the key of their cache."""
    folder: str = ""
    """The folder of emel.toml, relative to the repository; empty for the top one."""
    cloud: str | None = None
    runner_tags: tuple[str, ...] | str = ()
    """The tags of the runner that trains; without any, every runner may."""
    machine: str | None = None
    """The cloud whose machine trains and is gone afterwards; of a component `none`, `on-demand` or `spot`."""
    spot: bool = False
    """Whether that cloud may take the machine away."""
    longest: str | None = None
    """How long a job on that machine may take, as GitLab writes durations."""
    sweeps: bool | str = False
    """Whether a person may start a sweep from the pipeline; of a component `true` or `false`."""
    repeat: int | str | None = None
    """How often the default branch's pipeline runs the training, to know the metrics' noise."""
    variables: tuple[tuple[str, str], ...] = ()
    """Variables that the DVC remote needs in each job."""
    gitlab: tuple[int, int] | None = None
    """The version of the server, if it is known: newer ones know more reasons to repeat a job."""
    retried: str | None = None
    """Of a component, the faults of the runner after which a job runs again; else the version tells."""
    has_remote: bool | str = False
    """Whether DVC has a remote, from which data come and to which results go; of a component as `sweeps`."""
    commits_results: bool | str = False
    """Whether results of the default branch are committed by its pipeline; of a component as `sweeps`."""
    reuses_results: bool | str = False
    """Whether results go from pipeline to pipeline by generic packages; of a component as `sweeps`."""
    production: str = "on_success"
    """`on_success` or `manual`: whether production is deployed by itself or by a click."""
    auto_stop_in: str = "1 week"
    schedule: str = "prune"
    """What a pipeline schedule does: `prune` removes forgotten previews, `train` trains and deploys too."""
    stage: str | None = None
    """The stage of all jobs in a pipeline of other jobs; None for stages of their own."""
    prefix: str = ""
    """Stands before the name of each job."""

    @property
    def is_component(self) -> bool:
        """Whether its values are inputs, filled in where the component is included."""
        return (self.machine or "").startswith("$[[")

    def path(self, name: str) -> str:
        """A path of the project as the repository sees it."""
        if self.is_component:
            return f"{self.folder}{name}"
        return f"{self.folder}/{name}" if self.folder else name
