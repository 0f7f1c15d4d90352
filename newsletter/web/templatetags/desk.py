"""Template tags and filters: icons, states, times with their zone, the proof bar, and whose readers' page it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.db import DatabaseError
from django.template import Context
from django.templatetags.static import static
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from newsletter.accounts.user_names import put_user_names
from newsletter.catalog import newsletters
from newsletter.catalog.states import NewsletterState
from newsletter.catalog.values import Newsletter, Newsroom
from newsletter.curator.articles.states import SourceState
from newsletter.curator.editions.revisions import HistoryItem
from newsletter.curator.editions.states import EditionState
from newsletter.delivery.ledger.states import (
    EXCLUDED,
    ExclusionReason,
    MailingState,
    Outcome,
    get_exclusion_label,
    get_outcome_label,
)
from newsletter.kernel import clock
from newsletter.kernel.enums import LabelledEnum
from newsletter.scheduling.states import OccurrenceState
from newsletter.templater.richtext import inline_to_plain
from newsletter.web.audit_words import get_action_label
from newsletter.web.forms.base import DeskForm
from newsletter.web.text_differences import mark_first
from newsletter.web.translated import describe_error, translate
from subscribers.states import ImportState, SubscriptionState
from subscribers.values import List

register = template.Library()

# state → (colour, icon); a badge has its label besides. A value that several things share is here once.
_BADGES: dict[str, tuple[str, str]] = {
    EditionState.DRAFT: ("go", "pen"),
    OccurrenceState.DRAFT: ("go", "pen"),
    EditionState.LOCKED: ("go", "pen"),
    EditionState.IN_REVIEW: ("warn", "eye"),
    EditionState.APPROVED: ("ok", "check"),
    EditionState.SENDING: ("go", "plane"),
    EditionState.SENT: ("ok", "check"),
    EditionState.SKIPPED: ("mute", "skip"),
    EditionState.HELD: ("warn", "pause"),
    EditionState.MISSED: ("bad", "stop"),
    OccurrenceState.PLANNED: ("mute", "clock"),
    OccurrenceState.CLAIMED: ("go", "plane"),
    MailingState.SCHEDULED: ("mute", "clock"),
    MailingState.FREEZING: ("go", "plane"),
    MailingState.SENDING: ("go", "plane"),
    MailingState.FINISHED: ("ok", "check"),
    MailingState.PAUSED: ("warn", "pause"),
    MailingState.RECALLING: ("warn", "back"),
    MailingState.CANCELLED: ("mute", "skip"),
    Outcome.ACCEPTED.key: ("go", "plane"),
    Outcome.DELIVERED.key: ("ok", "check"),
    Outcome.DEFERRED.key: ("warn", "clock"),
    Outcome.BLOCKED.key: ("warn", "back"),
    Outcome.DROPPED.key: ("bad", "cross"),
    Outcome.REPAIRED.key: ("mute", "skip"),
    Outcome.UNKNOWN.key: ("unk", "unk"),
    Outcome.REFUSED.key: ("bad", "cross"),
    Outcome.WITHDRAWN.key: ("mute", "struck"),
    SubscriptionState.ACTIVE: ("ok", "check"),
    SubscriptionState.PENDING: ("mute", "clock"),
    SubscriptionState.UNSUBSCRIBED: ("mute", "struck"),
    SubscriptionState.BOUNCED: ("bad", "back"),
    SubscriptionState.COMPLAINED: ("bad", "stop"),
    EXCLUDED: ("mute", "struck"),
    **{reason.key: ("mute", "struck") for reason in ExclusionReason},
    ImportState.CHECKING: ("go", "clock"),
    ImportState.NEEDS_ANSWER: ("warn", "warn"),
    ImportState.READY: ("warn", "eye"),
    ImportState.WAITING: ("mute", "clock"),
    ImportState.RUNNING: ("go", "pen"),
    ImportState.DONE: ("ok", "check"),
    ImportState.FAILED: ("bad", "cross"),
    ImportState.STOPPED: ("warn", "pause"),
    ImportState.UNDOING: ("go", "back"),
    ImportState.UNDONE: ("mute", "skip"),
    NewsletterState.LIVE: ("ok", "check"),
    SourceState.FRESH: ("ok", "check"),
    SourceState.LATE: ("warn", "clock"),
}


@register.simple_tag
def find_newsroom(*about: Any) -> Newsroom | None:
    """Who publishes what a readers' page is about: newsletters, lists, subscriptions, or several of these.

    A page that says what is wrong comes without it where the database is what is wrong.
    """
    try:
        return newsletters.find_newsroom(sorted(_collect_list_ids(about)))
    except DatabaseError:
        return None


def _collect_list_ids(about: Iterable[Any]) -> set[int]:
    found: set[int] = set()
    for each in about:
        if isinstance(each, Newsletter):
            found.add(each.list_id)
        elif isinstance(each, List):
            found.add(each.id)
        elif isinstance(each, Mapping):
            found |= _collect_list_ids([each.get("list")])
        elif isinstance(each, list | tuple):
            found |= _collect_list_ids(each)
    return found


@register.inclusion_tag("partials/unshown_problems.html", takes_context=True)
def unshown_problems(context: Context) -> dict[str, list[str]]:
    """What is wrong with the forms of a page that it has not shown above: last on it, once all else was rendered."""
    forms = dict.fromkeys(_find_forms(context.flatten().values()))
    return {"problems": [problem for each in forms for problem in each.list_unshown_errors()]}


def _find_forms(values: Iterable[object]) -> Iterator[DeskForm]:
    for each in values:
        if isinstance(each, DeskForm):
            yield each
        elif isinstance(each, list | tuple):
            yield from _find_forms(each)


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite; text stands beside it, so screen readers skip it."""
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>', static("sprite.svg"), name)


