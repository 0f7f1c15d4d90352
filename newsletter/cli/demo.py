"""A sample briefing, composed and delivered to the local outbox, in a data folder of its own.

Runs the real services: feeds are fetched, stories picked, approved and sent. Running it again
is harmless: what exists already is left alone.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import typer

from newsletter.cli.app import prepare_django
from newsletter.cli.output import progress, say
from newsletter.kernel import clock
from newsletter.kernel.errors import SurroundingsError
from newsletter.kernel.resources import get_templates_dir

app = typer.Typer(add_completion=False)

LOGIN = "editor@example.com"
_DATE = re.compile(r"@@(RFC822|RFC3339):-([0-9.]+)h@@")
BY = "demo"


@app.command()
def run_demo(
    data: Path = typer.Option(Path("demo-data"), help="Folder of the demo; nothing outside it is touched."),
    serve: bool = typer.Option(True, "--serve/--no-serve", help="Serve the desk at the end."),
    port: int = typer.Option(0, min=0, max=65535, help="Port of the desk; default: the first free one from 8000."),
) -> None:
    """Compose and deliver a sample briefing to the local outbox, then serve the desk to look at it."""
    folder = data.absolute()
    chosen = _choose_port(folder, port)
    os.environ.update(
        NEWSLETTER_DATA_DIR=str(folder),
        NEWSLETTER_STATE_DIR=str(folder / "state"),
        NEWSLETTER_BASE_URL=f"http://127.0.0.1:{chosen}",
        NEWSLETTER_PROVIDER="outbox",
        NEWSLETTER_DATABASE_URL="",
        NEWSLETTER_OUTBOX_DIR="",
    )
    prepare_django()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    now = clock.now()
    password = _create_administrator(folder, now)
    edition, mailing = compose_demo(folder, now)
    _print_summary(edition, mailing, password)
    sys.stdout.flush()
    if serve:
        from newsletter.cli.run import run_all

        run_all(listen=f"127.0.0.1:{chosen}", threads=2)


def compose_demo(folder: Path, now: datetime) -> tuple[Any, Any]:
    """Creates what is missing: newsletters, subscribers, articles, and today's edition, delivered."""
    from newsletter.catalog import newsletters

    material = _copy_material(folder, now)
    sample = tomllib.loads((material / "publication.toml").read_text("utf-8"))
    if not newsletters.list_newsletters():
        for each in sample["newsletters"]:
            _create_newsletter(each, sample["publication"], material, now)
    briefing = sample["newsletters"][0]
    newsletter = newsletters.get_newsletter_by_slug(briefing["slug"])
    _import_subscribers(material, sample["subscribers"], newsletter.list_id, now)
    _add_articles(material, sample["feeds"], now)
    return _send_edition(newsletter, briefing["sample"], now)


def _choose_port(folder: Path, wanted: int) -> int:
    """The port this demo had before, so that links in its mails keep working; else the first free one."""
    kept = folder / "port"
    candidates = [wanted] if wanted else [*([int(kept.read_text())] if kept.is_file() else []), *range(8000, 8050)]
    for candidate in candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(str(candidate))
        return candidate
    raise SurroundingsError(f"Port {wanted or '8000 to 8049'} is taken. Choose another: newsletter demo --port NUMBER")


def _create_administrator(folder: Path, now: datetime) -> str:
    """The demo's login; its password is made once and kept beside the database."""
    from newsletter.accounts import users
    from newsletter.cli.acting import get_actor

    kept = folder / "login.txt"
    if not kept.is_file():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(9))
    password = kept.read_text().strip()
    if all(person.email != LOGIN for person in users.list_users()):
        users.create_user(LOGIN, password, name="Demo Editor", role="admin", by=get_actor(), now=now)
    return password


def _copy_material(folder: Path, now: datetime) -> Path:
    """A copy of the sample material whose feeds are dated as if written today."""
    source, target = get_templates_dir() / "demo", folder / "material"
    if not target.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("art"))
        # The feeds name their pictures as lying beside them; files beside a feed are all that is read.
        for feed in _list_feeds(target):
            text = feed.read_text("utf-8").replace("../pictures/", "pictures/")
            moved = target / feed.name
            moved.write_text(_DATE.sub(lambda match: _date_feed(match, now), text), "utf-8")
    return target


