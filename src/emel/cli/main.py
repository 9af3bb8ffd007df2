"""The command `emel`: a table of commands, each loaded when it is called."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import chdir
from importlib import import_module
from pathlib import Path

import click

from emel import __version__
from emel.errors import EmelError
from emel.system.process import Terminated

COMMANDS = {
    "init": "Adopt a repository: emel.toml, its pipelines, .gitignore.",
    "ci": "Write the pipeline in GitLab from emel.toml.",
    "demo": "Show the whole loop on a real data set, on this machine.",
    "run": "Run the pipeline, compare with the base, apply the gate.",
    "sweep": "Run the pipeline over a grid of parameters, find the best.",
    "checkpoint": "Let training go on where it was interrupted.",
    "compare": "Compare two revisions: metrics, parameters, data, gate.",
    "history": "Show the metrics over the commits.",
    "report": "Write the report of a revision as markdown and HTML.",
    "package": "Turn the model into a function, prove it, measure it.",
    "serve": "Run the function platform on this machine.",
    "deploy": "Make a tag of the function answer with a model.",
    "preview": "Give merge requests endpoints of their own.",
    "test": "Test an endpoint against its contract and the sample rows.",
    "shadow": "Compare a candidate's answers with production's.",
    "cost": "Price the function on a cloud, beside a small machine.",
    "simulate": "See what scaling settings do with some traffic.",
    "promote": "Point a tag at another version of the function.",
    "rollback": "Point a tag back at the version before.",
    "scale": "Change how many instances answer behind a tag.",
    "doctor": "Say what a cloud lacks for a deploy, and what adds it.",
    "destroy": "Delete the project's function on a cloud.",
    "status": "Show versions, tags, calls and instances.",
    "console": "Tell the address of the platform's console.",
    "logs": "Show what the function wrote.",
    "model": "Versions of the model: register, release, promote, reproduce.",
    "inspect": "Tell where an endpoint or a bundle came from.",
    "comment": "Write Markdown to a merge request, commit or issue.",
    "pr": "Put files that a job changed into a merge request.",
    "check": "Say on a commit how a check went.",
    "asset": "Upload a file for comments of the project.",
    "workflow": "Run a pipeline of the project again.",
    "runner": "Train on a machine that exists only while it trains.",
    "repo": "Make a job's clone ready for Git's own commands.",
}
"""Name → one line of help. `emel.cli.commands.<name>` holds the command, as `command`."""

BUG_EXIT_CODE = 70


class CommandTable(click.Group):
    """Lists its commands without loading any of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"emel.cli.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=CommandTable,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Start with `emel demo`. Every command has --help with examples, and works without a terminal.",
)
@click.version_option(__version__, message="emel %(version)s", help="Show the version and exit.")
@click.option(
    "-C",
    "--dir",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Work in this folder instead of the current one.",
)
@click.pass_context
def cli(context: click.Context, folder: Path) -> None:
    """From a commit to a pay-per-use endpoint.

    Train in GitLab CI, review the model in the merge request, serve it as a tiny function.
    """
    # As with git and make: files that options name are those of that folder, too.
    context.with_resource(chdir(folder))
    context.obj = Path.cwd()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code. Tracebacks are for bugs, and need EMEL_DEBUG=1."""
    try:
        code = cli.main(arguments, prog_name="emel", standalone_mode=False)
    except EmelError as problem:
        _report(str(problem), problem.hint)
        _debug()
        sys.exit(problem.exit_code)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except Terminated:
        print("\nterminated", file=sys.stderr)
        sys.exit(128 + signal.SIGTERM)
    except (KeyboardInterrupt, click.Abort):
        print("\ninterrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe has gone, as in `emel compare | head`. Nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as problem:
        _report(
            f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem),
            "check that the path is right, that it may be written, and that the disk is not full",
        )
        _debug()
        sys.exit(EmelError.exit_code)
    except Exception as problem:
        _report(
            f"this is a bug in emel: {type(problem).__name__}: {problem}",
            "run again with EMEL_DEBUG=1 and report what it prints",
        )
        _debug()
        sys.exit(BUG_EXIT_CODE)
    sys.exit(code if isinstance(code, int) else 0)


def _report(message: str, hint: str | None) -> None:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)


def _debug() -> None:
    if os.environ.get("EMEL_DEBUG") == "1":
        traceback.print_exc()
