"""Pick, write, check, preview, approve and send an edition."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import cast

import typer

from newsletter.catalog import newsletters
from newsletter.catalog.picture_files import MOST_BYTES
from newsletter.catalog.pictures import find_picture_by_name
from newsletter.checks import preflight
from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, print_table, say, spinner, warn
from newsletter.curator.editions import (
    approval,
    boxes,
    correction_lookup,
    corrections,
    decisions,
    edition_lookup,
    editions,
    picks,
    picture_choice,
    suggestions,
    transitions,
    variants,
)
from newsletter.curator.editions.editions import EditionTexts
from newsletter.curator.editions.picks import PickFields
from newsletter.curator.editions.values import Edition, SuggestedArticle
from newsletter.curator.editions.variants import Variant
from newsletter.delivery.providers.base import AnswerKind
from newsletter.delivery.reports import edition_status
from newsletter.delivery.reports.edition_status import EditionStatus
from newsletter.delivery.sending import one_off
from newsletter.jobs import tasks, wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Actor
from newsletter.kernel.errors import BadInput, Refused, SurroundingsError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Pick, write, check, preview, approve and send an edition."
)
GROUPS = typer.Option([], "--for", help="As this group gets it, such as members. Repeatable.")
SECOND = typer.Option(False, "--second-subject", help="With the second subject.")
HASH = typer.Option("", "--hash", help="Refuse unless the edition is as you saw it: its hash, from `editions check`.")
PART_HASH = typer.Option(
    "", "--hash", help="Refuse unless it is as you saw it: its content_hash, from `editions show --json`."
)
VISIBILITY_HELP = "Who sees it: mail, web, members, free or segment:SLUG; empty: everybody."


@app.command("create")
def create(
    newsletter: str,
    date: str = typer.Option("", help="Like 2026-11-24; default: today in the newsletter's zone."),
    suggest: bool = typer.Option(False, "--suggest", help="Fill it with fresh, varied stories that have not run."),
    stories: int = typer.Option(0, min=0, max=60, help="How many to suggest; default: the newsletter's setting."),
    as_json: bool = JSON,
) -> None:
    """Create the edition of a day."""
    now = clock.now()
    found = newsletters.get_newsletter_by_slug(newsletter)
    by = get_actor()
    made = editions.create_edition(found.id, clock.parse_day(date) if date else None, by=by, now=now)
    if suggest:
        made = suggestions.suggest_picks(made.id, wanted=stories or None, fetch=wiring.build_fetcher(), by=by, now=now)
    _print_edition(made, as_json)


@app.command("list")
def show_all(
    newsletter: str = typer.Argument(""), limit: int = typer.Option(30, min=1, max=500), as_json: bool = JSON
) -> None:
    """List editions, newest first."""
    found = edition_lookup.list_editions(
        newsletters.get_newsletter_by_slug(newsletter).id if newsletter else None, limit=limit
    )
    statuses = edition_status.find_statuses(found)
    if as_json:
        return emit_json([_describe_edition(each, statuses[each.id]) for each in found])
    names = {n.id: n.slug for n in newsletters.list_newsletters()}
    print_table(
        ("id", "newsletter", "date", "state", "stories", "subject"),
        [
            (e.id, names[e.newsletter_id], e.date, statuses[e.id].state.label.lower(), len(e.picks), e.subject)
            for e in found
        ],
        "No edition yet. Create one: newsletter editions create NEWSLETTER --suggest",
    )


@app.command("show")
def show(edition_id: int, as_json: bool = JSON) -> None:
    """Show one edition with its stories."""
    _print_edition(edition_lookup.get_edition(edition_id), as_json)


@app.command("suggest")
def suggest_stories(
    edition_id: int,
    dry_run: bool = typer.Option(False, "--dry-run", help="Print what would be suggested and why; change nothing."),
    as_json: bool = JSON,
) -> None:
    """Fill the free places with fresh, varied stories that have not run."""
    now = clock.now()
    if dry_run:
        return _print_proposals(suggestions.list_suggestions(edition_id, now=now), as_json)
    edition = suggestions.suggest_picks(edition_id, fetch=wiring.build_fetcher(), by=get_actor(), now=now)
    _print_edition(edition, as_json)


def _print_proposals(found: Sequence[SuggestedArticle], as_json: bool) -> None:
    if as_json:
        return emit_json(
            [
                {
                    "article": each.article.id,
                    "section": each.section,
                    "headline": each.article.title,
                    "publisher": each.article.publisher,
                    "score": each.score,
                    "reason": each.reason,
                }
                for each in found
            ]
        )
    print_table(
        ("article", "section", "headline", "publisher", "why"),
        [(each.article.id, each.section, each.article.title, each.article.publisher, each.reason) for each in found],
        "Nothing to suggest: no place is free, or the pool has nothing new.",
    )


@app.command("pick")
def pick_story(
    edition_id: int,
    article_id: int,
    section: str = typer.Option("", help="Key of a section; default: the first that is not full."),
    position: int = typer.Option(0, min=0, help="Place in the section, from 1; default: last."),
    reason: str = typer.Option("", help="Why, for a story that ran before or may not run that day."),
    as_json: bool = JSON,
) -> None:
    """Place an article in an edition."""
    edition = picks.add_pick(
        edition_id,
        article_id,
        section=section or None,
        position=position or None,
        reason=reason,
        fetch=wiring.build_fetcher(),
        by=get_actor(),
        now=clock.now(),
    )
    _print_edition(edition, as_json)


@app.command("drop")
def drop_story(
    edition_id: int,
    key: str = typer.Argument(..., help="The story's key, from `editions show`."),
    content_hash: str = PART_HASH,
    as_json: bool = JSON,
) -> None:
    """Remove a story from an edition."""
    edition = picks.drop_pick(edition_id, key, content_hash=content_hash or None, by=get_actor(), now=clock.now())
    _print_edition(edition, as_json)


@app.command("move")
def move_story(
    edition_id: int,
    key: str,
    position: int = typer.Option(..., min=1, help="New place in the section, from 1."),
    section: str = typer.Option("", help="Key of another section."),
    as_json: bool = JSON,
) -> None:
    """Move a story to another place."""
    after = picks.find_key_before(
        edition_lookup.get_edition(edition_id), key, position=position, section=section or None
    )
    edition = picks.move_pick(edition_id, key, after=after, section=section or None, by=get_actor(), now=clock.now())
    _print_edition(edition, as_json)


@app.command("edit")
def edit(
    edition_id: int,
    key: str = typer.Argument("", help="A story's key; without one, the edition itself is edited."),
    subject: str | None = typer.Option(None),
    preheader: str | None = typer.Option(None),
    intro: str | None = typer.Option(None, help="Markdown; - reads it from standard input."),
    signed: str | None = typer.Option(None),
    second_subject: str | None = typer.Option(None, help="Half of the subscribers get it; empty: none do."),
    headline: str | None = typer.Option(None),
    blurb: str | None = typer.Option(None),
    label: str | None = typer.Option(None),
    size: str | None = typer.Option(None, help="l, m, s, or a: a line of “Also today”."),
    visibility: str | None = typer.Option(None, "--visibility", help=VISIBILITY_HELP),
    picture: str | None = typer.Option(None, help="A file, or the name of a picture that we have (ending.jpg)."),
    focal: str | None = typer.Option(None, help="What cuts keep in view: “60 44”, percent from left and top."),
    image_alt: str | None = typer.Option(None, "--alt", "--image-alt", help="What the picture shows, in words."),
    image_caption: str | None = typer.Option(None, "--caption", "--image-caption"),
    image_credit: str | None = typer.Option(None, "--credit", "--image-credit", help="Photographer and agency."),
    no_picture: bool = typer.Option(False, "--no-picture", help="Remove the picture."),
    plain_link: bool | None = typer.Option(None, help="Keep the newsletter's parameters off its link."),
    as_json: bool = JSON,
) -> None:
    """Edit the texts of an edition (subject, preheader, intro) or of one story (headline, blurb …)."""
    if intro == "-":
        intro = sys.stdin.read()
    of_edition = cast(
        EditionTexts,
        _drop_missing(subject=subject, preheader=preheader, intro=intro, signed=signed, second_subject=second_subject),
    )
    of_story = cast(
        PickFields,
        _drop_missing(
            headline=headline,
            blurb=blurb,
            label=label,
            size=size,
            visibility=visibility,
            picture=picture,
            focus=focal,
            image_alt=image_alt,
            image_caption=image_caption,
            image_credit=image_credit,
            plain_link=plain_link,
            no_picture=no_picture or None,
        ),
    )
    if of_story and not key:
        raise BadInput(
            f"Name the story: newsletter editions edit {edition_id} KEY … "
            f"(keys: newsletter editions show {edition_id})",
            "key",
        )
    if not of_edition and not of_story:
        raise BadInput("Nothing to change was given. For instance: --subject “…” or KEY --headline “…”.")
    if no_picture and (picture is not None or focal is not None):
        raise BadInput("--no-picture removes the picture: give it without --picture and --focal.", "no_picture")
    by, now = get_actor(), clock.now()
    edition = edition_lookup.get_edition(edition_id)
    if picture:
        picture_choice.get_story(edition.picks, key)
        of_story["picture"] = _store_picture(edition_id, picture, by=by, now=now)
    if of_edition:
        edition = editions.edit_edition(edition_id, seen=None, by=by, now=now, **of_edition)
    if of_story:
        edition = picks.edit_pick(edition_id, key, seen=None, by=by, now=now, **of_story)
    _print_edition(edition, as_json)


def _store_picture(edition_id: int, given: str, *, by: Actor, now: datetime) -> str:
    """The public name of a picture: of a file, which is stored first, or as it was given."""
    path = Path(given)
    if not path.exists():
        if find_picture_by_name(given):
            return given
        raise BadInput(f"There is no file {given}, and no picture of that name is stored.", "picture")
    return picture_choice.upload_picture(edition_id, _read_picture(path), path.name, by=by, now=now).picture.name


def _read_picture(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path} is larger than {MOST_BYTES // 2**20} MB. Make it smaller.", "picture")
        return path.read_bytes()
    except OSError as error:
        raise SurroundingsError(f"{path} cannot be read: {error.strerror}. Check its name and permissions.") from None


def _drop_missing(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


@app.command("box")
def save_box(
    edition_id: int,
    text: str = typer.Argument(..., help="Markdown; - reads it from standard input."),
    title: str = typer.Option("", help="Its heading."),
    visibility: str = typer.Option("", "--visibility", help=VISIBILITY_HELP),
    place: str = typer.Option("end", help="top, below the intro, or end, below the stories."),
    box_id: int | None = typer.Option(None, "--box", help="Change this box instead of adding one."),
    as_json: bool = JSON,
) -> None:
    """Add or change a box: text that is not a story, such as a note to members."""
    text = sys.stdin.read() if text == "-" else text
    edition = boxes.set_box(
        edition_id,
        box_id=box_id,
        title=title,
        text=text,
        visibility=visibility,
        place=place,
        seen=None,
        by=get_actor(),
        now=clock.now(),
    )
    _print_edition(edition, as_json)


@app.command("drop-box")
def drop_box(
    edition_id: int,
    box_id: int = typer.Argument(..., help="From `editions show`."),
    content_hash: str = PART_HASH,
    as_json: bool = JSON,
) -> None:
    """Remove a box from an edition."""
    edition = boxes.drop_box(edition_id, box_id, content_hash=content_hash or None, by=get_actor(), now=clock.now())
    _print_edition(edition, as_json)


@app.command("check")
def check_edition(
    edition_id: int,
    check_pages: bool = typer.Option(
        False, "--check-pages", help="Fetch its stories' pages and its links first, instead of using the last results."
    ),
    as_json: bool = JSON,
) -> None:
    """Report what is wrong with the draft; exit 1 when something blocks approval."""
    if check_pages:
        with spinner("Checking pages and links"):
            tasks.check_pages_and_links_of_edition(edition_id, by=get_actor(), now=clock.now())
    checked = preflight.inspect_edition(edition_id, now=clock.now())
    if as_json:
        emit_json(
            {
                "edition": edition_id,
                "blocked": checked.blocked,
                "content_hash": checked.content_hash,
                "findings": checked.findings,
            }
        )
    else:
        print_table(
            ("level", "where", "code", "what"),
            [
                (f.level, f.where, f.code, f"{f.message} Overridden: {f.overridden}" if f.overridden else f.message)
                for f in checked.findings
            ],
            "No problems found.",
        )
        say(f"Hash: {checked.content_hash}")
    if checked.blocked:
        raise typer.Exit(1)


@app.command("preview")
def preview(
    edition_id: int,
    out: Path = typer.Option(..., help="Folder for the html, txt and eml files."),
    to: str = typer.Option("reader@example.com", help="Address of the subscriber to render it for."),
    first_name: str = typer.Option("", help="First name of that subscriber."),
    groups: list[str] = GROUPS,
    second: bool = SECOND,
    web: bool = typer.Option(False, "--web", help="The archive page instead of the mail."),
    as_json: bool = JSON,
) -> None:
    """Write the mail as it would be sent: html, txt and eml."""
    now = clock.now()
    edition = edition_lookup.get_edition(edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    rendered = approval.preview_edition(edition, variants.PAGE if web else _find_variant(edition, groups, second))
    content_hash = decisions.find_content_hash(edition)
    for problem in rendered.problems:
        warn(f"{problem.level}: {problem.where}: {problem.message}")
    if not rendered.html:
        raise Refused("The mail could not be rendered, so nothing was written; the reasons are above.")
    mail = one_off.compose_eml(rendered=rendered, newsletter=newsletter, address=to, first_name=first_name, now=now)
    stem = f"{newsletter.slug}-{edition.name_of_day}"
    files = {"html": mail.html.encode(), "txt": mail.text.encode(), "eml": mail.eml}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for suffix, data in files.items():
            (out / f"{stem}.{suffix}").write_bytes(data)
    except OSError as error:
        raise SurroundingsError(f"{error.filename or out} cannot be written: {error.strerror}.") from None
    written = {suffix: str(out / f"{stem}.{suffix}") for suffix in files}
    if as_json:
        return emit_json(
            {
                "edition": edition_id,
                "files": written,
                "html_bytes": len(files["html"]),
                "content_hash": content_hash,
                "problems": rendered.problems,
            }
        )
    for path in written.values():
        say(path)
    say(f"Hash: {content_hash}")


def _find_variant(edition: Edition, groups: list[str], second: bool) -> Variant:
    """The variant asked for. Raises BadInput where the edition has none like it."""
    wanted = (frozenset(groups), second)
    for each in variants.list_variants(edition):
        if (each.audiences, each.second_subject) == wanted:
            return each
    named = ", ".join(variants.list_groups(edition)) or "nobody in particular"
    raise BadInput(
        f"Edition {edition.id} has no such variant. It has parts for {named}"
        f"{', and a second subject' if edition.second_subject else ', and no second subject'}.",
        "for",
    )


@app.command("override")
def override(
    edition_id: int,
    code: str = typer.Argument(..., help="Code of the finding, from `editions check`."),
    where: str = typer.Argument(..., help="Its place, from `editions check`."),
    reason: str = typer.Option(..., help="Why the edition may be sent regardless."),
    content_hash: str = HASH,
) -> None:
    """Override a finding that blocks approval; the reason is stored."""
    finding = preflight.override(
        edition_id, code, where, reason=reason, content_hash=content_hash or None, by=get_actor(), now=clock.now()
    )
    say(f"{finding.message} Overridden: {finding.overridden}.")


@app.command("approve")
def approve(edition_id: int, content_hash: str = HASH, as_json: bool = JSON) -> None:
    """Freeze the edition for sending. Any later edit voids the approval."""
    snapshot = preflight.approve_edition(edition_id, content_hash=content_hash or None, by=get_actor(), now=clock.now())
    if snapshot is None:
        message = "Approved by you. A second person must approve it as well."
        return emit_json({"edition": edition_id, "snapshot": None, "needs": message}) if as_json else say(message)
    if as_json:
        return emit_json(
            {
                "edition": edition_id,
                "snapshot": snapshot.id,
                "sha256": snapshot.sha256,
                "approved_at": snapshot.approved_at,
            }
        )
    say(f"Approved, frozen as {snapshot.sha256[:12]}. Send it: newsletter editions send {edition_id}")


@app.command("request-approval")
def request_approval(
    edition_id: int,
    of: str = typer.Option("", help="Address of the colleague who is asked; by default anybody who may approve."),
    note: str = typer.Option("", help="What to look at."),
) -> None:
    """Ask for approval: the edition is in review."""
    tasks.request_approval(edition_id, of=of, note=note, by=get_actor(), now=clock.now())
    say(f"Edition {edition_id} is in review.")


@app.command("send-back")
def send_back(edition_id: int, note: str = typer.Option(..., help="What to change."), content_hash: str = HASH) -> None:
    """Send an edition in review back to its editors."""
    approval.send_back(edition_id, note=note, content_hash=content_hash or None, by=get_actor(), now=clock.now())
    say(f"Edition {edition_id} is a draft again.")


@app.command("transitions")
def show_transitions(edition_id: int, as_json: bool = JSON) -> None:
    """List what states an edition went through: when, by whom, why."""
    edition = edition_lookup.get_edition(edition_id)
    found = transitions.list_transitions(edition_id)
    if as_json:
        return emit_json(found)
    zone = newsletters.get_newsletter(edition.newsletter_id).zone
    print_table(
        ("when", "state", "by", "why"),
        [
            (clock.format_in_zone(each.at, zone), each.after.label.lower(), each.by or "the programs", each.why)
            for each in found
        ],
        "It is a draft since it was made.",
    )


@app.command("withdraw")
def withdraw(edition_id: int, content_hash: str = HASH) -> None:
    """Withdraw the approval."""
    approval.withdraw_approval(edition_id, content_hash=content_hash or None, by=get_actor(), now=clock.now())
    say("The approval is withdrawn.")


@app.command("correct")
def correct(
    edition_id: int,
    text: str = typer.Argument("", help="What was wrong and what is right; without it, corrections are listed."),
    story: str = typer.Option("", help="Key of the story it is about."),
    mail: bool = typer.Option(False, "--mail", help="Mail all corrections of this edition to those who were sent it."),
    content_hash: str = HASH,
    yes: bool = YES,
    as_json: bool = JSON,
) -> None:
    """Correct a sent edition: in the archive at once, in the next edition, and with --mail in a mail of its own."""
    by, now, seen = get_actor(), clock.now(), content_hash or None
    if text:
        corrections.add_correction(edition_id, text, key=story, content_hash=seen, by=by, now=now)
        seen = None  # what was seen is what it was before this correction
    if mail:
        confirm_or_refuse(f"Mail the corrections of edition {edition_id} to everybody who was sent it?", yes)
        mailing = tasks.send_correction(edition_id, content_hash=seen, by=by, now=now)
        if as_json:
            return emit_json(mailing)
        say(f"Mailing {mailing.id} is planned. Follow it: newsletter mailings show {mailing.id}")
        return
    found = correction_lookup.list_corrections(edition_id)
    if as_json:
        return emit_json(found)
    print_table(
        ("id", "about", "correction", "by", "at (UTC)", "carried in"),
        [(c.id, c.headline, c.text, c.by, f"{c.at:%d %b %Y, %H:%M}", c.carried_on or "") for c in found],
        "No correction of this edition.",
    )


@app.command("skip")
def skip_edition(
    edition_id: int, reason: str = typer.Option(..., help="Why."), content_hash: str = HASH, yes: bool = YES
) -> None:
    """Skip an edition."""
    confirm_or_refuse(f"Skip edition {edition_id}?", yes)
    approval.skip(edition_id, reason=reason, content_hash=content_hash or None, by=get_actor(), now=clock.now())
    say(f"Skipped: {reason}")


@app.command("send")
def send(
    edition_id: int,
    at: str = typer.Option("", help="When, as ISO 8601; without an offset in the newsletter's zone. Default: now."),
    test_to: list[str] = typer.Option([], help="Send a test to this address instead; may be repeated."),
    groups: list[str] = GROUPS,
    second: bool = SECOND,
    other_day: bool = typer.Option(False, "--other-day", help="Send it on a day other than its own without asking."),
    content_hash: str = HASH,
    as_json: bool = JSON,
) -> None:
    """Send an approved edition to its list, or a test of the variant that --for and --second-subject choose."""
    edition = edition_lookup.get_edition(edition_id)
    if test_to:
        return _send_test(edition, test_to, _find_variant(edition, groups, second), content_hash or None, as_json)
    if groups or second:
        raise BadInput("--for and --second-subject are for tests: give --test-to ADDRESS as well.", "for")
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    send_edition = partial(
        tasks.send_edition,
        edition_id,
        at=clock.parse_local_moment(at, newsletter.zone, "at") if at else None,
        content_hash=content_hash or None,
        by=get_actor(),
        now=clock.now(),
    )
    try:
        mailing = send_edition(on_other_day=other_day)
    except BadInput as question:
        if question.field != tasks.ON_OTHER_DAY:
            raise
        confirm_or_refuse(f"{question} Send it all the same?", other_day, "--other-day")
        mailing = send_edition(on_other_day=True)
    if as_json:
        return emit_json(mailing)
    say(f"Mailing {mailing.id} is planned for {clock.format_in_zone(mailing.due_at, newsletter.zone)}.")
    say(f"It is sent while `newsletter run` is running. Follow it: newsletter mailings show {mailing.id}")


def _send_test(
    edition: Edition, addresses: list[str], variant: Variant, content_hash: str | None, as_json: bool
) -> None:
    sent = tasks.send_test(
        edition.id, addresses, variant=variant, content_hash=content_hash, by=get_actor(), now=clock.now()
    )
    if as_json:
        emit_json(sent)
    else:
        print_table(("address", "answer", "detail"), [(t.address, t.answer, t.message) for t in sent], "")
    if any(each.answer is not AnswerKind.ACCEPTED for each in sent):
        raise typer.Exit(1)


def _describe_edition(edition: Edition, status: EditionStatus) -> dict[str, object]:
    """An edition for programs, in the state in which its mailing is."""
    fields = {field.name: getattr(edition, field.name) for field in dataclasses.fields(edition)}
    followed = {"state": status.state, "reason": status.reason}
    return fields | followed | {"mailing_id": status.mailing_id, "planned": status.planned}


def _print_edition(edition: Edition, as_json: bool) -> None:
    status = edition_status.get_edition_status(edition)
    if as_json:
        return emit_json(_describe_edition(edition, status))
    reason = f" ({status.reason})" if status.reason else ""
    say(f"Edition {edition.id}, {edition.date}: {status.state.label.lower()}{reason}")
    say(f"Subject:   {edition.subject or '(none)'}\nPreheader: {edition.preheader or '(none)'}")
    if edition.second_subject:
        say(f"Second subject, for half: {edition.second_subject}")
    print_table(
        ("key", "section", "place", "size", "for", "headline", "publisher"),
        [(p.key, p.section, p.position, p.size, p.visibility, p.headline, p.publisher) for p in edition.picks],
        "No stories yet. Suggest some: newsletter editions suggest " + str(edition.id),
    )
    if edition.boxes:
        print_table(
            ("box", "place", "for", "heading", "text"),
            [(b.id, b.place, b.visibility, b.title, b.text[:60]) for b in edition.boxes],
            "",
        )
