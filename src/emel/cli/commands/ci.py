"""emel ci"""

from __future__ import annotations

import os

import click
from rich.console import Group
from rich.text import Text

from emel.cli import options
from emel.cli.output import progress, show
from emel.workflows.ci import PipelineFiles, check_pipeline, write_pipeline
from emel.workflows.ci_commit import commit_results
from emel.workflows.ci_results import SharedResults, pull_results, push_results


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  emel ci                     # write .gitlab-ci.yml from emel.toml
  emel ci --check             # in CI: fail when somebody changed one and not the other
""",
)
@click.option(
    "--check", "checking", is_flag=True, help="Write nothing; fail when the pipeline is out of date."
)
@options.as_json
@click.pass_context
def command(context: click.Context, checking: bool, as_json: bool) -> None:
    """Write the pipeline in GitLab from emel.toml, [ci].

    A .gitlab-ci.yml that is not emel's stays as it is, but for a line that includes .gitlab/emel.yml.

    The exit code is 3 when --check finds a difference, which it shows.
    """
    if context.invoked_subcommand:
        return
    project = options.project_of(context)
    result = check_pipeline(project) if checking else write_pipeline(project)
    show(result, _rendered(result), as_json=as_json)


@command.command(
    "commit",
    epilog="""\b
Examples:
  emel ci commit              # in a job of the default branch, after `emel run`
  emel ci commit --branch main
""",
)
@click.option("--branch", help="Where to push.  [default: CI_COMMIT_BRANCH, else [compare] base]")
@options.as_json
@click.pass_context
def commit_command(context: click.Context, branch: str | None, as_json: bool) -> None:
    """Commit the results that Git keeps (dvc.lock, metrics), and push them; that starts no pipeline.

    The push needs a token that may push to the branch, in EMEL_GITLAB_TOKEN, or in CI_JOB_TOKEN where the
    project lets jobs push. Results that are committed already change nothing.
    """
    project = options.project_of(context)
    target = branch or os.environ.get("CI_COMMIT_BRANCH") or project.config.compare.base
    with progress() as telling:
        result = commit_results(project, branch=target, env=os.environ, progress=telling)
    words = f"pushed to {target}" if result.pushed else "there already"
    show(result, Text(f"results of the pipeline: {words}, in {result.commit[:8]}"), as_json=as_json)


@command.command(
    "push",
    epilog="""\b
Examples:
  emel ci push                # in the job that trains, after `emel run`
""",
)
@options.as_json
@click.pass_context
def push_command(context: click.Context, as_json: bool) -> None:
    """Keep what DVC has of the present results as a generic package, for pipelines with the same inputs.

    The same are the files in Git that dvc.yaml names, [ci] image, and the locked requirements. CI_JOB_TOKEN
    is enough. Where the forge refuses it, it says so and succeeds: nothing depends on it.
    """
    project = options.project_of(context)
    with progress() as telling:
        result = push_results(project, env=os.environ, progress=telling)
    show(result, _shared(result), as_json=as_json)


@command.command(
    "pull",
    epilog="""\b
Examples:
  emel ci pull                # in the job that trains, before `emel run`
""",
)
@options.as_json
@click.pass_context
def pull_command(context: click.Context, as_json: bool) -> None:
    """Fetch what a pipeline with the same inputs has made; `emel run` then restores it instead of training.

    Every file is held against its digest. Where there is nothing, or the forge refuses, it says so and
    succeeds: the stages run then.
    """
    project = options.project_of(context)
    with progress() as telling:
        result = pull_results(project, env=os.environ, progress=telling)
    show(result, _shared(result), as_json=as_json)


def _shared(result: SharedResults) -> Text:
    why = f": {result.reason}" if result.reason else ""
    count = f", {result.files} files" if result.files else ""
    return Text(f"results in the package {result.package} {result.version[:8]}: {result.outcome}{count}{why}")


def _rendered(result: PipelineFiles) -> Group:
    return Group(
        *[
            Text(f"{'wrote' if path in result.changed else 'up to date'}  {path}", style="bold")
            for path in result.files
        ]
    )