def _list_feeds(material: Path) -> Iterator[Path]:
    yield from sorted((material / "feeds").glob("*.xml"))


def _date_feed(match: re.Match[str], now: datetime) -> str:
    moment = (now - timedelta(hours=float(match[2]))).astimezone(UTC).replace(microsecond=0)
    return format_datetime(moment) if match[1] == "RFC822" else moment.isoformat()


def _create_newsletter(each: dict[str, Any], paper: dict[str, Any], material: Path, now: datetime) -> None:
    """One newsletter with its list, its theme and its schedule."""
    from newsletter.accounts.actors import SystemActor
    from newsletter.catalog import newsletter_settings, pictures
    from newsletter.scheduling import schedules
    from subscribers import lists

    target = lists.create_list(
        each["list"]["slug"],
        each["list"]["name"],
        description=each["list"]["description"],
        by=SystemActor(BY),
        now=now,
    )
    settings = {name: each[name] for name in _SETTINGS if name in each}
    made = newsletter_settings.create_newsletter(
        publication=paper["name"],
        publication_url=paper["url"],
        postal_address=paper["postal_address"],
        list_id=target.id,
        sections=[(section["key"], section["title"], section["quota"]) for section in each["sections"]],
        by=SystemActor(BY),
        now=now,
        **settings,
    )
    light, dark = (
        pictures.store_picture((material / paper[name]).read_bytes(), source_url="", now=now)
        for name in ("logo_light", "logo_dark")
    )
    newsletter_settings.set_logos(made.id, light=light, dark=dark, by=SystemActor(BY), now=now)
    schedules.create_schedule(made.id, **each["schedule"], zone=made.zone, by=SystemActor(BY), now=now)


_SETTINGS = (
    "slug",
    "name",
    "strap",
    "description",
    "from_email",
    "from_name",
    "reply_to",
    "signed",
    "language",
    "zone",
    "stories_wanted",
    "template",
    "theme",
)


def _import_subscribers(material: Path, sample: dict[str, Any], list_id: int, now: datetime) -> None:
    from newsletter.accounts.actors import SystemActor
    from subscribers import lists
    from subscribers.imports import run

    if sum(lists.count_subscribers_by_state(list_id).values()) >= sample["count"]:
        return
    file = material / "readers.csv"
    file.write_text("\n".join(["email,first_name,last_name,zone", *_csv_lines(material, sample)]) + "\n", "utf-8")
    with progress("Subscribers", sample["count"]) as advance:
        run.import_csv(file, list_id, dry_run=False, by=SystemActor(BY), now=now, progress=advance)


def _csv_lines(material: Path, sample: dict[str, Any]) -> Iterator[str]:
    """A line of CSV for each invented subscriber, all on example.com, in several zones."""
    names = tomllib.loads((material / "names.toml").read_text("utf-8"))
    zones = [zone for zone, count in sample["zones"].items() for _ in range(count)]
    for number in range(sample["count"]):
        first, last = names["first"][number % len(names["first"])], names["last"][(number * 7) % len(names["last"])]
        address = sample["address"].format(first=_to_ascii(first), last=_to_ascii(last), number=number)
        yield f"{address},{first},{last},{zones[number * 37 % len(zones)]}"


def _to_ascii(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in folded.lower() if letter.isalpha())


def _add_articles(material: Path, feeds: list[dict[str, str]], now: datetime) -> None:
    from newsletter.accounts.actors import SystemActor
    from newsletter.curator.articles import article_lookup, intake, polling, sources
    from newsletter.jobs import wiring

    known = {source.url for source in article_lookup.list_sources()}
    for feed in feeds:
        url = (material / Path(feed["file"]).name).as_uri()
        if url not in known:
            sources.add_source(url, title=feed["title"], by=SystemActor(BY), now=now)
    polling.fetch_sources(
        now=now,
        fetch=wiring.build_fetcher(),
        ids=[source.id for source in article_lookup.list_sources() if source.is_file],
    )
    for page in sorted((material / "articles").glob("*.html")):
        html = page.read_text("utf-8").replace("../pictures/", "pictures/").encode()
        intake.add_article_from_html(
            html, url="", base_file=material / page.name, fetch=wiring.build_fetcher(), by=SystemActor(BY), now=now
        )


