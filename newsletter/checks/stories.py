"""The stories of an edition: what each lacks, and what two of them share. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from newsletter.checks import wording
from newsletter.checks.findings import Finding, FindingLevel
from newsletter.curator.articles import canonical_urls
from newsletter.curator.editions.states import PickSize
from newsletter.curator.editions.values import Pick
from newsletter.kernel.sentences import Sentence, mark, phrase

HEAVY_PICTURE, HEAVY_MAIL = 600_000, 2_000_000  # bytes


def check_count(count: int, least: int, wanted: int, name: str) -> Iterator[Finding]:
    """Whether there are stories enough."""
    if count < least:
        yield Finding(
            FindingLevel.BLOCK,
            "stories",
            phrase(
                "{stories}, and {name} needs at least {least}.", stories=_count_stories(count), name=name, least=least
            ),
            "too-few-stories",
        )
    elif count < wanted:
        yield Finding(
            FindingLevel.WARN,
            "stories",
            phrase("{stories} of {wanted}.", stories=_count_stories(count), wanted=wanted),
            "few-stories",
        )


def _count_stories(count: int) -> Sentence:
    return phrase("1 story") if count == 1 else phrase("{count} stories", count=count)


def check_story(story: Pick, *, ran: str) -> Iterator[Finding]:
    """What one story lacks. `ran` is where it ran before, in words."""
    where = f"story:{story.key}"
    name = phrase("“{headline}”", headline=story.headline)
    if not story.headline.strip():
        yield Finding(
            FindingLevel.BLOCK, where, phrase("There is no headline. Write one or drop the story."), "no-headline"
        )
    elif len(story.headline) > wording.LONGEST_HEADLINE:
        yield Finding(
            FindingLevel.ADVISE,
            where,
            phrase(
                "The headline of {name} has {count} characters; 70 read best.", name=name, count=len(story.headline)
            ),
            "long-headline",
        )
    if not story.url:
        yield Finding(FindingLevel.WARN, where, phrase("{name} has no link.", name=name), "no-link")
    else:
        yield from wording.check_url(story.url, where)
    if not story.publisher.strip():
        yield Finding(
            FindingLevel.WARN, where, phrase("{name} names no source. Say who reported it.", name=name), "no-source"
        )
    if not story.blurb.strip() and story.size != PickSize.SMALL:
        yield Finding(
            FindingLevel.ADVISE,
            where,
            phrase("{name} has no blurb. Write one, or make it small.", name=name),
            "no-blurb",
        )
    elif len(story.blurb.split()) > wording.MAX_BLURB_WORDS:
        yield Finding(
            FindingLevel.ADVISE,
            where,
            phrase(
                "The blurb of {name} has {count} words; 20 to 40 read best.", name=name, count=len(story.blurb.split())
            ),
            "long-blurb",
        )
    yield from wording.check_placeholders(f"{story.headline}\n{story.blurb}\n{story.label}", where)
    yield from wording.check_markdown_links(story.blurb, where)
    if ran and not story.again_reason:
        yield Finding(
            FindingLevel.WARN,
            where,
            phrase("{name} {ran}. Drop it, or let it stand for those who missed it.", name=name, ran=ran),
            "already-ran",
        )
    elif story.again_reason:
        yield Finding(
            FindingLevel.ADVISE, where, phrase("{name} {ran}.", name=name, ran=story.again_reason), "already-ran"
        )
    if story.picture_id:
        yield from _check_picture(story, where, name)


def _check_picture(story: Pick, where: str, name: str) -> Iterator[Finding]:
    if not story.image_credit.strip():
        yield Finding(
            FindingLevel.BLOCK,
            where,
            phrase("The picture of {name} has no credit. Add the credit or take the picture out.", name=name),
            "no-credit",
        )
    if not story.image_alt.strip():
        yield Finding(
            FindingLevel.WARN,
            where,
            phrase("The picture of {name} has no alternative text for those who cannot see it.", name=name),
            "no-alt",
        )
    elif story.image_alt.strip().casefold() == story.headline.strip().casefold():
        yield Finding(
            FindingLevel.ADVISE,
            where,
            phrase("The alternative text of {name} is its headline. Say what the picture shows.", name=name),
            "alt-repeats",
        )
    if story.picture_bytes > HEAVY_PICTURE:
        yield Finding(
            FindingLevel.WARN,
            where,
            phrase(
                "The picture of {name} has {size} kB; phones wait for it.",
                name=name,
                size=f"{story.picture_bytes / 1000:.0f}",
            ),
            "heavy-picture",
        )


_SAME = {
    "address": mark("“{headline}” leads to the same page as story {number}, “{other}”. Drop one."),
    "headline": mark("“{headline}” has the headline of story {number}, “{other}”. Drop one."),
    "event": mark("“{headline}” covers the same event as story {number}, “{other}”. Drop one."),
}


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
            level = FindingLevel.WARN if what == "event" else FindingLevel.BLOCK
            message = phrase(_SAME[what], headline=story.headline, number=other.number, other=other.headline)
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
            phrase("The pictures have {size} MB together. Take some out.", size=f"{sum(sizes) / 1000000:.1f}"),
            "heavy-pictures",
        )
