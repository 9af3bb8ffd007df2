"""What users have named is printed as they named it, whatever a terminal's library would make of it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from emel.cli.output import TerminalProgress, progress, show
from emel.cli.render.tables import facts, table

NAMES = ("f1[macro]", "auc[/test]", "[bold]", ":warning:")


def test_a_table_shows_names_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    made = table("metric", "main[old]")
    for name in NAMES:
        made.add_row(name, name)

    show(None, made, as_json=False)

    shown = capsys.readouterr().out
    assert "main[old]" in shown
    assert [shown.count(name) for name in NAMES] == [2] * len(NAMES)


def test_facts_show_names_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show(None, facts(*((name, name) for name in NAMES)), as_json=False)

    shown = capsys.readouterr().out
    assert [shown.count(name) for name in NAMES] == [2] * len(NAMES)


def test_progress_says_what_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as telling:
        for name in NAMES:
            telling.step(name)
            telling.line(name)

    told = capsys.readouterr().err
    assert [told.count(name) for name in NAMES] == [2] * len(NAMES)


def test_on_a_terminal_the_moving_line_says_it_too() -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=80)
    status = screen.status("")

    for name in NAMES:
        TerminalProgress(screen, status).step(name)
        with screen.capture() as shown:
            screen.print(status)
        assert name in shown.get()
