"""The demo: the whole loop on real data, as a script of the workflows behind the commands.

Nothing in here does what a command would not do. It holds each step against what it promised, so that an exit
code of 0 means that all of it happened.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from emel import localcloud
from emel.errors import DemoFailed
from emel.gitrepo import GitRepo
from emel.records import Answers, Bundle, Endpoint, Shadow, from_json
from emel.workflows.compare import compare
from emel.workflows.cost import estimate_cost
from emel.workflows.deploy import DeployRequest, deploy, promote, rollback
from emel.workflows.endpoints import test_endpoint
from emel.workflows.machine import System
from emel.workflows.package import package
from emel.workflows.project import Progress, Project, open_project
from emel.workflows.register import register
from emel.workflows.report import report
from emel.workflows.run import run
from emel.workflows.shadow import Preview, shadow

EXAMPLE = "breast-cancer"
CANDIDATE = "random-forest"
PREVIEW = "mr-1"


class View(Progress, Protocol):
    """How the demo is shown while it runs."""

    def begin(self, number: int, count: int, title: str) -> None:
        """A step begins."""
        ...

    def show(self, value: object) -> None:
        """A record that a workflow returned."""
        ...

    def say(self, text: str) -> None:
        """A sentence of the demo itself."""
        ...

    def done(self, seconds: float) -> None:
        """The step ended, as it should."""
        ...


class StepTime(Struct, frozen=True, kw_only=True):
    """How long a step took."""

    title: str
    seconds: float


class DemoSummary(Struct, frozen=True, kw_only=True):
    """What the demo made, and where it lies."""

    folder: Path
    steps: tuple[StepTime, ...]
    seconds: float
    report_html: Path
    report_markdown: Path
    bundles: tuple[Path, ...]
    production_url: str
    preview_url: str


def demo(folder: Path | None, system: System, view: View) -> DemoSummary:
    """Run the whole story in `folder` (default: a new one for temporary files); it must be empty or absent.

    The endpoints are left serving; `stop_serving` ends them. Errors: DemoFailed when a step does not do what
    it says, and whatever the workflows raise; nothing is left serving then.
    """
    story = _Story(_empty_folder(folder), system, view)
    times: list[StepTime] = []
    started = system.clock.monotonic()
    try:
        for number, (title, step) in enumerate(story.steps(), start=1):
            view.begin(number, len(story.steps()), title)
            before = system.clock.monotonic()
            step()
            times.append(StepTime(title=title, seconds=system.clock.monotonic() - before))
            view.done(times[-1].seconds)
    except BaseException:
        stop_serving(story.folder)
        raise
    return DemoSummary(
        folder=story.folder,
        steps=tuple(times),
        seconds=system.clock.monotonic() - started,
        report_html=story.folder / ".emel/report/report.html",
        report_markdown=story.folder / ".emel/report/report.md",
        bundles=tuple(bundle.path for bundle in story.bundles),
        production_url=story.production.url,
        preview_url=story.preview.url,
    )


def stop_serving(folder: Path) -> None:
    """End the platform that serves the demo's endpoints, if it runs."""
    running = localcloud.running(localcloud.Store(folder / ".emel" / "local"))
    if running is not None:
        localcloud.stop(running)


def _empty_folder(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="emel-demo-")).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DemoFailed(
            "the folder is not empty, and the demo writes over nothing",
            where=str(folder),
            hint="name a folder that does not exist yet: emel demo --dir my-demo",
        )
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


