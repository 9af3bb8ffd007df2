"""What a training script reads and writes, from its source alone: nothing of it is run or imported.

Only paths that stand in the source are found: a literal, a name that was given one, `Path(…) / …`,
`os.path.join(…)`, the default of an argument of argparse. What is put together while the script runs has to
be told by the user.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

READERS = {
    "read_csv",
    "read_parquet",
    "read_json",
    "read_pickle",
    "read_feather",
    "loadtxt",
    "genfromtxt",
    "load",
}
TABLES = {"to_csv", "to_parquet", "to_json", "to_pickle", "to_feather"}
WRITERS = TABLES | {"savefig", "savetxt", "write_image", "write_html"}
MODEL_WRITERS = {"save_model", "save", "export"}
DUMPERS = {"joblib", "pickle", "cloudpickle", "dill", "skops", "sio"}
METRIC_WORDS = ("metric", "score", "result", "eval")


class Script(NamedTuple):
    """Paths as the script writes them, in the order of the source, each once."""

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    """All but models."""
    models: tuple[str, ...]
    target: str | None
    """The column that is taken away from the others, if there is only one."""
    trains: bool
    """Whether something is fitted."""
    needs_ipython: bool
    """Whether it came from a notebook with magic commands in it."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """What it writes that reads like results: JSON, YAML or TOML by such a name, or the first."""
        files = [path for path in self.writes if PurePosixPath(path).suffix in (".json", ".yaml", ".toml")]
        named = [path for path in files if any(word in path.lower() for word in METRIC_WORDS)]
        return tuple(named or files[:1])


def read_script(source: str) -> Script | None:
    """What a Python source does with files; None when it is no Python 3."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    scan = _Scan(tree)
    scan.visit(tree)
    written = [path for path in scan.writes if path not in scan.models]
    return Script(
        reads=_once(path for path in scan.reads if path not in (*scan.writes, *scan.models)),
        writes=_once(written),
        models=_once(scan.models),
        target=next(iter(scan.targets)) if len(scan.targets) == 1 else None,
        trains=scan.trains,
        needs_ipython=scan.needs_ipython,
    )


class _Scan(ast.NodeVisitor):
    """Goes through a source once, with the paths that names stand for."""

    def __init__(self, tree: ast.Module) -> None:
        self.reads: list[str] = []
        self.writes: list[str] = []
        self.models: list[str] = []
        self.targets: set[str] = set()
        self.trains = self.needs_ipython = False
        self._names: dict[str, ast.expr] = {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        # with open("model.pkl", "wb") as file: pickle.dump(model, file)
        self._files: dict[str, ast.expr] = {
            item.optional_vars.id: item.context_expr
            for node in ast.walk(tree)
            if isinstance(node, ast.With)
            for item in node.items
            if isinstance(item.optional_vars, ast.Name)
        }

        self._defaults = dict(_defaults(tree))

    def visit_Call(self, node: ast.Call) -> None:
        name, owner = _called(node)
        self.trains |= name in ("fit", "fit_transform", "fit_predict", "train", "autolog")
        self.needs_ipython |= name == "get_ipython"
        if name == "dump" and owner in DUMPERS:
            self._note(self.models, self._argument(node, 1, "file", "filename"))
        elif name in MODEL_WRITERS and owner not in ("np", "numpy", "plt"):
            places = [self._argument(node, place, "path", "fname", "f") for place in (0, 1)]
            self._note(self.models, next((place for place in places if place), None))
        elif name in WRITERS:
            self._note(self.writes, self._argument(node, 0, "path_or_buf", "path", "fname"))
        elif name == "write_text" or name == "write_bytes":
            self._note(
                self.writes, self._path(node.func.value) if isinstance(node.func, ast.Attribute) else None
            )
        elif name == "open":
            mode = self._argument(node, 1, "mode") or "r"
            self._note(self.writes if mode[0] in "wxa" else self.reads, self._argument(node, 0, "file"))
        elif name in READERS:
            self._note(self.reads, self._argument(node, 0, "filepath_or_buffer", "path"))
        elif name in ("drop", "pop"):
            self._target(node)
        self.generic_visit(node)

    def _target(self, node: ast.Call) -> None:
        first = (
            node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "columns"), None)
        )
        if isinstance(first, ast.List) and len(first.elts) == 1:
            first = first.elts[0]
        first = self._names.get(first.id, first) if isinstance(first, ast.Name) else first
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            self.targets.add(first.value)

    def _argument(self, node: ast.Call, place: int, *names: str) -> str | None:
        if place < len(node.args):
            return self._path(node.args[place])
        return next((self._path(one.value) for one in node.keywords if one.arg in names), None)

    def _path(self, node: ast.expr, depth: int = 0) -> str | None:
        if depth > 8:
            return None
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            known = self._files.get(node.id) or self._names.get(node.id)
            return self._path(known, depth + 1) if known else None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            # args.model: a function may have got it under any name.
            default = self._defaults.get(node.attr)
            return self._path(default, depth + 1) if default else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self._joined([node.left, node.right], depth)
        if isinstance(node, ast.Call):
            name, _ = _called(node)
            if name in ("Path", "PurePath", "join"):
                return self._joined(node.args, depth)
            if name in ("open", "str"):
                # For Path("a").open("w") the path is what stands before the dot.
                inside = node.args[0] if node.args and isinstance(node.func, ast.Name) else None
                return self._path(inside, depth + 1) if inside else None
        return None

    def _joined(self, parts: list[ast.expr], depth: int) -> str | None:
        found = [self._path(part, depth + 1) for part in parts]
        return str(PurePosixPath(*[part for part in found if part])) if found and all(found) else None

    def _note(self, into: list[str], path: str | None) -> None:
        """Paths in the project alone: no address, nothing above it, nothing elsewhere on the machine."""
        if path and "://" not in path and not path.startswith(("/", "~")) and ".." not in path.split("/"):
            into.append(str(PurePosixPath(path)))


def _defaults(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Arguments of argparse by the name of their attribute, with their defaults. How the name comes about:
    Python's documentation of argparse, `dest`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _called(node)[0] != "add_argument":
            continue
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        flags = [
            one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        dest = given.get("dest")
        named = dest.value if isinstance(dest, ast.Constant) and isinstance(dest.value, str) else None
        flag = next((one for one in flags if one.startswith("--")), flags[0] if flags else "")
        if "default" in given:
            yield named or flag.lstrip("-").replace("-", "_"), given["default"]


def _called(node: ast.Call) -> tuple[str, str]:
    """The name of what is called, and of what it belongs to: `joblib.dump(…)` is `dump` of `joblib`."""
    if isinstance(node.func, ast.Name):
        return node.func.id, ""
    if isinstance(node.func, ast.Attribute):
        above = node.func.value
        owner = (
            above.id
            if isinstance(above, ast.Name)
            else above.attr
            if isinstance(above, ast.Attribute)
            else ""
        )
        return node.func.attr, owner
    return "", ""


def _once(paths: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))
