"""What the project plugs in here, by the setting SUBSCRIBERS_HOOKS: this package knows nothing of the others.

captcha(answer, network) -> bool                         whether the answer to a captcha is right; absent: none is asked
captcha_widget() -> dict                                 what the sign-up form shows for it (see readers/captcha.html)
on_its_way(subscriber_id, list_ids, now) -> datetime | None   when an edition that left already arrives, if one does
known_elsewhere(subscriber_id) -> dict                   what other packages know of a subscriber
asks_for_tracking(list_ids) -> bool                      whether those who sign up are asked about opens and clicks
alert(message, now)                                      tells the operators, once
find_caller(authorization, network, now) -> Actor | None  for whom a program signs people up; None for no good token
reached(subscriber_ids, since) -> set of ids             those whom an edition reached, or may have, since an instant
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from newsletter.kernel.actors import Actor

NAMES = frozenset(
    {
        "captcha",
        "captcha_widget",
        "on_its_way",
        "known_elsewhere",
        "reached",
        "asks_for_tracking",
        "alert",
        "find_caller",
    }
)


def check_captcha(answer: str, network: str) -> bool:
    """Whether a captcha was answered rightly; also where nobody asks for one."""
    return bool(_call_hook("captcha", True, answer, network))


def get_captcha_widget() -> Mapping[str, str]:
    """The captcha of the sign-up form; empty where there is none."""
    widget: Mapping[str, str] = _call_hook("captcha_widget", {})
    return widget


def find_arrival(subscriber_id: int, list_ids: Sequence[int], now: datetime) -> datetime | None:
    """When an edition of these lists that has left already reaches a subscriber; None when none is on its way."""
    found: datetime | None = _call_hook("on_its_way", None, subscriber_id, list_ids, now)
    return found


def collect_external_data(subscriber_id: int) -> Mapping[str, Any]:
    """What other packages know of a subscriber."""
    found: Mapping[str, Any] = _call_hook("known_elsewhere", {}, subscriber_id)
    return found


def find_reached_subscribers(subscriber_ids: Collection[int], since: datetime) -> frozenset[int]:
    """Those of some subscribers whom an edition reached, or may have, since an instant: its proof names them."""
    return frozenset(_call_hook("reached", (), subscriber_ids, since))


def asks_for_tracking(list_ids: Collection[int]) -> bool:
    """Whether opens and clicks on these lists are counted only of those who agreed, so that they are asked."""
    return bool(_call_hook("asks_for_tracking", False, list_ids))


def alert(message: str, now: datetime) -> None:
    """Tells the operators something, once."""
    _call_hook("alert", None, message, now)


def find_caller(authorization: str, network: str, now: datetime) -> Actor | None:
    """For whom a program calls that signs people up; None where its token is none or may not."""
    found: Actor | None = _call_hook("find_caller", None, authorization, network, now)
    return found


def _call_hook(name: str, otherwise: Any, *values: Any) -> Any:
    path = getattr(settings, "SUBSCRIBERS_HOOKS", {}).get(name, "")
    return import_string(path)(*values) if path else otherwise
