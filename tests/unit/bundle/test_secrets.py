"""What holds a secret, by its name or by its content, is refused, and what only looks like it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from emel.bundle.secrets import refuse_secrets, secret_in, secret_name
from emel.errors import BundleError

# In two parts, so that no tool that looks for secrets finds them here.
SECRETS = {
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a GitLab token": "glpat" + "-abcdefghij0123456789",
    "an AWS access key": "AKIA" + "ABCDEFGHIJ234567",
    "a Yandex OAuth token": "y0_" + "A" * 55,
    "a Yandex IAM token": "t1." + "9euelZqX." + "a" * 86,
    "a Yandex API key": "AQVN" + "a" * 36,
    "a Yandex secret key": "YC" + "a" * 38,
}


@pytest.mark.parametrize(
    "path",
    (
        ".env", "a/.env.prod", "prod.env", ".git/config", "deep/.ssh/known_hosts", "id_rsa", "tls/Server.KEY",
        "cert.pem", ".aws/credentials", "secrets.yaml", ".netrc", "authorized_key.json",
    ),
)  # fmt: skip
def test_names_of_secrets_are_known(path: str) -> None:
    assert secret_name(path)


@pytest.mark.parametrize(
    "path", ["predictor.py", "environment.py", "keys.py", "gitignore", ".env.example", "tokenizer.json"]
)
def test_other_names_are_not(path: str) -> None:
    assert not secret_name(path)


@pytest.mark.parametrize(("what", "text"), SECRETS.items())
def test_a_secret_is_found_with_its_line(what: str, text: str) -> None:
    assert secret_in(f"# settings\n\ntoken = '{text}'\n".encode()) == (what, 3)


@pytest.mark.parametrize(
    "text",
    ["-----BEGIN PUBLIC KEY-----", "glpat-short", "AKIA", "YCbCr", "y0_x", "-----BEGIN CERTIFICATE-----"],
)
def test_other_texts_are_none(text: str) -> None:
    assert secret_in(text.encode()) is None


def test_a_file_with_a_secret_is_refused_and_the_secret_not_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.py").write_text(f"x = 1\ny = '{SECRETS['a GitLab token']}'\n")

    with pytest.raises(BundleError, match="a GitLab token") as caught:
        refuse_secrets(tmp_path, ["a.py", "b.py"])

    assert caught.value.where == "b.py:2"
    assert SECRETS["a GitLab token"] not in f"{caught.value} {caught.value.hint}"


def test_a_file_that_is_called_like_a_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("")

    with pytest.raises(BundleError, match="files of this name"):
        refuse_secrets(tmp_path, [".env"])
