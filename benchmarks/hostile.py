"""A hostile corpus: 10,000 editions of whatever attackers and typing errors put into fields. It counts, not times."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from lxml import etree

from newsletter.kernel.resources import list_mail_templates
from newsletter.templater import render
from newsletter.templater.briefing import (
    AlsoItem,
    Briefing,
    BriefingBox,
    BriefingPicture,
    BriefingSection,
    BriefingSponsor,
    BriefingStory,
    Publication,
)
from newsletter.templater.merge_fields import MergeRecipient, personalise_mail

EDITIONS = 10_000
SEED = 20261124
_PIECES = (
    "</mj-text><mj-raw><script>alert(1)</script>",
    "{{7*7}}",
    "{% for x in y %}",
    "{{ first_name | reader }}",
    "{{ surname }}",
    "javascript:alert(1)",
    "\x00\x01\x08\x0b\x1f",
    "\ud800",
    "\udfff",
    "\ufffe",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "<!--[if mso]>",
    "&amp;lt;",
    "&#0;",
    "&#x110000;",
    "-nl_email_1h-",
    "-n\x00l_email_1h-",
    "\u202e\u2066",
    "\u0651\u064b",
    "👨‍👩‍👧‍👦",
    "العربية",
    "עברית",
    "ไทย",
    "漢字",
    "\u2028\u2029\r\n\t",
    "'\"`\\",
    "\\u{651}",
    "data:text/html,<script>",
    "vbscript:x",
    "https://a.example/?a=1&b=<c>",
    "https://[::",
    "http://",
    "file:///etc/passwd",
    "<style>*{display:none}</style>",
    "<a href='javascript:x'>x</a>",
    "[x](javascript:alert(1))",
    '[x](https://a.example/")',
    "![x](https://a.example/p.png)",
    "> " * 40,
    "# " * 10,
    "* " * 50,
    "`" * 40,
    "<mj-include path='/etc/passwd' />",
    "%s%n{0}",
    "$(x)",
    "${x}",
    "-->\n<script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    " " * 200,
    "a" * 3000,
    "\n\n" * 50,
    "0",
    "-1",
    "null",
    "",
)
_SCRIPT = re.compile(r"<script|javascript:|vbscript:|\son\w+\s*=", re.I)
_TOKEN = re.compile(r"-nl_\w+_\d+[ht]-")
_PUBLICATION = Publication("The Upland Echo", "https://paper.example.org", "1 High Street, Upland", "desk@example.com")


def main() -> None:
    """Prints how many render, how many say why not, and whatever should never be."""
    dice = random.Random(SEED)
    rendered = explained = 0
    wrong: list[str] = []
    templates = list_mail_templates()
    for number in range(EDITIONS):
        briefing = _edition(dice, templates[number % len(templates)])
        try:
            made = render(briefing)
        except Exception as error:
            wrong.append(f"{number}: {type(error).__name__}: {error}")
            continue
        if made.html and made.text:
            rendered += 1
            wrong += [
                f"{number}: {each}"
                for each in _wrong(personalise_mail(made, MergeRecipient("reader@example.com", _text(dice), "t0ken")))
            ]
        elif any(problem.where and problem.message for problem in made.problems):
            explained += 1
        else:
            wrong.append(f"{number}: neither a mail nor a reason")
        if number % 1000 == 999:
            print(f"  {number + 1:,} of {EDITIONS:,}", flush=True)
    print(
        f"hostile: {EDITIONS:,} editions, {rendered / EDITIONS:.2%} rendered, "
        f"{explained} with the reason and its field, {len(wrong)} wrong"
    )
    for each in wrong[:20]:
        print("  " + each[:300])


def _wrong(mail: object) -> list[str]:
    html, text = mail.html, mail.text  # type: ignore[attr-defined]
    found = []
    try:
        tree = etree.fromstring(html.encode("utf-8", "strict"), etree.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, UnicodeError) as error:
        return [f"not well-formed: {error}"]
    if next(tree.iter("script", "iframe", "object", "embed", "form"), None) is not None:
        found.append("an element that no mail has")
    for node in tree.iter():
        for name, value in node.attrib.items() if isinstance(node.tag, str) else ():
            if name.startswith("on") or (name in ("href", "src") and _SCRIPT.match(value.strip())):
                found.append(f"{name}={value[:60]!r}")
    if _TOKEN.search(html) or _TOKEN.search(text):
        found.append("a merge field nobody filled in")
    if not text.strip():
        found.append("no text part")
    return found


def _edition(dice: random.Random, template: str) -> Briefing:
    def story(number: int) -> BriefingStory:
        return BriefingStory(
            key=f"key{number}",
            headline=_text(dice),
            url=dice.choice((_text(dice), f"https://paper.example.org/{number}")),
            blurb=_text(dice),
            label=_text(dice),
            source=_text(dice),
            byline=_text(dice),
            minutes=dice.choice((0, 1, 3, 10**6)),
            size=dice.choice(("l", "m", "s")),
            picture=_picture(dice) if dice.random() < 0.4 else None,
            button=_text(dice) if dice.random() < 0.2 else "",
            plain_link=dice.random() < 0.3,
        )

    return Briefing(
        newsletter=_text(dice),
        publication=replace(_PUBLICATION, name=_text(dice), url=_text(dice), postal=_text(dice), email=_text(dice)),
        subject=_text(dice),
        preheader=_text(dice),
        strap=_text(dice),
        intro=_text(dice),
        signed=_text(dice),
        date_long=_text(dice),
        base_url="https://news.example.com",
        web_url="https://news.example.com/a/",
        signup_url="https://news.example.com/j/",
        language=dice.choice(("en", "de", "ar", "he", "zh-Hant", "xx", "", _text(dice)[:20])),
        lead=story(1) if dice.random() < 0.7 else None,
        sections=tuple(
            BriefingSection(_text(dice), tuple(story(10 * at + n) for n in range(dice.randrange(5))))
            for at in range(1, dice.randrange(1, 5))
        ),
        also=tuple(AlsoItem(_text(dice), _text(dice), _text(dice)) for _ in range(dice.randrange(3))),
        corrections=tuple(_text(dice) for _ in range(dice.randrange(3))),
        boxes=tuple(
            BriefingBox(_text(dice), _text(dice), _text(dice), dice.choice(("top", "end")))
            for _ in range(dice.randrange(3))
        ),
        list_name=_text(dice),
        sponsor=BriefingSponsor(_text(dice), _text(dice), _text(dice), _text(dice)) if dice.random() < 0.3 else None,
        why=_text(dice),
        forward_url=_text(dice),
        template=template,
        link_parameters=dice.choice(("", "utm_source=x")),
        theme=dice.choice(({}, {"light": {"ink": _text(dice)}}, {_text(dice): {}}, {"type": {"serif": _text(dice)}})),
    )


def _picture(dice: random.Random) -> BriefingPicture:
    address = dice.choice(("https://news.example.com/pictures/a.jpg", _text(dice)))
    return BriefingPicture(
        address, dice.choice((0, 1, 640, 4000)), dice.choice((0, 1, 480, 9000)), _text(dice), _text(dice), _text(dice)
    )


def _text(dice: random.Random) -> str:
    count = dice.choice((0, 1, 1, 1, 2, 3))
    words = ("ferry", "Fährschiff", "bridge &", "“mill”", "otters")
    return " ".join(dice.choice(_PIECES) if dice.random() < 0.6 else dice.choice(words) for _ in range(count))
