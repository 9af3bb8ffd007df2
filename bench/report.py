"""Requests and wall time of publishing a report with 0, 3 and 20 pictures, against the GitLab of the tests.

    .venv/bin/python bench/report.py

Each figure is a whole process, from its start to the written comment; medians of the rounds. «create»
writes the first comment, «update» brings it up to date with other pictures, «again» with the same ones. The
scale is the processor's time of the interpreter alone, in the same run. The peer, cml 0.20.6, is not
installed here; its figures are those that were measured once with three pictures: 12 requests to create and
13 to update, each over a connection of its own, in 0.93 to 1.37 s and 1.0 to 1.26 s.
"""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.fakes.gitlab import FakeGitLab, Project  # noqa: E402
from tests.fakes.gitlab.project import COMMIT, job_variables, usual_project  # noqa: E402

from emel.records import Picture, RenderedReport  # noqa: E402

ROUNDS = 7
PICTURE_BYTES = 57_800
CHILD = """
import os, sys
from pathlib import Path
import msgspec
from emel.records import RenderedReport
from emel.workflows.machine import this_machine
from emel.workflows.publish import publish

class Silence:
    def step(self, text): pass
    def line(self, text): pass

report = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=RenderedReport)
done = publish(report, root=Path(), part="churn", artifact="report", system=this_machine(), env=os.environ,
               progress=Silence())
sys.exit(0 if done.url else f"no comment: {done.reason}")
"""


class Taken(NamedTuple):
    """Seconds of a process; on a busy machine those of the processor say more."""

    wall: float
    processor: float


def main() -> None:
    """Print the table, and fail when a bound is not kept."""
    bare = middle([timed([sys.executable, "-c", "pass"], {}) for _ in range(ROUNDS)])
    scale = milliseconds(bare.processor)
    print(f"Python {sys.version.split()[0]}; a bare interpreter takes {scale} of the processor\n")
    print("| latency | pictures | | requests | uploads | connections | wall | best | processor | × bare |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for latency in (0.0, 0.05):
        for pictures in (0, 3, 20):
            for line in measured(latency, pictures, bare):
                print(f"| {latency * 1e3:.0f} ms | {pictures} | " + " | ".join(line) + " |", flush=True)


def measured(latency: float, pictures: int, bare: Taken) -> list[tuple[str, ...]]:
    """The lines of one number of pictures."""
    walls: dict[str, list[Taken]] = {"create": [], "update": [], "again": []}
    counts: dict[str, tuple[int, int, int]] = {}
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / "one.json", Path(name) / "two.json"]
        for seed, file in enumerate(files):
            file.write_bytes(msgspec.json.encode(report(pictures, seed)))
        for _ in range(ROUNDS if latency == 0 else 3):
            with FakeGitLab(latency=latency) as fake:
                project = usual_project(fake)
                token = fake.world.project_token(project)
                for pipeline, (step, file) in enumerate(
                    (("create", files[0]), ("update", files[1]), ("again", files[1]))
                ):
                    fake.log.clear()
                    env = job_variables(fake, project, GITLAB_TOKEN=token, CI_PIPELINE_ID=str(pipeline + 1))
                    walls[step].append(timed([sys.executable, "-c", CHILD, str(file)], env))
                    counts[step] = counted(fake, project)
    for step, (requests, _, connections) in counts.items():
        # After the first comment a job looks once more whether another wrote one at the same moment.
        assert requests <= pictures + (3 if step == "create" else 2), (step, requests)
        assert connections == 1
    assert counts["again"][1] == 0
    return [
        (
            step,
            *map(str, counts[step]),
            milliseconds(middle(taken).wall),
            milliseconds(min(each.wall for each in taken)),
            milliseconds(middle(taken).processor),
            f"{middle(taken).processor / bare.processor:.1f}",
        )
        for step, taken in walls.items()
    ]


def report(pictures: int, seed: int) -> RenderedReport:
    """A report of a table and so many pictures of the size of a plot."""
    drawn = []
    for number in range(pictures):
        content = random.Random(seed * 1000 + number).randbytes(PICTURE_BYTES)
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        drawn.append(Picture(file_name=f"plot-{number}.png", digest=digest, content=content))
    table = "| metric | base | candidate |\n|---|---|---|\n" + "| accuracy | 0.91 | 0.93 |\n" * 20
    return RenderedReport(
        headline="Gate passed",
        passed=True,
        commit=COMMIT,
        metrics={"accuracy": 0.93},
        parts=("## Gate passed", table, *(f"![plot]({picture.placeholder})" for picture in drawn)),
        pictures=tuple(drawn),
        html="",
    )


def counted(fake: FakeGitLab, project: Project) -> tuple[int, int, int]:
    """Requests, uploads and connections of the last process; its comment is the only one."""
    assert len(project.notes) == 1
    uploads = sum(entry.path.endswith("/uploads") for entry in fake.log)
    return len(fake.log), uploads, len({entry.connection for entry in fake.log})


def timed(command: list[str], env: dict[str, str]) -> Taken:
    """What a whole process takes, which must succeed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    start = time.perf_counter()
    child = subprocess.Popen(command, env={**kept, **env})
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"the process ended with {child.returncode}")
    return Taken(wall, usage.ru_utime + usage.ru_stime)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.0f} ms"


def middle(all_taken: list[Taken]) -> Taken:
    """The median of each."""
    return Taken(median(taken.wall for taken in all_taken), median(taken.processor for taken in all_taken))


if __name__ == "__main__":
    main()
