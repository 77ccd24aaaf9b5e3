"""`python -m alerts.cli`: the command, wherever its script may lie."""

from alerts.cli.app import main

main()
