"""What is misconfigured, and how to fix it. Secrets are never shown, only whether they are there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from django.core import checks
from django.db import DatabaseError, connection

from newsletter import config
from newsletter.accounts import users
from newsletter.catalog.newsletters import list_newsletters
from newsletter.catalog.states import NewsletterState
from newsletter.delivery import installation, isolation, setup_problems
from newsletter.delivery.events import inbox, suppression_sync
from newsletter.delivery.providers import sendgrid_events
from newsletter.delivery.reports import summary
from newsletter.jobs import file_rights, heartbeats, put_aside, readiness, schema, wiring
from newsletter.jobs.notification_kinds import MessageState
from newsletter.jobs.notifications import history, webhooks
from newsletter.kernel.errors import NewsletterError, SurroundingsError
from newsletter.kernel.resources import get_templates_dir
from newsletter.scheduling import schedules
from subscribers import lists, rate_limits, transactional
from subscribers.states import SubscriptionState

LONGEST_WAIT = timedelta(minutes=10)  # of what the provider reported; a worker applies it within seconds
EVENTS_WITHIN = timedelta(minutes=30)  # of the acceptance, the first event comes within seconds
REFUSED_SHOWN_FOR = timedelta(days=1)
UNDELIVERED_SHOWN_FOR = timedelta(days=7)
NOTIFICATIONS_SHOWN_FOR = timedelta(days=1)
MIN_FREE_BYTES = 500 * 2**20  # bytes


class DiagnosisLevel(StrEnum):
    """What a diagnosis means: in order, deserves a look, or keeps mail from leaving."""

    OK = "ok"
    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at."""

    level: DiagnosisLevel
    what: str
    remedy: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether it keeps mail from leaving."""
        return self.level == DiagnosisLevel.BAD


def examine(now: datetime) -> tuple[Diagnosis, ...]:
    """All checks, in the order in which one would fix them."""
    options = wiring.get_config()
    found = [*_check_settings(), *_check_files(options), *_check_database()]
    usable = not any(diagnosis.is_bad for diagnosis in found)
    found += [*_check_disks(options), *_check_put_aside()]
    if usable:
        found += [*_check_history(now), *_check_users(), *_check_provider(options, now), *_check_newsletters()]
        found += [*_check_transactional_mail(now), *_check_processes(now), *_check_failures()]
        found += [*_check_setup(now), *_check_mailings(now), *_check_account_alarms(), *_check_proxies(options, now)]
        found += _check_notifications(options, now)
    return (*found, *_check_file_rights(options), *_check_base_url(options))


def _check_settings() -> Iterator[Diagnosis]:
    """Django's own system checks, ours, and names of settings that are none."""
    for each in checks.run_checks():
        if each.is_serious():
            yield Diagnosis(DiagnosisLevel.BAD, f"{each.id}: {each.msg}", each.hint or "Correct the settings.")
    for name, meant in config.list_unknown():
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            f"{name} is set in the environment, and no setting has this name.",
            f"Is {meant} meant?" if meant else "See them all with: newsletter doctor --settings",
        )


def _check_files(options: config.Config) -> Iterator[Diagnosis]:
    try:
        get_templates_dir()
        free = shutil.disk_usage(options.data_dir).free
    except (NewsletterError, OSError) as error:
        yield Diagnosis(DiagnosisLevel.BAD, str(error), "Set NEWSLETTER_DATA_DIR to a folder this user may write.")
    else:
        yield Diagnosis(DiagnosisLevel.OK, f"Data folder {options.data_dir}, {free // 2**30} GB free.")


def _check_disks(options: config.Config) -> Iterator[Diagnosis]:
    """Whether there is room for what is written all the time; with little of it, all else can be looked at still."""
    for folder in (options.data_dir, options.state_dir):
        if readiness.measure_free_bytes(folder) < MIN_FREE_BYTES:
            yield Diagnosis(
                DiagnosisLevel.BAD,
                f"Only {readiness.measure_free_bytes(folder) // 2**20} MB are free in {folder}.",
                "Free some space: a full disk stops sending.",
            )


def _check_put_aside() -> Iterator[Diagnosis]:
    for path, until in put_aside.list_files():
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            f"The database that a restore replaced is still in {path}; whoever was erased since is in it.",
            f"It is deleted on {until:%Y-%m-%d}. Delete it earlier when you have what you need of it.",
        )


