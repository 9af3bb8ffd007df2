"""Real Git repositories in scratch folders, untouched by the settings of whoever runs the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from emel.gitrepo import GitRepo
from emel.system.process import Completed, OnLine, SystemProcess

IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


class HermeticProcess:
    """The programs of this machine, in a home of their own and without the user's Git configuration."""

    def __init__(self, home: Path, env: Mapping[str, str] = IDENTITY) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.env = {
            "HOME": str(home),
            "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "DVC_GLOBAL_CONFIG_DIR": str(home / "dvc"),
            "DVC_SITE_CACHE_DIR": str(home / "dvc-site"),
            **env,
        }
        self._system = SystemProcess()

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
        on_line: OnLine | None = None,
    ) -> Completed:
        return self._system.run(
            command, cwd=cwd, env={**self.env, **(env or {})}, stdin=stdin, timeout=timeout, on_line=on_line
        )


class MissingProgram:
    """A machine on which nothing is installed."""

    def run(self, command: Sequence[str | Path], **_: object) -> Completed:
        raise FileNotFoundError(str(command[0]))


def commit_files(repo: GitRepo, message: str, files: Mapping[str, str | bytes]) -> str:
    """Write the files, commit them all, and return the commit."""
    for name, content in files.items():
        path = repo.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    repo.add()
    return repo.commit(message)
