"""The pipeline of a project: run it, read its results at any revision, fetch its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from emel.errors import PipelineError
from emel.experiments import (
    copies,
    failing,
    fetching,
    freshness,
    history,
    identity,
    inputs,
    measuring,
    noise,
    params,
    plotting,
    reading,
    recording,
    running,
    sharing,
    stage_inputs,
)
from emel.experiments.dvc import Dvc
from emel.gitrepo import GitRepo
from emel.records import (
    DataFacts,
    FailedRun,
    HistoryEntry,
    MetricNoise,
    Noise,
    NoiseSource,
    PipelineRun,
    Plot,
    Revision,
    RunRecord,
    Scalar,
    Snapshot,
)
from emel.system.process import OnLine, Process


class Pipeline:
    """The DVC pipeline whose `dvc.yaml` lies in the folder `root`.

    All methods raise PipelineError when there is no such file, when it is broken, or when DVC is not set up,
    and MissingExtraError when there is no DVC at all.
    """

    def __init__(self, root: Path, process: Process) -> None:
        self._root = root
        self._process = process
        self._dvc = Dvc(root, process)

    def run(
        self,
        *,
        stages: Sequence[str] = (),
        force: bool = False,
        commit: bool = True,
        on_line: OnLine | None = None,
        on_stage: Callable[[str], None] | None = None,
    ) -> PipelineRun:
        """Run the stages whose inputs changed, or all with `force`; of `stages` those, and what they need.

        Without `commit` nothing of it goes into DVC's cache. `on_line` gets all output as it comes,
        `on_stage` the name of each stage that begins to run.
        Errors: PipelineError that names the stage which failed; the stages before it keep their results.
        """
        return running.run(
            self._dvc, stages=stages, force=force, commit=commit, on_line=on_line, on_stage=on_stage
        )

    def set_params(self, assignments: Sequence[str]) -> None:
        """Change values in the files of parameters: `name=value`, or `FILE:name=value`; all or none.

        Errors: PipelineError for a parameter that is not there, and for files other than YAML and JSON.
        """
        params.assign(self._root, assignments)

    def check_params(self, assignments: Sequence[str]) -> None:
        """Whether `set_params` would do it; the errors are the same."""
        params.assigned(self._root, assignments)

    def seeds(self, named: Sequence[str] = ()) -> dict[str, int]:
        """The parameters that are seeds, with their values: those `named`, as `[FILE:]name`, or else all
        whole numbers in params.yaml whose name says that they are one.

        Errors: PipelineError for a name that is no parameter, or whose value is no whole number.
        """
        return params.seeds(self._root, named)

    def record(self, run: PipelineRun, started: datetime) -> None:
        """Note the environment of a run with the results that it made; of one that ran nothing, nothing."""
        recording.write(self._dvc, run, started)

    def digest_of_work(self, stage: str | None, command: Sequence[str], inputs: Sequence[str]) -> str:
        """A digest that changes with all that decides what a command makes: its words, the files and folders
        `inputs`, and with a `stage` what dvc.yaml says of it, its parameters and its data.

        DVC is not started. Errors: PipelineError for a stage or a file that is not there.
        """
        return stage_inputs.digest_of_work(self._root, stage, command, inputs)

    def recorded(self, revision: Revision) -> RunRecord | None:
        """What is known here of the run that made the results of a revision."""
        return recording.read(self._dvc, self._process, revision)

    def record_noise(self, seeds: Mapping[str, Sequence[int]], metrics: dict[str, MetricNoise]) -> Noise:
        """Write what repeated runs of the present dvc.lock gave into `emel.noise.json`, to be committed."""
        return noise.write(self._dvc, seeds, metrics)

    def noise(self, revision: Revision) -> tuple[NoiseSource, Noise] | None:
        """What repeated runs gave, as it stands at a revision. None where nobody has repeated any.

        Errors: ResultsError for a file that cannot be read.
        """
        return noise.read(self._dvc, self._process, revision)

    def pack_results(self, target: Path) -> int:
        """Write what DVC's cache has of the present dvc.lock into a tar archive, so that another machine can
        have the same results without a run. Returns how many files; none where nothing is to be had so.
        """
        return sharing.pack(self._dvc, target)

    def adopt_results(self, archive: Path) -> int:
        """Put the files of such an archive into DVC's cache; those that are there stay. Returns how many.

        Errors: ResultsError for an archive with anything else in it, or with a file that is not what its
        digest says: nothing of it is taken then.
        """
        return sharing.adopt(self._dvc, archive)

    def record_failure(self, commit: str, problem: PipelineError, output: Sequence[str]) -> None:
        """Note that a run failed, with the end of what it wrote."""
        failing.write(self._root, commit, problem, output)

    def forget_failure(self) -> None:
        """A run has succeeded."""
        failing.clear(self._root)

    def failure(self, revision: Revision) -> FailedRun | None:
        """What is known here of a run that failed at a revision, so that the results there are of another."""
        return failing.read(self._root, revision.commit)

    def outdated(self) -> str | None:
        """What has changed here since the stages ran, in words: the results are not of this code then. None
        where nothing is known to have. DVC is not started."""
        return freshness.outdated(self._root)

    def snapshot(self, revision: Revision) -> Snapshot:
        """Metrics, parameters and digests of data of one revision, without checking it out.

        Errors: ResultsError naming file and revision when a declared file of metrics or parameters is missing
        or cannot be read.
        """
        return self.snapshots(None, revision)[1]

    def metrics(self, revision: Revision) -> dict[str, Scalar]:
        """The metrics of a snapshot alone, without starting DVC where their files can be read.

        Errors: those of `snapshot`.
        """
        found = history.metrics(self._dvc, self._process, revision)
        return self.snapshot(revision).metrics if found is None else found

    def snapshots(self, base: Revision | None, candidate: Revision) -> tuple[Snapshot | None, Snapshot]:
        """Both sides of a comparison at the price of one.

        A base from before the first run, whose files of metrics are not there, has no results: it is None.
        Errors: those of `snapshot` for the candidate; ResultsError for a base with broken files.
        """
        earlier, (present,) = reading.snapshots(self._dvc, base, [candidate])
        return earlier, present

    def all_snapshots(
        self, base: Revision, candidates: Sequence[Revision]
    ) -> tuple[Snapshot | None, tuple[Snapshot, ...]]:
        """The same for several candidates, at the price of one."""
        return reading.snapshots(self._dvc, base, candidates)

    def plots(
        self, base: Revision | None, candidate: Revision, others: Sequence[Revision] = ()
    ) -> tuple[Plot, ...]:
        """The plots that dvc.yaml defines, each with all revisions in it, the base first.

        A plot that only the candidate has is shown with it alone. Errors: ResultsError when data of the
        candidate's plots are missing or have other columns than the definition says.
        """
        return plotting.plots(self._dvc, base, candidate, others)

    def past(self, candidate: Snapshot, tips: Sequence[str]) -> tuple[Snapshot, ...]:
        """The metrics of all commits below `tips` and of all tags, the newest first, by two calls of git.

        Known are those that Git keeps (`cache: false`) as JSON, YAML or TOML. A file of the past that is
        broken counts as not there.
        """
        return history.past(self._dvc, self._process, candidate.metric_files, tips)

    def history(self, tip: str, *, limit: int) -> tuple[HistoryEntry, ...]:
        """The metrics of the newest commits below `tip` that changed them, the newest first.

        Two calls of git read them all; DVC is not started. Known are files that Git keeps (`cache: false`).
        """
        return history.over_time(self._dvc, self._process, tip, limit)

    def noise_over_time(self, commits: Sequence[str], tip: str) -> dict[str, Noise]:
        """What repeated runs gave, by commit, for those of the commits of which it is known.

        Of a commit whose own results were repeated, and committed later, up to the commit `tip`, those; else
        what stands at the commit. One call of git reads them all; a file that is broken counts as not there.
        """
        return noise.over_time(self._dvc, self._process, commits, tip)

    def measure(self, path: str, digest: str | None, revision: Revision) -> DataFacts | None:
        """Size, rows and columns of a data file at a revision, where the working tree, DVC or Git has it.

        Nothing is fetched. None where it is not at hand, or not there at all (`digest` is None).
        """
        return measuring.measure(self._dvc, self._process, path, digest, revision)

    def restore_inputs(self, original: Path) -> None:
        """Put data into this copy of the project at `original`: what its `*.dvc` files name, by digest.

        They come from the original's cache, or else from its remote, with its own login. Errors:
        ResultsError when neither has them.
        """
        inputs.restore(self._dvc, original)

    def inputs_digest(self, commit: str) -> str:
        """One digest of all that the pipeline reads at a commit; see emel.experiments.identity."""
        repo = GitRepo.discover(self._root, self._process)
        below = self._root.resolve().relative_to(repo.root.resolve())
        return identity.inputs_digest(repo, below, commit)

    def cache_folder(self) -> Path:
        """Where DVC keeps what the project's pipeline made."""
        return copies.cache_folder(self._dvc)

    def share_cache(self, original: Path, cache: Path) -> None:
        """Let this copy of the project at `original` use its `cache_folder`, and check out what that holds.

        What `*.dvc` files name and the cache does not hold comes from the remote, with the original's login.
        Errors: ResultsError when neither has it.
        """
        copies.share(self._dvc, original, cache)

    def fetch(self, path: str, revision: Revision, into: Path) -> Path:
        """Put a file or folder of the project, as it was at the revision, below `into`; return where it is.

        It comes from Git, from DVC's cache or from DVC's remote; for the working tree it is copied.
        `path` is relative to `root`. Errors: ResultsError when the revision has no such file.
        """
        return fetching.fetch(self._dvc, self._process, path, revision, into)