def _check_file_rights(options: config.Config) -> Iterator[Diagnosis]:
    exposed = list(islice(file_rights.list_exposed(options), 1000))
    if exposed:
        count = f"{len(exposed)} files or folders" if len(exposed) < 1000 else "Many files and folders"
        yield Diagnosis(
            DiagnosisLevel.BAD,
            f"{count} of ours can be read by others than their owner, {exposed[0]} for one.",
            "Take the rights away: newsletter setup",
        )


def _check_database() -> Iterator[Diagnosis]:
    try:
        connection.ensure_connection()
        plan, unknown = schema.list_missing_migrations(), schema.list_unknown_migrations()
    except DatabaseError as error:
        yield Diagnosis(
            DiagnosisLevel.BAD, f"The database cannot be reached: {error}", "Check NEWSLETTER_DATABASE_URL."
        )
        return
    if plan:
        yield Diagnosis(DiagnosisLevel.BAD, f"The database lacks {len(plan)} changes.", "Run: newsletter setup")
    elif unknown:
        yield Diagnosis(
            DiagnosisLevel.BAD,
            f"The database has {len(unknown)} changes that this version does not know: it is newer.",
            "Start the newer version; or restore a backup from before it was set up.",
        )
    else:
        yield Diagnosis(DiagnosisLevel.OK, f"The database ({connection.vendor}) is up to date.")


def _check_history(now: datetime) -> Iterator[Diagnosis]:
    try:
        standing = installation.get_standing(now)
    except SurroundingsError as error:
        yield Diagnosis(DiagnosisLevel.BAD, str(error), "Set NEWSLETTER_STATE_DIR.")
        return
    if nesting := installation.describe_nesting():
        yield Diagnosis(
            DiagnosisLevel.BAD, nesting, "Stop everything, move it elsewhere, and set NEWSLETTER_STATE_DIR."
        )
    if standing.held:
        yield Diagnosis(
            DiagnosisLevel.BAD, f"Sending is held: {standing.held}", "See what is known: newsletter database status"
        )
    if standing.outbox_only:
        remedy = "To send again: newsletter database use-provider"
        yield Diagnosis(DiagnosisLevel.LOOK, "This is a copy: mail goes to the outbox alone.", remedy)


def _check_users() -> Iterator[Diagnosis]:
    if users.list_users():
        yield Diagnosis(DiagnosisLevel.OK, "Somebody can sign in.")
    else:
        yield Diagnosis(
            DiagnosisLevel.BAD, "Nobody can sign in.", "Run: newsletter setup --user ADDRESS --password-file FILE"
        )


def _check_provider(options: config.Config, now: datetime) -> Iterator[Diagnosis]:
    try:
        chosen = wiring.get_provider()
    except NewsletterError as error:
        yield Diagnosis(DiagnosisLevel.BAD, str(error), "Set it, then start again.")
        return
    if chosen.name == "outbox":
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            f"Mail is written to {options.outbox_dir}: nothing leaves.",
            "Set NEWSLETTER_PROVIDER=sendgrid to send.",
        )
        return
    yield Diagnosis(DiagnosisLevel.OK, f"Mail leaves through {chosen.name}.")
    if chosen.name == "sendgrid":
        if not options.sendgrid_api_key.startswith("SG."):
            yield Diagnosis(
                DiagnosisLevel.LOOK, "SENDGRID_API_KEY does not look like a key of SendGrid (SG.…).", "Copy it again."
            )
        if not options.sendgrid_host.startswith("https://"):
            yield Diagnosis(
                DiagnosisLevel.LOOK,
                f"NEWSLETTER_SENDGRID_HOST is {options.sendgrid_host}: the key travels in the clear.",
                "Use https:// outside tests.",
            )
        yield from _check_webhook(options, now)
        pulled = suppression_sync.find_status(chosen.name)
        if pulled is not None and pulled.error:
            yield Diagnosis(
                DiagnosisLevel.LOOK,
                f"The provider’s list of suppressed addresses: {pulled.error}",
                "It is asked for hourly.",
            )


def _check_webhook(options: config.Config, now: datetime) -> Iterator[Diagnosis]:
    for key in options.sendgrid_webhook_keys:
        try:
            sendgrid_events.parse_public_key(key)
        except NewsletterError as error:
            yield Diagnosis(DiagnosisLevel.BAD, str(error), "Until then every report is refused.")
    yield from _check_inbox(now)


def _check_setup(now: datetime) -> Iterator[Diagnosis]:
    """What keeps editions from being approved."""
    for problem in setup_problems.list_setup_problems(now, account=wiring.find_account()):
        yield Diagnosis(DiagnosisLevel.BAD if problem.grave else DiagnosisLevel.LOOK, problem.message, problem.remedy)


