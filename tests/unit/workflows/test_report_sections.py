"""The sections of a report: which are chosen, and what the user's own ones may show."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess

from emel.config import load
from emel.errors import ConfigError
from emel.gitrepo import GitRepo
from emel.report import SECTIONS
from emel.secrets import Masker
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.report_own import chosen_sections, own_sections

MODEL = '[model]\nname = "churn"\npath = "model.joblib"\nsample = "sample.csv"\n'
PNG = b"\x89PNG\r\n\x1a\n"


def project(tmp_path: Path, toml: str, below: str = ".") -> Project:
    """A project in a repository, at its top or in a folder `below` it."""
    root = tmp_path / "project" / below
    root.mkdir(parents=True)
    (root / "emel.toml").write_text(MODEL + toml)
    process = HermeticProcess(tmp_path / "home")
    GitRepo.init(tmp_path / "project", process)
    return Project(root, load(root / "emel.toml"), System(process, SystemHttp(), SystemClock()))


def shown(made: Project, *secrets: str, told: Silence | None = None) -> str:
    """The Markdown of the section `notes`."""
    found = own_sections(made, ("notes",), Masker(secrets), None, told or Silence())
    return found["notes"][1].text


def test_without_a_choice_own_sections_stand_before_the_last(tmp_path: Path) -> None:
    made = project(tmp_path, '[section.notes]\nfile = "notes.md"\n')

    assert chosen_sections(made.config) == (*list(SECTIONS)[:-1], "notes", "reproduce")


def test_the_choice_is_the_order(tmp_path: Path) -> None:
    made = project(tmp_path, '[report]\nsections = ["plots", "metrics"]\n')

    assert chosen_sections(made.config) == ("plots", "metrics")


@pytest.mark.parametrize(
    ("toml", "message", "hint"),
    [
        ('[report]\nsections = ["metric"]', "`report.sections` names `metric`", "did you mean `metrics`"),
        ("[section.notes]\ntitle = 'x'", "`section.notes` needs either", "write file"),
        ("[section.notes]\nfile = 'a'\ncommand = 'b'", "`section.notes` needs either", "write file"),
        ("[section.plots]\nfile = 'a'", "has the name of a section", "another name"),
    ],
)
def test_a_wrong_choice_is_an_error(toml: str, message: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        chosen_sections(project(tmp_path, toml).config)

    assert caught.value.hint is not None and hint in caught.value.hint


def test_a_file_is_shown_with_its_pictures_and_without_secrets(tmp_path: Path) -> None:
    made = project(tmp_path, '[section.notes]\nfile = "docs/notes.md"\n')
    (made.root / "docs").mkdir()
    (made.root / "docs/a.png").write_bytes(PNG + b"beside")
    (made.root / "b.png").write_bytes(PNG + b"top")
    (made.root / "docs/notes.md").write_text("![a](a.png) ![b](b.png) ![c](../b.png) hunter22 @all\n")
    section, markdown = own_sections(made, ("notes",), Masker(["hunter22"]), None, Silence())["notes"]

    assert section.title == "notes"
    assert [picture.content for picture in markdown.pictures] == [PNG + b"beside", PNG + b"top"]
    assert "[MASKED] @\u2060all" in markdown.text


@pytest.mark.parametrize("path", ["/etc/hostname.png", "../out.png", "link.png", "linked/x.png"])
def test_no_picture_from_outside_is_shown(path: str, tmp_path: Path) -> None:
    made = project(tmp_path, '[section.notes]\nfile = "notes.md"\n')
    (tmp_path / "out.png").write_bytes(PNG)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x.png").write_bytes(PNG)
    (made.root / "link.png").symlink_to(tmp_path / "out.png")
    (made.root / "linked").symlink_to(tmp_path / "elsewhere")
    (made.root / "notes.md").write_text(f"![x]({path})")
    told = Silence()

    assert "it leads out of the repository, or over a link" in shown(made, told=told)
    assert told.lines == [f"notes: {path}: it leads out of the repository, or over a link"]


def test_links_to_files_lead_to_their_pages_in_the_forge(tmp_path: Path) -> None:
    made = project(tmp_path, '[section.notes]\nfile = "docs/notes.md"\n')
    (made.root / "docs").mkdir()
    (made.root / "docs/notes.md").write_text(
        "[a](<../src/a b.py#L3>) [b](b.md 't') [c](../../x) [d](https://x.y) [e](#t)"
    )
    files = "https://gitlab.com/a/b/-/blob/123"
    markdown = own_sections(made, ("notes",), Masker(), files, Silence())["notes"][1]

    assert markdown.text == (
        f"[a]({files}/src/a%20b.py#L3) [b]({files}/docs/b.md 't') [c](../../x) [d](https://x.y) [e](#t)\n"
    )


def test_a_project_below_the_top_shows_what_is_elsewhere_in_its_repository(tmp_path: Path) -> None:
    made = project(tmp_path, '[section.notes]\nfile = "../notes.md"\n', below="models/churn")
    (made.root.parent / "notes.md").write_text("![a](../a.png) ![b](b.png) ![c](../../out.png)")
    (made.root.parent.parent / "a.png").write_bytes(PNG + b"a")
    (made.root / "b.png").write_bytes(PNG + b"b")
    markdown = own_sections(made, ("notes",), Masker(), None, Silence())["notes"][1]

    assert [picture.file_name for picture in markdown.pictures] == ["a.png", "b.png"]
    assert "../../out.png, it leads out of the repository" in markdown.text


@pytest.mark.parametrize("file", [".git/config", "x/../.git/HEAD"])
def test_what_git_keeps_is_not_shown(file: str, tmp_path: Path) -> None:
    made = project(tmp_path, f'[section.notes]\nfile = "{file}"\n')

    assert "what Git keeps for itself is not shown" in shown(made)


@pytest.mark.parametrize("file", ["../secret.md", "/etc/hostname", "link.md"])
def test_no_text_from_outside_is_shown(file: str, tmp_path: Path) -> None:
    made = project(tmp_path, f'[section.notes]\nfile = "{file}"\n')
    (tmp_path / "secret.md").write_text("secret")
    (made.root / "link.md").symlink_to(tmp_path / "secret.md")

    assert shown(made) == f"*({file}: it leads out of the repository, or over a link)*\n"


def test_what_a_command_prints_is_shown(tmp_path: Path) -> None:
    made = project(tmp_path, "[section.notes]\ncommand = 'echo \"**a**\"; echo b >&2'\n")

    assert shown(made) == "**a**\n"


@pytest.mark.parametrize(
    ("source", "note"),
    [
        ('command = "echo no >&2; exit 3"', "the command ended with exit status 3: no"),
        ('command = "head -c 600000 /dev/zero"', "the command printed more than 300,000 bytes"),
        ('file = "gone.md"', "gone.md: no such file"),
    ],
)
def test_a_section_that_cannot_be_had_says_so_in_its_place(source: str, note: str, tmp_path: Path) -> None:
    assert shown(project(tmp_path, f"[section.notes]\n{source}\n")) == f"*({note})*\n"


def test_a_section_that_is_not_chosen_runs_no_command(tmp_path: Path) -> None:
    made = project(tmp_path, '[section.notes]\ncommand = "touch ran"\n')

    assert own_sections(made, ("metrics",), Masker(), None, Silence()) == {}
    assert not (made.root / "ran").exists()
