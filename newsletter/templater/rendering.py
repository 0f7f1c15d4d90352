"""`render`: one briefing in, one finished mail out, with everything that is wrong with it."""

from __future__ import annotations

import re
import tomllib
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError
from markupsafe import Markup, escape

from newsletter.templater import engine, languages, themes, untrusted_text
from newsletter.templater.briefing import Briefing, Problem, ProblemLevel, Rendered, TransactionalContent
from newsletter.templater.merge_fields import Merger, personalise
from newsletter.templater.template_context import build_context

INBOX_LINE = 150  # characters of preheader that an inbox may show


def render(briefing: Briefing, *, folders: Sequence[Path] = ()) -> Rendered:
    """The mail of a briefing. `folders` are looked in for templates before our own.

    Never raises for content or templates at fault: those become `problems`, and html and text may be empty.
    """
    merger = Merger(
        {"first_name": languages.get_mail_texts(briefing.language).reader, "date": briefing.date_long},
        {"list": briefing.list_name or briefing.newsletter},
    )
    return _render_template(
        briefing.template,
        merger,
        subject=merger.tokenise_plain(untrusted_text.clean_line(briefing.subject), "subject"),
        preheader=merger.tokenise_plain(untrusted_text.clean_line(briefing.preheader), "preheader"),
        language=briefing.language,
        overrides=briefing.theme,
        folders=tuple(folders),
        values=partial(build_context, briefing, merger),
    )


def render_transactional(notice: TransactionalContent, *, folders: Sequence[Path] = ()) -> Rendered:
    """A short mail about a subscription. It has no merge fields: everything in it is known."""
    return _render_template(
        "notice",
        Merger({}),
        subject=untrusted_text.clean_line(notice.subject),
        preheader=untrusted_text.clean_line(notice.paragraphs[0] if notice.paragraphs else ""),
        language=notice.language,
        overrides=notice.theme,
        folders=tuple(folders),
        values=lambda: {"e": notice, "pub": notice.publication},
    )


def _render_template(
    template: str,
    merger: Merger,
    *,
    subject: str,
    preheader: str,
    language: str,
    overrides: Mapping[str, Any],
    folders: engine.Folders,
    values: Callable[[], dict[str, Any]],
) -> Rendered:
    problems: list[Problem] = []
    html = text = ""
    try:
        folder = engine.get_template_folder(template, folders)
        look, theme_problems = themes.load_theme(folder, overrides, languages.get_direction(language))
        problems += theme_problems
        context = _build_base_context(subject, preheader, language, look, merger) | values()
        head, sheet = engine.render_style_sheets(template, look, context["dir"], folders)
        context["head_css"] = Markup(head)  # noqa: S704  colours and fonts of a theme, checked there
        markup = engine.mjml_to_html(engine.render_mjml(template, context, folders))
        html, text = engine.finish_html(markup, sheet), engine.render_text(template, context, folders)
    except Exception as error:  # a template is somebody's program: it can raise anything
        problems.append(_to_problem(error, template))
    known = merger.constant_values()
    subject, preheader, html, text = (personalise(part, known) for part in (subject, preheader, html, text))
    return Rendered(subject, preheader, html, text, (*merger.problems, *problems), merger.recipient_fields)


def _build_base_context(
    subject: str, preheader: str, language: str, look: dict[str, Any], merger: Merger
) -> dict[str, Any]:
    """What every template gets: its words, colours and a few helpers."""
    direction = languages.get_direction(language)
    return {
        "subject": _fill_fallbacks(subject, merger),
        "preheader": _to_html_tokens(preheader, merger),
        "preheader_text": preheader,
        "padding": Markup("&#847;&#160;") * max(0, INBOX_LINE - len(preheader)),
        "lang": re.sub(r"[^A-Za-z0-9-]", "", language.replace("_", "-")) or "en",
        "dir": direction,
        "dirattr": Markup(' dir="rtl"') if direction == "rtl" else "",
        "tr": languages.get_mail_texts(language),
        "c": look["light"],
        "t": look,
    }


def _fill_fallbacks(subject: str, merger: Merger) -> str:
    """For the title of the document, which providers need not touch."""
    for field in merger.fields:
        subject = subject.replace(field.token, field.fallback)
    return subject


def _to_html_tokens(text: str, merger: Merger) -> Markup:
    """Escaped text whose plain tokens became HTML tokens."""
    escaped = str(escape(text))
    for field in merger.fields:
        if not field.html and field.token in escaped:
            escaped = escaped.replace(field.token, merger.get_token(field.field, fallback=field.fallback, html=True))
    return Markup(escaped)  # noqa: S704  escaped above


def _to_problem(error: Exception, template: str) -> Problem:
    """What a template or its theme did wrong, with the file and line where these are known."""
    reason = str(error).rstrip(".") or type(error).__name__
    if isinstance(error, TemplateSyntaxError):
        where = f"{error.name or template}:{error.lineno}"
        message = f"The template has a mistake in line {error.lineno}: {reason.splitlines()[0]}"
    elif isinstance(error, tomllib.TOMLDecodeError):
        where, message = f"{template}/theme.toml", f"The theme cannot be read: {reason}"
    elif isinstance(error, TemplateNotFound):
        where, message = _find_line(error, template), f"There is no template file “{error.name}”"
    elif isinstance(error, TemplateError):
        where, message = _find_line(error, template), f"The template does not work: {reason}"
    else:
        where, message = _find_line(error, template), f"The mail could not be made from the template: {reason}"
    return Problem(ProblemLevel.BLOCK, f"template:{where}", f"{message.rstrip('.')}. Fix the template and try again.")


def _find_line(error: Exception, template: str) -> str:
    """The template line that was at work, as file:line; the name of the template where none was."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.endswith(".j2"):
            return f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno}"
    return template
