"""The words of notifications: the subject says what and of which edition, the text why, the link where it is settled.

Made from the plain values of a fact. Times are in the newsletter's zone, or the newsroom's, and name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletter.delivery.ledger.states import MailingState
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications.facts import Values
from newsletter.kernel import clock

LONGEST_SUBJECT = 150
MOST_NAMED = 20  # of things that are told together


@dataclass(frozen=True, slots=True)
class NotificationText:
    """A notification in words. `path` is where it is settled, below the base URL; `rows` are pairs of label and value.

    `urgent`: somebody must act.
    """

    subject: str
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    button: str
    path: str
    urgent: bool = False


def write_text(kind: NotificationKind, values: Values, *, is_over: bool = False) -> NotificationText:
    """The words of a fact; `is_over` says that the condition has ended."""
    write = (_OVER_WRITERS if is_over else _WRITERS)[kind]
    text: NotificationText = write(_Told(values))
    subject = " ".join(text.subject.split())
    return NotificationText(
        subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1]}…",
        tuple(filter(None, text.paragraphs)),
        tuple((label, value) for label, value in text.rows if value),
        text.button,
        text.path,
        text.urgent,
    )


class _Told:
    """The values of a fact as texts need them; what is missing is empty, as of a version before."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        return self._values.get(name, "")

    def number(self, name: str) -> int:
        found = self._values.get(name, 0)
        return found if isinstance(found, int) else 0

    def instant(self, name: str) -> str:
        """“Tue 24 Nov 2026, 07:00 GMT”, or ""."""
        text = str(self._values.get(name, "") or "")
        return clock.format_in_zone(datetime.fromisoformat(text), str(self.zone or "UTC")) if text else ""

    def hours(self, name: str) -> str:
        """“07:00 GMT”, or ""."""
        text = str(self._values.get(name, "") or "")
        local = datetime.fromisoformat(text).astimezone(clock.get_zone(str(self.zone or "UTC"))) if text else None
        return f"{local:%H:%M %Z}" if local else ""

    @property
    def name_of_edition(self) -> str:
        """“Morning Briefing, Tue 24 Nov”."""
        day = date.fromisoformat(str(self.day)) if self.day else None
        shown = f", {day:%a} {day.day} {day:%b}" if day else ""
        if self.number("number") > 1:
            shown += f" ({self.number('number')})"
        return f"{self.newsletter}{shown}"

    @property
    def edition_rows(self) -> tuple[tuple[str, str], ...]:
        return ((_("Subject"), str(self.title)), (_("To be sent"), self.instant("due_at")))

    @property
    def earlier_dates(self) -> str:
        """That earlier dates went the same way, or ""."""
        count = self.number("earlier")
        text = ngettext("So was %(n)s earlier date.", "So were %(n)s earlier dates.", count)
        return text % {"n": count} if count else ""

    @property
    def review_path(self) -> str:
        return f"/editions/{self.edition}/review/" if self.edition else "/"

    @property
    def approve_path(self) -> str:
        """The page to read and approve it on, at the state that it was in."""
        seen = f"?seen={self.content_hash}" if self.content_hash else ""
        return f"/editions/{self.edition}/approve/{seen}" if self.edition else "/"

    @property
    def mailing_path(self) -> str:
        return f"/deliveries/{self.mailing}/" if self.mailing else "/deliveries/"


_TO_DESK = "/"


def _write_draft_ready(told: _Told) -> NotificationText:
    stories = told.number("stories")
    filled = ngettext("It holds %(n)s suggested story.", "It holds %(n)s suggested stories.", stories) % {"n": stories}
    return NotificationText(
        _("Draft ready: %s") % told.name_of_edition,
        (_("The draft was opened and filled. %s") % filled,),
        told.edition_rows,
        _("Open the board"),
        f"/editions/{told.edition}/" if told.edition else _TO_DESK,
    )


def _write_approval_requested(told: _Told) -> NotificationText:
    if told.first_approval_of:
        asked = _("%s has approved it. A second person must approve it as well.") % told.first_approval_of
    else:
        asked = _("%s.") % str(told.why or _("Somebody asks for approval")).rstrip(".")
    return NotificationText(
        _("Approval requested: %s") % told.name_of_edition,
        (asked,),
        told.edition_rows,
        _("Read and approve"),
        told.approve_path,
        urgent=True,
    )


