"""The `newsletter` command: `python -m newsletter` is the same."""

from __future__ import annotations

from newsletter.cli.app import main

if __name__ == "__main__":
    main()
