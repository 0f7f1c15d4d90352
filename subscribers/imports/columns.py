"""What the columns of a file of subscribers mean. Pure: a header in, a layout out.

What we do not know is kept as an attribute of the subscriber, once questions.py has seen that it cannot say who left:
ignoring such a column would sign up people who had gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from newsletter.kernel.errors import BadInput
from newsletter.kernel.patterns import LINE, compile_bounded
from subscribers.imports import dates
from subscribers.imports.attribute_values import to_attribute_slug
from subscribers.imports.header_words import ADDRESS_NAMES, load_header_names
from subscribers.imports.state_words import (
    EMPTY,
    NO,
    SUPPRESSED,
    YES,
    find_state_of_name,
    is_no,
    load_meanings,
    may_mean_leaving,
    names_joining,
    normalise_name,
    normalise_word,
)
from subscribers.imports.tools import GENERIC, TOOLS, Tool
from subscribers.states import SubscriptionState, Tier

# What a column can be. The first group is the subscriber, the second decides the state, the third proves consent.
_ADDRESS = compile_bounded(LINE, r"[^\s@]+@[^\s@]+\.")
_NUMBERED, _NUMBER = compile_bounded(LINE, r"_[0-9]+$"), compile_bounded(LINE, r"[0-9]+$")
TARGETS = (
    "email",
    "first_name",
    "last_name",
    "name",
    "language",
    "zone",
    "tier",
    "tier_until",
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
    "confirmed",
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
    "tier": "Tier: free, metered, paid, comp, or your own",
    "tier_until": "Last day of the tier",
    "tags": "Tags",
    "tag_if_yes": "A tag, where it says yes",
    "attribute": "Attribute",
    "attributes": "Attributes in JSON",
    "status": "State",
    "left": "Left (yes, or when)",
    "bounced": "Mail came back (yes, or when)",
    "complained": "Called it spam (yes, or when)",
    "wanted": "Wants it (yes or no)",
    "confirmed": "Confirmed (yes, or when)",
    "joined_at": "Asked for it on",
    "confirmed_at": "Confirmed on",
    "network": "Network address",
    "source": "Where from",
    "reason": "Why they left",
    "ignore": "Ignore",
}
STATE_TARGETS = frozenset(["status", "left", "bounced", "complained", "wanted", "confirmed"])
TABLE = "(table)"  # stands for a column in questions about tables: which files or sheets hold whom
DAY_FIRST, MONTH_FIRST = "day-first", "month-first"
_STATE_BY_FLAG = {
    "left": SubscriptionState.UNSUBSCRIBED,
    "bounced": SubscriptionState.BOUNCED,
    "complained": SubscriptionState.COMPLAINED,
}
# Words too short to mean a state without a question.
_TOO_SHORT = frozenset(["0", "1", "x", "y", "n", "t", "f", "on", "off", "null", "none"])
_SINGLE = frozenset(
    [
        "first_name",
        "last_name",
        "name",
        "language",
        "zone",
        "zone_if_known",
        "tier",
        "tier_until",
        "plan",
        "joined_at",
        "confirmed_at",
        "network",
        "attributes",
    ]
)
_MOST_ATTRIBUTES = 60
_STATUS_HINT = "For instance: --status unsubscribed."
_NAME_TARGETS = frozenset(["first_name", "last_name", "name"])
# Words of the names of columns with dates: of joining, of confirming, and of what is neither.
_JOINING = re.compile(r"subscri|sign(?:ed|up)?$|join|opt(?:in|ed)|regist|creat|add(?:ed)?$|enrol|since$")
_ASKING = re.compile(r"subscri|opt|sign|join|since")  # of which the day somebody was entered is the weaker one
_CONFIRMING = re.compile(r"confirm|verif|doubleopt")
_OTHER_DATE = re.compile(
    r"un|out|optout|left|leav|last|latest|updat|modif|chang|cancel|expir|end|renew|delet|remov|bounc|clean|block|"
    r"suppress|purchas|order|login|birth|charg|activ|inactiv|deactiv|disabl|sms|phone|hold|sent|send|open|click|paid|"
    r"pay|next|trial|stop|reject|refus"
)

# How columns are called, folded, by what they are to us. Where several fit the address, the first named counts.
_COLUMN_NAMES = """
first_name: firstname first givenname fname vorname prenom nombre nome voornaam fornamn fornavn imie
last_name: lastname last surname familyname lname nachname nom nomdefamille apellido apellidos cognome achternaam
    efternamn etternavn nazwisko sobrenome
