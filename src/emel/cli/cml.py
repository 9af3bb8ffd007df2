"""The command `emel-cml`: takes the arguments of cml, and does the same by emel's own commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import click

from emel.cli.cml_flags import COMMANDS, FORMER_NAMES, GLOBAL, GONE, Command, Flag
from emel.cli.main import main as emel

TOKENS = ("EMEL_GITLAB_TOKEN", "CML_TOKEN", "CML_DRIVER_TOKEN", "REPO_TOKEN", "repo_token")
"""Where a token is looked for, in cml's order; others are left to emel."""


class Translation(NamedTuple):
    """What is to be run."""

    arguments: tuple[str, ...]
    """For `emel`."""
    env: Mapping[str, str] = {}
    """To be added to the environment."""
    notes: tuple[str, ...] = ()
    """What a person should know."""
    output: str | None = None
    """A file to which the result is added, instead of being printed."""


def main() -> None:
    """Run what cml would have run, and exit with emel's code; 2 for what is not taken over."""
    try:
        done = translate(Path(sys.argv[0]).name, sys.argv[1:], os.environ)
    except click.UsageError as problem:
        print(f"error: {problem.message}", file=sys.stderr)
        print("hint: `emel --help` shows what there is now", file=sys.stderr)
        sys.exit(2)
    os.environ.update(done.env)
    for note in done.notes:
        print(f"note: {note}", file=sys.stderr)
    if done.output is None:
        emel(done.arguments)
        return
    with Path(done.output).open("a", encoding="utf-8") as file, redirect_stdout(file):
        emel(done.arguments)


def translate(program: str, words: Sequence[str], env: Mapping[str, str]) -> Translation:
    """What `program` (`cml`, or `cml-pr` and its like) with these words means.

    Errors: click.UsageError for what is not taken over, with what to use instead.
    """
    words = [program.removeprefix("cml-"), *words] if program.startswith("cml-") else list(words)
    if not words or words[0] in ("--help", "--version"):
        return Translation(tuple(words) or ("--help",))
    name, rest = _command(words)
    command = COMMANDS[name]
    given, positional = _parsed(name, rest, {**command.flags, **GLOBAL})
    given = {**_from_variables(command, env), **given}
    _check_project(given, env)
    used = [flag for flag in given if flag in command.flags or flag in GLOBAL]
    notes = [(command.flags.get(flag) or GLOBAL[flag]).note for flag in used]
    arguments = [*_emel_command(name, command, given), *_arguments(command, given, env), *positional]
    if name == "pr create" and not {"message", "skip-ci", "merge", "auto-merge", "rebase", "squash"} & set(
        given
    ):
        # As with cml, so that its merge requests start no pipeline that makes another one.
        arguments.append("--skip-ci")
    return Translation(
        tuple(arguments),
        env=_token(given, env),
        notes=tuple(note for note in notes if note),
        output=given.get("file") or given.get("f"),
    )


def _command(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    first, two = words[0], " ".join(words[:2])
    if first in GONE:
        raise click.UsageError(f"`cml {first}` is not taken over: {GONE[first]}")
    if two in COMMANDS:
        return two, words[2:]
    if first in FORMER_NAMES:
        return FORMER_NAMES[first], words[1:]
    raise click.UsageError(f"`cml {two}` is no command of cml that is known; known are {', '.join(COMMANDS)}")


def _parsed(name: str, words: Sequence[str], flags: Mapping[str, Flag]) -> tuple[dict[str, str], list[str]]:
    """Flags with their values, `true` or `false` for those without one, and all other words."""
    given: dict[str, str] = {}
    positional: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            positional += list(left)
        elif not word.startswith("-") or word == "-":
            positional.append(word)
        elif word in ("--help", "-h"):
            positional.append("--help")
        else:
            _read(name, word, left, flags, given)
    return given, positional


def _read(
    name: str, word: str, left: Iterator[str], flags: Mapping[str, Flag], given: dict[str, str]
) -> None:
    flag, mark, value = word.lstrip("-").partition("=")
    switched_off = flag.startswith("no-") and flag.removeprefix("no-") in flags
    flag = flag.removeprefix("no-") if switched_off else flag
    if flag not in flags:
        raise click.UsageError(
            f"--{flag} is no flag of `cml {name}` that is known; see `emel {COMMANDS[name].emel} --help`"
        )
    if flags[flag].takes_value:
        found = value if mark else next(left, None)
        if found is None:
            raise click.UsageError(f"--{flag} needs a value")
        given[flag] = found
    else:
        given[flag] = "false" if switched_off or value == "false" else "true"


def _from_variables(command: Command, env: Mapping[str, str]) -> dict[str, str]:
    """Flags that stand in the environment: CML_COMMENT_TARGET is --target of `cml comment`."""
    named = {f"{command.prefix}{flag.upper().replace('-', '_')}": flag for flag in command.flags}
    named |= {f"CML_{flag.upper()}": flag for flag in ("driver", "repo")}
    return {flag: env[variable] for variable, flag in named.items() if env.get(variable)}


def _check_project(given: Mapping[str, str], env: Mapping[str, str]) -> None:
    driver, repo = given.get("driver", "gitlab"), given.get("repo", "").removesuffix(".git").rstrip("/")
    if driver != "gitlab":
        raise click.UsageError(f"emel works with GitLab alone, not with {driver}")
    if repo and repo != env.get("CI_PROJECT_URL"):
        raise click.UsageError(
            "--repo is not taken over: the project is that of the CI job, else that of `origin`; "
            "work in a clone of it"
        )


def _emel_command(name: str, command: Command, given: Mapping[str, str]) -> list[str]:
    updates = name == "comment create" and given.get("update") == "true"
    return ["comment", "update"] if updates else command.emel.split()


def _arguments(command: Command, given: Mapping[str, str], env: Mapping[str, str]) -> Iterator[str]:
    for name, flag in command.flags.items():
        value = given.get(name, flag.default)
        if not value:
            continue
        if not flag.takes_value:
            yield from (flag.off if value == "false" else flag.emel).split()
            continue
        if flag.words:
            if value not in flag.words:
                raise click.UsageError(f"--{name} is one of {', '.join(flag.words)}, not {value}")
            value = flag.words[value]
        if name == "watermark-title":
            value = value.replace("{workflow}", env.get("CI_PIPELINE_ID", ""))
            value = value.replace("{run}", env.get("CI_JOB_ID", ""))
        if flag.emel and value:
            option, _, template = flag.emel.partition(" ")
            yield from (option, template.replace("{}", value))


def _token(given: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    found = given.get("token") or given.get("driver-token")
    found = found or next((env[name] for name in TOKENS if env.get(name)), None)
    return {"EMEL_GITLAB_TOKEN": found} if found else {}
