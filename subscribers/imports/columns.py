"""Which program wrote a file of subscribers, and what its columns mean. Pure: a header in, a layout out.

A column that may say who left and that we do not understand stops the import: ignoring it would sign up people who
had gone. Everything else we do not know is kept as an attribute of the subscriber.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.kernel.errors import BadInput
from subscribers.imports.attribute_values import to_attribute_slug
from subscribers.states import SubscriptionState

# What a column can be. The first group is the subscriber, the second decides the state, the third proves consent.
TARGETS = (
    "email",
    "first_name",
    "last_name",
    "name",
    "language",
    "zone",
    "tier",
    "plan",
    "tags",
    "tag_if_yes",
    "attribute",
    "attributes",
    "status",
    "left",
    "bounced",
    "complained",
    "wanted",
    "joined_at",
    "confirmed_at",
    "network",
    "source",
    "reason",
    "ignore",
)
# The same in words, for the desk.
TARGET_LABELS = {
    "email": "Address",
    "first_name": "First name",
    "last_name": "Last name",
    "name": "Whole name",
    "language": "Language",
    "zone": "Time zone",
    "tier": "Tier: free, paid, comp",
    "tags": "Tags",
    "tag_if_yes": "A tag, where it says yes",
    "attribute": "Attribute",
    "attributes": "Attributes in JSON",
    "status": "State",
    "left": "Left (yes, or when)",
    "bounced": "Mail came back (yes, or when)",
    "complained": "Called it spam (yes, or when)",
    "wanted": "Wants it (yes or no)",
    "joined_at": "Asked for it on",
    "confirmed_at": "Confirmed on",
    "network": "Network address",
    "source": "Where from",
    "reason": "Why they left",
    "ignore": "Ignore",
}
_STATE_TARGETS = {"status", "left", "bounced", "complained", "wanted"}
SUPPRESSED = "suppressed"  # stronger than any state: never to be mailed, on no list
_SINGLE = frozenset(
    [
        "first_name",
        "last_name",
        "name",
        "language",
        "zone",
        "zone_if_known",
        "tier",
        "plan",
        "joined_at",
        "confirmed_at",
        "network",
        "attributes",
    ]
)
_MOST_ATTRIBUTES = 60

# How columns are called, folded, by what they are to us. Where several fit the address, the first named counts.
_COLUMN_NAMES = """
email: email emailaddress mail address subscriberemail emailadresse adresse adresseemail correoelectronico
    emailaddres contactemail useremail eaddress mailaddress courriel adressemail epost
first_name: firstname first givenname fname vorname prenom nombre nome voornaam fornamn fornavn imie
last_name: lastname last surname familyname lname nachname nom nomdefamille apellido apellidos cognome achternaam
    efternamn etternavn nazwisko
name: name fullname subscribername contactname
zone: zone timezone tz zeitzone
language: language lang locale sprache langue preferredlanguage
tier: tier
tags: tags labels tag groups
source: source origin referrer referrerurl signupsource utmsource subscribersource
joined_at: createdat created creationdate datecreated dateadded addedtime addedat signupdate signedupat subscribedat
    subscribedate subscribeddate subscriptiondate datesubscribed optintime optindate optedinat joinedat datejoined
    listjoineddate joined since
confirmed_at: confirmtime confirmedat confirmationdate dateconfirmed doubleoptinat
network: confirmip optinip ipaddress ip signupip
reason: unsubreason unsubscribereason unsubscribedreason reason
attributes: attributes metadata
status: status state subscriptionstatus subscriberstatus emailstatus subscribertype
left: unsubtime unsubscribed unsubscribedat unsubscribedate unsubscribeddate dateunsubscribed unsubscriptiondate
    unsubscribetime optout optedout optouttime optoutdate optedoutat emaildisabled deletedat blacklisted
    emailblacklisted blacklist blocklisted blocked suppressed suppressedat donotmail donotemail abgemeldet
    cancelledat canceledat unsub isunsubscribed removedat emailoptout
