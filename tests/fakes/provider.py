"""A provider that does as it is told and counts who was mailed. What it can be told are the functions below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from newsletter.delivery.providers.base import Answer, AnswerKind, SendRequest

Situation = Callable[["ScriptedProvider", SendRequest, datetime], Answer]


class Killed(BaseException):
    """The process ends here: nothing after this line runs."""


class ScriptedProvider:
    """Plays `script` from the front, one situation to a request, and accepts when it is at its end."""

    name = "smtp"
    account = ""
    former_accounts: tuple[str, ...] = ()
    max_batch = 50
    can_schedule = False
    can_cancel = False

    def __init__(self, *script: Situation) -> None:
        self.script = list(script)
        self.requests: list[SendRequest] = []
        self.mailed: Counter[str] = Counter()
        self.accepted: list[SendRequest] = []  # as a whole, whatever was answered

    def send_batch(self, request: SendRequest, now: datetime) -> Answer:
        self.requests.append(request)
        situation = self.script.pop(0) if self.script else accepts
        return situation(self, request, now)

    def mail(self, request: SendRequest, *but: int) -> None:
        """Mails everybody of a request but these places."""
        self.mailed.update(person.address for place, person in enumerate(request.recipients) if place not in but)
        if not but:
            self.accepted.append(request)


def accepts(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
    provider.mail(request)
    return Answer(AnswerKind.ACCEPTED, provider_id="told")


def refuses_for_now(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
    return Answer(AnswerKind.REFUSED, "Come back later.")


def asks_to_wait(seconds: int) -> Situation:
    def situation(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
        return Answer(AnswerKind.REFUSED, "Too many requests.", retry_at=now + timedelta(seconds=seconds))

    return situation


def refuses_for_good(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
    return Answer(AnswerKind.REFUSED, "This mail is wrong.", permanent=True)


def names(*places: int) -> Situation:
    """Refuses the whole because of these places, as SendGrid's 400 does."""

    def situation(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
        return Answer(
            AnswerKind.REFUSED, "Invalid.", permanent=True, refused_places=dict.fromkeys(places, "no such mailbox")
        )

    return situation


def wants_another_key(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
    return Answer(AnswerKind.REFUSED, "The key is wrong. Set another, then resume.", permanent=True, stop=True)


def does_not_know_the_key(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
    return replace(wants_another_key(provider, request, now), key_refused=True)


def loses_the_answer(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
    provider.mail(request)
    return Answer(AnswerKind.UNKNOWN, "The answer was lost.")


def loses_the_request(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
    return Answer(AnswerKind.UNKNOWN, "The answer was lost.")


def breaks_off(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
    """Takes the first message, is cut off in the second, and never sees the others."""
    provider.mail(request, *range(1, len(request.recipients)))
    return Answer(
        AnswerKind.REFUSED,
        "The line went dead.",
        accepted_places=(0,),
        unknown_places=(1,) if len(request.recipients) > 1 else (),
    )


def dies_before(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
    raise Killed


def dies_after(provider: ScriptedProvider, request: SendRequest, now: datetime) -> Answer:
    provider.mail(request)
    raise Killed


def dies(provider: Any, name: str, *, after: bool) -> None:
    """Lets the process die in the next call of a provider's method, before it reached the provider or after."""
    call = getattr(provider, name)

    def killed(*given: Any) -> Any:
        setattr(provider, name, call)
        if after:
            call(*given)
        raise Killed

    setattr(provider, name, killed)
