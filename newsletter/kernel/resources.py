"""Where the templates folder is, however the project was installed.

In a checkout (and so in an editable install) it is `templates/` beside the package; in a wheel
it travels inside the package as `newsletter/_templates`. Nothing else may guess.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from newsletter.kernel.errors import SurroundingsError

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def get_templates_dir() -> Path:
    """The absolute path of the templates folder. Raises SurroundingsError when it is missing."""
    for candidate in (_PACKAGE / "_templates", _PACKAGE.parent / "templates"):
        if (candidate / "email").is_dir():
            return candidate
    raise SurroundingsError(
        f"The templates folder is missing beside {_PACKAGE}. Install the package again.",
        command_hint="Use: pip install --force-reinstall newsletter-desk",
    )


def list_mail_templates(own: Path | None = None) -> tuple[str, ...]:
    """The templates an edition can have, ours and those in `own`: folders with a template of their name."""
    folders = [get_templates_dir() / "email", *([own] if own and own.is_dir() else [])]
    found = (each.name for folder in folders for each in folder.iterdir() if (each / f"{each.name}.mjml.j2").is_file())
    return tuple(sorted({name for name in found if name != "notice"}))
