"""The only module that reads the environment: one table of settings, read once, loudly.

Each setting may also be given as NAME_FILE, the path of a file that holds the value (for secrets).
A value that cannot be right stops the start with the setting's name in the message.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from enum import Enum, auto
from pathlib import Path
from urllib.parse import urlsplit

import idna

from newsletter.kernel.errors import BadInput, SurroundingsError
from newsletter.kernel.numbers import is_whole_number

CAPTCHAS = ("turnstile", "hcaptcha", "recaptcha")
PROVIDERS = ("outbox", "sendgrid", "smtp")


class OptionKind(Enum):
    """What a setting holds, and so how it is checked."""

    TEXT = auto()
    WORDS = auto()  # separated by blanks
    FOLDER = auto()
    WEB_ADDRESS = auto()
    WEB_ADDRESSES = auto()  # separated by blanks
    NUMBER = auto()
    SWITCH = auto()
    CHOICE = auto()


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of the environment: its name, default, what it means, its kind, and whether it is a secret.

    docs/settings.md has these words, and `newsletter doctor --settings`; `shown_default` stands there where the default
    says too little. `least` and `most` bound a number.
    """

    name: str
    default: str
    meaning: str
    shown_default: str = ""
    secret: bool = False
    kind: OptionKind = OptionKind.TEXT
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 0

    @property
    def limits(self) -> str:
        """What it can be, in a few words; "" where that is any text."""
        match self.kind:
            case OptionKind.WORDS:
                return "words, separated by blanks"
            case OptionKind.FOLDER:
                return "a folder"
            case OptionKind.WEB_ADDRESS:
                return "an address like https://news.example.com"
            case OptionKind.WEB_ADDRESSES:
                return "addresses like https://www.example.com, separated by blanks"
            case OptionKind.NUMBER:
                return f"{self.least} to {self.most}"
            case OptionKind.SWITCH:
                return "1 or 0"
            case OptionKind.CHOICE:
                return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        return ""


@dataclass(frozen=True, slots=True)
class SettingInUse:
    """A setting as this process has it. The value of a secret is never shown: “set” or ""."""

    name: str
    value: str
    source: str  # “environment”, “file PATH” or “default”
    can_be: str
    meaning: str