bounced: bounced bouncedat bouncedate hardbounce hardbounced cleantime cleaned undeliverabilitydate
complained: complained complainedat spamcomplaint markedasspam spamreportedat
wanted: subscribed issubscribed subscribedtoemails optedin optin emailoptin acceptsmarketing acceptsemailmarketing
    emailconsent marketingconsent consent emailmarketingconsent
ignore: smsblacklisted smsoptout unsubscribereasonother unsubreasonother unsubcampaigntitle unsubcampaignid
    cleancampaigntitle cleancampaignid lastchanged updatedat modifiedtime modifiedat lastmodified uuid id
    subscriberid contactid stripecustomerid leid euid memberrating lastactive lastactivity lastactivityat
"""
_NAMES_BY_TARGET = {
    ours: names.split() for ours, names in re.findall(r"^(\w+): (.*(?:\n .*)*)", _COLUMN_NAMES, re.MULTILINE)
}
_TARGET_BY_NAME = {theirs: ours for ours, names in _NAMES_BY_TARGET.items() for theirs in names}
_SUSPICIOUS = re.compile(
    r"status|subscri|unsub|opt(ed)?(in|out)|bounce|clean|block|black|suppress|complain|spam|disabled|enabled|^active|"
    r"active$|deleted|removed|consent|permission|gdpr|marketing|donot|undeliver|cancel|abgemeldet|mailable"
)
_STATUS_WORDS = {
    SubscriptionState.ACTIVE: "active subscribed enabled confirmed optedin yes true verified regular valid",
    SubscriptionState.PENDING: "pending unconfirmed validating unverified unactivated notconfirmed awaiting",
    SubscriptionState.UNSUBSCRIBED: "unsubscribed inactive disabled optedout optout cancelled canceled deleted removed "
    "left no false unsub nonsubscribed notsubscribed never",
    SubscriptionState.BOUNCED: "bounced cleaned hardbounced hardbounce undeliverable invalid dropped",
    SubscriptionState.COMPLAINED: "complained spam complaint markedasspam spamcomplaint spamreport abuse",
    SUPPRESSED: "blocklisted blacklisted suppressed blocked donotmail",
}
_STATUSES = {word: state for state, words in _STATUS_WORDS.items() for word in words.split()}
_FREE_TIERS = dict.fromkeys(("", "free", "none", "other", "basic", "regular"), "free")
_TIERS = {
    **_FREE_TIERS,
    **dict.fromkeys(("paid", "premium", "monthly", "yearly", "annual", "founding", "pro", "paying"), "paid"),
    **dict.fromkeys(("comp", "complimentary", "gift", "gifted", "lifetime"), "comp"),
}


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
            "unsubtime": "ignore",
            "cleantime": "ignore",
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
        ),
        {},
        {"cold": "active", "inactive": "pending"},
    ),
)
GENERIC = Tool("generic", "a CSV file", ())


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its name, what it is to us, and for an attribute under which name it is kept."""

    index: int
    name: str
    target: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file's columns are. `status` is the state of every row, where the file as a whole says it; else ""."""

    tool: Tool
    columns: tuple[Column, ...]
    status: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)

    def columns_for(self, target: str) -> tuple[Column, ...]:
        """The columns with this meaning."""
        return tuple(column for column in self.columns if column.target == target)


def recognise_columns(
    header: Sequence[str],
    *,
    name: str = "",
    sample: Sequence[Sequence[str]] = (),
    mapping: Mapping[str, str] | None = None,
    status: str = "",
    statuses: Mapping[str, str] | None = None,
) -> Layout:
    """What the columns of a file are, by its header and some of its rows.

    `mapping` says it for columns by name (a target of TARGETS, or attribute:NAME), `status` the state of every row,
    `statuses` what words of its status column mean. Raises BadInput for a file that cannot be taken as it is.
    """
    wanted = {each.strip().casefold(): target for each, target in (mapping or {}).items()}
    _check_mapping(wanted, header)
    folded = [normalise_name(cell) for cell in header]
    tool = next((each for each in TOOLS if any(needed <= {*folded} for needed in each.signatures)), GENERIC)
    columns = _assign_columns(header, folded, tool, wanted, sample)
    whole = _check_state(status) if status else _state_of_file(tool, folded, columns, name)
    words = {
        **_STATUSES,
        **tool.statuses,
        **{normalise_name(word): _check_state(ours) for word, ours in (statuses or {}).items()},
    }
    return Layout(tool, columns, whole, words)


