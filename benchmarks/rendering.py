"""A twelve-story briefing rendered, against premailer with its default options on the same markup."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from benchmarks.measuring import line, median_ms
from newsletter.templater import Briefing, Picture, Publication, Section, Story, render


def sample() -> Briefing:
    """Twelve invented stories, one of them the lead with its picture."""
    picture = Picture(
        "http://127.0.0.1/pictures/a.jpg", 1280, 800, "The funicular", "First run.", "Illustration: A. Example"
    )

    def story(number: int, size: str = "m") -> Story:
        return Story(
            key=f"key{number}",
            headline=f"Story number {number}: the funicular returns to the upper town",
            url=f"https://paper.example.org/story/{number}?from=feed",
            blurb="For eleven winters the rails were silent; on Monday the first car left the valley at *seven*, with the mayor aboard and nobody late.",
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
        preheader="Plus eleven more",
        intro="Good morning, {{ first_name | reader }}. Twelve stories today.",
        lead=story(1, "l"),
        sections=tuple(
            Section(f"Part {n}", tuple(story(i) for i in range(first, first + 4)[:4] if i < 13))
            for n, first in ((1, 2), (2, 6), (3, 10))
        ),
    )


def main() -> None:
    briefing = sample()
    rendered = render(briefing)
    assert not rendered.problems, rendered.problems
    numbers = iter(range(10_000))
    changing = lambda: render(replace(briefing, subject=f"Subject {next(numbers)}"))  # noqa: E731  a preview after each edit
    naive = median_ms(partial(_naive, rendered.html))
    line("render a twelve-story briefing", median_ms(changing), "premailer with defaults", naive)
    print(f"{'  size of the html':44} {len(rendered.html.encode()):9} bytes")


def _naive(html: str) -> str:
    from premailer import Premailer

    done: str = Premailer(html, disable_validation=True, allow_network=False).transform()
    return done
