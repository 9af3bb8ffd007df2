"""emel model"""

from __future__ import annotations

import os
from pathlib import Path

import click

from emel.cli import options, render
from emel.cli.output import progress, show, tell
from emel.errors import RegistryError
from emel.records import Registration
from emel.registry import Bump
from emel.workflows import register as registering
from emel.workflows import release as releasing
from emel.workflows.deploy import write_dotenv
from emel.workflows.reproduce import reproduce
from emel.workflows.stages import deprecate_version, promote_version, rollback_version
from emel.workflows.versions import download, show_version

stage = click.option("--to", "stage", default="prod", show_default=True, metavar="STAGE", help="The stage.")
cloud = click.option(
    "--cloud",
    default="local",
    show_default=True,
    metavar="CLOUD",
    help="Where the function is: local is this machine.",
)


@click.group()
def command() -> None:
    """Versions of the model: annotated Git tags such as churn@v1.2.0, which GTO reads as well.

    A version is named v1.2.0 or churn@v1.2.0.
    """


@command.command(
    "register",
    epilog="""\b
Examples:
  emel model register                 # the next version, at HEAD
  emel model register --bump major
  emel model register v2.0.0 --rev main
""",
)
@click.argument("version", required=False)
@click.option(
    "--bump",
    type=click.Choice(["major", "minor", "patch"]),
    help="The part of the newest version that is raised.  [default: minor]",
)
@click.option("--rev", metavar="REV", help="Another commit than HEAD.")
@click.option("--tag-only", is_flag=True, help="Make the tag in this repository alone; ask no server.")
@options.as_json
@click.pass_context
def register_command(
    context: click.Context,
    version: str | None,
    bump: Bump | None,
    rev: str | None,
    tag_only: bool,
    as_json: bool,
) -> None:
    """Give the model of a commit a version, and a release on GitLab with bundle, model and manifest.

    A commit that has a version keeps it, and a release that is not whole is finished. In a CI job the job's
    own token is enough. Without a GitLab project, or a token, the tag alone is made, which is said.
    """
    if version and bump:
        raise click.UsageError("name a version or the part to --bump, not both")
    project = options.project_of(context)
    if tag_only:
        made = registering.register(project, version=version, bump=bump or "minor", revision=rev)
        result = Registration(version=made, release=None, reason="--tag-only")
    else:
        with progress() as telling:
            result = releasing.release(
                project,
                version=version,
                bump=bump or "minor",
                revision=rev,
                env=os.environ,
                progress=telling,
            )
    show(result, render.registration(result), as_json=as_json)
    if result.hint:
        tell("", result.hint)


@command.command(
    "list",
    epilog="""\b
Examples:
  emel model list
  emel model list --json
""",
)
@options.as_json
@click.pass_context
def list_command(context: click.Context, as_json: bool) -> None:
    """List the versions of the model that this repository has, the newest first."""
    result = registering.list_versions(options.project_of(context))
    show(result, render.model_versions(result), as_json=as_json)


@command.command(
    "show",
    epilog="""\b
Examples:
  emel model show                     # the newest version
  emel model show churn@v1.2.0 --json
""",
)
@click.argument("version", required=False)
@options.as_json
@click.pass_context
def show_command(context: click.Context, version: str | None, as_json: bool) -> None:
    """Show a version: commit, data, parameters, metrics, parity, release, and where it is deployed."""
    with progress() as telling:
        result = show_version(options.project_of(context), version, env=os.environ, progress=telling)
    show(result, render.version_details(result), as_json=as_json)


