"""A user chooses what to be notified of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.test import Client

from newsletter.jobs.notifications import choices
from tests.fakes.smtp import SmtpServer, listening

PATH = "/account/notifications/"


def wanted(email: str) -> set[str]:
    return {each.kind.value for each in choices.list_choices(email) if each.wanted}


def test_what_is_ticked_is_saved(editor: Client, newsroom: Any) -> None:
    page = editor.get(PATH).content.decode()
    assert page.count("checked") == 7
    assert "Evening Letter" not in page
    after = f"after-{newsroom.briefing.id}"
    done = editor.post(PATH, {"shown": [after], after: ["sent"]}, follow=True).content.decode()
    assert "Saved" in done
    assert "sent" in wanted("editor@example.com")
    assert "bounce_spike" not in wanted("editor@example.com")
    assert "held" in wanted("editor@example.com"), "the page did not ask about it"


def test_what_may_not_be_chosen_is_refused_and_changes_nothing(editor: Client, newsroom: Any) -> None:
    before = wanted("editor@example.com")
    after = f"after-{newsroom.briefing.id}"
    refused = editor.post(PATH, {"shown": [after], after: ["disk"]})
    assert refused.status_code == 422
    assert "Choose again" in refused.content.decode()
    assert wanted("editor@example.com") == before


def test_a_test_mail_says_whether_it_left(editor: Client, settings: Any) -> None:
    refused = editor.post(PATH, {"do": "test"})
    assert refused.status_code == 409 or refused.status_code == 422
    assert "NEWSLETTER_NOTIFY_SMTP_URL" in refused.content.decode()
    with listening(SmtpServer()) as server:
        settings.CONFIG = replace(settings.CONFIG, notify_smtp_url=server.url)
        assert "on its way to editor@example.com" in editor.post(PATH, {"do": "test"}, follow=True).content.decode()
        server.rcpt = {"editor@example.com": "550 nobody"}
        assert "550 nobody" in editor.post(PATH, {"do": "test"}, follow=True).content.decode()


def test_it_says_when_nothing_is_mailed_yet(editor: Client, settings: Any) -> None:
    assert "not mailed yet" in editor.get(PATH).content.decode()
    settings.CONFIG = replace(settings.CONFIG, notify_smtp_url="smtp://127.0.0.1:1")
    assert "not mailed yet" not in editor.get(PATH).content.decode()


def test_somebody_who_sees_nothing_has_nothing_to_choose(people: Any, signed_in: Callable[[str], Client]) -> None:
    from newsletter.accounts.models import Role

    Role.objects.filter(user=people["viewer"]).delete()
    assert "nothing to be notified of" in signed_in("viewer").get(PATH).content.decode()
