"""The demo: the whole loop, on real data, with the real tools."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
from tests.fakes.command import Emel, interrupt, processes_of, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def emel(tmp_path: Path) -> Emel:
    return Emel(tmp_path, tmp_path / "home")


def test_the_whole_loop_runs_and_leaves_what_it_says(emel, tmp_path):
    done = emel("demo", "--dir", "story", "--json", timeout=600)

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert len(summary["steps"]) == 12
    for file in (summary["report_html"], summary["report_markdown"], *summary["bundles"]):
        assert Path(file).is_file()
    assert processes_of(tmp_path) == []
    by_hand = Emel(tmp_path / "story", tmp_path / "home")("compare", "--json")
    assert json.loads(by_hand.stdout)["verdict"]["passed"]


def test_a_folder_that_is_not_empty_is_refused_and_kept(emel, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").write_text("mine")

    done = emel("demo", "--dir", "mine")

    assert done.returncode == 17
    assert "not empty" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["work.txt"]


def test_the_endpoints_stay_up_until_ctrl_c_when_asked(emel, tmp_path):
    output = tmp_path / "output"
    child = emel.start("demo", "--dir", "story", "--keep-serving", output=output)
    assert wait_for("Ctrl-C stops both endpoints", output, within=600), output.read_text()
    server = json.loads((tmp_path / "story/.emel/local/server.json").read_text())

    with urllib.request.urlopen(f"{server['url']}/breast-cancer/mr-1/health") as reply:
        assert reply.status == 200

    assert interrupt(child) == 0
    assert processes_of(tmp_path) == []


# Each command by itself is interrupted at many moments in test_interrupt.py.
@pytest.mark.parametrize("step", [1, 3, 8])
def test_ctrl_c_in_a_step_leaves_no_process_and_no_half_written_file(emel, tmp_path, step):
    output = tmp_path / "output"
    child = emel.start("demo", "--dir", "story", output=output)
    assert wait_for(f"{step}/12", output, within=600), output.read_text()

    assert interrupt(child) == 130
    assert "Traceback" not in output.read_text()
    assert processes_of(tmp_path) == []
    assert list(tmp_path.rglob("*.part")) == []
