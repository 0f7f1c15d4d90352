"""Every command, argument and option of 0.1.0 is still taken: newsrooms have scripts. Hidden ones count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from tests.compatibility.conftest import listed

Command = dict[str, Any]


def _walked(command: Any, context: Any, path: str = "") -> Iterator[tuple[str, Command]]:
    """Every command below this one by its words, with its options and the arguments it takes (* for any number)."""
    if not hasattr(command, "list_commands"):
        options = [param for param in command.params if param.param_type_name == "option"]
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        yield (
            path,
            {
                "options": sorted(flag for each in options for flag in (*each.opts, *each.secondary_opts)),
                "needs": sorted(each.opts[0] for each in options if each.required),
                "arguments": [
                    ("" if each.required else "?") + ("*" if each.nargs == -1 else "1") for each in arguments
                ],
            },
        )
        return
    for name in command.list_commands(context):
        below, found, _ = command.resolve_command(context, [name])
        yield from _walked(found, typer.Context(found, info_name=below, parent=context), f"{path} {name}".strip())


def _all() -> dict[str, Command]:
    from newsletter.cli.app import app

    root = typer.main.get_command(app)
    return dict(_walked(root, typer.Context(root, info_name="newsletter")))


@pytest.fixture(scope="module")
def now() -> dict[str, Command]:
    return _all()


@pytest.mark.parametrize("words", listed("commands"))
def test_a_command_takes_what_it_took(words: str, now: dict[str, Command]) -> None:
    then, found = listed("commands")[words], now.get(words) or _hidden(words)
    assert set(then["options"]) <= set(found["options"])
    assert set(found["needs"]) <= set(then["needs"])  # nothing new is asked for
    assert found["arguments"][: len(then["arguments"])] == then["arguments"]
    assert all(each.startswith("?") for each in found["arguments"][len(then["arguments"]) :])


def _hidden(words: str) -> Command:
    """A command that is not listed, but resolved when somebody types it."""
    from newsletter.cli.app import app

    command: Any = typer.main.get_command(app)
    context = typer.Context(command, info_name="newsletter")
    for word in words.split():
        _, command, _ = command.resolve_command(context, [word])
        context = typer.Context(command, info_name=word, parent=context)
    return dict(_walked(command, context, words))[words]
