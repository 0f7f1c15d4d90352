"""What the preview's views answer: the mail of a subscriber, their row of the inbox, and who may look for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from newsletter.curator.editions import editions
from tests.actors import SYSTEM
from tests.conftest import Newsroom

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("view", ["wide", "phone", "dark", "pictures off", "text", "made up"])
def test_every_view_is_the_mail_in_a_frame_that_can_do_nothing(editor: Client, edition: Any, view: str) -> None:
    answer = editor.get(f"/editions/{edition.id}/rendering/", {"view": view})
    policy = answer.headers["Content-Security-Policy"]
    assert b"<html data-mail" in answer.content
    assert policy.startswith("sandbox allow-same-origin; default-src 'none';")
    assert "script" not in policy
    assert ("img-src 'none'" in policy) == (view == "pictures off")


def test_the_text_is_shown_as_it_is_written(editor: Client, edition: Any, now: datetime) -> None:
    editions.edit_edition(edition.id, intro="Tea & <b>milk</b>", seen=None, by=SYSTEM, now=now)
    page = editor.get(f"/editions/{edition.id}/rendering/?view=text").content.decode()
    assert "<pre>" in page
    assert "Tea &amp; " in page


def test_a_subscriber_is_chosen_by_number(
    editor: Client, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    (person,) = readers(1)
    editions.edit_edition(edition.id, subject="For {{ first_name | reader }}", seen=None, by=SYSTEM, now=now)
    here = f"/editions/{edition.id}"
    assert "reader0@example.com" in editor.get(f"{here}/rendering/?subscriber={person}").content.decode()
    assert "For reader" in editor.get(f"{here}/inbox/").content.decode()
    assert editor.get(f"{here}/inbox/?subscriber={person + 99}").status_code in (403, 404)


def test_somebody_of_another_list_is_not_shown(
    signed_in: Callable[[str], Client], edition: Any, newsroom: Newsroom, readers: Callable[..., list[int]]
) -> None:
    from subscribers.models import Subscription

    (person,) = readers(1)
    Subscription.objects.filter(subscriber_id=person).update(list_id=newsroom.other.list_id)
    answer = signed_in("admin").get(f"/editions/{edition.id}/rendering/?subscriber={person}")
    assert answer.status_code == 404


def test_subscribers_are_found_by_those_who_may_see_them(
    editor: Client, signed_in: Callable[[str], Client], edition: Any, readers: Callable[..., list[int]]
) -> None:
    (person,) = readers(1)
    here = f"/editions/{edition.id}/recipients/"
    found = editor.get(here, {"q": "reader0"}).content.decode()
    assert f'data-subscriber="{person}"' in found
    assert "Nobody on this list" in editor.get(here, {"q": "zzz"}).content.decode()
    assert editor.get(here).content.decode().strip() == ""
    assert signed_in("viewer").get(here, {"q": "reader0"}).status_code == 403
    assert 'id="view-as"' in editor.get(f"/editions/{edition.id}/").content.decode()
    assert 'id="view-as"' not in signed_in("viewer").get(f"/editions/{edition.id}/").content.decode()
