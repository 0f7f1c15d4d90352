"""The command with all its nouns imported, and what Typer imports with the first option: see tests/forking.py."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from newsletter.cli.app import NOUNS, WITHOUT_DJANGO, main, prepare_django

__all__ = ["main"]

for name in ("typer._adapters", "typer.rich_utils", "rich.markdown", "rich.progress", "rich.table"):
    if find_spec(name):
        import_module(name)
prepare_django()
for noun, (module, _) in NOUNS.items():
    if noun not in WITHOUT_DJANGO:
        import_module(f"newsletter.cli.{module}")