@register.simple_tag
def state_badge(state: str) -> SafeString:
    """A state: colour, icon and label."""
    colour, symbol = _BADGES.get(state, ("mute", "clock"))
    return format_html('<span class="st st--{}">{}{}</span>', colour, icon(symbol), state_label(state))


@register.filter
def state_label(state: str) -> str:
    """A state as people read it: a member of an enum, or the key of an outcome or of a reason for exclusion."""
    if isinstance(state, LabelledEnum):
        return _(state.label)
    kind, _gap, reason = state.partition("_")
    if kind == EXCLUDED and reason:
        return _("Excluded: %(reason)s") % {"reason": exclusion_label(reason).lower()}
    return _(get_outcome_label(state))


@register.filter
def exclusion_label(reason: str) -> str:
    """A reason for exclusion as people read it, by its stored value."""
    return _(get_exclusion_label(reason))


@register.simple_tag(takes_context=True)
def name_users(context: Mapping[str, Any], text: str) -> str:
    """Who did something, or a sentence that says so, with the names of users in place of their addresses."""
    return put_user_names(text or "", context.get("user_names", {}))


@register.filter
def at(instant: datetime | None, zone: str) -> str:
    """“Tue 24 Nov, 07:00 GMT”; the year only when it is not this year's."""
    if instant is None:
        return _("never")
    local = instant.astimezone(clock.get_zone(zone))
    # Translators: a day and a day of another year, in the letters of Django's “date” filter.
    form = _("D j M") if local.year == clock.now().year else _("D j M Y")
    return f"{formats.date_format(local, form)}, {local:%H:%M %Z}"


@register.filter
def hours(instant: datetime, zone: str) -> str:
    """“07:00” in a zone; the zone's name stands beside it."""
    return f"{instant.astimezone(clock.get_zone(zone)):%H:%M}"


@register.filter
def seconds(instant: datetime, zone: str) -> str:
    """“06:38:12 GMT”."""
    return f"{instant.astimezone(clock.get_zone(zone)):%H:%M:%S %Z}"


@register.filter
def zone_name(instant: datetime, zone: str) -> str:
    """“GMT” or “BST”: what the zone is called at that instant."""
    return f"{instant.astimezone(clock.get_zone(zone)):%Z}"


@register.filter
def until(instant: datetime, now: datetime) -> str:
    """“in 1 h 18 min” or “5 min ago”."""
    span = instant - now
    ahead = span >= timedelta(0)
    minutes = round(abs(span).total_seconds() / 60)
    days, rest = divmod(minutes, 1440)
    h, m = divmod(rest, 60)
    if not minutes:
        return _("just now")
    words = f"{days} d {h} h" if days else f"{h} h {m} min" if h else f"{m} min"
    return (_("in %(span)s") if ahead else _("%(span)s ago")) % {"span": words}