def _send_edition(briefing: Any, sample: dict[str, Any], now: datetime) -> tuple[Any, Any]:
    from newsletter.accounts.actors import SystemActor
    from newsletter.checks import preflight
    from newsletter.curator.editions import edition_lookup, suggestions
    from newsletter.curator.editions.states import EditionState
    from newsletter.delivery.ledger.states import ACTIVE_MAILING_STATES
    from newsletter.delivery.reports import summary
    from newsletter.jobs import tasks

    today = now.astimezone(clock.get_zone(briefing.zone)).date()
    edition = edition_lookup.find_edition(briefing.id, today)
    if edition is None:
        edition = suggestions.create_suggested_edition(briefing.id, today, by=SystemActor(BY), now=now)
        edition = _edit_edition(edition, sample, now)
    if edition.snapshot_id is None and edition.state == EditionState.DRAFT:
        preflight.approve_edition(edition.id, content_hash=None, by=SystemActor(BY), now=now)
        tasks.send_edition(edition.id, at=None, content_hash=None, by=SystemActor(BY), now=now)
    mailing = summary.find_mailing_of_edition(edition.id)
    if mailing is not None and mailing.state in ACTIVE_MAILING_STATES:
        _deliver(mailing.id)
        mailing = summary.get_mailing(mailing.id)
    return edition_lookup.get_edition(edition.id), mailing


def _edit_edition(edition: Any, sample: dict[str, Any], now: datetime) -> Any:
    """The editor's part: subject, preheader, intro, and the story of the subject as the lead."""
    from newsletter.accounts.actors import SystemActor
    from newsletter.curator.editions import editions, picks
    from newsletter.curator.editions.states import PickSize

    by = SystemActor(BY)
    lead = next((story for story in edition.picks if story.headline == sample["subject"]), None)
    if lead is not None:
        picks.move_pick(edition.id, lead.key, after=None, section=edition.picks[0].section, by=by, now=now)
        picks.edit_pick(edition.id, lead.key, seen=None, by=by, now=now, size=PickSize.LARGE)
    return editions.edit_edition(
        edition.id,
        seen=None,
        by=by,
        now=now,
        subject=sample["subject"],
        preheader=sample["preheader"],
        intro=sample["intro"],
    )


def _deliver(mailing_id: int) -> None:
    """Sends here and now, as a worker would."""
    from newsletter.delivery.reports import summary
    from newsletter.delivery.sending import freeze, hand_over, mailings
    from newsletter.jobs import wiring

    now = clock.now()
    while freeze.freeze_next(now):
        pass
    with progress("Delivering to the outbox", summary.get_mailing(mailing_id).candidates) as advance:
        while hand_over.hand_over_next(clock.now(), owner="demo", provider=wiring.get_provider(), clock=clock.now):
            advance(wiring.get_provider().max_batch)
    mailings.finish_settled(clock.now())


def _print_summary(edition: Any, mailing: Any, password: str) -> None:
    from newsletter.delivery.ledger.states import Outcome
    from newsletter.delivery.reports import edition_status
    from newsletter.jobs import wiring

    config = wiring.get_config()
    state = edition_status.get_edition_status(edition).state
    say(f"“{edition.subject}”: {len(edition.picks)} stories, {state.label.lower()}.")
    if mailing is not None:
        accepted = mailing.counts.get(Outcome.ACCEPTED.key, 0)
        first = next(iter(sorted((config.outbox_dir / mailing.key).glob("*.eml"))), config.outbox_dir)
        say(f"Delivered to the outbox: {accepted} of {mailing.planned} subscribers.")
        say(f"  one message   {first}")
    say(f"  the draft     {config.base_url}/editions/{edition.id}/review/")
    say(f"  the desk      {config.base_url}/")
    say(f"  sign in as    {LOGIN} with the password {password}")
