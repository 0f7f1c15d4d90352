"""`render`: one briefing in, one finished mail out, with everything that is wrong with it."""

from __future__ import annotations

import html as html_entities
import json
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from newsletter.kernel.resources import templates_dir
from newsletter.templater import richtext, slimming, theme, words
from newsletter.templater.briefing import Briefing, Notice, Picture, Problem, Publication, Rendered, Story
from newsletter.templater.inlining import inline
from newsletter.templater.merge import Merger, unmarked

INBOX_LINE = 150  # characters of preheader that an inbox may show
TEXT_WIDTH = 70
_LINK = ("http://", "https://", "mailto:")


def render(briefing: Briefing, *, folders: Sequence[Path] = ()) -> Rendered:
    """The mail of a briefing. `folders` are looked in for templates before our own.

    Never raises for content or templates at fault: those become `problems`, and html and text may be empty.
    """
    merger = Merger(words.words(briefing.language).reader)
    return _rendered(
        briefing.template,
        merger,
        subject=merger.plain(richtext.clean(briefing.subject), "subject"),
        preheader=merger.plain(richtext.clean(briefing.preheader), "preheader"),
        language=briefing.language,
        overrides=briefing.theme,
        folders=folders,
        values=partial(_briefing_values, briefing, merger),
    )


def render_notice(notice: Notice, *, folders: Sequence[Path] = ()) -> Rendered:
    """A short mail about a subscription. It has no merge fields: everything in it is known."""
    return _rendered(
        "notice",
        Merger(""),
        subject=richtext.clean(notice.subject),
        preheader=richtext.clean(notice.paragraphs[0] if notice.paragraphs else ""),
        language=notice.language,
        overrides=notice.theme,
        folders=folders,
        values=lambda: {"e": notice, "pub": notice.publication},
    )


def _rendered(
    template: str,
    merger: Merger,
    *,
    subject: str,
    preheader: str,
    language: str,
    overrides: Any,
    folders: Sequence[Path],
    values: Callable[[], dict[str, Any]],
) -> Rendered:
    problems: list[Problem] = []
    html = text = ""
    try:
        folder = _folder(template, folders)
        look, theme_problems = theme.theme(folder, overrides, words.direction(language))
        problems += theme_problems
        context = _frame(subject, preheader, language, look, merger) | values()
        html = _html(
            template,
            context,
            _sheets(template, json.dumps(look), context["dir"], tuple(folders)),
            tuple(folders),
        )
        text = _text(template, context, tuple(folders))
    except TemplateSyntaxError as error:
        where = f"template:{error.name or template}:{error.lineno}"
        problems.append(
            Problem(
                "block",
                where,
                f"The template has a mistake in line {error.lineno}: {error.message}. Mend the file and try again.",
            )
        )
    except TemplateError as error:
        problems.append(Problem("block", f"template:{template}", f"The template does not work: {error}."))
    except (ValueError, LookupError, TypeError, ArithmeticError, OSError, RecursionError) as error:
        # mjml reports its faults as ValueError; a template's own expressions may raise the others.
        problems.append(
            Problem("block", f"template:{template}", f"The mail could not be made from the template: {error}")
        )
    if not html or not text:
        html = text = ""
    return Rendered(subject, preheader, html, text, tuple(merger.problems + problems), merger.fields)


def _folder(template: str, folders: Sequence[Path]) -> Path:
    for base in (*folders, templates_dir() / "email"):
        if (base / template / f"{template}.mjml.j2").is_file():
            return base / template
    raise LookupError(f"there is no template “{template}”")


@lru_cache(maxsize=64)
def _sheets(template: str, look: str, direction: str, folders: tuple[Path, ...]) -> tuple[str, str]:
    """The style sheet for the client (phone and dark rules) and the one to inline; both depend on the theme alone."""
    parts = json.loads(look)
    values = {
        "t": parts,
        "c": parts["light"],
        "d": parts["dark"],
        "dir": direction,
        "dark_colours": theme.DARK_COLOURS,
    }
    _, bare = _environments(folders)
    head, inlined = (bare.get_template(f"{template}/{name}.css.j2").render(values) for name in ("head", "inline"))
    return head, inlined


