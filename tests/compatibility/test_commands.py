"""Every command, argument and option of 0.1.0 is still taken: newsrooms have scripts. Renamed ones count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from newsletter.cli.app import replace_old_names
from tests.compatibility.conftest import House, listed

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
    then, found = listed("commands")[words], now[_today(words)]
    assert {_today(words, each) for each in then["options"]} <= set(found["options"])
    assert set(found["needs"]) <= {_today(words, each) for each in then["needs"]}  # nothing new is asked for
    assert len(found["arguments"]) >= len(then["arguments"])
    for argument, before in zip(found["arguments"], then["arguments"], strict=False):
        assert argument in (before, f"?{before}")  # may be left out by now, but not the other way round
    assert all(each.startswith("?") for each in found["arguments"][len(then["arguments"]) :])


def _today(words: str, option: str = "") -> str:
    """A command, or one of its options, by today's name."""
    given, _ = replace_old_names([*words.split(), *filter(None, [option])])
    return given[-1] if option else " ".join(given)


def test_an_old_name_still_works_and_the_new_one_is_printed(open_sqlite: House) -> None:
    old = open_sqlite.run("rules", "taste", "morning", "--json")
    new = open_sqlite.run("rules", "track-record", "morning", "--json")
    assert (old["code"], old["out"]) == (0, new["out"])
    assert "“rules taste” is now called “rules track-record”" in old["err"]
    assert new["err"] == ""
