"""Stories taken from feeds, pages, files or pasted text."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import typer

from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, emit_json, print_table, say, warn
from newsletter.curator.articles import article_lookup, intake, triage
from newsletter.curator.articles.values import Article
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, SurroundingsError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Stories taken from feeds, pages, files or pasted text."
)
LARGEST_FILE = 10 * 2**20


@app.command("add")
def add(
    source: str = typer.Argument(..., metavar="URL|FILE|-", help="A web address, an HTML file, or - for pasted text."),
    url: str = typer.Option("", help="Address of the story, for a file or pasted text."),
    as_json: bool = JSON,
) -> None:
    """Add one article from a page, an HTML file, or text pasted on standard input."""
    now = clock.now()
    if source == "-":
        added = intake.add_article_from_paste(_read_pasted(), url=url, by=get_actor(), now=now)
    elif source.startswith(("http://", "https://")):
        added = intake.add_article_from_page(source, fetch=wiring.build_fetcher(), by=get_actor(), now=now)
    else:
        path = Path(source)
        added = intake.add_article_from_html(
            _read_file(path),
            url=url,
            base_file=path.resolve(),
            fetch=wiring.build_fetcher(),
            by=get_actor(),
            now=now,
        )
    for warning in added.warnings:
        warn(warning)
    if as_json:
        return emit_json({"created": added.created, "warnings": added.warnings, **_to_dict(added.article)})
    say(f"{'Added' if added.created else 'Known already'}: {added.article.id} {added.article.title}")


def _to_dict(article: Article) -> dict[str, object]:
    return {name: getattr(article, name) for name in article.__dataclass_fields__}


def _read_pasted() -> str:
    data = sys.stdin.buffer.read(LARGEST_FILE + 1)
    _check_size(len(data), "The pasted text")
    return data.decode("utf-8", "replace")


def _read_file(path: Path) -> bytes:
    if "://" in str(path):
        raise BadInput(f"“{path}” is not a web address: it must begin with http:// or https://.", "source")
    try:
        _check_size(path.stat().st_size, str(path))
        return path.read_bytes()
    except OSError as error:
        raise SurroundingsError(f"{path} cannot be read: {error.strerror}. Check its name and permissions.") from None


def _check_size(size: int, what: str) -> None:
    if size > LARGEST_FILE:
        raise BadInput(f"{what} is larger than {LARGEST_FILE // 2**20} MB, which is not an article.", "source")


@app.command("mark")
def mark(
    article_id: int, state: str = typer.Argument(..., help="new, shortlisted or ignored."), as_json: bool = JSON
) -> None:
    """Shortlist an article, ignore it, or reset it to new."""
    article = triage.set_standing(article_id, state, seen=None, by=get_actor(), now=clock.now())
    emit_json(_to_dict(article)) if as_json else say(f"{article.title} is {article.standing}.")


@app.command("tag")
def tag(
    article_id: int,
    tags: list[str] = typer.Argument(None, help="All its tags; none: removes them."),
    as_json: bool = JSON,
) -> None:
    """Replace the tags of an article."""
    article = triage.set_tags(article_id, tags or [], seen=None, by=get_actor(), now=clock.now())
    emit_json(_to_dict(article)) if as_json else say(f"{article.title}: {', '.join(tags) if tags else 'no tags'}.")


@app.command("dates")
def set_days(
    article_id: int,
    first: str = typer.Option("", "--from", help="First day of an edition it may be in, like 2026-11-24."),
    last: str = typer.Option("", "--until", help="Last day."),
    as_json: bool = JSON,
) -> None:
    """Set the days an article may run; without any, it may run on every day."""
    article = triage.set_eligible_dates(
        article_id,
        first=_parse_day(first, "from"),
        last=_parse_day(last, "until"),
        seen=None,
        by=get_actor(),
        now=clock.now(),
    )
    emit_json(_to_dict(article)) if as_json else say(
        f"{article.title} may run from {article.eligible_from or 'now'} until {article.eligible_until or 'any day'}."
    )


@app.command("note")
def note(article_id: int, text: str) -> None:
    """Add a note to an article, for the desk only."""
    triage.add_note(article_id, text, by=get_actor(), now=clock.now())
    say("Noted.")


def _parse_day(text: str, field: str) -> date | None:
    return clock.parse_day(text, field) if text else None


@app.command("list")
def show_all(
    query: str = typer.Option("", help="Words of the article, or their beginnings."),
    limit: int = typer.Option(30, min=1, max=1000),
    as_json: bool = JSON,
) -> None:
    """List articles, newest first."""
    found = article_lookup.list_articles(query=query, limit=limit)
    if as_json:
        return emit_json(found)
    print_table(
        ("id", "headline", "publisher", "published (UTC)"),
        [(a.id, a.title, a.publisher, f"{a.published_at:%d %b %Y, %H:%M}" if a.published_at else "") for a in found],
        "No article. Fetch feeds: newsletter feeds fetch, or add one: newsletter articles add URL",
    )


@app.command("show")
def show(article_id: int, as_json: bool = JSON) -> None:
    """Show one article with all its fields."""
    article = article_lookup.get_article(article_id)
    if as_json:
        return emit_json(article)
    print_table(("field", "value"), [(name, value) for name, value in _to_dict(article).items()], "")