OPTIONS: tuple[Option, ...] = (
    Option(
        "NEWSLETTER_DATA_DIR",
        "newsletter-data",
        "Folder of the database, pictures, outbox and secret key",
        kind=OptionKind.FOLDER,
    ),
    Option(
        "NEWSLETTER_STATE_DIR",
        "",
        "Folder outside the data folder that remembers what this machine has sent, so that a restored or copied "
        "database is noticed. Not part of a backup; in containers a volume of its own",
        shown_default="`~/.local/state/newsletter`, or `newsletter` in `$XDG_STATE_HOME`",
        kind=OptionKind.FOLDER,
    ),
    Option(
        "NEWSLETTER_DATABASE_URL",
        "",
        "`sqlite:///…` or `postgres://…` (install `newsletter-desk[postgres]`)",
        shown_default="SQLite in the data folder",
        secret=True,
    ),
    Option(
        "NEWSLETTER_SECRET_KEY",
        "",
        "Signs links and sessions",
        shown_default="created once, kept in the data folder",
        secret=True,
    ),
    Option(
        "NEWSLETTER_SECRET_KEY_FALLBACKS",
        "",
        "Former keys: links signed with them keep working",
        secret=True,
        kind=OptionKind.WORDS,
    ),
    Option(
        "NEWSLETTER_BASE_URL",
        "http://127.0.0.1:8000",
        "Public address of this service; it is in every mail",
        kind=OptionKind.WEB_ADDRESS,
    ),
    Option(
        "NEWSLETTER_ALLOWED_HOSTS",
        "",
        "Further host names to serve, separated by commas",
    ),
    Option(
        "NEWSLETTER_PROVIDER",
        "",
        "How mail leaves; `outbox`: files on this machine",
        shown_default="none: never guessed",
        kind=OptionKind.CHOICE,
        choices=PROVIDERS,
    ),
    Option(
        "NEWSLETTER_PER_MINUTE",
        "0",
        "Messages a minute that our account with the provider may send, all newsletters and workers together",
        shown_default="`0`: no limit",
        kind=OptionKind.NUMBER,
        most=10_000_000,
    ),
    Option(
        "NEWSLETTER_TEMPLATES_DIR",
        "",
        "Folder with mail templates of your own: `NAME/NAME.mjml.j2`, `NAME.txt.j2`, "
        "`head.css.j2`, `inline.css.j2`, `theme.toml`; they may extend `_shared/…` and ours. "
        "They run in a process of their own, without secrets, for 10 seconds and in 1 GB at "
        "most; an error is reported with its file and line",
        shown_default="empty: none",
        kind=OptionKind.FOLDER,
    ),
    Option(
        "NEWSLETTER_OUTBOX_DIR",
        "",
        "Where the outbox writes",
        shown_default="`outbox` in the data folder",
        kind=OptionKind.FOLDER,
    ),
    Option(
        "NEWSLETTER_SESSION_IDLE_MINUTES",
        "120",
        "Minutes without use after which a session of the desk ends. What a page "
        "asks for by itself (the changes of colleagues, the progress of a mailing or an import) "
        "is no use",
        kind=OptionKind.NUMBER,
        least=1,
        most=7 * 24 * 60,
    ),
    Option(
        "NEWSLETTER_SESSION_HOURS",
        "24",
        "Hours after signing in at which a session ends in any case",
        kind=OptionKind.NUMBER,
        least=1,
        most=30 * 24,
    ),
    Option(
        "NEWSLETTER_TRUSTED_PROXIES",
        "0",
        "How many reverse proxies of yours stand in front; limits by network need it",
        kind=OptionKind.NUMBER,
        most=9,
    ),
    Option(
        "NEWSLETTER_ALLOW_PRIVATE_FETCH",
        "",
        "Lets feeds and pages on private addresses be fetched (for tests)",
        shown_default="off",
        kind=OptionKind.SWITCH,
    ),
    Option(
        "NEWSLETTER_EMBED_ORIGINS",
        "",
        "Sites of yours that may show the sign-up form in a frame, or submit it by script",
        kind=OptionKind.WEB_ADDRESSES,
    ),
    Option(
        "NEWSLETTER_SIGNUPS_PER_NETWORK",
        "30",
        "Sign-ups an hour from one network; above it a challenge is asked for, or the mail waits in a queue",
        kind=OptionKind.NUMBER,
        least=1,
        most=1_000_000,
    ),
    Option(
        "NEWSLETTER_SIGNUPS_PER_FORM",
        "500",
        "Sign-ups an hour by one form, from all networks; above it likewise",
        kind=OptionKind.NUMBER,
        least=1,
        most=10_000_000,
    ),
    Option(
        "NEWSLETTER_QUEUED_CONFIRMATIONS_PER_MINUTE",
        "5",
        "Mails a minute that leave the queue of sign-ups above a limit that solved no challenge",
        kind=OptionKind.NUMBER,
        least=1,
        most=10_000,
    ),
    Option(
        "NEWSLETTER_MAILS_PER_ADDRESS",
        "4",
        "Mails an hour to one address that the public forms can cause",
        kind=OptionKind.NUMBER,
        least=1,
        most=1_000,
    ),
    Option(
        "NEWSLETTER_REMINDERS_PER_NETWORK",
        "15",
        "“Which address did I use?” an hour from one network",
        kind=OptionKind.NUMBER,
        least=1,
        most=1_000_000,
    ),
    Option(
        "NEWSLETTER_CAPTCHA",
        "",
        "A captcha on sign-up forms: `turnstile`, `hcaptcha` or `recaptcha`, a colon, and its site key",
    ),
    Option(
        "NEWSLETTER_CAPTCHA_SECRET",
        "",
        "The captcha's secret key",
        secret=True,
    ),
    Option(
        "NEWSLETTER_CAPTCHA_URL",
        "",
        "Where answers to the captcha are verified; empty: at its vendor",
    ),
    Option(
        "NEWSLETTER_PROOF_MONTHS",
        "36",
        "Months for which the proof of consent of erased subscribers is kept, without address or name; `0`: none is",
        kind=OptionKind.NUMBER,
        most=240,
    ),
    Option(
        "NEWSLETTER_SIGN_IN_DAYS",
        "180",
        "Days for which signing in and out, and failing to, is kept in the audit log, with the network it came from",
        kind=OptionKind.NUMBER,
        least=1,
        most=3_650,
    ),
    Option(
        "NEWSLETTER_AUDIT_MONTHS",
        "36",
        "Months for which all else is kept in the audit log: as long as somebody may ask for proof of who changed, "
        "approved or erased what. Personal values in it go after 400 days in any case",
        shown_default="`36`; `0`: for ever",
        kind=OptionKind.NUMBER,
        most=240,
    ),
    Option(
        "NEWSLETTER_FORGET_MONTHS",
        "0",
        "Months after which those who left every list are erased; their address, as a hash, stays on the suppression "
        "list, so that no import brings them back",
        shown_default="`0`: never",
        kind=OptionKind.NUMBER,
        most=240,
    ),
    Option(
        "NEWSLETTER_SMTP_URL",
        "",
        "`smtp://user:password@host:587` or `smtps://…:465`",
        secret=True,
    ),
    Option(
        "NEWSLETTER_NOTIFY_SMTP_URL",
        "",
        "How notifications are mailed: a server that is not the provider's, for that may be what failed. Written like "
        "`NEWSLETTER_SMTP_URL`: [notifications.md](notifications.md)",
        shown_default="none: they are not mailed",
        secret=True,
    ),
    Option(
        "NEWSLETTER_NOTIFY_FROM",
        "",
        "The address that notifications are mailed from",
        shown_default="`newsletter@` and the host of the base URL",
    ),
    Option(
        "NEWSLETTER_PING_URL",
        "",
        "Where the scheduler pings every minute while all is well, as healthchecks.io takes it; with `/start` when it "
        "starts, with `/fail` while something keeps mail from leaving. Who misses the pings knows that all is gone",
        shown_default="none",
        secret=True,
    ),
    Option(
        "NEWSLETTER_DEBUG",
        "",
        "Shows debug pages; never on a public server",
        shown_default="off",
        kind=OptionKind.SWITCH,
    ),
    Option(
        "SENDGRID_API_KEY",
        "",
        "A key with the Mail Send permission",
        secret=True,
    ),
    Option(
        "NEWSLETTER_SENDGRID_HOST",
        "https://api.sendgrid.com",
        "`https://api.eu.sendgrid.com` for EU subusers",
        kind=OptionKind.WEB_ADDRESS,
    ),
    Option(
        "NEWSLETTER_SENDGRID_WEBHOOK_KEYS",
        "",
        "Public keys of the signed event webhook at `/hooks/sendgrid`; without one, no event is taken",
        kind=OptionKind.WORDS,
    ),
)


