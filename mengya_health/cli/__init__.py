"""The `mengya` command. What a command needs is imported when it runs: scoring a file must not wait for the web."""

from mengya_health.cli import accounts, audit, content, files, history, keys, messages, places, running
from mengya_health.cli.base import main

__all__ = ["accounts", "audit", "content", "files", "history", "keys", "main", "messages", "places", "running"]