@register.filter
def words(markup: str) -> str:
    """The words of what editors mark up, as the mail shows them."""
    return inline_to_plain(markup)


TITLE_PARTS = 3  # of an act, named in its title


@register.filter
def change_label(label: str) -> str:
    """What changed, which the history stores as “Headline of “Ferry returns””, in the language of the page."""
    whole, quote, title = label.partition(" “")
    if quote and whole in ("Story", "Box"):
        form = _("Story “%(title)s”") if whole == "Story" else _("Box “%(title)s”")
        return form % {"title": title.removesuffix("”")}
    field, _of, of_what = label.partition(" of ")
    if of_what in ("a story", "a box"):
        return (_("%(field)s of a story") if of_what == "a story" else _("%(field)s of a box")) % {"field": _(field)}
    if of_what.startswith("“"):
        return _("%(field)s of “%(title)s”") % {"field": _(field), "title": of_what[1:].removesuffix("”")}
    return _(label) if label else ""


@register.filter
def act_title(item: HistoryItem) -> str:
    """What changed in an act of the history, in a few words."""
    labels = ", ".join(change_label(each.label) for each in item.revisions[:TITLE_PARTS])
    more = len(item.revisions) - TITLE_PARTS
    return _("%(labels)s and %(number)s more") % {"labels": labels, "number": more} if more > 0 else labels


_MARKED = {"mark": "<mark>{}</mark>", "ins": "<ins>{}</ins>", "del": "<del>{}</del>"}


@register.simple_tag
def show_pieces(pieces: Iterable[tuple[str, bool]], tag: str) -> SafeString:
    """A text in pieces (`text_differences`), those that differ in an element: mark, ins or del."""
    found = [format_html(_MARKED[tag] if differs else "{}", piece) for piece, differs in pieces]
    return format_html_join("", "{}", ((each,) for each in found)) or format_html(
        '<span class="meta">{}</span>', _("nothing")
    )


register.filter("action_label", get_action_label)
register.filter("translated", translate)
register.filter("describe_error", describe_error)


@register.simple_tag
def mark_match(text: str, query: str) -> SafeString:
    """A text with what was searched for marked where it first stands, whatever its case."""
    return show_pieces(mark_first(text, query), "mark") if text else SafeString()


@register.filter
def thousands(number: int | None) -> str:
    """“1,234”, as the language of the page parts thousands."""
    return formats.number_format(number or 0, force_grouping=True)


@register.filter
def get(mapping: Mapping[Any, Any], key: Any) -> Any:
    """mapping[key], or "" """
    return mapping.get(key, "")


_PARTS = (
    "delivered",
    "accepted",
    "deferred",
    "blocked",
    "bounced",
    "dropped",
    "complained",
    "refused",
    "unknown",
    "withdrawn",
    "planned",
    "excluded",
)
_LEAST = 0.6  # percent of the bar: one subscriber of 50,000 is still visible


@register.simple_tag
def proof_bar(mailing: Any, size: str = "") -> SafeString:
    """The proof bar of a mailing: every candidate in it, as a picture of the sentence beside it."""
    parts = {**mailing.counts, "excluded": sum(mailing.excluded.values())}
    shown = [(name, parts[name]) for name in _PARTS if parts.get(name)]
    total = sum(n for name, n in shown) or 1
    widths = [max(_LEAST, 100 * n / total) for name, n in shown]
    scale = 100 / (sum(widths) or 1)
    label = ", ".join(f"{thousands(n)} {state_label(name).lower()}" for name, n in shown) or _("nobody yet")
    x, bars = 0.0, []
    for (name, _count), width in zip(shown, widths, strict=True):
        bars.append((f"{x:.2f}", f"{max(0.1, width * scale - 0.15):.2f}", name))
        x += width * scale
    drawn = format_html_join("", '<rect x="{}%" y="0" width="{}%" height="100%" class="p-{}"/>', bars)
    pattern = mark_safe(
        '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="1.2" height="5" fill="#87827a"/></pattern></defs>'
    )
    return format_html(
        '<svg class="proof {}" role="img" aria-label="{}">{}{}</svg>',
        f"proof--{size}" if size else "",
        label,
        pattern,
        drawn,
    )
