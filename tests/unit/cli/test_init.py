"""`emel init` and `emel ci` where nobody can answer, as in a CI job."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emel.cli.main import cli
from emel.errors import ConfigError

SCRIPT = 'import joblib\nmodel.fit(pd.read_csv("rows.csv"))\njoblib.dump(model, "model.joblib")\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    return tmp_path


def emel(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--dir", str(folder), *words])


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_init_shows_every_line_and_writes_none_without_a_yes(folder: Path) -> None:
    before = names(folder)
    done = emel(folder, "init")

    assert isinstance(done.exception, ConfigError)
    assert done.exception.hint == "give --yes, or look only: --dry-run"
    assert '+path = "model.joblib"' in done.stderr
    assert names(folder) == before


def test_a_dry_run_prints_data_on_stdout_and_the_diff_beside_it(folder: Path) -> None:
    before = names(folder)
    done = emel(folder, "init", "--dry-run", "--json")

    assert done.exit_code == 0
    assert "emel.toml" in json.loads(done.stdout)["changed"]
    assert "+++ b/emel.toml" in done.stderr
    assert names(folder) == before


def test_init_writes_once_and_then_has_nothing_to_change(folder: Path) -> None:
    first, second = emel(folder, "init", "--yes"), emel(folder, "init", "--yes")

    assert "wrote  emel.toml" in first.stdout
    assert second.stdout == "Nothing to change: the repository is emel's already.\n"


def test_init_names_the_option_that_would_help(folder: Path) -> None:
    (folder / "train.py").unlink()
    done = emel(folder, "init", "--yes")

    assert isinstance(done.exception, ConfigError)
    assert done.exception.hint == "name the script that trains: --script"


def test_ci_says_what_it_wrote_and_what_was_up_to_date(folder: Path) -> None:
    emel(folder, "init", "--yes")
    (folder / ".gitlab-ci.yml").unlink()

    assert emel(folder, "ci").stdout == "wrote  .gitlab-ci.yml\n"
    assert emel(folder, "ci", "--check").stdout == "up to date  .gitlab-ci.yml\n"


def test_ci_check_fails_when_emel_toml_was_changed(folder: Path) -> None:
    emel(folder, "init", "--yes")
    with (folder / "emel.toml").open("a") as file:
        file.write('image = "python:3.13"\n')
    done = emel(folder, "ci", "--check")

    assert isinstance(done.exception, ConfigError)
    assert "-  image: python:3.12-bookworm\n+  image: python:3.13" in str(done.exception)
