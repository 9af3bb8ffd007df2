"""Seconds from a push to its report, and from a merge to a live endpoint, beside the training itself.

    .venv/bin/python bench/commit_to_endpoint.py

The example's generated pipeline, run job by job on this machine against the GitLab of the tests and the local
platform. One merge request is pushed, reported and merged. The peer is the same work without anything around
it: the three scripts of the pipeline, started one after the other. What the jobs take beyond that is emel's,
DVC's and git's: a fresh clone, the comparison, packaging with its proof, endpoint, tests, comment, release.
Not in it: a runner's own start, its image, and pip, which no pipeline escapes. On a busy machine the seconds
of the processor say more than those of the clock.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.fakes.command import Emel  # noqa: E402
from tests.fakes.gitlab import FakeGitLab  # noqa: E402
from tests.fakes.jobs import RanPipeline  # noqa: E402
from tests.fakes.team import Team  # noqa: E402

EXAMPLE = ROOT / "examples" / "breast-cancer"
SCRIPTS = ("prepare", "train", "evaluate")
GOAL = 10.0
"""Seconds that a pipeline may take beyond the training."""


class Taken(NamedTuple):
    """Seconds by the clock and of the processor."""

    wall: float
    processor: float


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name, FakeGitLab() as gitlab:
        folder = Path(name)
        trained = trained_project(folder / "trained")
        team = Team(gitlab, folder)
        team.publish(trained)
        with team.serving():
            passed(team.runner.of_push("main", by="ada"))
            team.boris.edit("params.yaml", "C: 1.0", "C: 3.0")
            team.boris.push_branch("better", "Regularise less")
            iid = team.open_merge_request("better", "Regularise less")
            alone = scripts(team.boris.emel)
            request = passed(team.runner.of_merge_request(iid, by="boris"))
            team.merge(iid)
            merged = passed(team.runner.of_push("main", by="ada"))
    cores = os.cpu_count()
    print(f"Python {sys.version.split()[0]}, {cores} cores, load {os.getloadavg()[0]:.1f} at the end\n")
    told = (f"{name} {taken.wall:.1f} s ({taken.processor:.1f})" for name, taken in alone.items())
    print(f"The scripts alone, in brackets seconds of the processor: {', '.join(told)}\n")
    table("push → report", request, alone, beside=("api-test",))
    table("merge → live endpoint", merged, alone, beside=("report",))


def trained_project(folder: Path) -> Path:
    """The example, trained and committed."""
    shutil.copytree(EXAMPLE, folder)
    emel = Emel(folder, folder.parent / "home-trained")
    emel.git("init", "--quiet", "--initial-branch=main")
    emel.git("add", ".")
    emel.git("commit", "--quiet", "-m", "Add the project")
    done = emel("run")
    if done.returncode:
        raise SystemExit(done.stderr)
    emel.git("add", ".")
    emel.git("commit", "--quiet", "-m", "Train")
    return folder


def scripts(emel: Emel) -> dict[str, Taken]:
    """The peer: the scripts of the pipeline in a copy of the clone, and nothing else."""
    copy = emel.folder.parent / "scripts"
    shutil.copytree(emel.folder, copy)
    found: dict[str, Taken] = {}
    for name in SCRIPTS:
        began = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, f"src/{name}.py"], cwd=copy, env=emel.env, stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"src/{name}.py ended with {child.returncode}")
        found[name] = Taken(time.perf_counter() - began, usage.ru_utime + usage.ru_stime)
    return found


def passed(pipeline: RanPipeline) -> RanPipeline:
    if not pipeline.passed:
        raise SystemExit(pipeline.output)
    return pipeline


def table(title: str, ran: RanPipeline, alone: dict[str, Taken], *, beside: tuple[str, ...]) -> None:
    """A pipeline by its jobs, and what of it is not the training: the scripts of the stages that ran.

    Jobs `beside` are none that the title's end waits for: GitLab runs them at the same time.
    """
    training = Taken(0.0, 0.0)
    print(f"| {title} | s | processor s |")
    print("|---|---|---|")
    for job in ran.jobs:
        what = job.name
        stages = re.search(r"^Pipeline: (.+) \(", job.output, re.MULTILINE)
        if stages:
            what = f"{job.name} ({stages[1]})"
            worked = [alone[name] for name in re.findall(r"(\w+) ran\b", stages[1])]
            training = Taken(sum(one.wall for one in worked), sum(one.processor for one in worked))
        print(f"| {what} | {job.seconds:.1f} | {job.processor:.1f} |")
    whole = Taken(sum(job.seconds for job in ran.jobs), sum(job.processor for job in ran.jobs))
    beyond = Taken(whole.wall - training.wall, whole.processor - training.processor)
    print(f"| **whole** | **{whole.wall:.1f}** | **{whole.processor:.1f}** |")
    print(f"| training | {training.wall:.1f} | {training.processor:.1f} |")
    print(f"| beyond the training | {beyond.wall:.1f} | {beyond.processor:.1f} |")
    waited = sum(job.seconds for job in ran.jobs if job.name not in beside) - training.wall
    print(f"| of it before {title.partition('→ ')[2]} | {waited:.1f} | |")
    goal = f"{beyond.wall / GOAL:.2f} × the goal of {GOAL:g} s by the clock"
    print(f"\nBeyond the training {goal}, {beyond.processor / GOAL:.2f} × by the processor\n")


if __name__ == "__main__":
    main()
