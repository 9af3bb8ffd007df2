"""Whatever stands in metrics, parameters, names and titles: a report moves nothing in GitLab."""

from __future__ import annotations

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.fakes import reports, results
from tests.fakes.gitlab_reader import actions, references, rendered

from emel.compare import compare
from emel.records import GateRule, LabelChange, OwnSection, Revision, Slice
from emel.report import Known, build, markdown, own_section

PIECES = (
    "@admin", "#1", "!7", "&5", "/close", "/label ~bug", "\n", "\r", "`", "```", "|", "<b>", "<!--",
    "</details>",
    "Closes #1", "a", " ", "\\", "*", "[x](", ")", "&#64;", "https://x.y/@u", "\u2028", "![", "](", "~~~",
)  # fmt: skip
TEXT = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


def known(text: str) -> Known:
    """All that there can be, with the text in every place where a user can put one."""
    base = results.snapshot(results.MAIN, {text: 1.0}, {text: "a", "p": 1}, {text: "md5:1"})
    candidate = results.snapshot(
        Revision(label=text, commit="2" * 40, changes=(text,)),
        {text: text, "auc": 1},
        {"p": text},
        {"x": "md5:2"},
    )
    comparison = compare(base, candidate, rules=(GateRule(metric=text, min=1),), directions={})
    section = OwnSection(name="notes", title=text, file="notes.md", folded=True)
    shadow = msgspec.structs.replace(
        results.shadow(),
        flipped=tuple(msgspec.structs.replace(row, candidate=text) for row in results.shadow().flipped),
        label_changes=(LabelChange(production=text, candidate=text, rows=1),),
        slices=(Slice(column=text, condition=f"= {text}", rows=9, agreement=0.5, mean_abs_diff=0.1),),
    )
    cell = results.swept().cells[0]
    cells = [
        msgspec.structs.replace(cell, params=(f"{text}={text}{place}",), metrics={text: 1.0 * place})
        for place in (2, 1)
    ]
    failed = msgspec.structs.replace(cells[0], error=text)
    sweep = msgspec.structs.replace(results.swept(), metric=text, cells=(*cells, failed), apply=text)
    run = msgspec.structs.replace(results.run_record(), ran=(text,), system=text, seeds={text: text})
    return msgspec.structs.replace(
        reports.whole(),
        project=text,
        run=run,
        sweep=sweep,
        comparison=comparison,
        plots=(results.roc_plot(text),),
        candidate_bundle=results.bundle(text, description=text),
        shadow=msgspec.structs.replace(shadow, recent=msgspec.structs.replace(shadow, source="requests")),
        own={"notes": (section, own_section(text, lambda path: path)[0])},
    )


@settings(max_examples=30)
@given(TEXT)
@example("\r/close")
@example("```\r```")
def test_a_report_moves_nothing_in_gitlab(text: str) -> None:
    document = build(known(text))
    parts = markdown.parts(document, {image.plot.name: "plots/1.png" for image in document.images()})
    whole = "\n\n".join(parts)

    assert actions(whole) == []
    assert references(rendered(whole)) == []
    assert rendered(whole).endswith("emel run\n</code></pre>\n")
    assert rendered(whole).count("<h3>") == len(parts) - 1 + rendered(own_section(text, str)[0].text).count(
        "<h3>"
    )