def normalise_name(name: str) -> str:
    """A name as headers are compared: small letters and digits, without accents."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]", "", plain)


def find_tier(word: str, tool: Tool) -> str | None:
    """The tier a word means: free, paid or comp; None for one we do not know."""
    known = _TIERS.get(normalise_name(word))
    if known is None and tool.name == "beehiiv":
        return "free" if "free" in normalise_name(word) else "paid"
    return known


def _check_mapping(wanted: Mapping[str, str], header: Sequence[str]) -> None:
    there = {cell.strip().casefold() for cell in header}
    for name, target in wanted.items():
        if name not in there:
            seen = ", ".join(cell for cell in header if cell)[:300]
            raise BadInput(f"The file has no column “{name}”. It has {seen}.", "map")
        if target not in TARGETS and not (target.startswith("attribute:") and to_attribute_slug(target[10:])):
            raise BadInput(f"A column cannot be “{target}”. It can be {', '.join(TARGETS)} or attribute:NAME.", "map")


def _check_state(word: str) -> str:
    if word not in (*SubscriptionState, SUPPRESSED):
        raise BadInput(f"“{word}” is not a state. Give {', '.join(SubscriptionState)} or {SUPPRESSED}.", "status")
    return word


def _assign_columns(
    header: Sequence[str],
    folded: Sequence[str],
    tool: Tool,
    wanted: Mapping[str, str],
    sample: Sequence[Sequence[str]],
) -> tuple[Column, ...]:
    email = _find_email_column(header, folded, tool, wanted, sample)
    found: list[Column] = []
    taken = {"email"}
    unclear: list[str] = []
    owners = folded.index("memberrating") if tool.name == "mailchimp" and "memberrating" in folded else 0
    for index, (name, key) in enumerate(zip(header, folded, strict=True)):
        if index == email:
            target = "email"
        elif name.strip().casefold() in wanted and name:
            target = wanted[name.strip().casefold()]
        else:
            target = _guess_target(index, key, tool, index < owners, sample)
            if target == "attribute" and not (index < owners) and key not in tool.columns and _SUSPICIOUS.search(key):
                unclear.append(name)
        found.append(_assign_column(index, name, target, taken))
    if unclear:
        _refuse_unclear_columns(unclear)
    return _check_attribute_count(found)


def _assign_column(index: int, name: str, target: str, taken: set[str]) -> Column:
    """A column, where what only one may be is not taken twice: a second “Name” is an attribute."""
    if target.startswith("attribute:"):
        return Column(index, name, "attribute", to_attribute_slug(target[10:]))
    if target in _SINGLE and target in taken:
        target = "ignore" if target in ("joined_at", "network", "confirmed_at") else "attribute"
    if target == "email":
        return Column(index, name, "email")
    taken.add(target)
    if target != "attribute":
        return Column(index, name, target)
    kept = to_attribute_slug(name)
    while kept in taken and kept:
        kept = (
            f"{kept}_2" if not re.search(r"_[0-9]+$", kept) else re.sub(r"[0-9]+$", lambda m: str(int(m[0]) + 1), kept)
        )
    taken.add(kept)
    return Column(index, name, "attribute" if kept else "ignore", kept)


def _guess_target(index: int, key: str, tool: Tool, owners: bool, sample: Sequence[Sequence[str]]) -> str:
    """What a column is. Those the owner of a Mailchimp audience named are names or attributes, never a status."""
    if not key:
        return "ignore"
    if owners:
        ours = _TARGET_BY_NAME.get(key, "")
        return ours if ours in ("first_name", "last_name", "name", "language") else "attribute"
    if key in tool.columns:
        return tool.columns[key]
    if tool.name == "beehiiv" and key.endswith("tier") and key != "tier":
        return "tag_if_yes"
    ours = _TARGET_BY_NAME.get(key, "attribute")
    return "attribute" if ours == "email" else ours


def _find_email_column(
    header: Sequence[str],
    folded: Sequence[str],
    tool: Tool,
    wanted: Mapping[str, str],
    sample: Sequence[Sequence[str]],
) -> int:
    for index, name in enumerate(header):
        if wanted.get(name.strip().casefold()) == "email":
            return index
    if tool.name == "mailchimp":
        return 0  # in whatever language it is called
    for theirs in _NAMES_BY_TARGET["email"]:
        if theirs in folded:
            return folded.index(theirs)
    if any(re.search(r"[^\s@]+@[^\s@]+\.", cell) for cell in header):
        raise BadInput("The first line must say what the columns are, for instance: email,first_name", "file")
    by_look = _find_column_of_addresses(len(header), sample)
    if by_look is not None:
        return by_look
    seen = ", ".join(cell for cell in header if cell)[:300] or "nothing"
    raise BadInput(
        f"No column holds the addresses. The header says {seen}; call the column email, or say which it is "
        "with --map COLUMN=email.",
        "file",
    )


def _find_column_of_addresses(width: int, sample: Sequence[Sequence[str]]) -> int | None:
    """The one column nearly all of whose cells are addresses; None when there is none, or more than one."""
    found = []
    for index in range(width):
        cells = [row[index] for row in sample if index < len(row) and row[index].strip()]
        if cells and sum("@" in cell for cell in cells) > 0.8 * len(cells):
            found.append(index)
    return found[0] if len(found) == 1 else None


def _state_of_file(tool: Tool, folded: Sequence[str], columns: Sequence[Column], name: str) -> str:
    """The state of all rows, where which file it is says so (Mailchimp), or "" where each row says it.

    Raises BadInput where nothing says it although something must.
    """
    state_columns = [column for column in columns if column.target in _STATE_TARGETS]
    plain = normalise_name(name)
    if tool.name == "mailchimp":
        if "cleantime" in folded:
            return SubscriptionState.BOUNCED
        if "unsubtime" in folded:
            return SubscriptionState.UNSUBSCRIBED
        if "nonsubscribed" in plain:
            raise BadInput(
                f"{name} holds people who never subscribed, so nobody may be mailed and nothing is imported.", "file"
            )
    if tool.name == "substack" and "emaildisabled" not in folded:
        raise BadInput(
            "The file has active_subscription, which only says who pays, and no email_disabled, which says who left. "
            "Export it again with that column.",
            "file",
        )
    if state_columns:
        return ""
    if re.search(r"unsub|cleaned|bounce|suppress|blocklist|blacklist|optout|complain", plain):
        raise BadInput(
            f"By its name {name} holds people who are not to be mailed, but no column says so. Say what they are with "
            "--status unsubscribed (or bounced, complained, suppressed; active if the name misleads).",
            "status",
        )
    return SubscriptionState.ACTIVE


def _refuse_unclear_columns(unclear: Sequence[str]) -> None:
    names = ", ".join(f"“{name}”" for name in unclear[:5])
    many = len(unclear) > 1
    raise BadInput(
        f"The column{'s' if many else ''} {names} may say who left, and we do not know how, so nothing is imported. "
        f"Say what {'they are' if many else 'it is'}: --map '{unclear[0]}=status' if it is the state, "
        "=left or =wanted for yes and no, "
        "=attribute to keep it as something else, =ignore to leave it out.",
        "map",
    )


def _check_attribute_count(columns: list[Column]) -> tuple[Column, ...]:
    attributes = [column for column in columns if column.target == "attribute"]
    if len(attributes) > _MOST_ATTRIBUTES:
        raise BadInput(
            f"The file has {len(attributes)} columns of attributes; {_MOST_ATTRIBUTES} are the most. "
            f"Take out some, or leave them out with --map '{attributes[-1].name}=ignore'.",
            "map",
        )
    return tuple(columns)
