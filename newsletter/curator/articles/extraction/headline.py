"""The headline of a page and the name of its paper, each without the other. Pure.

declared (JSON-LD ▸ meta tags ▸ title tag) ─▶ the page's heading that says the same ▸ else the declared one, cleaned
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from newsletter.curator.articles import canonical_urls
from newsletter.curator.articles.extraction import markup, phrases
from newsletter.curator.articles.extraction.names import fold_name, is_agency
from newsletter.kernel.patterns import LINE, compile_bounded

_ADDRESS = compile_bounded(LINE, r"\S*(?://|\w/\w)\S*")
LONGEST = 500  # characters
SHORTEST = 10  # of a heading that may be a headline without being declared one
MOST_HEADINGS = 12
LEAST_WORDS = 5  # of a page's only heading, to be believed against what it declares
_APART = ("span", "div", "small", "p")
_ALIKE = 0.5  # share of the words of the shorter one that both have
_BAR = compile_bounded(LINE, r"(\s+(?:[|·•»:]|[–—-]{1,2})\s+)")


def find_headline(tree: Any, declared: Sequence[str], sites: Sequence[str], url: str) -> str:
    """The headline on the page, or the declared one (best first) where no heading says the same. "" for none."""
    names = phrases.list_site_names(sites, url)
    cleaned = [found for given in declared if (found := strip_site(given, names))]
    if len(declared) < 2 and (part := _find_part(tree, declared, names)):
        return part  # a title tag alone, with what else the page is
    headings = list(_headings(tree, names))
    for heading in headings:
        if any(markup.compare_words(heading, given) >= _ALIKE for given in cleaned):
            return heading[:LONGEST]
    if len(headings) == 1 and len(headings[0].split()) >= LEAST_WORDS:
        return headings[0][:LONGEST]  # what the page declares was written for search engines
    chosen = cleaned[0] if cleaned else next(iter(headings), "")
    return chosen[:LONGEST]


def _headings(tree: Any, names: set[str]) -> Iterator[str]:
    """The texts of the page's main headings that are not the paper's name."""
    for node in islice(tree.iter("h1"), MOST_HEADINGS):
        text = strip_site(_extract_main_part(node), names)
        if len(text) >= SHORTEST and fold_name(text) not in names:
            yield text


def _extract_main_part(heading: Any) -> str:
    """Its text without a kicker or a standfirst in an element of its own, of which the headline is the larger part."""
    whole = markup.extract_short_text(heading, 2 * LONGEST) or ""
    loose, apart = [(heading.text or "").split()], []
    for child in heading:
        inner = (markup.extract_short_text(child, 2 * LONGEST) or "").split() if isinstance(child.tag, str) else []
        if child.tag in _APART:
            apart.append(inner)
            loose.append((child.tail or "").split())
        else:
            loose[-1] += [*inner, *(child.tail or "").split()]
    loose = [part for part in loose if part]
    if len(loose) > 1:  # an element within a sentence
        return whole
    main = " ".join(max([*loose, *apart], key=lambda said: sum(map(len, said)), default=[])).strip(" :|–-")
    return main or whole


def _find_part(tree: Any, declared: Sequence[str], names: set[str]) -> str:
    """A smaller heading that says the same as a part of what is declared: “The Echo » Archive » Bridge opens”."""
    parts = {fold_name(part): part for given in declared for part in _BAR.split(" ".join(given.split()))[::2]}
    for node in islice(tree.iter("h1", "h2", "h3"), MOST_HEADINGS):
        text = markup.extract_short_text(node, LONGEST) or ""
        if len(text) >= SHORTEST and fold_name(text) in parts.keys() - names - {""}:
            return parts[fold_name(text)]
    return ""


def strip_site(title: str, names: set[str]) -> str:
    """A title without the paper's name after it: “Bridge opens | Example Echo” gives “Bridge opens”.

    "" when nothing is left. `names` are folded as `phrases.list_site_names` does.
    """
    flat = " ".join(title.split())
    parts = _BAR.split(flat)
    while len(parts) > 1 and phrases.is_site(parts[-1], names):
        parts = parts[:-2]
    flat = "".join(parts).strip()
    return "" if fold_name(flat) in names else flat


def find_publisher(declared: Sequence[str], titles: Sequence[str], url: str) -> str:
    """The paper's name: as declared, else what the title tag (last of `titles`) adds to the headline, else its host.

    Addresses and countries are no names, nor is the headline itself.
    """
    page = " ".join(titles[-1].split()) if titles else ""
    heads = {fold_name(title) for title in titles[:-1]} - {""}
    host = phrases.list_site_names((), url)
    for given in declared:
        name = re.split(r" [|•] ", " ".join(given.split())[:LONGEST])[0].strip().removeprefix("www.")
        if not name or _ADDRESS.fullmatch(name) or phrases.is_no_paper(name) or fold_name(name) in heads:
            continue
        if not is_agency(name) or phrases.is_site(name, host):
            return name[:200]
    *before, behind = _BAR.split(page)[::2]
    if before and (phrases.is_site(behind, host) or fold_name(page).startswith(tuple(heads - {fold_name(page)}))):
        return behind[:200]
    return canonical_urls.get_host(url)
