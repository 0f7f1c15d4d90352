"""The options of a command that are settings of a newsletter, made from their declarations."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

import typer

from newsletter.catalog.settings_fields import SETTINGS, NewsletterSetting, SettingKind
from newsletter.kernel.errors import BadInput
from subscribers import lists

_LINK = re.compile(r"\[[^]]+\]\(([^)]+)\)")


def with_setting_options(*, required: Collection[str] = ()) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command an option for every setting; it gets those that were given as `**settings`, by their names."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        options = [_build_parameter(setting, setting.name in required) for setting in SETTINGS.values()]
        signature = inspect.signature(command, eval_str=True)
        own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        own = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
        first = [each for each in own if not each.name.startswith("as_")]
        last = own[len(first) :]

        @wraps(command)
        def call(**given: Any) -> None:
            settings = {name: given.pop(name) for name in SETTINGS}
            command(**given, **{name: _read(name, value) for name, value in settings.items() if value is not None})

        call.__signature__ = signature.replace(parameters=[*first, *options, *last])  # type: ignore[attr-defined]
        call.__annotations__ = {each.name: each.annotation for each in (*first, *options, *last)}
        return call

    return decorate


def describe(setting: NewsletterSetting) -> str:
    """The help of its option: what it is and does, its limits and its default."""
    text = _LINK.sub(r"docs/\1", setting.help).replace("`", "")
    limits = "" if setting.kind is SettingKind.NUMBER and not setting.or_zero else setting.limits
    default = f"default: {setting.default.replace('`', '')}" if setting.default else ""
    return f"{setting.label}: {'; '.join(filter(None, (text, limits, default)))}."


def _build_parameter(setting: NewsletterSetting, required: bool) -> inspect.Parameter:
    kind: Any = str
    limits: dict[str, Any] = {}
    names = [setting.option]
    match setting.kind:
        case SettingKind.NUMBER:
            kind = int
            limits = {"min": 0 if setting.or_zero else setting.least, "max": setting.most}
        case SettingKind.SWITCH:
            kind = bool
            names = [f"{setting.option}/--no-{setting.option.removeprefix('--')}"]
        case SettingKind.THEME:
            limits = {"metavar": "JSON"}
        case SettingKind.LIST:
            limits = {"metavar": "SLUG"}
    option = typer.Option(... if required else None, *names, help=describe(setting), show_default=False, **limits)
    return inspect.Parameter(
        setting.name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind if required else kind | None
    )


def _read(name: str, value: Any) -> Any:
    """What was typed, as the service takes it. Raises BadInput, NotFound for a list there is not."""
    match SETTINGS[name].kind:
        case SettingKind.THEME:
            return parse_theme(value)
        case SettingKind.LIST:
            return lists.get_list_by_slug(value).id
    return value


def parse_theme(text: str) -> Any:
    """A theme, from JSON. Raises BadInput."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"The theme is not JSON: {error}", "theme") from None