BY_NAME: Mapping[str, Option] = {option.name: option for option in OPTIONS}


def build_settings_table() -> str:
    """The table of docs/settings.md."""
    lines = ["| setting | default | can be | what it means |", "|---|---|---|---|"]
    for each in OPTIONS:
        default = each.shown_default or (f"`{each.default}`" if each.default else "")
        lines.append(f"| `{each.name}` | {default} | {each.limits} | {each.meaning} |")
    return "\n".join(lines) + "\n"


def describe_environment(environ: Mapping[str, str] | None = None) -> tuple[SettingInUse, ...]:
    """Every setting as it is used, and where it comes from. Raises SurroundingsError for an unreadable file."""
    given = os.environ if environ is None else environ
    return tuple(_describe_setting(each, given) for each in OPTIONS)


def _describe_setting(option: Option, environ: Mapping[str, str]) -> SettingInUse:
    value, source = _read_raw(option, environ)
    if source == "default":
        shown = (option.shown_default or value).replace("`", "")
    else:
        shown = "set" if option.secret else value
    return SettingInUse(option.name, shown, source, option.limits, option.meaning.replace("`", ""))


def list_unknown(environ: Mapping[str, str] | None = None) -> tuple[tuple[str, str], ...]:
    """Variables that look like settings of ours and are none: each with the setting that may be meant, or ""."""
    given = os.environ if environ is None else environ
    unknown = (name for name in sorted(given) if name.removesuffix("_FILE") not in BY_NAME)
    return tuple((name, _find_similar(name)) for name in unknown if name.startswith("NEWSLETTER_"))


