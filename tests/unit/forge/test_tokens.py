"""Which variables hold a token, and that no text shows it."""

from __future__ import annotations

import pytest

from emel.forge.gitlab.tokens import find_tokens


@pytest.mark.parametrize(
    ("env", "variable"),
    [
        ({"EMEL_GITLAB_TOKEN": "a", "GITLAB_TOKEN": "b", "REPO_TOKEN": "c"}, "EMEL_GITLAB_TOKEN"),
        ({"EMEL_GITLAB_TOKEN": "", "GITLAB_TOKEN": " \n", "REPO_TOKEN": "c\n"}, "REPO_TOKEN"),
        # GitLab leaves the name of a variable where a protected one is not to be had.
        ({"EMEL_GITLAB_TOKEN": "$REPORT_TOKEN", "GITLAB_TOKEN": "b"}, "GITLAB_TOKEN"),
        ({"GITLAB_TOKEN": "two words", "REPO_TOKEN": "c"}, "REPO_TOKEN"),
    ],
)
def test_the_first_usable_variable_counts(env: dict[str, str], variable: str) -> None:
    access = find_tokens(env).access
    assert access is not None
    assert access.variable == variable
    assert access.value in ("a", "b", "c")


def test_a_job_token_under_another_name_stays_one() -> None:
    tokens = find_tokens({"GITLAB_TOKEN": "glcbt-1", "CI_JOB_TOKEN": "glcbt-1"})
    assert tokens.access is None
    assert tokens.job is not None
    assert tokens.job.header == {"JOB-TOKEN": "glcbt-1"}


def test_no_text_form_shows_a_token() -> None:
    tokens = find_tokens({"GITLAB_TOKEN": "glpat-secret", "CI_JOB_TOKEN": "glcbt-secret"})
    assert "secret" not in f"{tokens} {tokens!r} {tokens.access}"
