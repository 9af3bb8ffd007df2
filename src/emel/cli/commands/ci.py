"""emel ci"""

from __future__ import annotations

import click
from rich.console import Group
from rich.text import Text

from emel.cli import options
from emel.cli.output import show
from emel.workflows.ci import PipelineFiles, check_pipeline, write_pipeline


@click.command(
    epilog="""\b
Examples:
  emel ci                     # write .gitlab-ci.yml from emel.toml
  emel ci --check             # in CI: fail when somebody changed one and not the other
"""
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
    project = options.project_of(context)
    result = check_pipeline(project) if checking else write_pipeline(project)
    show(result, _rendered(result), as_json=as_json)


def _rendered(result: PipelineFiles) -> Group:
    return Group(
        *[
            Text(f"{'wrote' if path in result.changed else 'up to date'}  {path}", style="bold")
            for path in result.files
        ]
    )
