"""A briefing of fifteen stories rendered step by step, against node's mjml and juice on the same markup; checked."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

from benchmarks.delivery import plan_mailing, surroundings
from benchmarks.measuring import line, median_ms
from benchmarks.peer import node_ms
from newsletter.templater import engine, render
from newsletter.templater.briefing import Briefing, BriefingPicture, BriefingSection, BriefingStory, Publication


def sample() -> Briefing:
    """Fifteen invented stories, one of them the lead with its picture."""
    picture = BriefingPicture(
        "http://127.0.0.1/pictures/a.jpg", 1280, 800, "The funicular", "First run.", "Illustration: A. Example"
    )

    def story(number: int, size: str = "m") -> BriefingStory:
        return BriefingStory(
            key=f"key{number}",
            headline=f"Story number {number}: the funicular returns to the upper town",
            url=f"https://paper.example.org/story/{number}?from=feed",
            blurb="For eleven winters the rails were silent; on Monday the first car left the valley at *seven*, "
            "with the mayor aboard and nobody late.",
            source="The Upland Echo",
            minutes=3,
            size=size,  # type: ignore[arg-type]
            picture=picture if number in (1, 3) else None,
        )

    return Briefing(
        newsletter="Morning Briefing",
        publication=Publication(
            "The Upland Echo", "https://paper.example.org", "1 High Street, Upland", "desk@example.com"
        ),
        subject="The funicular returns",
        date_long="Tuesday 24 November 2026",
        base_url="https://news.example.com",
        web_url="https://news.example.com/archive/morning/2026-11-24/",
        signup_url="https://news.example.com/join/morning/",
        preheader="Plus fourteen more",
        intro="Good morning, {{ first_name | reader }}. Fifteen stories today.",
        lead=story(1, "l"),
        sections=tuple(
            BriefingSection(f"Part {n}", tuple(story(i) for i in range(first, min(first + 5, 16))))
            for n, first in ((1, 2), (2, 7), (3, 12))
        ),
    )


STEPS = {
    "render_mjml": "values to MJML (Jinja2)",
    "mjml_to_html": "MJML to HTML (mjml)",
    "finish_html": "styles inlined, slimmed (premailer)",
    "render_text": "plain text (Jinja2)",
}


def main() -> None:
    briefing = sample()
    rendered = render(briefing)
    assert not rendered.problems, rendered.problems
    numbers = count()
    again = lambda: render(replace(briefing, subject=f"Subject {next(numbers)}"))  # noqa: E731  a preview after each edit
    with _watched() as watched:
        whole = median_ms(again)
    markup, sheet = watched["finish_html"].arguments
    naive = median_ms(partial(_naive, markup, sheet))
    (mjml,) = watched["mjml_to_html"].arguments
    peer, why = node_ms(mjml, sheet)
    line("render a briefing of 15 stories", whole, *(("node’s mjml and juice", peer) if peer else ()))
    if why:
        print(f"  not measured against node’s mjml and juice: {why}")
    for name, what in STEPS.items():
        baseline = ("premailer with its defaults", naive) if name == "finish_html" else ()
        line(f"  {what}", statistics.median(watched[name].ms), *baseline)
    print(f"{'  size of the html':44} {len(rendered.html.encode()):9} bytes")
    with surroundings():
        _checked(whole)


def _checked(rendering: float) -> None:
    """What a check of a draft costs, without network."""
    from newsletter.checks import preflight
    from newsletter.curator.articles import intake
    from newsletter.curator.editions import editions, models, picks
    from newsletter.kernel import clock
    from tests.actors import SYSTEM

    plan_mailing(10)
    now = clock.now()
    edition = models.Edition.objects.latest("id")
    newsletter_id = edition.newsletter_id
    draft = editions.create_edition(newsletter_id, edition.date + timedelta(days=1), now=now, by=SYSTEM)
    for number in range(15):
        text = (
            f"Story {number} of the valley\n\n"
            f"The council of the upper town met on Monday and voted for line {number} of it.\n\n" * 2
        )
        added = intake.add_article_from_paste(text, url=f"https://paper.example.org/{number}", now=now, by=SYSTEM)
        picks.add_pick(draft.id, added.article.id, reason="measured", now=now, by=SYSTEM)
    line(
        "check a draft of 15 stories, no network",
        median_ms(lambda: preflight.inspect_edition(draft.id, now=now).findings),
        "a rendering",
        rendering,
    )


@dataclass(slots=True)
class _Watch:
    """What one step was given last, and how long each run took."""

    arguments: tuple[Any, ...] = ()
    ms: list[float] = field(default_factory=list)


@contextmanager
def _watched() -> Iterator[dict[str, _Watch]]:
    """Times each step of the engine while renderings run as they always do."""
    watches = {name: _Watch() for name in STEPS}
    steps = {name: getattr(engine, name) for name in STEPS}
    for name, step in steps.items():
        setattr(engine, name, partial(_run, step, watches[name]))
    try:
        yield watches
    finally:
        for name, step in steps.items():
            setattr(engine, name, step)


def _run(step: Callable[..., str], watch: _Watch, *arguments: Any) -> str:
    start = time.perf_counter()
    made = step(*arguments)
    watch.ms.append((time.perf_counter() - start) * 1000)
    watch.arguments = arguments
    return made


def _naive(markup: str, sheet: str) -> str:
    from premailer import Premailer

    done: str = Premailer(markup, css_text=sheet, disable_validation=True, allow_network=False).transform()
    return done
