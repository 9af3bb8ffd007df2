"""gitlab-ci-local, which runs pipelines of GitLab on this machine: each job in a folder of its own.

`scripts/pipeline-runner` installs it. GitLab's schema is held against pipelines in tests/unit/ci, which takes
less time than here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from tests.fakes.command import Emel

ROOT = Path(__file__).resolve().parents[2]
RUNNER = ROOT / ".cache" / "pipeline-runner" / "node_modules"
OWN_FILES = "/.gitlab-ci-local/\n/.gitlab-ci-reports/\n/.gitlab-ci-local-variables.yml\n"
"""What it leaves in a repository, as lines of .gitignore."""
PREDEFINED = "CI_API_V4_URL,CI_SERVER_URL,CI_PROJECT_ID,CI_PIPELINE_SOURCE"


def give_project(emel: Emel, variables: Mapping[str, str]) -> None:
    """Give the project CI/CD variables, which the pipelines have too that a pipeline starts."""
    (emel.folder / ".gitlab-ci-local-variables.yml").write_text(yaml.safe_dump(dict(variables)))


def run_pipeline(emel: Emel, variables: Mapping[str, str], *options: str, unset: Sequence[str] = ()) -> str:
    """Run the pipeline of the repository in `emel.folder` with these variables; return what it printed.

    `options` are those of gitlab-ci-local, and names of jobs. A job that fails fails the test.
    """
    command = [
        RUNNER / "node" / "bin" / "node",
        RUNNER / "gitlab-ci-local" / "dist" / "index.js",
        *("--shell-isolation", "--no-artifacts-to-source", "--force-shell-executor"),
        *("--json-schema-validation=false", "--ignore-predefined-vars", PREDEFINED),
        *[word for name in unset for word in ("--unset-variable", name)],
        *[word for name, value in variables.items() for word in ("--variable", f"{name}={value}")],
        *options,
    ]
    programs = f"{RUNNER / 'node' / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}"
    env = {**emel.env, "PATH": programs + emel.env["PATH"]}
    done = subprocess.run(command, cwd=emel.folder, env=env, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    return done.stdout + done.stderr
