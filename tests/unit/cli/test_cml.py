"""The arguments of cml: what they become, and what is refused with something to use instead."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import click
import pytest
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.gitlab.project import job_variables, usual_project

from emel.cli.cml import translate
from emel.cli.main import cli

PACKAGE = Path(__file__).resolve().parents[3] / "packaging" / "emel-cml" / "pyproject.toml"
SAME = {
    "comment create report.md": "comment create report.md",
    "comment update --target=pr/3 report.md": "comment update --target pr/3 report.md",
    "comment create report.md --publish-native --native --gitlab-uploads": "comment create report.md",
    "comment create --publish=false report.md": "comment create --no-publish report.md",
    "comment create --no-publish report.md": "comment create --no-publish report.md",
    "comment create --update report.md": "comment update report.md",
    "comment update --watch --trigger-file=t report.md": "comment update --watch report.md",
    "comment update --watermark-title my_{run} report.md": "comment update --watermark-title my_9 report.md",
    "send-comment --commit-sha abc report.md": "comment create --target commit/abc report.md",
    "send-comment --head-sha abc --update report.md": "comment update --target commit/abc report.md",
    "send-comment --pr report.md --driver gitlab --log debug": "comment create --target pr report.md",
    "pr .": "pr create . --skip-ci",
    "pr create --merge dvc.lock": "pr create --merge dvc.lock",
    "pr create --auto-merge --user-name Bot .": "pr create --merge --user-name Bot .",
    "pr --message Train --target-branch main .": "pr create --target-branch main --message Train .",
    "check create report.md": "check create --title|CML Report|report.md",
    "check create --title T --conclusion failure r.md": "check create --title T --state failed r.md",
    "check create --title T --status in_progress r.md": "check create --title T --state running r.md",
    "send-github-check --head-sha abc --title T r.md": "check create --title T --commit abc r.md",
    "publish plot.png --md -t Plot": "asset publish --md --title Plot plot.png",
    "asset publish plot.png --mime-type image/png": "asset publish plot.png",
    "rerun-workflow --id 7": "workflow rerun --id 7",
    "workflow rerun": "workflow rerun",
    "ci --fetch-depth=3 --user-email a@b.c": "repo prepare --fetch-depth 3 --user-email a@b.c",
    "repo prepare --unshallow": "repo prepare --fetch-depth 0",
}
REFUSED = {
    "runner launch --cloud aws": "`cml runner` is not taken over: emel runner launch makes the machine",
    "tensorboard connect": "TensorBoard.dev ended in 2024",
    "comment delete": "is no command of cml that is known; known are comment create",
    "comment create --colour report.md": "--colour is no flag of `cml comment create`",
    "comment create report.md --target": "--target needs a value",
    "check create --conclusion maybe r.md": "--conclusion is one of success, failure",
    "comment create report.md --driver github": "emel works with GitLab alone, not with github",
    "comment create report.md --repo https://gitlab.com/a/b": "the project is that of the CI job",
}
ENV = {"CI_JOB_ID": "9", "CI_PIPELINE_ID": "8", "CI_PROJECT_URL": "https://gitlab.com/team/churn"}


def words(text: str) -> tuple[str, ...]:
    """Words of a line, where `|` parts those that hold spaces."""
    return tuple(word for part in text.split("|") for word in ([part] if "CML R" in part else part.split()))


@pytest.mark.parametrize("line", SAME)
def test_a_line_of_cml_becomes_one_of_emel(line: str) -> None:
    done = translate("cml", line.split(), ENV).arguments

    assert done == words(SAME[line])


@pytest.mark.parametrize("line", SAME)
def test_emel_understands_what_it_becomes(line: str) -> None:
    first, second, *rest = words(SAME[line])
    group = cli.get_command(click.Context(cli), first)
    assert isinstance(group, click.Group)
    command = group.commands[second]

    assert command.make_context(second, rest, resilient_parsing=False)


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_not_taken_over_is_told(line: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        translate("cml", line.split(), ENV)
    assert REFUSED[line] in caught.value.message


def test_the_commands_of_old_are_known_by_the_name_of_the_program() -> None:
    assert translate("cml-send-comment", ["r.md"], {}).arguments == ("comment", "create", "r.md")


def test_flags_stand_in_the_environment_too_and_the_line_comes_first() -> None:
    env = {"CML_COMMENT_TARGET": "pr", "CML_COMMENT_WATCH": "true", "CML_COMMENT_ANYTHING": "1"}
    done = translate("cml", ["comment", "create", "--target", "commit", "r.md"], env)

    assert done.arguments == ("comment", "create", "--target", "commit", "--watch", "r.md")


def test_the_project_of_the_job_may_be_named() -> None:
    line = ["comment", "create", "--repo", "https://gitlab.com/team/churn.git", "r.md"]

    assert translate("cml", line, ENV).arguments == ("comment", "create", "r.md")


@pytest.mark.parametrize(
    ("line", "env", "token"),
    [
        (["--token", "given"], {"REPO_TOKEN": "other"}, "given"),
        ([], {"REPO_TOKEN": "first", "GITLAB_TOKEN": "second"}, "first"),
        ([], {"repo_token": "small"}, "small"),
        ([], {"EMEL_GITLAB_TOKEN": "ours", "REPO_TOKEN": "theirs"}, "ours"),
    ],
)
def test_tokens_are_found_in_the_order_of_cml_and_are_in_no_argument(
    line: list[str], env: dict[str, str], token: str
) -> None:
    done = translate("cml", ["comment", "create", "r.md", *line], env)

    assert done.env == {"EMEL_GITLAB_TOKEN": token}
    assert token not in done.arguments


def run(*arguments: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from emel.cli.cml import main; main()", *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_pipeline_made_for_cml_gets_its_comment(tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("# Report\n")
    (tmp_path / "plot.png").write_bytes(b"png")
    with FakeGitLab() as gitlab:
        project = usual_project(gitlab)
        env = job_variables(gitlab, project, REPO_TOKEN=gitlab.world.project_token(project))
        asset = run("publish", "plot.png", "--md", "--file", "report.md", cwd=tmp_path, env=env)
        done = run("send-comment", "--publish-url=x", "report.md", cwd=tmp_path, env=env)

        assert (asset.returncode, asset.stdout) == (0, "")
        assert done.stdout == f"{gitlab.url}/team/churn/-/merge_requests/1#note_1\n"
        assert done.stderr == "note: files are uploaded to the GitLab project, not to another host\n"
        shown = "# Report\n![plot.png](/uploads/00000000000000000000000000000001/plot.png)\n"
        assert project.notes[0].body == shown


def test_a_refusal_is_an_error_of_the_command_line(tmp_path: Path) -> None:
    done = run("runner", cwd=tmp_path, env={})

    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("error: `cml runner` is not taken over")


def test_the_package_of_the_command_names_what_exists() -> None:
    scripts = tomllib.loads(PACKAGE.read_text("utf-8"))["project"]["scripts"]

    assert "cml" in scripts
    for target in set(scripts.values()):
        module, name = target.split(":")
        assert callable(getattr(import_module(module), name))