def _write_not_approved(told: _Told) -> NotificationText:
    minutes = told.number("minutes_left")
    left = ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if told.edition:
        what = _("Nobody has approved it. Without approval it is held at %s, and not sent.") % told.hours("due_at")
    else:
        what = _("There is no edition for it yet. Without one nothing is sent at %s.") % told.hours("due_at")
    return NotificationText(
        _("Not approved, %(left)s left: %(edition)s") % {"left": left, "edition": told.name_of_edition},
        (what,),
        told.edition_rows,
        _("Read and approve") if told.edition else _("Open the desk"),
        told.approve_path,
        urgent=True,
    )


def _write_approved(told: _Told) -> NotificationText:
    who = _("it published itself") if told.who == "scheduler" else _("by %s") % told.who
    why = f"{str(told.why)[:1].upper()}{str(told.why)[1:]}." if told.why else ""
    return NotificationText(
        _("Approved %(who)s: %(edition)s") % {"who": who, "edition": told.name_of_edition}
        if told.who != "scheduler"
        else _("Published itself: %s") % told.name_of_edition,
        (_("What was approved is frozen: it is what will be sent."), why),
        told.edition_rows,
        _("See it"),
        told.review_path,
    )


def _write_held(told: _Told) -> NotificationText:
    return NotificationText(
        _("Held: %s") % told.name_of_edition,
        (str(told.reason), _("It was not sent. Approve and send it by hand, or skip it."), told.earlier_dates),
        ((_("Subject"), str(told.title)), (_("Was to be sent"), told.instant("due_at"))),
        _("Decide"),
        told.review_path,
        urgent=True,
    )


def _write_missed(told: _Told) -> NotificationText:
    return NotificationText(
        _("Missed: %s") % told.name_of_edition,
        (str(told.reason), _("It was not sent. It can still be sent by hand."), told.earlier_dates),
        ((_("Subject"), str(told.title)), (_("Was to be sent"), told.instant("due_at"))),
        _("Decide"),
        told.review_path,
        urgent=True,
    )


def _write_skipped(told: _Told) -> NotificationText:
    return NotificationText(
        _("Skipped: %s") % told.name_of_edition,
        (str(told.reason), told.earlier_dates),
        ((_("Subject"), str(told.title)), (_("Was to be sent"), told.instant("due_at"))),
        _("See it") if told.edition else _("Open the schedule"),
        told.review_path if told.edition else "/schedule/",
    )


def _write_paused(told: _Told) -> NotificationText:
    if told.what == "mailing":
        held = told.state == MailingState.HELD
        return NotificationText(
            (_("Mailing held: %s") if held else _("Mailing paused: %s")) % told.name_of_edition,
            (str(told.reason), _("Nothing more of it leaves until somebody resumes or cancels it.")),
            ((_("Subject"), str(told.title)),),
            _("Decide"),
            told.mailing_path,
            urgent=True,
        )
    if told.what == "schedule":
        subject, why = _("Schedule paused: %s"), _("%s paused a schedule. Its editions are neither opened nor sent.")
    else:
        subject, why = _("Newsletter paused: %s"), _("%s paused the newsletter. Nothing of it is sent.")
    return NotificationText(subject % told.newsletter, (why % told.who,), (), _("Open the schedule"), "/schedule/")


def _write_sent(told: _Told) -> NotificationText:
    numbers: Mapping[str, int] = told.numbers if isinstance(told.numbers, dict) else {}
    shown = (
        ("planned", _("Subscribers")),
        ("accepted", _("Accepted by the provider")),
        ("delivered", _("Delivered")),
        ("bounced", _("Bounced or blocked")),
        ("refused", _("Refused")),
        ("unknown", _("Unknown")),
        ("excluded", _("Excluded")),
        ("opened", _("Opened")),
        ("clicked", _("Clicked")),
    )
    always = ("planned", "accepted")
    rows = [(label, f"{numbers.get(name, 0):,}") for name, label in shown if numbers.get(name) or name in always]
    accepted = f"{numbers.get('accepted', 0):,}"
    what = _("Correction sent to %(n)s: %(edition)s") if told.correction else _("Sent to %(n)s: %(edition)s")
    return NotificationText(
        what % {"n": accepted, "edition": told.name_of_edition},
        (_("These are its numbers about an hour after it was finished."),),
        (
            (_("Subject"), str(told.title)),
            (_("Began"), told.instant("began_at")),
            (_("Finished"), told.instant("ended_at")),
            *rows,
        ),
        _("Who got it"),
        told.mailing_path,
    )


