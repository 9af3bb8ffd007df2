"""What secrets look like, and text without them.

Known by their form:

* PEM private keys, RFC 7468, and those of OpenSSH and PGP
* GitLab's tokens: https://docs.gitlab.com/security/tokens/#token-prefixes
* AWS's key ids: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
* Yandex Cloud's OAuth and IAM tokens, API keys and static secret keys:
  https://yandex.cloud/en/docs/iam/concepts/authorization/
* in text also JSON Web Tokens (RFC 7519; GitLab's job tokens are some), passwords in addresses, and the
  tokens of GitHub, Hugging Face and Slack, by the prefixes that those services document
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

FORMS: Mapping[str, str] = {
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a GitLab token": r"\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[0-9A-Za-z_\-]{20,}",
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a Yandex OAuth token": r"\by[0-3]_[-_A-Za-z0-9]{55,}",
    "a Yandex IAM token": r"\bt1\.[A-Z0-9a-z_-]+[=]{0,2}\.[A-Z0-9a-z_-]{86}[=]{0,2}",
    "a Yandex API key": r"\bAQVN[A-Za-z0-9_\-]{35,38}\b",
    "a Yandex secret key": r"\bYC[a-zA-Z0-9_\-]{38}\b",
}
"""What it is → a regular expression, which means the same for text and for bytes."""

MASK = "[MASKED]"
"""What GitLab writes in a job's log in place of a masked variable."""

_KEY = r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*-----|\Z)"
_IN_TEXT = (
    _KEY,
    *(form for what, form in FORMS.items() if what != "a private key"),
    r"\bey[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)",
    r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{50,}|hf_[A-Za-z0-9]{30,}|xox[abprs]-[\w-]{10,})",
)
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|JWT|COOKIE|(?:^|_)PAT$"
    r"|API_?KEY|ACCESS_?KEY|(?:^|_)KEY(?:$|_)|AUTH(?!OR)",
    re.IGNORECASE,
)
_SHORTEST = 8
"""As in GitLab, which masks no shorter value."""
_SHORTEST_LINE = 20
_LARGEST_FILE = 100_000


class Masker:
    """Takes known secrets out of text: what has a secret's form, and given values."""

    def __init__(self, values: Sequence[str] = ()) -> None:
        exact = sorted({value for value in values if len(value) >= _SHORTEST}, key=len, reverse=True)
        pattern = re.compile("|".join([*map(re.escape, exact), *_IN_TEXT]))
        # The points of a plot say the same few words again and again.
        self._masked = lru_cache(maxsize=1000)(lambda text: pattern.sub(MASK, text))

    def __call__(self, text: str) -> str:
        """The text with `[MASKED]` in the place of each secret."""
        return self._masked(text)


def secret_values(env: Mapping[str, str]) -> tuple[str, ...]:
    """The values of environment variables whose names say that they are secret.

    A variable of GitLab's type «file» holds a path: the secret is what the file holds, and each line of it.
    """
    return tuple(
        value for name, raw in env.items() if _SECRET_NAME.search(name) for value in _values(raw.strip())
    )


def _values(raw: str) -> Iterator[str]:
    content = _file_content(raw) if raw.startswith("/") else None
    text = raw if content is None else content.strip()
    yield text
    if "\n" in text:
        yield from (line.strip() for line in text.splitlines() if len(line.strip()) >= _SHORTEST_LINE)


def _file_content(path: str) -> str | None:
    try:
        file = Path(path)
        if file.is_file() and file.stat().st_size <= _LARGEST_FILE:
            return file.read_text("utf-8", "replace")
    except (OSError, ValueError):
        # Too long for a path, or not for us to read: then it is a value like another.
        pass
    return None
