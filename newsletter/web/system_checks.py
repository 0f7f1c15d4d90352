"""Django system checks: dotted names in the settings are resolved at start, not at a visitor's request."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from subscribers import hooks

CALLABLES = ("AXES_LOCKOUT_CALLABLE", "AXES_CLIENT_IP_CALLABLE", "STATIC_COLLECTOR", "REQUEST_PARSER")
MODULE_LISTS = ("FORMAT_MODULE_PATH", "PROCRASTINATE_IMPORT_PATHS")
HINT = "Correct the name in the settings. It is written package.module.name."


def check_dotted_names(**_: Any) -> list[CheckMessage]:
    """Every callable and every module that a setting names must exist."""
    found: list[CheckMessage] = []
    for setting, name in _list_callables():
        try:
            named = import_string(name)
        except (ImportError, AttributeError, ValueError) as error:
            found.append(_error(f"{setting} names “{name}”, which does not exist: {error}", "newsletter.E001"))
        else:
            if not callable(named):
                found.append(_error(f"{setting} names “{name}”, which cannot be called.", "newsletter.E002"))
    for setting, name in _list_modules():
        try:
            import_module(name)
        except (ImportError, ValueError) as error:
            found.append(
                _error(f"{setting} names the module “{name}”, which does not exist: {error}", "newsletter.E003")
            )
    return found


def check_hook_names(**_: Any) -> list[CheckMessage]:
    """A hook under a name that nobody calls would be off without a word."""
    unknown = sorted(set(getattr(settings, "SUBSCRIBERS_HOOKS", {})) - hooks.NAMES)
    hint = f"The hooks are {', '.join(sorted(hooks.NAMES))}."
    return [
        Error(f"SUBSCRIBERS_HOOKS has no hook named “{name}”.", hint=hint, id="newsletter.E004") for name in unknown
    ]


def _error(message: str, number: str) -> Error:
    return Error(message, hint=HINT, id=number)


def _list_callables() -> Iterator[tuple[str, str]]:
    """Each setting with a dotted name of a callable in it."""
    for setting in CALLABLES:
        if name := getattr(settings, setting, None):
            yield setting, name
    for hook, name in getattr(settings, "SUBSCRIBERS_HOOKS", {}).items():
        if name:
            yield f"SUBSCRIBERS_HOOKS[{hook!r}]", name
    for name in settings.MIDDLEWARE:
        yield "MIDDLEWARE", name
    for engine in settings.TEMPLATES:
        for name in _list_options(engine, "context_processors"):
            yield "TEMPLATES: context_processors", name


def _list_modules() -> Iterator[tuple[str, str]]:
    """Each setting with a dotted name of a module in it."""
    for setting in MODULE_LISTS:
        if setting == "PROCRASTINATE_IMPORT_PATHS" and "procrastinate.contrib.django" not in settings.INSTALLED_APPS:
            continue  # its package may be missing
        names = getattr(settings, setting, None) or []
        for name in [names] if isinstance(names, str) else names:
            yield setting, name
    for engine in settings.TEMPLATES:
        for name in _list_options(engine, "builtins"):
            yield "TEMPLATES: builtins", name


def _list_options(engine: Any, name: str) -> list[str]:
    """An option of a template engine that lists dotted names."""
    return list(engine.get("OPTIONS", {}).get(name, ()))
