"""emel init"""

from __future__ import annotations

import sys

import click
from rich.console import Group
from rich.text import Text

from emel.cli import options
from emel.cli.output import console, show, tell
from emel.errors import ConfigError
from emel.workflows.init import Adoption, InitPlan, plan_init, write_init
from emel.workflows.init_look import Answers
from emel.workflows.machine import this_machine

ASKED = ("script", "model", "sample")
"""Options that a question on the terminal can stand for."""


@click.command(
    epilog="""\b
Examples:
  emel init                           # finds what it can, asks for the rest, shows every change
  emel init --dry-run
  emel init --script train.py --model model.joblib --sample test.csv --yes
  emel init --to yandex --bucket our-data     # data and models in Object Storage
"""
)
@click.option("--name", help="The name of the model.  [default: the repository's]")
@click.option("--script", help="The script that trains.")
@click.option("--model", help="The model file that it writes.")
@click.option("--sample", help="A table of rows like those that the endpoint will get.")
@click.option("--target", help="The column of the sample that holds the true answer.")
@click.option("--base", metavar="BRANCH", help="What commits are compared with.  [default: main or master]")
@click.option(
    "--to",
    "--cloud",
    "cloud",
    type=click.Choice(["local", "yandex", "aws"]),
    help="Where endpoints are to live.",
)
@click.option(
    "--bucket",
    metavar="NAME",
    help="A bucket of Yandex Object Storage: it becomes DVC's remote, and takes large bundles.",
)
@click.option("--requirements", help="The file with the project's locked libraries.")
@click.option("--dry-run", is_flag=True, help="Show the changes and write nothing.")
@options.yes
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    name: str | None,
    script: str | None,
    model: str | None,
    sample: str | None,
    target: str | None,
    base: str | None,
    cloud: str | None,
    bucket: str | None,
    requirements: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Adopt a repository: write emel.toml, a pipeline of DVC, one of GitLab, and lines of .gitignore.

    The training script is read, not run. Files that are there are kept: a .gitlab-ci.yml gets a line that
    includes emel's, and commands of cml in it become emel's. Run again, it changes nothing.
    """
    answers = Answers(name, script, model, sample, target, base, cloud, bucket, requirements)
    plan = _planned(context, answers)
    _show(plan)
    if dry_run or not plan.changes:
        show(plan.told, _rendered(plan, "would write" if plan.changes else ""), as_json=as_json)
        return
    if not yes and not _agreed():
        raise click.Abort
    result: Adoption = write_init(plan)
    show(result, _rendered(plan, "wrote"), as_json=as_json)
    tell("Next: look at emel.toml, then `emel run`, and commit.")


def _planned(context: click.Context, answers: Answers) -> InitPlan:
    """The plan; what cannot be found is asked for, where somebody can answer."""
    while True:
        try:
            return plan_init(context.obj, this_machine(), answers)
        except ConfigError as problem:
            option = (problem.hint or "").rpartition("--")[2]
            if option not in ASKED or getattr(answers, option) or not sys.stdin.isatty():
                raise
            tell(str(problem))
            answers = answers._replace(**{option: click.prompt(f"--{option}", err=True)})


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise ConfigError(
            "nothing is written without a yes, and there is no terminal to ask on",
            hint="give --yes, or look only: --dry-run",
        )
    return click.confirm("Write this?", err=True)


def _show(plan: InitPlan) -> None:
    """Every change as a diff. It is no result, so it goes where progress goes."""
    target = console(stderr=True)
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for change in plan.changes:
        for line in change.diff.splitlines():
            target.print(Text(line, style=colours.get(line[:1], "")), soft_wrap=True)
    for note in plan.notes:
        tell(note)


def _rendered(plan: InitPlan, did: str) -> Group:
    if not plan.changes:
        return Group(Text("Nothing to change: the repository is emel's already."))
    return Group(*[Text(f"{did}  {change.path}") for change in plan.changes])
