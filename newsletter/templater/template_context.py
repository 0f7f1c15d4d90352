"""A briefing as its templates see it: numbered stories, marked-up words, tokens in place, nothing foreign unharmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from markupsafe import Markup

from newsletter.templater import languages, richtext, untrusted_text
from newsletter.templater.briefing import (
    AlsoItem,
    Briefing,
    BriefingBox,
    BriefingPicture,
    BriefingStory,
    ProblemLevel,
    Publication,
)
from newsletter.templater.merge_fields import Merger

_FLAT = 0.75  # height by width of a picture that may fill its column, as of 4:3
_TALLEST = 360  # pixels, of any other


def build_context(briefing: Briefing, merger: Merger) -> dict[str, Any]:
    """What the templates of a briefing may name. Problems with its content are noted in `merger`."""
    view = partial(_story, briefing=briefing, merger=merger)
    number = count(1)
    return {
        "e": _CleanView(briefing),
        "pub": _CleanView(briefing.publication),
        "lead": view(briefing.lead, number=next(number)) if briefing.lead else None,
        "sections": [
            {
                "title": untrusted_text.neutralise(section.title),
                "stories": [view(story, number=next(number)) for story in section.stories],
            }
            for section in briefing.sections
            if section.stories
        ],
        "also": [_also(item, briefing, merger) for item in briefing.also],
        "sponsor": _clean_values(asdict(briefing.sponsor), "sponsor", merger) if briefing.sponsor else None,
        **_build_editor_texts(briefing, merger),
        **_footer(briefing, merger),
    }


def _build_editor_texts(briefing: Briefing, merger: Merger) -> dict[str, Any]:
    """The editors' own words, with markup and merge fields."""
    return {
        "intro_html": _html(merger, briefing.intro, "intro", richtext.render_block),
        "intro_text": _plain(merger, briefing.intro, "intro", richtext.block_to_plain).split("\n\n"),
        "corrections_html": [_html(merger, each, "corrections") for each in briefing.corrections],
        "corrections_text": [_plain(merger, each, "corrections") for each in briefing.corrections],
        "boxes": {
            place: [_box(each, merger) for each in briefing.boxes if each.place == place] for place in ("top", "end")
        },
    }


def _box(box: BriefingBox, merger: Merger) -> dict[str, Any]:
    return {
        "title": untrusted_text.neutralise(box.title),
        "label": untrusted_text.neutralise(box.label),
        "html": _html(merger, box.text, "boxes", richtext.render_block),
        "text": _plain(merger, box.text, "boxes", richtext.block_to_plain).split("\n\n"),
    }


def _footer(briefing: Briefing, merger: Merger) -> dict[str, str]:
    """The recipient's address and the links to unsubscribe and to set preferences.

    The archive page has no recipient: there the links lead to the sign-up page.
    """
    values: dict[str, str] = {}
    if briefing.web:
        signup = untrusted_text.neutralise_url(briefing.signup_url)
        return {
            f"{name}_{kind}": "" if name == "email" else signup
            for name in ("email", "unsubscribe", "preferences")
            for kind in ("html", "text")
        }
    for kind, html in (("html", True), ("text", False)):
        token = merger.get_token("token", html=html)
        values[f"email_{kind}"] = merger.get_token("email", html=html)
        values[f"unsubscribe_{kind}"] = f"{briefing.base_url}/u/{token}"
        values[f"preferences_{kind}"] = f"{briefing.base_url}/p/{token}"
    return values


def _story(story: BriefingStory, *, number: int, briefing: Briefing, merger: Merger) -> dict[str, Any]:
    where = f"story:{story.key}"
    return {
        "n": number,
        "size": story.size,
        "headline": untrusted_text.neutralise(story.headline),
        "url": _clean_address(_link(story, briefing), f"{where}:url", merger),
        "blurb_html": _html(merger, story.blurb, f"{where}:blurb"),
        "blurb_text": _plain(merger, story.blurb, f"{where}:blurb"),
        "label": untrusted_text.neutralise(story.label),
        "source": untrusted_text.neutralise(story.source),
        "byline": "" if story.byline == story.source else untrusted_text.neutralise(story.byline),
        "minutes": _format_minutes(story.minutes, briefing.language),
        "picture": _picture(story.picture, f"{where}:picture", briefing.language, merger),
        "button": untrusted_text.neutralise(story.button) or languages.get_mail_texts(briefing.language).read,
    }