name: name fullname subscribername contactname jmeno meno
zone: zone timezone tz zeitzone
language: language lang locale sprache langue preferredlanguage
tier: tier
tier_until: tieruntil tierends tierendsat tierenddate tierexpires tierexpiry paiduntil
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
confirmed: confirmed isconfirmed emailconfirmed emailverified verified isverified activated
left: unsubtime unsubscribed unsubscribedat unsubscribedate unsubscribeddate dateunsubscribed unsubscriptiondate
    unsubscribetime optout optedout optouttime optoutdate optedoutat emaildisabled deletedat blacklisted
    emailblacklisted blacklist blocklisted blocked suppressed suppressedat donotmail donotemail abgemeldet
    cancelledat canceledat unsub isunsubscribed removedat emailoptout deactivated deactivatedat dnc donotcontact leftat
    lefton dateleft leftdate
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
_NAMES_BY_TARGET["email"] = [*ADDRESS_NAMES]
_TARGET_BY_NAME = {theirs: ours for ours, names in _NAMES_BY_TARGET.items() for theirs in names}
_FREE_TIERS = dict.fromkeys(("", "free", "none", "other", "basic", "regular"), "free")
_TIERS = {
    **_FREE_TIERS,
    **dict.fromkeys(("paid", "premium", "monthly", "yearly", "annual", "founding", "pro", "paying"), "paid"),
    "metered": "metered",
    **dict.fromkeys(("comp", "complimentary", "gift", "gifted", "lifetime"), "comp"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its name, what it is to us, and for an attribute under which name it is kept."""

    index: int
    name: str
    target: str
    attribute: str = ""
    unnamed: bool = False  # the header says nothing; its name is our own


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file's columns are. `status` is the state of every row, where the file as a whole says it; else ""."""

    tool: Tool
    columns: tuple[Column, ...]
    status: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)  # answers: a word, or column:word, and its state
    tiers: Mapping[str, str] = field(default_factory=dict)  # answers: a word and its tier
    day_first: Mapping[int, bool] = field(default_factory=dict)  # answers: of a column, whether the day comes first
    answered: frozenset[int] = frozenset()  # columns whose meaning somebody gave
    has_state: bool = False  # whether the importer, the program or a column says of everybody who wants mail

    def columns_for(self, target: str) -> tuple[Column, ...]:
        """The columns with this meaning."""
        return tuple(column for column in self.columns if column.target == target)

    def is_known(self, column: Column) -> bool:
        """Whether the program that wrote the file is known to mean by this column what we take it for."""
        return normalise_name(column.name) in self.tool.columns

    def read_status(self, column: Column, value: str) -> str:
        """The state that a word of a status column means; "" for one we do not know."""
        word = normalise_word(value)
        if answer := self._find_answer(column, word):
            return answer
        if word in self.tool.statuses:
            return self.tool.statuses[word]
        meaning = "" if word in _TOO_SHORT or not normalise_name(word) else load_meanings().get(word, "")
        return {YES: SubscriptionState.ACTIVE, NO: SubscriptionState.UNSUBSCRIBED}.get(meaning, meaning)

    def _find_answer(self, column: Column, word: str) -> str:
        return self.statuses.get(f"{normalise_name(column.name)}:{word}") or self.statuses.get(word, "")

    def read_tag(self, column: Column, tag: str) -> str | None:
        """The state that an answer gives to those with a tag; "" where it is only a tag, None where it may be more."""
        if answer := self._find_answer(column, normalise_word(tag)):
            return "" if answer == SubscriptionState.ACTIVE else answer
        return None if column.index not in self.answered and may_mean_leaving(tag) else ""

    def find_table_answer(self, path: str) -> str:
        """The state that an answer gives to everybody in a table; "" for none."""
        return self.statuses.get(normalise_word(f"{TABLE}:{path}"), "")

    def find_doubtful_words(self, column: Column, values: Iterable[str]) -> list[str]:
        """Different words of one column that each mean active: to a program with two, one of them means less.

        Maildroppa's “Confirmed” are those whom it still waits for. None of those the program or an answer explains.
        """
        explained = {*self.tool.statuses, *self.statuses}
        words: dict[str, list[str]] = {}
        for value in values:
            word = normalise_word(value)
            answered = f"{normalise_name(column.name)}:{word}" in explained or word in explained
            if not answered and load_meanings().get(word) == SubscriptionState.ACTIVE:
                words.setdefault(word, []).append(value)
        return [value for each in words.values() for value in each] if len(words) > 1 else []

    def read_flag(self, column: Column, value: str) -> str | None:
        """The state that a cell of a column for yes, no or a date means.

        "" where it says nothing against or for mail, None where we do not know what it says.
        """
        word = normalise_word(value)
        answer = self.statuses.get(f"{normalise_name(column.name)}:{word}")
        meaning = answer or load_meanings().get(word, "")
        if meaning not in ("", YES, NO):  # a word for a state in a column for yes and no
            return "" if meaning == SubscriptionState.ACTIVE and column.target != "wanted" else meaning
        says_no = is_no(value) or dates.is_no_date(value)
        dated = dates.looks_like_date(value) or dates.parse_spreadsheet_date(value)
        if not says_no and meaning != YES and not dated:
            return None
        if column.target == "wanted":
            return ("" if not word else SubscriptionState.UNSUBSCRIBED) if says_no else SubscriptionState.ACTIVE
        if column.target == "confirmed":
            return SubscriptionState.PENDING if says_no else ""
        return "" if says_no else _STATE_BY_FLAG[column.target]


def recognise_columns(
    header: Sequence[str],
    *,
    name: str = "",
    within: Sequence[str] = (),
    sample: Sequence[Sequence[str]] = (),
    mapping: Mapping[str, str] | None = None,
    status: str = "",
    statuses: Mapping[str, str] | None = None,
    tiers: Mapping[str, str] | None = None,
    own_tiers: Mapping[str, str] | None = None,
    date_orders: Mapping[str, str] | None = None,
    among_others: bool = False,
) -> Layout:
    """What the columns of a file are, by its header and some of its rows.

    `mapping` says it for columns by name (a target of TARGETS, or attribute:NAME), `status` the state of every row,
    `statuses` what words mean (word, or column:word), `tiers` which tiers words mean, `own_tiers` the newsroom's own by
    name, with what is stored for each, `date_orders` whether day or month is first in the dates of a column;
    `within` are names of what holds the table, `among_others` that it is one of several. Raises BadInput for a file
    that cannot be taken as it is.
    """
    unnamed = frozenset(index for index, name in enumerate(header) if not name.strip())
    header = name_columns(header)
    wanted = {each.strip().casefold(): target for each, target in (mapping or {}).items()}
    check_mapping(wanted, header)
    orders = _read_date_orders(date_orders or {}, header)
    folded = [normalise_name(cell) for cell in header]
    tool = next((each for each in TOOLS if any(needed <= {*folded} for needed in each.signatures)), GENERIC)
    columns = _assign_columns(header, folded, tool, wanted, sample, unnamed)
    whole = _check_state(status) if status else ""
    whole = whole or _state_of_file(tool, folded, columns, (name, *within), among_others=among_others)
    words = {_to_answer_key(word, header): _check_state(ours) for word, ours in (statuses or {}).items()}
    own = own_tiers or {}
    paid = {normalise_word(name): code for name, code in own.items()}
    paid |= {normalise_word(word): _check_tier(ours, own) for word, ours in (tiers or {}).items()}
    answered = frozenset(index for index, name in enumerate(header) if name.strip().casefold() in wanted)
    given = bool(status) or tool.name == "mailchimp" or any(c.target in ("status", "wanted") for c in columns)
    return Layout(tool, columns, whole, words, paid, orders, answered, given)


def name_columns(header: Sequence[str]) -> list[str]:
    """The names of columns as they are asked about and answered: each once, and none empty."""
    named: list[str] = []
    for index, name in enumerate(header):
        plain = name.strip() or f"column {index + 1}"
        count, unique = 1, plain
        while unique.casefold() in {each.casefold() for each in named}:
            count += 1
            unique = f"{plain} ({count})"
        named.append(unique)
    return named


def _to_answer_key(word: str, header: Sequence[str]) -> str:
    """The key of an answer about a word: with its column, where it names one."""
    for name in header:
        if name and word.casefold().startswith(f"{name.strip().casefold()}:"):
            return f"{normalise_name(name)}:{_normalise_answer(word[len(name.strip()) + 1 :])}"
    return _normalise_answer(word)


def _normalise_answer(word: str) -> str:
    return "" if word.strip() == EMPTY else normalise_word(word)


def _read_date_orders(given: Mapping[str, str], header: Sequence[str]) -> dict[int, bool]:
    there = {name.strip().casefold(): index for index, name in enumerate(header)}
    orders = {}
    for name, order in given.items():
        if name.strip().casefold() not in there:
            raise BadInput(f"The file has no column “{name}”.", "dates")
        if order not in (DAY_FIRST, MONTH_FIRST):
            raise BadInput(f"“{order}” is no order of dates. Give {DAY_FIRST} or {MONTH_FIRST}.", "dates")
        orders[there[name.strip().casefold()]] = order == DAY_FIRST
    return orders


def find_tier(word: str, layout: Layout) -> str | None:
    """The stored tier that a word means; None for one we do not know."""
    answer = layout.tiers.get(normalise_word(word))
    known = answer or _TIERS.get(normalise_name(word))
    if known is None and layout.tool.name == "beehiiv":
        return "free" if "free" in normalise_name(word) else "paid"
    return known


def _check_tier(word: str, own: Mapping[str, str]) -> str:
    if word in own:
        return own[word]
    if word not in [*Tier]:
        raise BadInput(f"“{word}” is not a tier. Give {', '.join([*Tier, *own])}.", "tiers")
    return word


def check_mapping(wanted: Mapping[str, str], header: Sequence[str]) -> None:
    """Raises BadInput where a column is named that there is not, or cannot be what it is to be."""
    there = {cell.strip().casefold() for cell in header}
    for name, target in wanted.items():
        if name.strip().casefold() not in there:
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
    unnamed: frozenset[int],
) -> tuple[Column, ...]:
    email = _find_email_column(header, folded, tool, wanted, sample)
    targets: list[str] = []
    owners = folded.index("memberrating") if tool.name == "mailchimp" and "memberrating" in folded else 0
    for index, (name, key) in enumerate(zip(header, folded, strict=True)):
        if index == email:
            target = "email"
        elif name.casefold() in wanted:
            target = wanted[name.casefold()]
        else:
            target = "ignore" if index in unnamed else _guess_target(name, key, tool, index < owners)
            if target == "attribute" and key not in tool.columns and index >= owners:
                cells = [row[index] for row in sample if index < len(row)]
                target = _guess_date(name, cells) or target
        targets.append(target)
    return _assign_targets(header, targets, wanted, unnamed)


