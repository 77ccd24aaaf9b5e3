"""The `floodwarn` command."""

from alerts.cli.app import main

__all__ = ["main"]
