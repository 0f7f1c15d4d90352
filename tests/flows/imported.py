"""The command with all its nouns imported: see tests/forking.py."""

from __future__ import annotations

from importlib import import_module

from newsletter.cli.app import NOUNS, WITHOUT_DJANGO, main, prepare_django

__all__ = ["main"]

prepare_django()
for noun, (module, _) in NOUNS.items():
    if noun not in WITHOUT_DJANGO:
        import_module(f"newsletter.cli.{module}")
