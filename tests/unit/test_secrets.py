"""Secrets are known by their form, or by the name of the variable that holds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import reports, results

from emel.compare import compare
from emel.records import GateRule, Plot
from emel.report import Known, build, masked, render
from emel.report.artifacts import junit_xml
from emel.secrets import FORMS, MASK, Masker, secret_values

# In parts, so that no tool that looks for secrets finds them here.
KNOWN = [
    "glpat" + "-abcdefghij0123456789",
    "glrt" + "-t1_abcdefghij0123456789",
    "AKIA" + "ABCDEFGHIJ234567",
    "t1." + "9euelZqX." + "a" * 86,
    "AQVN" + "a" * 36,
    "ghp" + "_" + "a1" * 18,
    "hf" + "_" + "a1" * 17,
    "ey" + "JhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "-----BEGIN " + "PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", KNOWN)
def test_what_has_the_form_of_a_secret_is_masked(secret: str) -> None:
    assert Masker()(f"a {secret} b") == f"a {MASK} b"


def test_a_password_in_an_address_is_masked() -> None:
    assert Masker()("https://gitlab-ci-token:abc123@gitlab.com/a.git") == f"https://{MASK}@gitlab.com/a.git"


def test_a_private_key_without_an_end_is_masked_to_the_end() -> None:
    assert Masker()("x -----BEGIN RSA " + "PRIVATE KEY-----\nMIIabc") == f"x {MASK}"


@pytest.mark.parametrize(
    "text", ["accuracy 0.97", "2222222222222222222222222222222222222222", "https://a.b/c:d", "sha256:00ff"]
)
def test_other_text_is_kept(text: str) -> None:
    assert Masker()(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "CI_JOB_TOKEN",
        "DB_PASSWORD",
        "AWS_SECRET_ACCESS_KEY",
        "MY_API_KEY",
        "apikey",
        "GITHUB_PAT",
        "SSH_AUTH",
    ],
)
def test_the_value_of_a_variable_with_a_secret_name_is_masked(name: str) -> None:
    values = secret_values({name: "correct horse"})

    assert Masker(values)("a correct horse b") == f"a {MASK} b"


@pytest.mark.parametrize("name", ["PATH", "GIT_AUTHOR_NAME", "KEYBOARD", "MONKEY", "CI_COMMIT_AUTHOR"])
def test_other_variables_are_no_secrets(name: str) -> None:
    assert secret_values({name: "correct horse"}) == ()


def test_short_values_are_kept_as_gitlab_keeps_them() -> None:
    assert Masker(secret_values({"A_TOKEN": "true"}))("true") == "true"


def test_a_variable_of_type_file_means_what_is_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text('{\n  "private": "0123456789abcdef0123"\n}\n')
    mask = Masker(secret_values({"YC_KEY": str(tmp_path / "key.json")}))

    assert mask('seen: "private": "0123456789abcdef0123"') == f"seen: {MASK}"
    assert mask((tmp_path / "key.json").read_text().strip()) == MASK


SECRET = "s3cr*t_`value`|<x>&\\"


def leaky() -> Known:
    """A report with a secret in every text that a user can put there."""
    comparison = compare(
        results.snapshot(results.MAIN, {SECRET: 1.0}, {"p": 1, SECRET: "a"}, {SECRET: "md5:1"}),
        results.snapshot(results.FOREST, {SECRET: SECRET, "auc": 1}, {"p": SECRET}, {f"x/{SECRET}": "md5:2"}),
        rules=(GateRule(metric=SECRET, min=1),),
        directions={SECRET: "higher"},
    )
    document = {**results.roc_plot().vega_lite, "title": SECRET}
    return Known(
        project="x",
        comparison=comparison,
        plots=(Plot(name=SECRET, title=SECRET, vega_lite=document),),
        candidate_bundle=results.bundle(description=SECRET),
    )


def test_no_part_of_a_report_holds_a_secret() -> None:
    clean = masked(leaky(), Masker([SECRET]))
    rendered = render(build(clean), clean.comparison)
    texts = [*rendered.parts, rendered.html, rendered.headline, str(rendered.metrics)]
    texts.append(junit_xml(clean.comparison.verdict).decode())

    assert not [text for text in texts if "s3cr" in text]
    assert "s3cr" not in str(clean.plots)
    assert [text for text in texts if "MASKED" not in text] == [rendered.parts[-1]]


def test_what_holds_no_secret_is_the_same_report() -> None:
    assert masked(reports.whole(), Masker(["never seen"])) == reports.whole()


@given(st.text())
def test_masking_twice_changes_nothing(text: str) -> None:
    mask = Masker(["MASKED] it"])

    assert mask(mask(text)) == mask(text)


def test_the_forms_mean_the_same_for_bytes() -> None:
    assert all(form.isascii() for form in FORMS.values())