def _find_similar(name: str) -> str:
    return next(iter(get_close_matches(name.removesuffix("_FILE"), BY_NAME, 1, cutoff=0.85)), "")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of this process, checked."""

    data_dir: Path
    state_dir: Path
    database_url: str
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    base_url: str
    allowed_hosts: tuple[str, ...]
    provider: str
    templates_dir: Path | None
    outbox_dir: Path
    session_idle_minutes: int
    session_hours: int
    trusted_proxies: int
    allow_private_fetch: bool
    per_minute: int
    embed_origins: tuple[str, ...]
    signups_per_network: int
    signups_per_form: int
    queued_confirmations_per_minute: int
    mails_per_address: int
    reminders_per_network: int
    captcha: str
    captcha_secret: str
    captcha_url: str
    proof_months: int
    sign_in_days: int
    audit_months: int
    forget_months: int
    smtp_url: str
    notify_smtp_url: str
    notify_from: str
    ping_url: str
    debug: bool
    sendgrid_api_key: str
    sendgrid_host: str
    sendgrid_webhook_keys: tuple[str, ...]

    @property
    def https(self) -> bool:
        """Whether the public address is https."""
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """The host name of the base URL."""
        return urlsplit(self.base_url).hostname or "localhost"


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Reads and checks every setting. Raises BadInput naming the setting, SurroundingsError for its file."""
    given = os.environ if environ is None else environ
    read = _make_reader(given)
    data_dir = Path(read("NEWSLETTER_DATA_DIR")).expanduser().absolute()
    return Config(
        data_dir=data_dir,
        state_dir=_find_state_dir(read("NEWSLETTER_STATE_DIR"), given),
        database_url=read("NEWSLETTER_DATABASE_URL") or f"sqlite:///{data_dir / 'newsletter.sqlite3'}",
        secret_key=read("NEWSLETTER_SECRET_KEY") or _load_or_create_secret(data_dir),
        secret_key_fallbacks=tuple(read("NEWSLETTER_SECRET_KEY_FALLBACKS").split()),
        base_url=read("NEWSLETTER_BASE_URL"),
        allowed_hosts=tuple(h.strip() for h in read("NEWSLETTER_ALLOWED_HOSTS").split(",") if h.strip()),
        provider=read("NEWSLETTER_PROVIDER"),
        templates_dir=Path(read("NEWSLETTER_TEMPLATES_DIR")).expanduser().absolute()
        if read("NEWSLETTER_TEMPLATES_DIR")
        else None,
        outbox_dir=Path(read("NEWSLETTER_OUTBOX_DIR") or data_dir / "outbox").expanduser().absolute(),
        session_idle_minutes=int(read("NEWSLETTER_SESSION_IDLE_MINUTES")),
        session_hours=int(read("NEWSLETTER_SESSION_HOURS")),
        trusted_proxies=int(read("NEWSLETTER_TRUSTED_PROXIES")),
        allow_private_fetch=_is_on(read("NEWSLETTER_ALLOW_PRIVATE_FETCH")),
        per_minute=int(read("NEWSLETTER_PER_MINUTE")),
        embed_origins=tuple(read("NEWSLETTER_EMBED_ORIGINS").split()),
        signups_per_network=int(read("NEWSLETTER_SIGNUPS_PER_NETWORK")),
        signups_per_form=int(read("NEWSLETTER_SIGNUPS_PER_FORM")),
        queued_confirmations_per_minute=int(read("NEWSLETTER_QUEUED_CONFIRMATIONS_PER_MINUTE")),
        mails_per_address=int(read("NEWSLETTER_MAILS_PER_ADDRESS")),
        reminders_per_network=int(read("NEWSLETTER_REMINDERS_PER_NETWORK")),
        captcha=_check_captcha(read("NEWSLETTER_CAPTCHA")),
        captcha_secret=read("NEWSLETTER_CAPTCHA_SECRET"),
        captcha_url=read("NEWSLETTER_CAPTCHA_URL"),
        proof_months=int(read("NEWSLETTER_PROOF_MONTHS")),
        sign_in_days=int(read("NEWSLETTER_SIGN_IN_DAYS")),
        audit_months=int(read("NEWSLETTER_AUDIT_MONTHS")),
        forget_months=int(read("NEWSLETTER_FORGET_MONTHS")),
        smtp_url=read("NEWSLETTER_SMTP_URL"),
        notify_smtp_url=read("NEWSLETTER_NOTIFY_SMTP_URL"),
        notify_from=_check_sender(read("NEWSLETTER_NOTIFY_FROM")),
        ping_url=_check_ping_url(read("NEWSLETTER_PING_URL")),
        debug=_is_on(read("NEWSLETTER_DEBUG")),
        sendgrid_api_key=read("SENDGRID_API_KEY"),
        sendgrid_host=read("NEWSLETTER_SENDGRID_HOST"),
        sendgrid_webhook_keys=tuple(read("NEWSLETTER_SENDGRID_WEBHOOK_KEYS").split()),
    )


