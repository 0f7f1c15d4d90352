"""A newsletter with subscribers and an approved edition, made in a process of its own; prints the edition's id.

Its arguments: how many subscribers, and the newsletter's zone. Django is set up: see imported.py.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime


def main() -> None:
    subscribers, zone = int(sys.argv[1]), sys.argv[2]
    from newsletter.catalog import newsletter_settings
    from newsletter.curator.articles import intake
    from newsletter.curator.editions import editions, picks
    from subscribers import lists
    from subscribers.imports import run
    from tests.actors import SYSTEM
    from tests.approving import approve

    now = datetime.now(UTC)
    target = lists.create_list("morning", "Morning Briefing", by=SYSTEM, now=now)
    newsletter = newsletter_settings.create_newsletter(
        slug="morning",
        name="Morning Briefing",
        from_email="news@example.com",
        postal_address="1 High Street, Upland",
        list_id=target.id,
        zone=zone,
        now=now,
        by=SYSTEM,
    )
    rows = "".join(f"reader{n}@example.com,First{n}\n" for n in range(subscribers))
    run.import_csv(io.BytesIO(f"email,first_name\n{rows}".encode()), target.id, dry_run=False, by=SYSTEM, now=now)
    text = "The funicular returns to the upper town\n\n" + (
        "For eleven winters the rails were silent and nobody minded. " * 5
    )
    article = intake.add_article_from_paste(text, url="https://paper.example.org/1", now=now, by=SYSTEM).article
    edition = editions.create_edition(newsletter.id, None, now=now, by=SYSTEM)
    picks.add_pick(edition.id, article.id, now=now, by=SYSTEM)
    intro = "Good morning, {{ first_name | reader }}."
    editions.edit_edition(edition.id, now=now, subject="The funicular returns", intro=intro, seen=None, by=SYSTEM)
    approve(edition.id, by=SYSTEM, now=now)
    print(edition.id)