def _html(template: str, context: dict[str, Any], sheets: tuple[str, str], folders: tuple[Path, ...]) -> str:
    from mjml import mjml2html

    head, sheet = sheets
    rich, _ = _environments(folders)
    context["head_css"] = Markup(head)  # noqa: S704  colours and fonts of a theme, checked there
    markup = rich.get_template(f"{template}/{template}.mjml.j2").render(context)
    # mjml prints attributes with escapes of its own (alt="\u{651}"): it gets ASCII with character references.
    ascii_only = markup.replace("\\", "&#92;").encode("ascii", "xmlcharrefreplace").decode()
    html: str = mjml2html(ascii_only)
    html = html.replace("<!doctype html>", "<!DOCTYPE html>", 1)  # or premailer drops it: quirks mode
    return slimming.slim(inline(slimming.protect_styles(html), sheet))


def _text(template: str, context: dict[str, Any], folders: tuple[Path, ...]) -> str:
    _, bare = _environments(folders)
    text = bare.get_template(f"{template}/{template}.txt.j2").render(context)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip() + "\n"


@cache
def _environments(folders: tuple[Path, ...]) -> tuple[Environment, Environment]:
    """One environment for MJML, where everything is escaped, and one for plain text and style sheets."""
    loader = ChoiceLoader([FileSystemLoader(folder) for folder in (*folders, templates_dir() / "email")])
    return _environment(loader, escaping=True), _environment(loader, escaping=False)


def _environment(loader: BaseLoader, *, escaping: bool) -> Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=escaping,  # select_autoescape() would be off for names like briefing.mjml.j2
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalise if escaping else _finalise_text,
    )
    environment.filters |= {"widont": widont, "wrap": wrap, "link": link}
    return environment


def _finalise(value: Any) -> Any:
    return richtext.clean(value) if type(value) is str else value


def _finalise_text(value: Any) -> Any:
    return richtext.clean_lines(value) if type(value) is str else value


def _frame(subject: str, preheader: str, language: str, look: dict[str, Any], merger: Merger) -> dict[str, Any]:
    """What every template gets: its words, colours and a few helpers."""
    direction = words.direction(language)
    return {
        "subject": _without_tokens(subject, merger),
        "preheader": _with_html_tokens(preheader, merger),
        "padding": Markup("&#847;&#160;") * max(0, INBOX_LINE - len(preheader)),
        "lang": re.sub(r"[^A-Za-z0-9-]", "", language) or "en",
        "dir": direction,
        "dirattr": Markup(' dir="rtl"') if direction == "rtl" else "",
        "tr": words.words(language),
        "c": look["light"],
        "t": look,
    }


def _without_tokens(subject: str, merger: Merger) -> str:
    """For the title of the document, which providers need not touch."""
    for field in merger.fields:
        subject = subject.replace(field.token, field.fallback)
    return subject


def _with_html_tokens(text: str, merger: Merger) -> Markup:
    """Escaped text whose plain tokens became HTML tokens."""
    escaped = str(escape(text))
    for field in merger.fields:
        if not field.html and field.token in escaped:
            escaped = escaped.replace(field.token, merger.token(field.field, fallback=field.fallback, html=True))
    return Markup(escaped)  # noqa: S704  escaped above