def _check_mailings(now: datetime) -> Iterator[Diagnosis]:
    """Mailings that wait for somebody, and those of which the provider reports nothing."""
    for each in summary.list_stopped():
        yield Diagnosis(
            DiagnosisLevel.LOOK if each.by_hand else DiagnosisLevel.BAD,
            f"Mailing {each.id} is {each.state.label.lower()}{f': {each.reason}' if each.reason else ''}",
            f"Look at it: newsletter mailings show {each.id}",
        )
    for mailing_id in summary.list_unreported(now, after=EVENTS_WITHIN):
        yield Diagnosis(
            DiagnosisLevel.BAD,
            f"The provider has reported nothing of mailing {mailing_id}, {EVENTS_WITHIN.seconds // 60} minutes after "
            "it accepted it.",
            "Look at its event webhook: is it switched on, signed, and does it post to this address?",
        )


def _check_account_alarms() -> Iterator[Diagnosis]:
    """What operators were told that is about no mailing."""
    for alarm in summary.list_account_alarms():
        message, _, remedy = alarm.message.partition(" See: ")
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            f"{message} (last {alarm.last_at:%Y-%m-%d %H:%M} UTC)",
            remedy or "Look at SendGrid’s dashboard.",
        )


def _check_proxies(options: config.Config, now: datetime) -> Iterator[Diagnosis]:
    """Whether a proxy stands in front, and was told of: else all readers count as one network."""
    if options.trusted_proxies:
        return
    if not setup_problems.is_loopback(options.host):
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            f"{options.base_url} is public, and NEWSLETTER_TRUSTED_PROXIES is 0: no proxy stands in front, which alone "
            "keeps one visitor from holding all connections.",
            "Put nginx or Caddy in front (docs/nginx.conf, docs/Caddyfile), then set NEWSLETTER_TRUSTED_PROXIES=1.",
        )
    if rate_limits.was_forwarding_seen(now):
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            "Requests come with X-Forwarded-For, and NEWSLETTER_TRUSTED_PROXIES is 0: behind a proxy, limits take all "
            "readers for one network.",
            "If a proxy of yours stands in front, set NEWSLETTER_TRUSTED_PROXIES to how many.",
        )


def _check_failures() -> Iterator[Diagnosis]:
    """Whether a batch, a mailing or a step fails again and again, while the others go on."""
    for each in isolation.list_failures():
        yield Diagnosis(
            DiagnosisLevel.BAD if each.aside else DiagnosisLevel.LOOK,
            f"{each.what} failed {each.failures} times since {each.since:%Y-%m-%d %H:%M} UTC: {each.error}",
            "It is tried again by itself, at last every hour. Once the cause is gone: newsletter mailings retry-failed",
        )


def _check_inbox(now: datetime) -> Iterator[Diagnosis]:
    """Whether what the provider reported is applied."""
    refused = inbox.find_refused(now - REFUSED_SHOWN_FOR)
    if refused is not None:
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            f"{refused.count} posts to the webhook were refused, the last on {refused.last_at:%Y-%m-%d %H:%M} UTC: "
            f"{refused.reason}",
            "If they are SendGrid’s, copy its verification key again into NEWSLETTER_SENDGRID_WEBHOOK_KEYS.",
        )
    status = inbox.get_status()
    if status.oldest_at is not None and now - status.oldest_at > LONGEST_WAIT:
        minutes = int((now - status.oldest_at).total_seconds() // 60)
        yield Diagnosis(
            DiagnosisLevel.BAD,
            f"{status.waiting} of the provider’s reports wait to be applied, the oldest for {minutes} minutes.",
            "Look whether a worker runs, and into its log.",
        )
    if status.quarantined:
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            f"{status.quarantined} of the provider’s reports could not be applied and are kept aside: {status.error}",
            "They are tried again every hour. Once the cause is gone: newsletter mailings retry-events",
        )


def _check_transactional_mail(now: datetime) -> Iterator[Diagnosis]:
    """Whether mails to single people were lost: confirmations and the like."""
    lost = transactional.count_undelivered(now - UNDELIVERED_SHOWN_FOR)
    if lost.unknown:
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            f"Of {lost.unknown} mails to single people (confirmations and the like) nobody knows whether they arrived: "
            "the provider’s answer was lost, or the process that sent them ended.",
            "They are not repeated automatically. Whoever misses one can ask for it again where it was asked for.",
        )
    if lost.failed:
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            f"{lost.failed} mails to single people (confirmations and the like) were given up.",
            "Look into the worker’s log for the reason.",
        )


