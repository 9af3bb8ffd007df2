"""Compile a folder's modules beside their sources: python -I -S compile.py FOLDER

In a fresh process, because marshal writes what it finds interned, which differs in a process that has run
for a while. Unchecked: a zip's dates say nothing, and Python would compile a stale module at each start.
"""

import os
import py_compile
import sys


def main(folder: str) -> None:
    """Compile every module; the code names its file by the path inside of the folder."""
    os.chdir(folder)
    for parent, folders, files in os.walk("."):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".py"):
                path = os.path.relpath(os.path.join(parent, name))  # noqa: PTH118
                py_compile.compile(
                    path, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
                )


if __name__ == "__main__":
    main(sys.argv[1])