def _also(item: AlsoItem, briefing: Briefing, merger: Merger) -> dict[str, Any]:
    where = f"story:{item.key}" if item.key else f"also:{item.headline}"
    return {
        "headline": untrusted_text.neutralise(item.headline),
        "source": untrusted_text.neutralise(item.source),
        "url": _clean_address(_link(item, briefing), f"{where}:url" if item.key else where, merger),
    }


def _link(story: BriefingStory | AlsoItem, briefing: Briefing) -> str:
    """The address of a story with what its clicks are counted by."""
    return add_story_key(add_parameters(story.url, "" if story.plain_link else briefing.link_parameters), story.key)


def _html(merger: Merger, text: str, where: str, markup: Callable[[str], str] = richtext.render_inline) -> Markup:
    return Markup(merger.tokenise_markup(text, where, markup, html=True))  # noqa: S704  sanitised by `markup`


def _plain(merger: Merger, text: str, where: str, words_of: Callable[[str], str] = richtext.inline_to_plain) -> str:
    return merger.tokenise_markup(text, where, words_of, html=False)


def _format_minutes(minutes: int, language: str) -> str:
    if not minutes:
        return ""
    tr = languages.get_mail_texts(language)
    return (tr.minute if minutes == 1 else tr.minutes).format(n=minutes)


def _picture(picture: BriefingPicture | None, where: str, language: str, merger: Merger) -> dict[str, Any] | None:
    if picture is None:
        return None
    if picture.width <= 0 or picture.height <= 0:
        merger.add_problem(
            where, "The picture is not shown, because its size is not known. Upload it again.", ProblemLevel.WARN
        )
        return None
    values = _clean_values(asdict(picture), where, merger)
    values["cuts"] = [_clean_values(cut, where, merger) for cut in values["cuts"]]
    values["alt"] = values["alt"].strip()
    credit = values["credit"]
    prefix = "" if not credit or ":" in credit else f"{languages.get_mail_texts(language).picture} "
    return values | {"credit_line": prefix + credit, "most": _find_largest_width(picture)}


def _find_largest_width(picture: BriefingPicture) -> int:
    """How wide a picture may be shown: no wider than its file; upright or square no taller than half a screen."""
    if picture.height <= _FLAT * picture.width:
        return picture.width
    return max(1, min(picture.width, round(_TALLEST * picture.width / picture.height)))


def _clean_values(values: dict[str, Any], where: str, merger: Merger) -> dict[str, Any]:
    """Values whose texts can contain no merge token."""
    bare = {name: _clean_value(name, value) for name, value in values.items()}
    for name in bare.keys() & {"url", "src"}:
        bare[name] = _clean_address(bare[name], where, merger)
    return bare


class _CleanView:
    """A value seen through the same filter, attribute by attribute."""

    def __init__(self, value: Briefing | Publication) -> None:
        self._value = value

    def __getattr__(self, name: str) -> Any:
        return _clean_value(name, getattr(self._value, name))


def _clean_value(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return untrusted_text.neutralise_url(value) if name.endswith(("url", "src")) else untrusted_text.neutralise(value)


def _clean_address(url: str, where: str, merger: Merger) -> str:
    """The address, or "" and a problem where it would lead nowhere."""
    safe = untrusted_text.neutralise_url(url)
    if not safe or untrusted_text.is_link(safe):
        return safe
    merger.add_problem(where, f"“{safe[:80]}” is not an address for a link. It must begin with https:// or http://.")
    return ""


def add_parameters(url: str, parameters: str) -> str:
    """`url` with parameters such as utm_source=…; those it has already and the fragment stay."""
    if not parameters or not url.strip().lower().startswith(("http://", "https://")):
        return url
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    own = {pair.partition("=")[0] for pair in parts.query.split("&")}
    new = [pair for pair in parameters.split("&") if pair.partition("=")[0] not in own]
    return urlunsplit(parts._replace(query="&".join([*([parts.query] if parts.query else []), *new])))


def add_story_key(url: str, key: str) -> str:
    """`url` with the story's key as the query parameter nl; query and fragment stay."""
    if not key or not url.strip().lower().startswith(("http://", "https://")):
        return url
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    mark = f"nl={quote(key, safe='')}"
    return urlunsplit(parts._replace(query=f"{parts.query}&{mark}" if parts.query else mark))
