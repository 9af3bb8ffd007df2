"""emel checkpoint"""

from __future__ import annotations

from pathlib import Path

import click

from emel.cli import options
from emel.cli.asking import agree
from emel.cli.moments import Span
from emel.cli.output import print_json, show, tell
from emel.cli.render.checkpoints import checkpoints as rendered
from emel.workflows import checkpoint as workflow
from emel.workflows.project import Project

stage = click.option(
    "--stage", metavar="NAME", help="The stage of dvc.yaml; within a stage, DVC says which it is."
)
inputs = click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="PATH",
    help="A file or folder that decides what the work makes, beside those of its stage. Repeatable.",
)


@click.group()
def command() -> None:
    """Let training go on where it was interrupted.

    A checkpoint belongs to a stage and a digest of all its inputs: code, parameters, data. Other inputs begin
    anew. Checkpoints are kept where [checkpoint] url of emel.toml says.
    """


@command.command(
    "run",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="""\b
Examples:
  emel checkpoint run --save models/ckpt -- python train.py
  emel checkpoint run --save models/ckpt --every 5m --settle 0 -- python train.py --epochs 50
  emel checkpoint run --save state.pt --input data/train.csv -- python train.py    # without dvc.yaml
  # as a stage of dvc.yaml:
  #   cmd: emel checkpoint run --save models/ckpt -- python train.py
""",
)
@click.option(
    "--save", "paths", multiple=True, required=True, metavar="PATH", help="What to save. Repeatable."
)
@click.option("--every", type=Span(), default="60s", show_default=True, help="How often to save.")
@click.option(
    "--settle",
    type=click.FloatRange(min=0, max=60),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="For how long a file must not have been written; 0 for programs that put files into place whole.",
)
@stage
@inputs
@click.argument("words", nargs=-1, required=True, metavar="-- COMMAND …")
@click.pass_context
def run_command(
    context: click.Context,
    paths: tuple[str, ...],
    every: float,
    settle: float,
    stage: str | None,
    inputs: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    """Put the newest checkpoint back, run a command, and save what it writes on the way.

    Signals go through to the command, and its exit status comes back. When it succeeds its checkpoints are
    removed. When it is ended by a signal (a lost spot machine, a cancelled job) it has four seconds, then
    what it left is saved.
    """
    wanted = workflow.Wanted(_folder(context), paths, words, stage, inputs)
    context.exit(workflow.run(_project(context), wanted, every=every, settle=settle, tell=_tell))


@command.command(
    "save",
    epilog="""\b
Examples:
  emel checkpoint save models/ckpt --stage train
  emel checkpoint save state.pt optimizer.pt --input train.py --input params.yaml
""",
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@stage
@inputs
@options.as_json
@click.pass_context
def save_command(
    context: click.Context, paths: tuple[str, ...], stage: str | None, inputs: tuple[str, ...], as_json: bool
) -> None:
    """Save files now, as the newest checkpoint."""
    wanted = workflow.Wanted(_folder(context), paths, (), stage, inputs)
    made = workflow.save(_project(context), wanted, tell=tell)
    show(made, rendered([made]), as_json=as_json)


@command.command(
    "restore",
    epilog="""\b
Examples:
  emel checkpoint restore --stage train
  emel checkpoint restore --input train.py --input params.yaml
""",
)
@stage
@inputs
@options.as_json
@click.pass_context
def restore_command(
    context: click.Context, stage: str | None, inputs: tuple[str, ...], as_json: bool
) -> None:
    """Put the files of the newest checkpoint that `save` made with the same options back."""
    wanted = workflow.Wanted(_folder(context), (), (), stage, inputs)
    found = workflow.restore(_project(context), wanted, tell=tell)
    if as_json:
        print_json(found)
    elif found is None:
        tell("there is no checkpoint of this work: nothing was changed")
    else:
        show(found, rendered([found]), as_json=False)


@command.command(
    "list",
    epilog="""\b
Examples:
  emel checkpoint list
  emel checkpoint list --json
""",
)
@options.as_json
@click.pass_context
def list_command(context: click.Context, as_json: bool) -> None:
    """Show the project's checkpoints, the newest first."""
    found = workflow.listed(_project(context), tell=tell)
    show(found, rendered(found), as_json=as_json)


@command.command(
    "rm",
    epilog="""\b
Examples:
  emel checkpoint rm                      # all of the project's; asks first
  emel checkpoint rm --stage train --yes
""",
)
@click.option("--stage", metavar="NAME", help="Those of this stage alone.")
@options.yes
@options.as_json
@click.pass_context
def rm_command(context: click.Context, stage: str | None, yes: bool, as_json: bool) -> None:
    """Remove checkpoints: the work begins anew the next time."""
    project = _project(context)
    found = [one for one in workflow.listed(project, tell=tell) if stage in (None, one.work.stage)]
    if found and not yes and not agree(rendered(found), f"Remove {len(found)} of them?"):
        raise click.Abort
    workflow.remove(project, found, tell=tell)
    show(found, rendered(found), as_json=as_json)


def _folder(context: click.Context) -> Path:
    folder: Path = context.obj
    return folder


def _project(context: click.Context) -> Project:
    """The project. Only where it keeps checkpoints is asked: it may have no model, and no emel.toml."""
    return options.modelless_of(context)


def _tell(text: str) -> None:
    tell(f"emel checkpoint: {text}")
