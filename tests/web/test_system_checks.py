"""A wrong dotted name in the settings is found at start."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.core.checks import run_checks

from newsletter.web.system_checks import check_dotted_names


def _ids() -> list[str]:
    return [str(each.id) for each in run_checks() if str(each.id).startswith("newsletter.")]


def test_the_settings_as_they_are_pass() -> None:
    assert _ids() == []


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("newsletter.delivery.reports.summary.find_arival", "newsletter.E001"),
        ("newsletter.delivery.no_such_module.find_arrival", "newsletter.E001"),
        ("nonsense", "newsletter.E001"),
        ("newsletter.web.views.login.WAITING_KEY", "newsletter.E002"),
    ],
)
@pytest.mark.parametrize("setting", ["SUBSCRIBERS_HOOKS", "AXES_LOCKOUT_CALLABLE", "MIDDLEWARE", "context_processors"])
def test_a_wrong_name_is_an_error_with_a_hint(settings: Any, setting: str, name: str, number: str) -> None:
    if setting == "SUBSCRIBERS_HOOKS":
        settings.SUBSCRIBERS_HOOKS = {"on_its_way": name}
    elif setting == "MIDDLEWARE":
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, name]
    elif setting == "context_processors":
        settings.TEMPLATES = templates = copy.deepcopy(settings.TEMPLATES)
        templates[0]["OPTIONS"]["context_processors"].append(name)
    else:
        setattr(settings, setting, name)
    (error,) = check_dotted_names()
    assert error.id == number
    assert name in error.msg
    assert setting in error.msg
    assert error.hint


@pytest.mark.parametrize("path", ["newsletter.web.format", ["newsletter.web.formats", "newsletter.web.format"]])
def test_a_module_that_does_not_exist_is_an_error(settings: Any, path: Any) -> None:
    settings.FORMAT_MODULE_PATH = path
    (error,) = check_dotted_names()
    assert error.id == "newsletter.E003"


def test_a_hook_under_a_name_that_nobody_calls_is_an_error_with_the_names_there_are(settings: Any) -> None:
    settings.SUBSCRIBERS_HOOKS = {"on_its_weg": "newsletter.jobs.erasure.collect_known_data"}
    (error,) = run_checks(tags=["newsletter"])
    assert (error.id, "on_its_weg" in error.msg, "on_its_way" in str(error.hint)) == ("newsletter.E004", True, True)