class _Story:
    """The steps in their order, and what one hands to the next."""

    project: Project
    repo: GitRepo
    bundles: tuple[Bundle, Bundle]
    production: Endpoint
    preview: Endpoint
    shadow: Shadow

    def __init__(self, folder: Path, system: System, view: View) -> None:
        self.folder = folder
        self._system = system
        self._view = view

    def steps(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        return (
            ("Make a Git repository with a real data set", self._make_repository),
            ("Train on main and tag the version", self._train_on_main),
            ("Train a candidate on a branch", self._train_candidate),
            ("Compare the branch with its merge base", self._compare),
            ("Write the report", self._report),
            ("Package both models as functions", self._package),
            ("Deploy both on the local platform", self._deploy),
            ("Test both endpoints", self._test),
            ("Shadow: the candidate beside production", self._shadow),
            ("Cost on Yandex Cloud", self._cost),
            ("Promote the candidate, then roll back", self._promote_and_roll_back),
            ("Write the report again, with all that is known now", self._report_again),
        )

    def _make_repository(self) -> None:
        shutil.copytree(_example(), self.folder, dirs_exist_ok=True)
        self.repo = GitRepo.init(self.folder, self._system.process, branch="main")
        self.repo.add()
        commit = self.repo.commit("Add the data, the training code and the pipeline")
        # A free port, so that nothing that runs already is in the way.
        self.project = open_project(self.folder, self._system, flags={"local.port": 0})
        rows = (self.folder / "data" / "breast_cancer.csv").read_text("utf-8").count("\n") - 1
        self._view.say(f"{self.folder}: commit {commit[:8]} on main, {rows} rows of real measurements")

    def _train_on_main(self) -> None:
        result = run(self.project, base=None, force=False, progress=self._view)
        self._view.show(result.pipeline)
        _expect(all(stage.outcome == "ran" for stage in result.pipeline.stages), "every stage runs")
        self._commit_results("Train the logistic regression")
        version = register(self.project, version="v1.0.0")
        self._view.show(version)

    def _train_candidate(self) -> None:
        self.repo.switch(CANDIDATE, create=True)
        params = self.folder / "params.yaml"
        before = params.read_text("utf-8")
        after = before.replace("model: logistic_regression", "model: random_forest")
        _expect(after != before, "params.yaml names the model")
        params.write_text(after, "utf-8")
        self.repo.add()
        self.repo.commit("Try a random forest")
        result = run(self.project, base=None, force=False, progress=self._view)
        self._view.show(result.pipeline)
        outcomes = {stage.name: stage.outcome for stage in result.pipeline.stages}
        _expect(
            outcomes == {"prepare": "unchanged", "train": "ran", "evaluate": "ran"},
            f"only what changed is run again: {outcomes}",
        )
        self._commit_results("Train the random forest")

    def _compare(self) -> None:
        comparison = compare(self.project)
        self._view.show(comparison)
        _expect(comparison.base is not None and comparison.base.label == "main", "the base is main")
        _expect(comparison.verdict.passed, "the gate lets the candidate pass")

    def _report(self) -> None:
        result, _ = report(self.project, env=os.environ, progress=self._view)
        self._view.show(result.files)
        _expect(len(result.files.images) >= 2, "the report has its plots")

    def _package(self) -> None:
        self.bundles = (
            package(self.project, revision="main", progress=self._view),
            package(self.project, revision=CANDIDATE, progress=self._view),
        )
        for bundle in self.bundles:
            self._view.show(bundle)
            _expect(bundle.parity.ok, "the bundle answers as the original does")

    def _deploy(self) -> None:
        self.production = deploy(self.project, DeployRequest(revision="main"), self._view)
        self._view.show(self.production)
        self.preview = deploy(self.project, DeployRequest(tag=PREVIEW, revision=CANDIDATE), self._view)
        self._view.show(self.preview)

    def _test(self) -> None:
        for endpoint in (self.production, self.preview):
            tested = test_endpoint(self.project, target=endpoint.tag, quick=True, progress=self._view)
            self._view.show(tested)
            _expect(tested.passed, f"{endpoint.url} passes its tests")
        self._view.say("Paste this:")
        self._view.say(str(self.production.example))
        example = self._system.http.request("GET", f"{self.production.url}/example").body.decode()
        self._view.say(self._ask(example))

    def _shadow(self) -> None:
        self.shadow = shadow(self.project, candidate=PREVIEW, progress=self._view)
        self._view.show(self.shadow)

    def _cost(self) -> None:
        self._view.show(estimate_cost(self.project, progress=self._view))

    def _promote_and_roll_back(self) -> None:
        body = self._first_sample_row()
        self._view.show(promote(self.project, source=PREVIEW))
        self._expect_answer(body, self.bundles[1])
        self._view.show(rollback(self.project))
        self._expect_answer(body, self.bundles[0])

    def _report_again(self) -> None:
        result, _ = report(
            self.project,
            preview=Preview(self.preview, self.shadow),
            env=os.environ,
            progress=self._view,
        )
        self._view.show(result.files)

    def _expect_answer(self, body: str, bundle: Bundle) -> None:
        answer = self._ask(body)
        self._view.say(answer)
        answering = json.loads(answer)["model"]["version"]
        _expect(answering == bundle.version, f"prod answers as {bundle.version}, not {answering}")

    def _commit_results(self, message: str) -> None:
        self.repo.add()
        self.repo.commit(message)

    def _first_sample_row(self) -> str:
        """A request of one row, as a list of lists."""
        return json.dumps([from_json(self.bundles[0].answers.read_bytes(), Answers).rows[0]])

    def _ask(self, body: str) -> str:
        reply = self._system.http.request(
            "POST",
            f"{self.production.url}/predict",
            body=body.encode(),
            headers={"Content-Type": "application/json"},
        )
        _expect(reply.status == 200, f"{self.production.url} answers: {reply.status}")
        return reply.body.decode()


def _example() -> Path:
    """The example's folder: inside an installed emel, or beside the sources in a checkout."""
    installed = Path(str(files("emel"))) / "examples" / EXAMPLE
    return installed if installed.is_dir() else Path(str(files("emel"))).parents[1] / "examples" / EXAMPLE


def _expect(held: bool, promise: str) -> None:
    if not held:
        raise DemoFailed(
            f"this did not hold: {promise}",
            hint="please report it, with what the steps above printed",
        )