def _check_notifications(options: config.Config, now: datetime) -> Iterator[Diagnosis]:
    """Whether anybody hears of what goes wrong, also when all is gone."""
    if not options.notify_smtp_url and not webhooks.list_webhooks():
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            "Nobody is notified of anything: no mail server for notifications is set, and there is no webhook.",
            "Set NEWSLETTER_NOTIFY_SMTP_URL, or: newsletter notifications add-webhook NAME --url-file FILE",
        )
    if not options.ping_url and not setup_problems.is_loopback(options.host):
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            "When the whole machine is gone, nobody is told.",
            "Set NEWSLETTER_PING_URL to an address of a monitor that misses the pings, as healthchecks.io does.",
        )
    lost = history.count_unsettled(now - NOTIFICATIONS_SHOWN_FOR)
    if lost:
        unknown, failed = lost.get(MessageState.UNKNOWN, 0), lost.get(MessageState.FAILED, 0)
        yield Diagnosis(
            DiagnosisLevel.LOOK,
            f"Of the notifications of the last day {failed} were given up, and of {unknown} nobody knows whether they "
            "arrived.",
            "See why: newsletter notifications list --json",
        )


def _check_newsletters() -> Iterator[Diagnosis]:
    newsletters = list_newsletters()
    if not newsletters:
        yield Diagnosis(DiagnosisLevel.LOOK, "There is no newsletter yet.", "Make one: newsletter newsletters create …")
    scheduled = {schedule.newsletter_id for schedule in schedules.list_schedules() if schedule.active}
    for each in newsletters:
        if each.state != NewsletterState.LIVE:
            yield Diagnosis(
                DiagnosisLevel.LOOK,
                f"{each.name} is {each.state}, so it is not sent.",
                f"newsletter newsletters change {each.slug} --state live",
            )
        elif each.id not in scheduled:
            yield Diagnosis(
                DiagnosisLevel.LOOK,
                f"{each.name} has no schedule.",
                f"newsletter schedules add {each.slug} --time 07:00",
            )
        if not lists.count_subscribers_by_state(each.list_id).get(SubscriptionState.ACTIVE):
            yield Diagnosis(
                DiagnosisLevel.LOOK,
                f"{each.name} has no subscribers yet.",
                f"newsletter subscribers import FILE --list {lists.get_list(each.list_id).slug}",
            )


def _check_processes(now: datetime) -> Iterator[Diagnosis]:
    ours = wiring.get_settings_fingerprint()
    for each in heartbeats.list_processes():
        name = heartbeats.ProcessKind(each.kind).name.lower()
        if each.is_fresh(now) and each.is_here and each.settings not in ("", ours):
            yield Diagnosis(
                DiagnosisLevel.LOOK,
                f"The {name} ({each.name}) runs with older settings than this command has.",
                "Restart it. For secrets in files a hangup is enough: kill -HUP of newsletter run.",
            )
        if each.is_fresh(now) and each.note:
            yield Diagnosis(DiagnosisLevel.BAD, f"The {name} ({each.name}) reports: {each.note}", "Look into its log.")
    for what in (what for name, what in readiness.list_overdue_work(now) if name != "events"):  # those: `_check_inbox`
        yield Diagnosis(DiagnosisLevel.BAD, what, "Look whether a scheduler and a worker run, and into their logs.")
    for kind in heartbeats.BACKGROUND:
        name = kind.name.lower()
        if heartbeats.is_alive(kind, now):
            yield Diagnosis(DiagnosisLevel.OK, f"A {name} is running.")
        else:
            yield Diagnosis(
                DiagnosisLevel.LOOK,
                f"No {name} is running, so nothing is sent automatically.",
                "Start everything: newsletter run",
            )


def _check_base_url(options: config.Config) -> Iterator[Diagnosis]:
    local = setup_problems.is_loopback(options.host)
    if local and options.provider in setup_problems.PROVIDERS:
        pass  # said with the other problems of the setup
    elif not options.https and not local:
        yield Diagnosis(
            DiagnosisLevel.BAD,
            "NEWSLETTER_BASE_URL is not https: one-click leaving needs it (RFC 8058).",
            "Put TLS in front and set https://.",
        )
    else:
        yield Diagnosis(DiagnosisLevel.OK, f"The public address is {options.base_url}.")
    if options.debug:
        yield Diagnosis(DiagnosisLevel.BAD, "NEWSLETTER_DEBUG is on: error pages show the inside.", "Unset it.")