def _assign_targets(
    header: Sequence[str], targets: Sequence[str], wanted: Mapping[str, str], unnamed: frozenset[int]
) -> tuple[Column, ...]:
    """The columns with their targets. What only one can be is the one that was named, the likeliest, or the first."""

    def rank(index: int) -> int:
        if targets[index] in _SINGLE and header[index].casefold() in wanted:
            return 0
        return 1 if targets[index] == "joined_at" and _ASKING.search(header[index].casefold()) else 2

    taken = {"email"}
    order = sorted(range(len(header)), key=lambda index: (rank(index), index))
    found = {index: _assign_column(index, header[index], targets[index], taken) for index in order}
    return tuple(replace(found[index], unnamed=index in unnamed) for index in range(len(header)))


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
    kept = to_attribute_slug(name) or f"column_{index + 1}"  # a name in another script has no letters we could keep
    while kept in taken and kept:
        kept = f"{kept}_2" if not _NUMBERED.search(kept) else _NUMBER.sub(lambda m: str(int(m[0]) + 1), kept)
    taken.add(kept)
    return Column(index, name, "attribute" if kept else "ignore", kept)


def _guess_target(name: str, key: str, tool: Tool, owners: bool) -> str:
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
    ours = _TARGET_BY_NAME.get(key) or load_header_names().get(key) or _guess_name(name) or "attribute"
    return "attribute" if ours == "email" else ours


