from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from tests.fakes import reports, results

from emel.records import OwnSection
from emel.report import SECTIONS, build, html, markdown
from emel.report.blocks import Banner, CodeBlock, Details, Document, Heading, Markdown, Paragraph, Table

Golden = Callable[[str, str], str]


def headings(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Heading)]


def table(document: Document, heading: str) -> Table:
    """The first table after a heading."""
    start = [isinstance(block, Heading) and block.text == heading for block in document.blocks].index(True)
    return next(block for block in document.blocks[start:] if isinstance(block, Table))


@pytest.mark.parametrize("story", reports.STORIES)
def test_a_report_in_markdown(story: str, golden: Golden) -> None:
    document = build(reports.STORIES[story]())
    addresses = {image.plot.name: f"plots/{number}.png" for number, image in enumerate(document.images(), 1)}
    text = "\n\n".join(markdown.parts(document, addresses)) + "\n"

    assert text == golden(f"report/{story}.md", text)


@pytest.mark.parametrize("story", reports.STORIES)
def test_a_report_in_html(story: str, golden: Golden) -> None:
    document = build(reports.STORIES[story]())
    page = html.render(document, {image.plot.name: b"PNG" for image in document.images()})
    # The style is in one golden file; what stands around the report is the same in all.
    kept = page if story == "whole" else page[page.index("<main>") : page.index("</main>")] + "\n"

    assert kept == golden(f"report/{story}.html", kept)


def test_the_verdict_stands_first_and_names_what_failed() -> None:
    document = build(reports.STORIES["failed-gate"]())
    first = document.blocks[0]

    assert isinstance(first, Banner)
    assert first.tone == "bad"
    assert first.title.startswith("Gate failed: accuracy is 0.89, below 0.9; accuracy got worse by")
    assert document.headline == first.title


def test_without_a_gate_the_verdict_says_what_moved() -> None:
    known = reports.alone(results.without_gate())

    assert build(known).headline == "No gate: 2 metrics are better, 1 worse"


def test_what_is_not_known_is_left_out() -> None:
    assert headings(build(reports.alone(results.first_run()))) == ["Metrics", "Reproduce"]


def test_of_many_metrics_those_without_a_change_are_folded() -> None:
    document = build(reports.STORIES["many-metrics"]())
    folded = [block for block in document.blocks if isinstance(block, Details)]

    assert [block.summary for block in folded] == ["197 metrics without a change"]


def test_sections_stand_in_the_order_that_was_chosen() -> None:
    document = build(reports.whole(), ["cost", "data", "metrics"])

    assert headings(document) == ["Data and models", "Metrics"]
    assert isinstance(document.blocks[1], Details)


def test_every_section_can_be_left_out() -> None:
    assert build(reports.whole(), []).blocks[1:] == ()
    assert all(SECTIONS[name](reports.whole()) for name in SECTIONS)


@pytest.mark.parametrize("folded", [False, True])
def test_a_section_of_the_users_own_stands_before_the_last(folded: bool) -> None:
    section = OwnSection(name="notes", title="My notes", file="notes.md", folded=folded)
    known = msgspec.structs.replace(reports.whole(), own={"notes": (section, Markdown("*text*"))})
    blocks = build(known).blocks
    last = [isinstance(block, Heading) for block in blocks[::-1]].index(True)

    assert isinstance(blocks[-last - 2], Details if folded else Markdown)
    assert build(known, ["notes"]).blocks[1] == (
        Details("My notes", (Markdown("*text*"),)) if folded else Heading("My notes")
    )


def test_the_best_so_far_tells_where_it_was() -> None:
    rows = table(build(reports.whole()), "Metrics").rows

    assert [row[-1] for row in rows[:3]] == [
        ("0.9800 at ", reports.code("33333333")),
        (reports.good("new best"),),
        ("0.1053, the base",),
    ]


def test_without_a_history_there_is_no_best() -> None:
    known = msgspec.structs.replace(reports.whole(), best={})

    assert "Best so far" not in table(build(known), "Metrics").header


@pytest.mark.parametrize("keyed", [False, True])
def test_the_line_to_try_a_preview_names_the_key_that_it_asks_for(keyed: bool) -> None:
    document = build(msgspec.structs.replace(reports.whole(), keyed=keyed), ["endpoint"])

    text = "\n".join(markdown.parts(document, {}))
    assert ('/predict -H "X-Api-Key: $EMEL_API_KEY" -H' in text) == keyed


def test_a_preview_of_another_commit_says_so() -> None:
    version = msgspec.structs.replace(results.endpoint().version, commit="9" * 40)
    other = msgspec.structs.replace(results.endpoint(), version=version)
    blocks = build(msgspec.structs.replace(reports.whole(), endpoint=other), ["endpoint"]).blocks

    assert isinstance(blocks[2], Paragraph)
    assert blocks[2].line[-2] == reports.code("99999999")
    assert isinstance(blocks[3], CodeBlock)


def test_flipped_rows_lead_to_their_line_in_the_forge() -> None:
    address = "https://gitlab.com/a/b/-/blob/222/data/test.csv#L{line}"
    known = msgspec.structs.replace(reports.whole(), row_address=address)
    document = build(known, ["shadow"])
    text = "\n\n".join(markdown.parts(document, {image.plot.name: "1.png" for image in document.images()}))

    assert "| [12](<https://gitlab.com/a/b/-/blob/222/data/test.csv#L14>) |" in text


def test_a_huge_table_is_cut_in_markdown_and_whole_in_html() -> None:
    document = Document("x", (Table(("n",), tuple(((str(number),),) for number in range(5000))),))

    assert markdown.parts(document, {})[0].endswith("| 299 |\n\n4,700 more rows are in report.html.")
    assert html.render(document, {}).count("<tr>") == 5001
