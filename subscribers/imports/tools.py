"""The programs whose exports we know: by which columns, and what is special in them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from subscribers.imports.state_words import SUPPRESSED


@dataclass(frozen=True, slots=True)
class Tool:
    """A program whose export we know: by which columns, and what is special in it."""

    name: str
    title: str
    signatures: tuple[frozenset[str], ...]  # any of these sets of columns identifies it
    columns: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def _column_sets(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(each.split()) for each in sets)


_BUTTONDOWN_TYPES = {
    "premium": "active",
    "gifted": "active",
    "trialed": "active",
    "unpaid": "active",
    "churned": "active",
    "churning": "active",
    "pastdue": "active",
    "paused": "active",
    "upcoming": "pending",
    "spammy": SUPPRESSED,
}
TOOLS = (
    Tool(
        "mailchimp",
        "Mailchimp",
        _column_sets("memberrating leid", "memberrating euid", "memberrating optintime", "leid euid"),
        {
            "timezone": "zone_if_known",
            "optinip": "ignore",
            "unsubtime": "left",
            "cleantime": "bounced",
            "gmtoff": "ignore",
            "dstoff": "ignore",
            "latitude": "ignore",
            "longitude": "ignore",
            "cc": "attribute",
            "region": "attribute",
            "notes": "attribute",
        },
    ),
    Tool(
        "substack",
        "Substack",
        _column_sets("email emaildisabled", "email activesubscription"),
        {
            "activesubscription": "paying",
            "plan": "plan",
            "type": "plan",  # in older exports: paid, comp or gift
            "expiry": "ignore",
            "firstpaymentat": "ignore",
            "digestenabled": "ignore",
        },
    ),
    Tool(
        "ghost",
        "Ghost",
        _column_sets("email subscribedtoemails"),
        {"complimentaryplan": "comp_if_yes", "tiers": "paid_if_any", "note": "attribute"},
    ),
    Tool(
        "listmonk",
        "listmonk",
        _column_sets("uuid email attributes status"),
        note="listmonk's export does not say who left a single list: also import each list's unsubscribed people.",
    ),
    Tool("listmonk_import", "listmonk (import form)", _column_sets("email name attributes")),
    Tool(
        "buttondown",
        "Buttondown",
        _column_sets(
            "emailaddress type", "email subscribertype", "emailaddress subscribertype", "email type creationdate"
        ),
        {
            "type": "status",
            "churndate": "ignore",
            "upgradedate": "ignore",
            "notes": "attribute",
            "secondaryid": "ignore",
            "utmcampaign": "ignore",
            "utmmedium": "ignore",
            "lastopeneddate": "ignore",
            "lastclickeddate": "ignore",
        },
        _BUTTONDOWN_TYPES,
    ),
    Tool(
        "beehiiv",
        "beehiiv",
        _column_sets(
            "email status tier", "email status unsubscribedat stripecustomerid", "email status subscriptiontier"
        ),
        {"subscriptiontier": "tier", "subscriptiondatesubstack": "ignore"},
    ),
    Tool(
        "brevo",
        "Brevo",
        _column_sets(
            "email emailblacklisted",
            "email blacklisted addedtime",
            "email addedtime",
            "email blacklist contactid",
            "email emailmarketing contactid",
        ),
        {
            "sms": "attribute",
            "emailmarketing": "status",
            "smsmarketing": "ignore",
            "optin": "attribute",  # of the newsroom's own, mostly empty: who is blacklisted has left
            "contacttimezone": "zone_if_known",
            "extid": "ignore",
            "listids": "ignore",
            "doubleoptin": "attribute",
        },
    ),
    Tool(
        "campaignmonitor",
        "Campaign Monitor",
        _column_sets(
            "emailaddress state date",
            "emailaddress status date",
            "emailaddress name datejoined",
            "emailaddress name listjoineddate",
            "emailaddress name subscribeddate",
            "emailaddress name datesubscribed",
        ),
        {"date": "joined_at"},
    ),
    Tool(
        "kit",
        "Kit",
        _column_sets(
            "email status subscribedat",
            "email state createdat firstname",
            "emailaddress status subscribedat",
            "email status createdat firstname",
            "emailaddress state",
        ),
        {},
        {"cold": "active", "inactive": "pending"},
    ),
)
GENERIC = Tool("generic", "a CSV file", ())
