"""The settings of a newsletter, each declared once: its kind, its limits, and what people read about it.

The service's check, the form of the desk, the options of the commands and the table of docs/settings.md come from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from typing import Any, TypedDict

from newsletter.catalog.states import ApprovalPolicy, LatePolicy, NewsletterState, TrackingMode
from newsletter.kernel.enums import LabelledEnum


class SettingKind(Enum):
    """What a setting holds, and so how it is checked."""

    TEXT = auto()
    LONG_TEXT = auto()
    WEB_ADDRESS = auto()
    ADDRESS = auto()
    NUMBER = auto()
    SWITCH = auto()
    CHOICE = auto()
    TEMPLATE = auto()
    ZONE = auto()
    LANGUAGE = auto()
    DAY = auto()
    SEGMENT = auto()
    LINK_PARAMETERS = auto()
    THEME = auto()
    LIST = auto()


@dataclass(frozen=True, slots=True)
class NewsletterSetting:
    """One setting. `least` and `most` bound a number, `most` the characters of a text."""

    name: str
    kind: SettingKind
    label: str
    help: str  # what it does, for the documents and the commands
    hint: str = ""  # beside the field of the desk, where the label is not enough
    default: str = ""  # as the documents write it
    least: int = 0
    most: int = 0
    required: bool = False
    or_zero: bool = False  # a number may be 0 too: off
    on_form: bool = True
    choices: type[LabelledEnum] | None = None
    short_option: str = ""  # of the commands, where the name is too long

    @property
    def option(self) -> str:
        """The option of the commands that set it."""
        return f"--{self.short_option or self.name.replace('_', '-')}"

    @property
    def limits(self) -> str:
        """What it can be, in a few words; "" where the kind says it."""
        match self.kind:
            case SettingKind.NUMBER:
                return f"{self.least} to {self.most}{', or 0' if self.or_zero else ''}"
            case SettingKind.SWITCH:
                return "on or off"
            case SettingKind.CHOICE:
                return ", ".join(self.choices or ())
            case SettingKind.DAY:
                return "a day, like 2026-11-24"
            case SettingKind.ADDRESS:
                return "an address"
            case SettingKind.THEME:
                return "JSON"
            case SettingKind.LIST:
                return "the short name of a list"
        return f"{self.most} characters" if self.most else ""


class NewsletterFields(TypedDict, total=False):
    """Settings by name, as people write them or as they are kept."""

    name: str
    strap: str
    description: str
    state: str
    template: str
    publication: str
    publication_url: str
    privacy_url: str
    imprint_url: str
    from_name: str
    from_email: str
    reply_to: str
    unsubscribe_email: str
    postal_address: str
    signed: str
    language: str
    zone: str
    stories_wanted: int | str
    stories_least: int | str
    late_after_minutes: int | str
    when_late: str
    approvals: str
    cut_off_minutes: int | str
    remind_minutes: int | str
    recall_minutes: int | str
    segment: str
    link_parameters: str
    per_minute: int | str
    warm_up_from: date | str | None
    warm_up_first: int | str
    repair_after_minutes: int | str
    bounce_limit: int | str
    tracking: str
    click_tracking: bool | str
    open_tracking: bool | str
    theme: Mapping[str, Any]
    list_id: int


_TEXT, _NUMBER, _SWITCH = SettingKind.TEXT, SettingKind.NUMBER, SettingKind.SWITCH
_ALL = (
    NewsletterSetting("name", _TEXT, "Name", "the name, as subscribers read it", most=120, required=True),
    NewsletterSetting("strap", _TEXT, "Line under the name", "the line under the name", most=200),
    NewsletterSetting(
        "description",
        SettingKind.LONG_TEXT,
        "Description",
        "what it is about, for the archive",
        most=2000,
        on_form=False,
    ),
    NewsletterSetting(
        "state",
        SettingKind.CHOICE,
        "State",
        "only a live newsletter is sent",
        "Only a live newsletter is sent",
        "live",
        choices=NewsletterState,
    ),
    NewsletterSetting(
        "template",
        SettingKind.TEMPLATE,
        "Template",
        "how its mails are laid out: `briefing` (numbered, sectioned), `goodnews` (pictures first, warm), `letter` "
        "(the intro is the piece, the stories are links), or one of your own",
        "Layout of its mails",
        "`briefing`",
        most=60,
        required=True,
    ),
    NewsletterSetting(
        "publication",
        _TEXT,
        "Publication",
        "the paper's name, at the head of the mail",
        "The paper's name, at the head of the mail",
        "the name",
        most=120,
    ),
    NewsletterSetting("publication_url", SettingKind.WEB_ADDRESS, "Web site", "the paper's web site", most=500),
    NewsletterSetting(
        "privacy_url",
        SettingKind.WEB_ADDRESS,
        "Privacy notice",
        "the address of the privacy notice, linked on readers' pages and in the archive",
        "Linked on readers' pages",
        "none",
        most=500,
    ),
    NewsletterSetting(
        "imprint_url",
        SettingKind.WEB_ADDRESS,
        "Imprint",
        "the address of the imprint, linked on readers' pages and in the archive",
        "Linked on readers' pages",
        "none",
        most=500,
    ),
    NewsletterSetting("from_name", _TEXT, "Sender's name", "the sender's name", "", "the name", most=120),
    NewsletterSetting(
        "from_email",
        SettingKind.ADDRESS,
        "Sender's address",
        "the address it is sent from; its domain must be authenticated with the provider",
        "Its domain must be authenticated with the provider",
        required=True,
        short_option="from",
    ),
    NewsletterSetting(
        "reply_to", SettingKind.ADDRESS, "Reply-to", "where answers go", "Empty: the sender", "the sender"
    ),
    NewsletterSetting(
        "unsubscribe_email",
        SettingKind.ADDRESS,
        "Address to unsubscribe by mail",
        "where mail programs that leave by mail write to, beside the link (RFC 2369). Somebody must read it: the "
        "subject has the end of the reader's own link, to be opened at `/u/`",
        "Somebody must read it; empty: by the link alone",
        "none",
    ),
    NewsletterSetting(
        "postal_address",
        _TEXT,
        "Postal address",
        "the postal address in every mail, required by law",
        "Required by law in every mail",
        most=300,
        required=True,
        short_option="address",
    ),
    NewsletterSetting("signed", _TEXT, "Signed by", "who signs its editions", most=120),
    NewsletterSetting(
        "language", SettingKind.LANGUAGE, "Language", "the language of its mails", "Like en or de", "`en`"
    ),
    NewsletterSetting(
        "zone", SettingKind.ZONE, "Time zone", "the time zone of its days", "Like Europe/London", "`UTC`"
    ),
    NewsletterSetting(
        "stories_wanted",
        _NUMBER,
        "Stories per edition",
        "stories to an edition",
        "",
        "`12`",
        1,
        60,
        short_option="stories",
    ),
    NewsletterSetting(
        "stories_least",
        _NUMBER,
        "Minimum stories for approval",
        "fewer cannot be approved",
        "",
        "`1`",
        0,
        60,
        short_option="min-stories",
    ),
    NewsletterSetting(
        "late_after_minutes",
        _NUMBER,
        "Held when later than",
        "minutes: an edition later than this is held for the editors to decide",
        "Minutes",
        "`30`",
        1,
        10_080,
        short_option="late-after",
    ),
    NewsletterSetting(
        "when_late",
        SettingKind.CHOICE,
        "When it is later",
        "what becomes of an edition later than that: `hold` asks somebody, `skip` leaves it out and says so",
        "Hold: somebody is asked. Skip: it is not sent, and the reason is kept",
        "`hold`",
        choices=LatePolicy,
    ),
    NewsletterSetting(
        "approvals",
        SettingKind.CHOICE,
        "Approved by",
        "who approves an edition: `one` person, `two` different people, or `self`: when its time comes it publishes "
        "itself, unless something blocks it",
        "One person, two different people, or self: it is sent at its time unless something blocks it",
        "`one`",
        choices=ApprovalPolicy,
    ),
    NewsletterSetting(
        "cut_off_minutes",
        _NUMBER,
        "Closes before its time",
        "minutes before its time that an edition closes for late stories; they go to the next one",
        "Minutes before its time; stories that come later go to the next edition; 0: it does not close",
        "`0`: never",
        1,
        10_080,
        or_zero=True,
        short_option="cut-off",
    ),
    NewsletterSetting(
        "remind_minutes",
        _NUMBER,
        "Reminder before its time",
        "minutes before its time that those who approve are told that it is not approved: "
        "[notifications.md](notifications.md)",
        "Minutes before its time that approvers hear that it is not approved; 0: they do not",
        "`30`",
        1,
        1440,
        or_zero=True,
        short_option="remind",
    ),
    NewsletterSetting(
        "recall_minutes",
        _NUMBER,
        "Submit early for recall",
        "minutes: submitted that long before its time, so that it can be recalled: [recall.md](recall.md)",
        "20 to 1440 minutes before its time, so that it can be recalled; 0: off. SendGrid only",
        "`0`: off",
        20,
        1440,
        or_zero=True,
    ),
    NewsletterSetting(
        "segment",
        SettingKind.SEGMENT,
        "Only for segment",
        "only subscribers in this segment of the list get it; the others are excluded as `segment`",
        "Its short name, such as who-pays; empty: everybody on the list",
        "everybody",
    ),
    NewsletterSetting(
        "link_parameters",
        SettingKind.LINK_PARAMETERS,
        "Added to story links",
        "put into the links of stories, like `utm_source=morning&utm_medium=email&utm_campaign={date}`; what a link "
        "has already stays, and a story can be linked without them",
        "Like utm_source=morning&utm_medium=email&utm_campaign={date}; empty: nothing",
        "nothing",
        most=200,
    ),
    NewsletterSetting(
        "per_minute",
        _NUMBER,
        "Messages per minute",
        "messages a minute of this newsletter",
        "0: no limit",
        "`0`: no limit",
        0,
        10_000_000,
    ),
    NewsletterSetting(
        "warm_up_from",
        SettingKind.DAY,
        "Warm-up from",
        "the first day of a new sender's domain",
        "First day of a new sender's domain, like 2026-11-24; empty: none",
        "none",
    ),
    NewsletterSetting(
        "warm_up_first",
        _NUMBER,
        "Messages on that day",
        "messages on that day, twice as many on every day after; those beyond it are excluded that day as `ceiling`",
        "Doubled every day after; subscribers beyond it are excluded that day",
        "`0`: no ceiling",
        0,
        100_000_000,
    ),
    NewsletterSetting(
        "repair_after_minutes",
        _NUMBER,
        "Repair unknown outcomes after",
        "minutes: after a lost answer, its recipients are sent the mail again after that long without an event; some "
        "may have it twice then",
        "Minutes without an answer; some may get it twice. 0: never",
        "`0`: never",
        0,
        10_080,
    ),
    NewsletterSetting(
        "bounce_limit",
        _NUMBER,
        "Pause when so many bounce",
        "per cent: a mailing pauses when more of those accepted, of at least 500, bounce or are blocked",
        "Per cent of those accepted, once there are 500. 100: never",
        "`5`",
        1,
        100,
    ),
    NewsletterSetting(
        "tracking",
        SettingKind.CHOICE,
        "Count opens and clicks",
        "whose opens and clicks are counted. `opt-in`: of those who agreed; the sign-up form asks. `on`: of all who "
        "did not refuse. `off`: nobody's",
        "Opt in: of those who agreed on the sign-up form. On: of all who did not refuse. Off: of nobody",
        "`opt-in`; `on` for those made before there was a choice",
        choices=TrackingMode,
    ),
    NewsletterSetting("click_tracking", _SWITCH, "Count clicks", "counts clicks", "", "on", on_form=False),
    NewsletterSetting("open_tracking", _SWITCH, "Count opens", "counts opens", "", "on", on_form=False),
    NewsletterSetting(
        "theme",
        SettingKind.THEME,
        "Theme",
        "colours, fonts and sizes that differ from the template's: [mail.md](mail.md)",
        default="the template's",
        on_form=False,
    ),
    NewsletterSetting(
        "list_id", SettingKind.LIST, "List", "the list it goes to", on_form=False, required=True, short_option="list"
    ),
)
SETTINGS: Mapping[str, NewsletterSetting] = {each.name: each for each in _ALL}
FORM_SETTINGS = tuple(each for each in _ALL if each.on_form)
LABELS: Mapping[str, str] = {each.name: each.label for each in _ALL}


def format_value(value: object) -> str:
    """A value as a form shows it and the audit log keeps it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def build_newsletter_settings_table() -> str:
    """The table of docs/settings.md."""
    lines = ["| setting of a newsletter | option | default | can be | what it means |", "|---|---|---|---|---|"]
    lines += [f"| `{each.name}` | `{each.option}` | {each.default} | {each.limits} | {each.help} |" for each in _ALL]
    return "\n".join(lines) + "\n"
