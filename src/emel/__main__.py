"""`python -m emel` is the command `emel`."""

from emel.cli.main import main

main()
