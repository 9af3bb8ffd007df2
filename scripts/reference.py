"""Writes the generated pages of docs/reference and the CI/CD component, or with --check says which are old.

The command line comes from the commands' own help, emel.toml from the schema and the docstrings under its
keys, exit codes from the tree in errors.py.
"""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import click
import msgspec

import emel.errors
from emel.ci import component
from emel.cli.main import cli
from emel.config import schema

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
HEADER = "<!-- Written by `make docs`; a test fails when it is out of date. -->\n\n"


def main() -> None:
    pages = {
        REFERENCE / "cli.md": cli_page(),
        REFERENCE / "emel-toml.md": config_page(),
        REFERENCE / "exit-codes.md": exit_code_page(),
        ROOT / "templates" / "emel" / "template.yml": component(),
    }
    stale = [page for page, text in pages.items() if _read(page) != text]
    if "--check" in sys.argv:
        sys.exit(f"out of date, run `make docs`: {', '.join(page.name for page in stale)}" if stale else 0)
    for page in stale:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(pages[page], "utf-8")
        print(f"wrote {page.relative_to(ROOT)}")


def cli_page() -> str:
    """Every command with its help, as `emel COMMAND --help` prints it."""
    parts = [HEADER + "# Command line\n"]
    context = click.Context(cli, info_name="emel", max_content_width=110, terminal_width=110)
    for name, command, inner in _commands(context, cli, "emel"):
        parts.append(f"## {name}\n\n```text\n{command.get_help(inner)}\n```\n")
    return "\n".join(parts)


def config_page() -> str:
    """Every table and key of emel.toml with type, default and text."""
    parts = [HEADER + "# emel.toml\n", inspect.getdoc(sys.modules["emel.config.load"]) or "", ""]
    for name, kind in get_type_hints(schema.Config, include_extras=True).items():
        if get_origin(kind) is dict:
            value = get_args(kind)[1]
            parts += _open_table(name, value)
            continue
        parts += _table(name, kind)
    return "\n".join(parts)


def exit_code_page() -> str:
    """The tree of errors with its exit codes."""
    return f"{HEADER}# Exit codes\n\n```text\n{inspect.getdoc(emel.errors)}\n```\n"


def _commands(context: click.Context, group: click.Group, name: str) -> list[tuple[str, click.Command, Any]]:
    found: list[tuple[str, click.Command, Any]] = [(name, group, context)]
    for child in group.list_commands(context):
        command = group.get_command(context, child)
        assert command is not None
        inner = click.Context(
            command, info_name=child, parent=context, max_content_width=110, terminal_width=110
        )
        if isinstance(command, click.Group):
            found += _commands(inner, command, f"{name} {child}")
        else:
            found.append((f"{name} {child}", command, inner))
    return found


def _table(name: str, kind: type[msgspec.Struct]) -> list[str]:
    """A table with its keys, and after it the tables inside it."""
    parts = [f"## [{name}]\n", f"{inspect.getdoc(kind)}\n", *_keys(kind), ""]
    for key, inner in get_type_hints(kind, include_extras=True).items():
        if _is_table(inner):
            parts += _table(f"{name}.{key}", inner)
    return parts


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _open_table(name: str, value: Any) -> list[str]:
    text = attribute_docs(schema.Config).get(name, "")
    if _is_table(value):
        return [f"## [{name}.NAME]\n", f"{inspect.getdoc(value)}\n", *_keys(value), ""]
    return [f"## [{name}]\n", f"{text}\n"]


def _keys(kind: type[msgspec.Struct]) -> list[str]:
    docs = attribute_docs(kind)
    hints = get_type_hints(kind, include_extras=True)
    rows = ["| key | type | default | |", "|---|---|---|---|"]
    for item in msgspec.structs.fields(kind):
        if _is_table(hints[item.name]):
            continue
        default = "required" if item.required else f"`{_toml(item.default)}`"
        rows.append(f"| `{item.name}` | {_type(hints[item.name])} | {default} | {docs[item.name]} |")
    return rows


def attribute_docs(kind: type) -> dict[str, str]:
    """Attribute → the string that stands under it in the class's source."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    docs: dict[str, str] = {}
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            docs[statement.target.id] = " ".join(str(following.value.value).split())
    return docs


def _type(kind: Any) -> str:
    schema_of = msgspec.json.schema(kind)
    options = [option for option in schema_of.get("anyOf", [schema_of]) if option.get("type") != "null"]
    return " or ".join(_one_type(option) for option in options)


def _one_type(option: dict[str, Any]) -> str:
    if "enum" in option:
        return ", ".join(f'`"{value}"`' for value in sorted(option["enum"]))
    if option["type"] == "array":
        return f"list of {_one_type(option['items'])}"
    if option["type"] == "object":
        return f"table of {_one_type(option['additionalProperties'])}"
    words = {"string": "text", "integer": "integer", "number": "number", "boolean": "true or false"}
    limits = [
        f"{sign} {option[key]:g}"
        for key, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("multipleOf", "multiple of"),
        )
        if key in option
    ]
    if option["type"] == "array":
        return f"list of {_one_type(option['items'])}"
    return ", ".join([words[option["type"]], *limits])


def _toml(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


if __name__ == "__main__":
    main()
