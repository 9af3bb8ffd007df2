"""Ctrl-C: no process left behind, no half-written file, and the next run works."""

from __future__ import annotations

import signal

import pytest
from tests.fakes.command import Emel, interrupt, processes_of, wait_for

pytestmark = pytest.mark.slow

WHEN = {
    "run": (["run", "--force"], "running the pipeline"),
    "run, in a stage": (["run", "--force"], "Running stage"),
    "report": (["report"], "drawing the plots"),
    "package, while reading": (["package"], "reading the model"),
    "package, while lowering": (["package"], "making the model ready"),
    "package, in parity": (["package"], "parity"),
    "package, in the cold start": (["package"], "cold start"),
    "deploy, while the platform starts": (["deploy"], "starting the local platform"),
    "deploy": (["deploy"], "deploying to local"),
    "serve": (["serve"], "serving on"),
}


def half_written(emel: Emel) -> list[str]:
    return [str(path) for path in emel.folder.rglob("*.part")]


@pytest.mark.parametrize("moment", WHEN)
def test_an_interrupted_command_leaves_nothing_and_can_be_repeated(emel, tmp_path, moment):
    arguments, words = WHEN[moment]
    output = tmp_path / "output"
    child = emel.start(*arguments, output=output)
    # Not sooner: before the command itself has begun, it is the interpreter that is interrupted.
    assert wait_for(words, output, within=120), output.read_text()

    status = interrupt(child)

    # The signal may also come when all is done and the interpreter is on its way out.
    assert status in (130, 0, -signal.SIGINT), output.read_text()
    assert "Traceback" not in output.read_text()
    emel("serve", "--stop")
    assert processes_of(emel.folder) == []
    assert half_written(emel) == []
    if arguments != ["serve"]:
        again = emel(*arguments)
        assert again.returncode == 0, again.stderr