# Secrets that a running process takes again from their files. The others sign what is kept, or name the database.
_READ_AGAIN = {
    "SENDGRID_API_KEY": "sendgrid_api_key",
    "NEWSLETTER_SENDGRID_WEBHOOK_KEYS": "sendgrid_webhook_keys",
    "NEWSLETTER_SMTP_URL": "smtp_url",
    "NEWSLETTER_NOTIFY_SMTP_URL": "notify_smtp_url",
    "NEWSLETTER_PING_URL": "ping_url",
    "NEWSLETTER_CAPTCHA_SECRET": "captcha_secret",
}


def renew_secrets(config: Config, environ: Mapping[str, str] | None = None) -> Config:
    """The settings with the secrets that their files hold now. Raises BadInput, SurroundingsError as `load`."""
    given = os.environ if environ is None else environ
    names = [field for name, field in _READ_AGAIN.items() if given.get(f"{name}_FILE")]
    if not names:
        return config
    fresh = load(given)
    return replace(config, **{name: getattr(fresh, name) for name in names})


def fingerprint_settings(config: Config) -> str:
    """Tells whether two processes have the same settings; nothing can be told from it, secrets least of all."""
    said = "\n".join(f"{each.name}={getattr(config, each.name)!r}" for each in fields(config))
    return hmac.new(config.secret_key.encode(), b"settings\0" + said.encode(), hashlib.sha256).hexdigest()[:16]


def _find_state_dir(chosen: str, environ: Mapping[str, str]) -> Path:
    """The folder for what must not go back in time with the data folder, where the platform has such things."""
    if chosen:
        return Path(chosen).expanduser().absolute()
    if home := environ.get("XDG_STATE_HOME", ""):
        return Path(home).absolute() / "newsletter"
    if given := environ.get("STATE_DIRECTORY", ""):  # systemd's, for a service without a home
        return Path(given.partition(":")[0]).absolute() / "newsletter-state"
    try:
        return Path.home() / ".local" / "state" / "newsletter"
    except RuntimeError:
        raise SurroundingsError(
            "There is no home folder to remember in what was sent. Set NEWSLETTER_STATE_DIR to a folder outside the "
            "data folder."
        ) from None