def _briefing_values(briefing: Briefing, merger: Merger) -> dict[str, Any]:
    """A briefing as its templates see it: numbered stories, marked-up words, tokens in place."""
    tr = words.words(briefing.language)
    token_html, token_text = (merger.token("token", html=kind) for kind in (True, False))
    number = iter(range(1, 1000))
    view = partial(_story, briefing=briefing, merger=merger, button=tr.read)
    lead = view(briefing.lead, number=next(number)) if briefing.lead else None
    sections = [
        {
            "title": unmarked(section.title),
            "stories": [view(story, number=next(number)) for story in section.stories],
        }
        for section in briefing.sections
        if section.stories
    ]
    return {
        "e": _Bare(briefing),
        "pub": _Bare(briefing.publication),
        "lead": lead,
        "sections": sections,
        "also": [_unmarked(asdict(item)) for item in briefing.also],
        "sponsor": _unmarked(asdict(briefing.sponsor)) if briefing.sponsor else None,
        "intro_html": _marked_up(briefing.intro, "intro", merger, richtext.block),
        "intro_text": _paragraphs(merger.plain(briefing.intro, "intro")),
        "corrections_html": [_marked_up(c, "corrections", merger, richtext.inline) for c in briefing.corrections],
        "corrections_text": [richtext.plain(merger.plain(c, "corrections")) for c in briefing.corrections],
        "email_html": merger.token("email", html=True),
        "email_text": merger.token("email", html=False),
        "unsubscribe_html": f"{briefing.base_url}/u/{token_html}",
        "unsubscribe_text": f"{briefing.base_url}/u/{token_text}",
        "preferences_html": f"{briefing.base_url}/p/{token_html}",
        "preferences_text": f"{briefing.base_url}/p/{token_text}",
    }


class _Bare:
    """A value whose texts can contain no merge token."""

    def __init__(self, value: Briefing | Publication) -> None:
        self._value = value

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._value, name)
        return unmarked(value) if isinstance(value, str) else value


def _unmarked(values: dict[str, Any]) -> dict[str, Any]:
    return {name: unmarked(value) if isinstance(value, str) else value for name, value in values.items()}


def _story(story: Story, *, number: int, briefing: Briefing, merger: Merger, button: str) -> dict[str, Any]:
    where = f"story:{story.key}:blurb"
    return {
        "n": number,
        "size": story.size,
        "headline": unmarked(story.headline),
        "url": keyed(unmarked(story.url), story.key),
        "blurb_html": _marked_up(story.blurb, where, merger, richtext.inline),
        "blurb_text": richtext.plain(merger.plain(story.blurb, where)),
        "label": unmarked(story.label),
        "source": unmarked(story.source),
        "minutes": _minutes(story.minutes, briefing.language),
        "picture": _picture(story.picture),
        "button": unmarked(story.button) or button,
    }


def _picture(picture: Picture | None) -> dict[str, Any] | None:
    return _unmarked(asdict(picture)) if picture and picture.width and picture.height else None


def _minutes(minutes: int, language: str) -> str:
    if not minutes:
        return ""
    tr = words.words(language)
    return (tr.minute if minutes == 1 else tr.minutes).format(n=minutes)


def _marked_up(text: str, where: str, merger: Merger, markup: Callable[[str], Markup]) -> Markup:
    """Markdown as XHTML, its merge fields as HTML tokens."""
    marked, stands_for = merger.placeholders(text, where)
    out = str(markup(marked))
    for mark, token in stands_for.items():
        out = out.replace(mark, html_entities.escape(token))
    return Markup(out)  # noqa: S704  sanitised by `markup`


def _paragraphs(markdown: str) -> list[str]:
    return [part for part in richtext.plain(markdown).split("\n\n") if part.strip()]


def keyed(url: str, key: str) -> str:
    """`url` with the story's key as the query parameter nl; query and fragment stay."""
    if not key or not url.startswith(("http://", "https://")):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    query = f"{parts.query}&nl={key}" if parts.query else f"nl={key}"
    return urlunsplit(parts._replace(query=query))


def link(url: str) -> str:
    """An address fit for href: http, https and mailto; anything else leads nowhere."""
    return url if url.lower().startswith(_LINK) else "#"


def widont(text: Any) -> str:
    """No lonely short word on the last line of a headline."""
    head, _, tail = str(text).rpartition(" ")
    return f"{head}\u00a0{tail}" if head.count(" ") > 2 and len(tail) < 9 else str(text)


def wrap(text: Any, indent: str = "", first: str | None = None) -> str:
    """Lines of at most 70 characters; every paragraph and line break of `text` stays."""
    lines = str(text).replace("\u00a0", " ").split("\n")
    return "\n".join(
        textwrap.fill(
            line,
            TEXT_WIDTH,
            initial_indent=indent if first is None else first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines
    )