def _write_unknown(told: _Told) -> NotificationText:
    count = told.number("count")
    text = ngettext(
        "Of %(n)s subscriber nobody knows whether they got it: the provider’s answer was lost.",
        "Of %(n)s subscribers nobody knows whether they got it: the provider’s answer was lost.",
        count,
    ) % {"n": f"{count:,}"}
    return NotificationText(
        _("Unknown who got it: %s") % told.name_of_edition,
        (
            text,
            _("Nobody is sent it again automatically. The provider’s events may settle it; if not, you have to."),
        ),
        ((_("Subject"), str(told.title)),),
        _("Look, and settle it"),
        told.mailing_path,
        urgent=True,
    )


def _write_bounces(told: _Told) -> NotificationText:
    away, accepted = told.number("turned_away"), told.number("accepted")
    return NotificationText(
        _("Too many bounces: %s") % told.name_of_edition,
        (
            _("%(n)s of %(all)s (%(percent)s%%) were bounced or blocked by the receiving servers.")
            % {
                "n": f"{away:,}",
                "all": f"{accepted:,}",
                "percent": f"{100 * away / max(accepted, 1):.1f}".removesuffix(".0"),
            },
            _("A mailing that is under way is paused. Look at the reasons before the next one."),
        ),
        ((_("Subject"), str(told.title)),),
        _("See the bounces"),
        f"/deliveries/{told.mailing}/bounces/" if told.mailing else "/deliveries/",
        urgent=True,
    )


def _write_no_events(told: _Told) -> NotificationText:
    return NotificationText(
        _("No events: %s") % told.name_of_edition,
        (
            _("The provider has reported nothing of this mailing, %s minutes after it accepted it.")
            % told.number("minutes"),
            _("Look at its event webhook: is it switched on, signed, and does it post to this address?"),
        ),
        ((_("Subject"), str(told.title)),),
        _("See the mailing"),
        told.mailing_path,
        urgent=True,
    )


_PROCESSES: Mapping[str, Callable[[], tuple[str, str]]] = {
    "scheduler": lambda: (_("scheduler"), _("No edition is opened, sent or held at its time.")),
    "worker": lambda: (_("worker"), _("Nothing is handed over to the provider, and no events are applied.")),
    "web": lambda: (_("web process"), _("Desk, sign-up forms and unsubscribe links are not answered.")),
}


def _write_process_gone(told: _Told) -> NotificationText:
    name, effect = _PROCESSES.get(str(told.process), lambda: (str(told.process), ""))()
    return NotificationText(
        _("No %s is running") % name,
        (effect, _("Start everything again (newsletter run), and look into its log.")),
        ((_("Last sign of life"), told.instant("last_seen_at")),),
        _("Open the desk"),
        _TO_DESK,
        urgent=True,
    )


def _write_process_back(told: _Told) -> NotificationText:
    name, _effect = _PROCESSES.get(str(told.process), lambda: (str(told.process), ""))()
    return NotificationText(
        _("Running again: %s") % name,
        (_("What was due meanwhile was decided when it came back: look at today."),),
        _span_rows(told),
        _("Open the desk"),
        _TO_DESK,
    )


def _write_not_leaving(told: _Told) -> NotificationText:
    return NotificationText(
        _("Mail does not leave, or not in time"),
        (str(told.problem), _("See what is wrong: newsletter doctor")),
        (),
        _("Open the desk"),
        _TO_DESK,
        urgent=True,
    )


def _write_leaving_again(told: _Told) -> NotificationText:
    over = (_("This is over: “%s”") % told.problem,)
    return NotificationText(_("Mail leaves again"), over, _span_rows(told), _("Open the desk"), _TO_DESK)


def _write_disk(told: _Told) -> NotificationText:
    return NotificationText(
        _("Disk nearly full on %s") % told.host,
        (
            _("Only %(mb)s MB are free where %(folder)s is.") % {"mb": told.number("free_mb"), "folder": told.folder},
            _("Free some space: a full disk stops sending, and notifications too."),
        ),
        (),
        _("Open the desk"),
        _TO_DESK,
        urgent=True,
    )


def _write_disk_over(told: _Told) -> NotificationText:
    over = (_("There is room again where %s is.") % told.folder,)
    return NotificationText(
        _("Room again on the disk of %s") % told.host, over, _span_rows(told), _("Open the desk"), _TO_DESK
    )


def _write_posts_refused(told: _Told) -> NotificationText:
    return NotificationText(
        _("Posts to the provider’s webhook are refused"),
        (
            str(told.reason),
            _(
                "If they are SendGrid’s, copy its verification key again into NEWSLETTER_SENDGRID_WEBHOOK_KEYS. "
                "If they are not, somebody else is trying: nothing was taken."
            ),
        ),
        ((_("Posts"), f"{told.number('count'):,}"), (_("Last"), told.instant("last_at"))),
        _("See the deliveries"),
        "/deliveries/",
        urgent=True,
    )


