"""The stories of an edition: what each lacks, and what two of them share. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from newsletter.checks import wording
from newsletter.checks.findings import Finding, FindingLevel
from newsletter.curator.articles import canonical_urls
from newsletter.curator.editions.states import PickSize
from newsletter.curator.editions.values import Pick

HEAVY_PICTURE, HEAVY_MAIL = 600_000, 2_000_000  # bytes


def check_count(count: int, least: int, wanted: int, name: str) -> Iterator[Finding]:
    """Whether there are stories enough."""
    if count < least:
        yield Finding(
            FindingLevel.BLOCK,
            "stories",
            f"{_count_stories(count)}, and {name} needs at least {least}.",
            "too-few-stories",
        )
    elif count < wanted:
        yield Finding(FindingLevel.WARN, "stories", f"{_count_stories(count)} of {wanted}.", "few-stories")


def _count_stories(count: int) -> str:
    return f"{count} {'story' if count == 1 else 'stories'}"


def check_story(story: Pick, *, ran: str) -> Iterator[Finding]:
    """What one story lacks. `ran` is where it ran before, in words."""
    where = f"story:{story.key}"
    name = f"“{story.headline}”"
    if not story.headline.strip():
        yield Finding(FindingLevel.BLOCK, where, "There is no headline. Write one or drop the story.", "no-headline")
    elif len(story.headline) > wording.LONGEST_HEADLINE:
        yield Finding(
            FindingLevel.ADVISE,
            where,
            f"The headline of {name} has {len(story.headline)} characters; 70 read best.",
            "long-headline",
        )
    if not story.url:
        yield Finding(FindingLevel.WARN, where, f"{name} has no link.", "no-link")
    else:
        yield from wording.check_url(story.url, where)
    if not story.publisher.strip():
        yield Finding(FindingLevel.WARN, where, f"{name} names no source. Say who reported it.", "no-source")
    if not story.blurb.strip() and story.size != PickSize.SMALL:
        yield Finding(FindingLevel.ADVISE, where, f"{name} has no blurb. Write one, or make it small.", "no-blurb")
    elif len(story.blurb.split()) > wording.MAX_BLURB_WORDS:
        yield Finding(
            FindingLevel.ADVISE,
            where,
            f"The blurb of {name} has {len(story.blurb.split())} words; 20 to 40 read best.",
            "long-blurb",
        )
    yield from wording.check_placeholders(f"{story.headline}\n{story.blurb}\n{story.label}", where)
    yield from wording.check_markdown_links(story.blurb, where)
    if ran and not story.again_reason:
        yield Finding(
            FindingLevel.WARN, where, f"{name} {ran}. Drop it, or let it stand for those who missed it.", "already-ran"
        )
    elif story.again_reason:
        yield Finding(FindingLevel.ADVISE, where, f"{name} {story.again_reason}.", "already-ran")
    if story.picture_id:
        yield from _check_picture(story, where, name)


def _check_picture(story: Pick, where: str, name: str) -> Iterator[Finding]:
    if not story.image_credit.strip():
        yield Finding(
            FindingLevel.BLOCK,
            where,
            f"The picture of {name} has no credit. Add the credit or take the picture out.",
            "no-credit",
        )
    if not story.image_alt.strip():
        yield Finding(
            FindingLevel.WARN,
            where,
            f"The picture of {name} has no alternative text for those who cannot see it.",
            "no-alt",
        )
    elif story.image_alt.strip().casefold() == story.headline.strip().casefold():
        yield Finding(
            FindingLevel.ADVISE,
            where,
            f"The alternative text of {name} is its headline. Say what the picture shows.",
            "alt-repeats",
        )
    if story.picture_bytes > HEAVY_PICTURE:
        yield Finding(
            FindingLevel.WARN,
            where,
            f"The picture of {name} has {story.picture_bytes / 1000:.0f} kB; phones wait for it.",
            "heavy-picture",
        )


def check_duplicates(stories: Sequence[Pick], story_by_article: Mapping[int, int]) -> Iterator[Finding]:
    """The same story twice. `story_by_article`: the story of each article."""
    seen: dict[str, Pick] = {}
    for story in stories:
        keys = {
            f"address:{canonical_urls.canonicalise(story.url)}": "address",
            f"title:{canonical_urls.normalise_title(story.headline)}": "headline",
        }
        event = story_by_article.get(story.article_id)
        if event:
            keys[f"event:{event}"] = "event"
        for key, what in keys.items():
            other = seen.get(key)
            if other is None or key in ("address:", "title:"):
                continue
            same = {
                "address": "leads to the same page as",
                "headline": "has the headline of",
                "event": "covers the same event as",
            }[what]
            level = FindingLevel.WARN if what == "event" else FindingLevel.BLOCK
            message = f"“{story.headline}” {same} story {other.number}, “{other.headline}”. Drop one."
            yield Finding(level, f"story:{story.key}", message, f"same-{what}")
            break
        for key in keys:
            seen.setdefault(key, story)


def check_picture_weight(sizes: Sequence[int]) -> Iterator[Finding]:
    """Whether all pictures together are too heavy."""
    if sum(sizes) > HEAVY_MAIL:
        yield Finding(
            FindingLevel.WARN,
            "pictures",
            f"The pictures have {sum(sizes) / 1_000_000:.1f} MB together. Take some out.",
            "heavy-pictures",
        )
