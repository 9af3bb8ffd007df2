"""The house keeps its own rules: sizes, imports, texts, versions."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import emel
from emel.cli.main import COMMANDS, cli

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
HEAVY = {
    "numpy", "pandas", "sklearn", "scipy", "joblib", "dvc", "boto3", "botocore", "grpc", "yandexcloud",
    "rich", "urllib3", "msgspec", "granian", "vl_convert", "asyncio", "tomllib",
}  # fmt: skip


def commands():
    """All commands, with the words that call them."""
    context = click.Context(cli)
    found = {"emel": cli}
    for name in COMMANDS:
        command = cli.get_command(context, name)
        found[f"emel {name}"] = command
        if isinstance(command, click.Group):
            found |= {f"emel {name} {child}": inner for child, inner in command.commands.items()}
    return found


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_and_its_functions_fit_a_readers_head(path):
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    long = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert len(text.splitlines()) <= LONGEST_FILE
    assert long == []


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_patched(path):
    used = {
        node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)
    }

    assert not used & {"patch", "setattr"}


def loaded_by(statement: str, *flags: str) -> set[str]:
    script = f"{statement}\nimport sys; print(*(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run(
        [sys.executable, *flags, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT / "src"
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_help_loads_none_of_the_heavy_packages():
    loaded = loaded_by("from emel.cli.main import cli; cli.main(['--help'], standalone_mode=False)")

    assert "click" in loaded
    assert loaded & HEAVY == set()


def test_the_runtime_is_standard_library_alone():
    sources = (path.relative_to(ROOT / "src") for path in (ROOT / "src/emel_runtime").rglob("*.py"))
    names = " ".join(
        f"import {'.'.join(path.with_suffix('').parts)};" for path in sources if path.stem != "__init__"
    )
    loaded = loaded_by(f"import sys; sys.path.insert(0, '.'); {names}", "-I", "-S")

    assert loaded - set(sys.stdlib_module_names) <= {"emel_runtime", "__main__"}


@pytest.mark.parametrize("name", commands())
def test_every_command_and_every_option_has_a_help_text(name):
    command = commands()[name]
    silent = [
        parameter.name
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]

    assert command.help
    assert silent == []


@pytest.mark.parametrize(
    "name", [name for name, one in commands().items() if not isinstance(one, click.Group)]
)
def test_every_command_shows_examples_that_call_it(name):
    assert f"  {name}" in (commands()[name].epilog or "")


def test_the_generated_reference_is_up_to_date():
    checked = subprocess.run(
        [sys.executable, ROOT / "scripts/reference.py", "--check"], capture_output=True, text=True
    )

    assert checked.stderr == ""


def test_the_version_is_the_changelogs_newest():
    newest = re.search(r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)

    assert newest is not None
    assert newest[1] == emel.__version__


def test_links_between_the_pages_lead_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert dead == []
