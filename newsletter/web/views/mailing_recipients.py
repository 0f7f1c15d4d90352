"""Who did not get a mailing: searched, filtered by outcome and reason, page by page, and as a file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, QueryDict, StreamingHttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from newsletter.delivery.ledger.states import (
    ACTIVE_MAILING_STATES,
    EXCLUDED,
    Outcome,
    get_candidate_key,
    parse_outcome,
)
from newsletter.delivery.reports import proof, recipients, summary
from newsletter.kernel import clock
from newsletter.kernel.actors import Actor, Verb
from newsletter.kernel.numbers import parse_whole_number
from newsletter.web.access import desk_view, get_actor, require_permission
from newsletter.web.downloads import stream_file
from newsletter.web.forms.filters import PAGE, Page
from newsletter.web.templatetags.desk import state_label

REASONS_SHOWN = 12
LONGEST_TEXT, LONGEST_REASON = 254, 2_000
EVERYBODY = "everybody"
NOT_DELIVERED = (
    Outcome.UNKNOWN,
    Outcome.REFUSED,
    Outcome.WITHDRAWN,
    Outcome.RECALLED,
    Outcome.BLOCKED,
    Outcome.BOUNCED,
    Outcome.DROPPED,
)


@dataclass(frozen=True, slots=True)
class RecipientQuery:
    """Which candidates are asked for; `state` is "" for those who did not get it, or `EVERYBODY`."""

    state: str
    reason: str
    text: str
    after: int

    def list_states(self, mailing: summary.Mailing) -> tuple[str, ...] | None:
        """The keys of outcomes and of reasons for exclusion; None for all."""
        if self.state == EVERYBODY:
            return None
        return (self.state,) if self.state else list_not_delivered(mailing)

    def encode(self, **changes: str | int) -> str:
        """The query of an address that asks for the same, but for the changes."""
        fields: dict[str, str | int] = {"state": self.state, "reason": self.reason, "who": self.text}
        return urlencode({name: value for name, value in (fields | changes).items() if value})


def list_not_delivered(mailing: summary.Mailing) -> tuple[str, ...]:
    """The outcomes of those who did not get a mailing: while it does not go on, also of those planned."""
    goes_on = mailing.state in ACTIVE_MAILING_STATES
    return tuple(each.key for each in (NOT_DELIVERED if goes_on else (Outcome.PLANNED, *NOT_DELIVERED)))


def read_query(sent: QueryDict) -> RecipientQuery:
    """What the address of the page asks for."""
    return RecipientQuery(
        parse_outcome(sent.get("state", "")[:40]),
        sent.get("reason", "")[:LONGEST_REASON],
        sent.get("who", "").strip()[:LONGEST_TEXT],
        parse_whole_number(sent.get("after", "")) or 0,
    )


def build_recipients_context(found: summary.Mailing, query: RecipientQuery, by: Actor) -> dict[str, Any]:
    """The table and its filters, for whoever may see the subscribers of the list."""
    return summarise_recipients(found, query) | {
        "page": _list_page(found, query, by),
        "reasons": recipients.list_reasons(found.id, query.list_states(found), limit=REASONS_SHOWN),
    }


def summarise_recipients(found: summary.Mailing, query: RecipientQuery) -> dict[str, Any]:
    """How many they are, and the filters; `asked` names the question, `recipients_mark` what the answer depends on."""
    choices, count = _list_choices(found, query), None
    if not (query.reason or query.text):
        count = _count(found, query.list_states(found))
    return {
        "query": query,
        "asked": _digest(query.state, query.reason, query.text),
        "recipients_mark": _digest(found.frozen_at, found.finished_at, *((each.state, each.count) for each in choices)),
        "count": count,
        "still_to_come": 0 if Outcome.PLANNED.key in list_not_delivered(found) else found.counts.get("planned", 0),
        "choices": choices,
        "export": query.encode(),
    }


def refresh_recipients(found: summary.Mailing, request: HttpRequest, by: Actor) -> dict[str, Any]:
    """What a poll brings of it, by the address of the page: rows only where others came, and none were added."""
    asked = request.headers.get("HX-Current-URL", "").partition("#")[0].partition("?")[2]
    query = read_query(QueryDict(asked))
    context = summarise_recipients(found, query)
    known = "added" in request.GET or request.GET.get("who") == context["recipients_mark"]
    context["recipients_changed"] = not known
    return context if known else context | {"page": _list_page(found, query, by)}


def _digest(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:12]


def _list_page(found: summary.Mailing, query: RecipientQuery, by: Actor) -> Page[recipients.CandidateOutcome]:
    rows = recipients.list_recipients(
        found.id,
        state=query.list_states(found),
        reason=query.reason,
        text=query.text,
        limit=PAGE + 1,
        after=query.after,
        by=by,
    )
    more = f"?{query.encode(after=rows[PAGE - 1].subscriber_id)}" if len(rows) > PAGE else ""
    return Page(rows[:PAGE], more, f"?{query.encode()}" if query.after else "")


def _count(found: summary.Mailing, states: Collection[str] | None) -> int:
    if states is None:
        return found.candidates
    known = found.counts | {get_candidate_key(reason, excluded=True): n for reason, n in found.excluded.items()}
    known[EXCLUDED] = found.excluded_total
    return sum(known.get(state, 0) for state in states)


@dataclass(frozen=True, slots=True)
class OutcomeFilter:
    """A filter of one press, with how many it shows."""

    state: str
    label: str
    count: int
    query: str


def _list_choices(found: summary.Mailing, query: RecipientQuery) -> list[OutcomeFilter]:
    """Those who did not get it, each outcome among them, those excluded, and what else was asked for."""
    states = ["", *(each for each in list_not_delivered(found) if found.counts.get(each))]
    states += [EXCLUDED] if found.excluded_total else []
    states += [] if query.state in states or query.state == EVERYBODY else [query.state]
    labels = {"": _("Not delivered"), EXCLUDED: _("Excluded"), EVERYBODY: _("Everybody")}
    return [
        OutcomeFilter(
            each,
            labels.get(each) or str(state_label(each)),
            _count(found, RecipientQuery(each, "", "", 0).list_states(found)),
            query.encode(state=each, reason=""),
        )
        for each in [*states, EVERYBODY]
    ]


@desk_view(Verb.SUBSCRIBERS)
def download_proof(request: HttpRequest, mailing_id: int) -> StreamingHttpResponse:
    """The candidates with their outcomes, for a spreadsheet: everybody, or those that the page shows."""
    require_permission(request, Verb.VIEW, summary.get_newsletter_of_mailing(mailing_id))
    query = read_query(request.GET)
    pieces = proof.stream_proof(
        mailing_id,
        state=query.list_states(summary.get_mailing(mailing_id)) if request.GET.get("of") == "page" else None,
        reason=query.reason,
        text=query.text,
        by=get_actor(request),
        now=clock.now(),
    )
    return stream_file(pieces, f"mailing-{mailing_id}.csv")