def _write_feed_dead(told: _Told) -> NotificationText:
    days = told.number("days")
    since = ngettext(
        "Nothing could be read from it for %(n)s day.", "Nothing could be read from it for %(n)s days.", days
    ) % {"n": days}
    return NotificationText(
        _("Feed dead: %s") % _name_feeds(told),
        (since, str(told.error)),
        ((_("Address"), str(told.address)), *_other_feeds(told)),
        _("See the sources"),
        "/sources/",
        urgent=True,
    )


def _write_feed_over(told: _Told) -> NotificationText:
    over = (_("It is read again, or is no longer wanted."),)
    subject = _("Feed alive again: %s") % _name_feeds(told)
    return NotificationText(subject, over, tuple(_other_feeds(told)), _("See the sources"), "/sources/")


def _name_feeds(told: _Told) -> str:
    """The first, and how many others."""
    count = len(told.others)
    others = ngettext(" and %(n)s other", " and %(n)s others", count) % {"n": count} if count else ""
    return f"{told.feed}{others}"


def _other_feeds(told: _Told) -> Iterator[tuple[str, str]]:
    names = [str(each.get("feed", "")) for each in told.others or ()]
    if names:
        more = len(names) - MOST_NAMED
        yield _("Others"), ", ".join(names[:MOST_NAMED]) + (_(", and %s more") % more if more > 0 else "")


def _write_attack(told: _Told) -> NotificationText:
    return NotificationText(
        _("Many sign-ups: perhaps an attack"),
        (
            _("%(n)s tries to sign up were above a limit within %(minutes)s minutes.")
            % {"n": f"{told.number('attempts'):,}", "minutes": told.number("minutes")},
            _(
                "A challenge is asked for, and no confirmation leaves at once. See who: newsletter subscribers "
                "signup-attempts"
            ),
        ),
        (),
        _("See the lists"),
        "/readers/lists/",
        urgent=True,
    )


def _write_attack_over(told: _Told) -> NotificationText:
    over = (_("For half an hour nobody was above a limit."),)
    return NotificationText(
        _("Sign-ups are quiet again"), over, _span_rows(told), _("See the lists"), "/readers/lists/"
    )


def _write_test(told: _Told) -> NotificationText:
    return NotificationText(
        _("A test of notifications"),
        (_("If you can read this, notifications reach you. Nothing is wrong."),),
        (),
        _("Choose what you are notified of"),
        "/account/notifications/",
    )


def _span_rows(told: _Told) -> tuple[tuple[str, str], ...]:
    return ((_("Began"), told.instant("began_at")), (_("Over since"), told.instant("ended_at")))


_Writer = Callable[[_Told], NotificationText]
_WRITERS: Mapping[NotificationKind, _Writer] = {
    NotificationKind.DRAFT_READY: _write_draft_ready,
    NotificationKind.APPROVAL_REQUESTED: _write_approval_requested,
    NotificationKind.NOT_APPROVED: _write_not_approved,
    NotificationKind.APPROVED: _write_approved,
    NotificationKind.HELD: _write_held,
    NotificationKind.MISSED: _write_missed,
    NotificationKind.SKIPPED: _write_skipped,
    NotificationKind.PAUSED: _write_paused,
    NotificationKind.SENT: _write_sent,
    NotificationKind.UNKNOWN_OUTCOMES: _write_unknown,
    NotificationKind.BOUNCE_SPIKE: _write_bounces,
    NotificationKind.PROCESS_GONE: _write_process_gone,
    NotificationKind.NOT_LEAVING: _write_not_leaving,
    NotificationKind.DISK: _write_disk,
    NotificationKind.POSTS_REFUSED: _write_posts_refused,
    NotificationKind.NO_EVENTS: _write_no_events,
    NotificationKind.FEED_DEAD: _write_feed_dead,
    NotificationKind.SIGNUP_ATTACK: _write_attack,
    NotificationKind.TEST: _write_test,
}
_OVER_WRITERS: Mapping[NotificationKind, _Writer] = {
    NotificationKind.PROCESS_GONE: _write_process_back,
    NotificationKind.NOT_LEAVING: _write_leaving_again,
    NotificationKind.DISK: _write_disk_over,
    NotificationKind.FEED_DEAD: _write_feed_over,
    NotificationKind.SIGNUP_ATTACK: _write_attack_over,
}
