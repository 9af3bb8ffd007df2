"""`dvc plots diff --json` → Vega-Lite documents with both revisions in them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from emel.errors import ResultsError
from emel.experiments.dvc import Dvc
from emel.experiments.reading import key
from emel.records import Plot, Revision

REVISION_FIELD = "rev"


def plots(
    dvc: Dvc, base: Revision | None, candidate: Revision, others: Sequence[Revision]
) -> tuple[Plot, ...]:
    """All plots of the revisions; see Pipeline.plots."""
    revisions = [*([base] if base else []), *others, candidate]
    # Two names may mean one commit.
    names = list(dict.fromkeys(key(revision) for revision in revisions))
    # One revision alone is compared with the working tree, twice the same one is not.
    compared = names if len(names) > 1 else names * 2
    # Pictures among the plots are written to a folder, even where only JSON is wanted.
    with tempfile.TemporaryDirectory(prefix="emel-") as folder:
        shown = dvc.json("plots", "diff", "--json", "--out", folder, *compared)
    for problem in shown.get("errors", ()):
        # Names of plots are relative to the folder; those of other projects in the repository lead out of it.
        if str(problem.get("name")).startswith("../"):
            continue
        if problem.get("rev") == key(candidate):
            raise _missing(problem, candidate)
    labels = {key(revision): revision.title for revision in revisions}
    drawn = (
        (name, _vega(entries))
        for name, entries in shown.get("data", {}).items()
        if not name.startswith("../")
    )
    return tuple(_plot(name, document, names, labels) for name, document in drawn if document)


def _missing(problem: Mapping[str, Any], candidate: Revision) -> ResultsError:
    source = problem.get("source") or "dvc.yaml"
    if problem.get("type") == "FileNotFoundError":
        reason = f"the data of the plot `{problem.get('name')}` are missing"
    else:
        reason = f"the plot `{problem.get('name')}` cannot be drawn: {problem.get('msg')}"
    return ResultsError(
        reason,
        where=f"{source} ({candidate.title})",
        hint="run `emel run`; keep the file in Git (`cache: false`), and commit it with dvc.lock",
    )


def _vega(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    for entry in entries:
        if entry["type"] == "vega" and isinstance(entry["content"], dict):
            return entry["content"]
    return None


def _plot(name: str, document: dict[str, Any], order: Sequence[str], labels: Mapping[str, str]) -> Plot:
    _sort_points(document, order)
    polished = _polish(document, order, labels)
    return Plot(name=name, title=_title(document) or name, vega_lite=polished)


def _sort_points(document: dict[str, Any], order: Sequence[str]) -> None:
    """DVC lists the working tree first; people read the base first, and facets follow the points."""
    data = document.get("data")
    values = data.get("values") if isinstance(data, dict) else None
    if isinstance(values, list):
        values.sort(
            key=lambda point: order.index(point[REVISION_FIELD]) if _known(point, order) else len(order)
        )


def _known(point: Any, order: Sequence[str]) -> bool:
    return isinstance(point, dict) and point.get(REVISION_FIELD) in order


def _polish(node: Any, order: Sequence[str], labels: Mapping[str, str]) -> Any:
    """The document with people's names for the revisions, the base first, and nothing that needs a mouse."""
    if isinstance(node, str):
        for name, label in labels.items():
            node = node.replace(name, label) if len(name) == 40 or node == name else node
        return node
    if isinstance(node, list):
        if len(node) > 1 and all(isinstance(item, str) and item in order for item in node):
            node = sorted(node, key=order.index)
        return [_polish(item, order, labels) for item in node]
    if not isinstance(node, dict):
        return node
    polished = {part: _polish(inner, order, labels) for part, inner in node.items()}
    if node.get("field") == REVISION_FIELD and ("scale" in node or "sort" in node):
        polished.setdefault("title", None)
    if node.get("name") == "showValues":
        # The counts of DVC's confusion matrix wait for a click on a check box, which a picture has not.
        polished["value"] = True
    return polished


def _title(document: Mapping[str, Any]) -> str | None:
    title = document.get("title")
    text = title.get("text") if isinstance(title, dict) else title
    return text if isinstance(text, str) else None
