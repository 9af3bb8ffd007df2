"""The report of a pipeline that failed: there are no results to show, and those of before would mislead."""

from __future__ import annotations

from emel.records import FailedRun, Revision
from emel.report.blocks import Banner, Block, Code, CodeBlock, Document, Heading, Paragraph


def failure_document(project: str, failure: FailedRun, candidate: Revision) -> Document:
    """What failed, the end of what it wrote, and how it is done again."""
    # A title has no code in it, and the marks of a terminal's text would only be seen.
    title = f"The pipeline failed: {failure.message.replace('`', '')}"
    told = (
        Code(project),
        " at ",
        Code(candidate.commit[:8]),
        ". There are no results of this commit: metrics, model and function are those of an earlier one.",
    )
    blocks: list[Block] = [Banner("bad", title, told)]
    if failure.output:
        blocks += [Heading("The end of the output"), CodeBlock("\n".join(failure.output), "text")]
    again = CodeBlock(f"git checkout {candidate.commit}\nemel run", "shell")
    blocks += [Heading("Reproduce"), again]
    if candidate.edits:
        files = "file" if len(candidate.edits) == 1 else "files"
        changed = f"The working tree has uncommitted changes in {len(candidate.edits)} {files}."
        blocks.insert(-1, Paragraph((changed,)))
    return Document(f"{project}: {candidate.title}", tuple(blocks), title)
