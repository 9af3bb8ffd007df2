"""`emel sweep` on a tiny pipeline: interrupted, gone on with, with a cell that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes.command import Emel, interrupt, processes_of, wait_for
from tests.fakes.experiments import FILES

pytestmark = pytest.mark.slow

TOML = '[model]\nname = "churn"\npath = "model.txt"\nsample = "data.csv"\n'
# The cell with depth 2 waits until somebody opens the gate.
WAITS = """
import os, time
from pathlib import Path
if "depth: 2" in open("params.yaml").read():
    Path(os.environ["BEGUN"]).write_text("begun")
    while not Path(os.environ["GATE"]).exists():
        time.sleep(0.05)
"""


@pytest.fixture
def emel(tmp_path: Path) -> Emel:
    folder = tmp_path / "project"
    files = {**FILES, "train.py": WAITS + FILES["train.py"], "emel.toml": TOML}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    command = Emel(folder, tmp_path / "home")
    copies = tmp_path / "copies"
    copies.mkdir()
    command.env |= {
        "TMPDIR": str(copies),
        "BEGUN": str(tmp_path / "begun"),
        "GATE": str(tmp_path / "gate"),
    }
    (tmp_path / "begun").touch()
    command.git("init", "--quiet", "--initial-branch=main")
    command.git("add", ".")
    command.git("commit", "--quiet", "-m", "Start")
    return command


def test_a_sweep_goes_on_where_it_stopped_and_shows_what_failed(emel: Emel, tmp_path: Path) -> None:
    emel.folder.joinpath("params.yaml").write_text("depth: 9\n")
    output = tmp_path / "output"
    child = emel.start("sweep", "--set", "depth=1,2", "--jobs", "1", output=output)
    assert wait_for("begun", tmp_path / "begun", within=120), output.read_text()

    assert interrupt(child) == 130, output.read_text()
    assert "Traceback" not in output.read_text()
    assert processes_of(tmp_path) == []
    assert list((tmp_path / "copies").iterdir()) == []

    (tmp_path / "gate").touch()
    (kept,) = (emel.folder / ".emel" / "sweeps").iterdir()
    whole = json.loads(kept.read_bytes())
    assert (whole["params"], whole["metrics"]["accuracy"]) == (["depth=1"], 0.1)
    done = emel("sweep", "--set", "depth=1,2,0", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 5, done.stderr
    assert found["ran"] == 2
    assert [cell["params"] for cell in found["cells"]] == [["depth=2"], ["depth=1"], ["depth=0"]]
    assert found["cells"][0]["metrics"]["accuracy"] == 0.2
    assert any("ZeroDivisionError" in line for line in found["cells"][2]["output"])

    again = emel("sweep", "--set", "depth=1,2", "--json")
    assert (again.returncode, json.loads(again.stdout)["ran"]) == (0, 0), again.stderr
    assert emel.git("status", "--porcelain") == " M params.yaml\n"
    assert emel.git("branch", "--list", "--all").split() == ["*", "main"]
    assert list((tmp_path / "copies").iterdir()) == []


def test_a_parameter_that_is_not_there_ends_the_sweep_at_once(emel: Emel, tmp_path: Path) -> None:
    done = emel("sweep", "--set", "dept=1,2,3")

    assert done.returncode == 5
    assert "there is no parameter `dept`" in done.stderr
    assert "did you mean `depth`?" in done.stderr
    assert list((tmp_path / "copies").iterdir()) == []
