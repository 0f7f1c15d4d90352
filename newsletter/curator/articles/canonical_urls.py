"""When are two addresses, or two headlines, the same story's? Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from newsletter.kernel.patterns import LINE, compile_bounded

_TRACKING = compile_bounded(
    LINE,
    r"(utm_.*|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|ref|ref_src|cmp|cmpid|ocid|ns_.*|at_medium|at_campaign|"
    r"_ga|_hsenc|_hsmi|mkt_tok|smid|sr_share|xtor|wt_mc|nl|ftag|traffic_source|partner|guccounter|s_cid|cid)",
    re.I,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonicalise(url: str) -> str:
    """The address without what does not change the story: tracking, fragment, default port, www, a final slash.

    For comparing only, never for linking. "" for what is not a web address.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    host = parts.hostname.removeprefix("www.")
    if port and port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    query = sorted(
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(name)
    )
    return urlunsplit(("https", host, parts.path.rstrip("/"), urlencode(query), ""))


def get_host(url: str) -> str:
    """The server of an address, without www; "" for what is not an address."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def is_same_site(one: str, other: str) -> bool:
    """Whether two addresses are of one site, by the names of their servers: www, m, mobile and amp do not count."""
    sites = {re.sub(r"^(www|m|mobile|amp)\.", "", get_host(url)) for url in (one, other)}
    return len(sites) == 1 and "" not in sites


def normalise_title(title: str) -> str:
    """A headline reduced to its words: case, accents of typography, quotes and dashes folded away."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    return " ".join(re.findall(r"\w+", folded, re.UNICODE))[:500]


def compute_story_key(url: str, title: str) -> str:
    """The hash that says two articles are the same: of the canonical address, or of the headline without one."""
    basis = canonicalise(url) or f"title:{normalise_title(title)}"
    return hashlib.sha256(basis.encode("utf-8", "surrogatepass")).hexdigest()