def _make_reader(environ: Mapping[str, str]) -> Callable[[str], str]:
    def read(name: str) -> str:
        option = BY_NAME[name]
        return _check_value(option, _read_raw(option, environ)[0])

    return read


def _read_raw(option: Option, environ: Mapping[str, str]) -> tuple[str, str]:
    """The value of a setting, unchecked, and where it comes from."""
    path = environ.get(f"{option.name}_FILE", "")
    if not path:
        given = environ.get(option.name, "").strip()
        return (given, "environment") if given else (option.default, "default")
    try:
        return Path(path).read_text("utf-8").strip(), f"file {path}"
    except (OSError, UnicodeDecodeError) as error:
        raise SurroundingsError(f"{option.name}_FILE points to {path}, which cannot be read: {error}") from None


def _check_value(option: Option, value: str) -> str:
    """The value as its kind has it. Raises BadInput naming the setting."""
    match option.kind:
        case OptionKind.WEB_ADDRESS:
            return _check_url(option.name, value)
        case OptionKind.WEB_ADDRESSES:
            return " ".join(_check_url(option.name, each) for each in value.split())
        case OptionKind.NUMBER:
            is_right = is_whole_number(value) and len(value) <= 9 and option.least <= int(value) <= option.most
        case OptionKind.SWITCH:
            is_right = value.lower() in ("", "0", "1", "no", "yes", "false", "true", "off", "on")
        case OptionKind.CHOICE:
            is_right = value in ("", *option.choices)
        case _:
            is_right = True
    if not is_right:
        raise BadInput(f"{option.name} is “{value}”. It can be {option.limits}.", option.name)
    return value


def _is_on(value: str) -> bool:
    return value.lower() in ("1", "yes", "true", "on")


def _load_or_create_secret(data_dir: Path) -> str:
    """A key made once for this installation; readable by its owner only."""
    path = data_dir / "secret.key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text("ascii").strip()
        key = secrets.token_urlsafe(48)
        with os.fdopen(descriptor, "w") as file:
            file.write(key)
        return key
    except OSError as error:
        raise SurroundingsError(
            f"The data folder {data_dir} cannot be used: {error}. Set NEWSLETTER_DATA_DIR."
        ) from None


_LONGEST_ADDRESS = 900  # a header has 998 characters to a line (RFC 5322), and ours end in a reader's token


def _check_url(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        if not value.isascii():
            idna.encode(parts.hostname or "", uts46=True)  # as it stands in the headers of every mail
    except (ValueError, UnicodeError):
        is_right = False
    if not is_right or parts.query or parts.fragment:
        raise BadInput(f"{name} is “{value}”. Give an address like https://news.example.com.", name)
    if len(value) > _LONGEST_ADDRESS:
        raise BadInput(f"{name} has {len(value)} characters; {_LONGEST_ADDRESS} are the most.", name)
    return value.rstrip("/")


def _check_captcha(value: str) -> str:
    kind, _, key = value.partition(":")
    if value and (kind not in CAPTCHAS or not key):
        raise BadInput(
            f"NEWSLETTER_CAPTCHA is “{value}”. Write {', '.join(CAPTCHAS)}, a colon, and the site key.",
            "NEWSLETTER_CAPTCHA",
        )
    return value


def _check_sender(value: str) -> str:
    name, _, domain = value.rpartition("@")
    if value and not (name and domain and value.isascii() and value.isprintable() and " " not in value):
        raise BadInput(
            f"NEWSLETTER_NOTIFY_FROM is “{value}”. Give an address like desk@example.com.", "NEWSLETTER_NOTIFY_FROM"
        )
    return value


def _check_ping_url(value: str) -> str:
    """The address, which is a secret: an error does not show it."""
    try:
        _check_url("NEWSLETTER_PING_URL", value) if value else ""
    except BadInput:
        raise BadInput(
            "NEWSLETTER_PING_URL is no address like https://hc-ping.com/… without a query.", "NEWSLETTER_PING_URL"
        ) from None
    return value.rstrip("/")