def _guess_name(header: str) -> str:
    """What a column is whose header is made of names we know: “name_first”, “Nom et prénom”, “姓名”; "" for another."""
    words = [normalise_name(word) for word in re.findall(r"[^\W\d_]+", header)]
    turned = _TARGET_BY_NAME.get("".join(reversed(words)), "") if len(words) == 2 else ""
    if turned in _NAME_TARGETS:
        return turned
    parts = words if len(words) > 1 else [*words[0]] if words and not words[0].isascii() else []
    found = {_TARGET_BY_NAME.get(part) or load_header_names().get(part) for part in parts}
    if "last_name" in found and found & {"first_name", "name"}:
        return "name"
    whole = normalise_name(header)
    known = tuple(name for name, ours in load_header_names().items() if ours == "name" and len(name) > 1)
    return "name" if not whole.isascii() and whole.endswith(known) else ""  # お名前: no blanks, and a prefix


def _guess_date(name: str, cells: Sequence[str]) -> str:
    """What a column of dates is, by words in its name, whichever it has beside them; "" for another."""
    values = [cell for cell in cells if not dates.is_no_date(cell)]
    if not values or not all(map(dates.looks_like_date, values)) or is_other_date(name):
        return ""
    words = _split_words(name)
    if any(map(_CONFIRMING.match, words)):
        return "confirmed_at"
    return "joined_at" if any(map(_JOINING.match, words)) or names_joining(name) else ""