@command.command(
    "promote",
    epilog="""\b
Examples:
  emel model promote churn@v1.2.0 --to prod
  emel model promote v1.2.0 --to staging
  emel model promote --dotenv .emel/production.env   # the version of the commit that is checked out
""",
)
@click.argument("version", required=False)
@stage
@cloud
@options.dotenv
@options.as_json
@click.pass_context
def promote_command(
    context: click.Context,
    version: str | None,
    stage: str,
    cloud: str,
    dotenv: Path | None,
    as_json: bool,
) -> None:
    """Put a version into a stage: the function's tag of that name answers with it, and a Git tag says so.

    Without VERSION it is that of the commit that is checked out. The bundle is this machine's, or the
    release's, or made anew from the commit.
    """
    with progress() as telling:
        result = promote_version(
            options.project_of(context), version, stage=stage, cloud=cloud, env=os.environ, progress=telling
        )
    if dotenv is not None:
        write_dotenv(dotenv, result.endpoint.url, result.stage)
    show(result, render.stage_move(result), as_json=as_json)


@command.command(
    "rollback",
    epilog="""\b
Examples:
  emel model rollback                 # prod answers with the version that stood there before
  emel model rollback --to staging
""",
)
@stage
@cloud
@options.as_json
@click.pass_context
def rollback_command(context: click.Context, stage: str, cloud: str, as_json: bool) -> None:
    """Put the version into a stage that stood there before. Done twice, it returns."""
    with progress() as telling:
        result = rollback_version(
            options.project_of(context), stage=stage, cloud=cloud, env=os.environ, progress=telling
        )
    show(result, render.stage_move(result), as_json=as_json)


@command.command(
    "download",
    epilog="""\b
Examples:
  emel model download                 # the newest version, into the current folder
  emel model download churn@v1.2.0 --output models/
""",
)
@click.argument("version", required=False)
@click.option(
    "--output",
    "-o",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder to write to.  [default: the current one]",
)
@options.as_json
@click.pass_context
def download_command(context: click.Context, version: str | None, folder: Path, as_json: bool) -> None:
    """Download bundle and model of a version's release, each held against the digest in its manifest.

    Files that are there already with their digest are not fetched again.
    """
    project = options.project_of(context)
    with progress() as telling:
        result = download(project, version, folder=context.obj / folder, env=os.environ, progress=telling)
    show(result, render.downloaded(result), as_json=as_json)


@command.command(
    "deprecate",
    epilog="""\b
Examples:
  emel model deprecate churn@v1.1.0
""",
)
@click.argument("version")
@options.as_json
@click.pass_context
def deprecate_command(context: click.Context, version: str, as_json: bool) -> None:
    """Take a version back, by a tag such as churn@v1.1.0! that GTO reads as well. Nothing is deleted.

    Its release on GitLab gets «(deprecated)» behind its name.
    """
    with progress() as telling:
        result = deprecate_version(options.project_of(context), version, env=os.environ, progress=telling)
    show(result, render.deprecation(result), as_json=as_json)


@command.command(
    "reproduce",
    epilog="""\b
Examples:
  emel model reproduce churn@v1.2.0           # in a new environment of the commit's lock
  emel model reproduce --here --tolerance 1e-4
""",
)
@click.argument("version", required=False)
@click.option("--here", is_flag=True, help="Run in the present environment instead of a new one of the lock.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=1e-6,
    show_default=True,
    help="How far a metric may be from the recorded one, relative to it where it is greater than 1.",
)
@options.as_json
@click.pass_context
def reproduce_command(
    context: click.Context, version: str | None, here: bool, tolerance: float, as_json: bool
) -> None:
    """Make a version again from its commit, and say whether it came out the same, and if not, why.

    In a clean folder, with the data by their digests, the whole pipeline runs again. Your working tree and
    DVC's cache stay as they are. Exit code 16 when a metric moved beyond the tolerance.
    """
    with progress() as telling:
        result = reproduce(
            options.project_of(context),
            version,
            here=here,
            tolerance=tolerance,
            env=os.environ,
            progress=telling,
        )
    show(result, render.reproduction(result), as_json=as_json)
    if result.outcome == "different":
        moved = ", ".join(metric.name for metric in result.metrics)
        raise RegistryError(
            f"{result.version.tag} did not come out the same: {moved} moved",
            hint="--tolerance says how far a metric may move; a seed for all that is random makes runs equal",
        )