def is_other_date(name: str) -> bool:
    """Whether a column of dates is by a word of its English name neither of joining nor of confirming."""
    return any(map(_OTHER_DATE.match, _split_words(name)))


def _split_words(name: str) -> list[str]:
    plain = re.sub(r"(?i)\b(opt|sign)[- ](in|up|out)\b", r"\1\2", name)
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", plain)]


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
    if any(_ADDRESS.search(cell) for cell in header):
        raise BadInput("The first line must say what the columns are, for instance: email,first_name", "file")
    by_look = _find_column_of_addresses(len(header), sample)
    if by_look is not None:
        return by_look
    seen = ", ".join(cell for cell in header if cell)[:300] or "nothing"
    raise BadInput(
        f"No column holds the addresses. The header says {seen}; call the column email, or say which it is.",
        "file",
        command_hint="For instance: --map COLUMN=email.",
    )


def _find_column_of_addresses(width: int, sample: Sequence[Sequence[str]]) -> int | None:
    """The one column nearly all of whose cells are addresses; None when there is none, or more than one."""
    found = []
    for index in range(width):
        cells = [row[index] for row in sample if index < len(row) and row[index].strip()]
        if cells and sum("@" in cell for cell in cells) > 0.8 * len(cells):
            found.append(index)
    return found[0] if len(found) == 1 else None


def _state_of_file(
    tool: Tool, folded: Sequence[str], columns: Sequence[Column], places: Sequence[str], *, among_others: bool
) -> str:
    """The state of all rows, where which file it is says so (Mailchimp), or "" where each row says it.

    Of several tables in one file (`among_others`) each is what its name says, or the name of what it is in, the next
    first: `places`.

    Raises BadInput where nothing says it although something must.
    """
    state_columns = [column for column in columns if column.target in STATE_TARGETS - {"confirmed"}]
    plain = normalise_name(places[0])
    if tool.name == "mailchimp":
        if "cleantime" in folded:
            return SubscriptionState.BOUNCED
        if "unsubtime" in folded:
            return SubscriptionState.UNSUBSCRIBED
        if "nonsubscribed" in plain:
            raise BadInput(
                f"{places[0]} holds people who never subscribed, so nobody may be mailed and nothing is imported.",
                "file",
            )
    if tool.name == "substack" and "emaildisabled" not in folded:
        raise BadInput(
            "The file has active_subscription, which only says who pays, and no email_disabled, which says who left. "
            "Export it again with that column.",
            "file",
        )
    if state_columns:
        return ""
    name, by_name = next(((each, state) for each in places if (state := find_state_of_name(each))), ("", ""))
    if by_name and among_others:
        return by_name
    heading = next(column.name for column in columns if column.target == "email")
    if not by_name and find_state_of_name(heading):
        raise BadInput(
            f"By its header “{heading}” the file holds people who are not to be mailed. Say what all in it are: "
            "unsubscribed, bounced, complained or suppressed; active if the header misleads.",
            "status",
            command_hint=_STATUS_HINT,
        )
    if by_name:
        raise BadInput(
            f"By its name {name} holds people who are not to be mailed, but no column says so. Say what all in it are: "
            "unsubscribed, bounced, complained or suppressed; active if the name misleads.",
            "status",
            command_hint=_STATUS_HINT,
        )
    return SubscriptionState.ACTIVE


def limit_attributes(layout: Layout, empty: frozenset[int], *, leave_out: bool) -> Layout:
    """The layout without the attributes that are too many: `empty` columns, and all nobody named if `leave_out`.

    Raises BadInput where they are still too many.
    """
    if len(layout.columns_for("attribute")) <= _MOST_ATTRIBUTES:
        return layout
    spare = empty if not leave_out else frozenset(column.index for column in layout.columns)
    columns = tuple(
        replace(c, target="ignore", attribute="")
        if c.target == "attribute" and c.index in spare and c.index not in layout.answered
        else c
        for c in layout.columns
    )
    attributes = [column for column in columns if column.target == "attribute"]
    if len(attributes) > _MOST_ATTRIBUTES:
        raise BadInput(
            f"The file has {len(attributes)} columns of attributes; {_MOST_ATTRIBUTES} are the most. Choose those "
            "to keep, and leave out the others.",
            "map",
            command_hint=f"Keep one with --map '{attributes[0].name}=attribute', and --other-columns ignore.",
        )
    return replace(layout, columns=columns)
