"""The only module that reads the environment: one table of settings, read once, loudly.

Each setting may also be given as NAME_FILE, the path of a file that holds the value (for secrets).
A value that cannot be right stops the start with the setting's name in the message.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.kernel.errors import BadInput, SurroundingsError
from newsletter.kernel.numbers import is_whole_number

CAPTCHAS = ("turnstile", "hcaptcha", "recaptcha")
PROVIDERS = ("outbox", "sendgrid", "smtp")


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of the environment: its name, default, what it means, and whether it is a secret.

    docs/settings.md has these words; `shown_default` stands there where the default says too little.
    """

    name: str
    default: str
    meaning: str
    shown_default: str = ""
    secret: bool = False


OPTIONS: tuple[Option, ...] = (
    Option(
        "NEWSLETTER_DATA_DIR",
        "newsletter-data",
        "Folder of the database, pictures, outbox and secret key",
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
        "Former keys, separated by blanks: links signed with them keep working",
        secret=True,
    ),
    Option(
        "NEWSLETTER_BASE_URL",
        "http://127.0.0.1:8000",
        "Public address of this service; it is in every mail",
    ),
    Option(
        "NEWSLETTER_ALLOWED_HOSTS",
        "",
        "Further host names to serve, separated by commas",
    ),
    Option(
        "NEWSLETTER_PROVIDER",
        "",
        "`outbox` (files on this machine), `sendgrid` or `smtp`",
        shown_default="none: never guessed",
    ),
    Option(
        "NEWSLETTER_PER_MINUTE",
        "0",
        "Messages a minute that our account with the provider may send, all newsletters and workers together",
        shown_default="`0`: no limit",
    ),
    Option(
        "NEWSLETTER_TEMPLATES_DIR",
        "",
        "Folder with mail templates of your own: `NAME/NAME.mjml.j2`, `NAME.txt.j2`, "
        "`head.css.j2`, `inline.css.j2`, `theme.toml`; they may extend `_shared/…` and ours. "
        "They run in a process of their own, without secrets, for 10 seconds and in 1 GB at "
        "most; an error is reported with its file and line",
        shown_default="empty: none",
    ),
    Option(
        "NEWSLETTER_OUTBOX_DIR",
        "",
        "Where the outbox writes",
        shown_default="`outbox` in the data folder",
    ),
    Option(
        "NEWSLETTER_SESSION_IDLE_MINUTES",
        "120",
        "Minutes without use after which a session of the desk ends (1 to 10080). What a page "
        "asks for by itself (the changes of colleagues, the progress of a mailing or an import) "
        "is no use",
    ),
    Option(
        "NEWSLETTER_SESSION_HOURS",
        "24",
        "Hours after signing in at which a session ends in any case (1 to 720)",
    ),
    Option(
        "NEWSLETTER_TRUSTED_PROXIES",
        "0",
        "How many reverse proxies of yours stand in front; limits by network need it",
    ),
    Option(
        "NEWSLETTER_ALLOW_PRIVATE_FETCH",
        "",
        "`1` lets feeds and pages on private addresses be fetched (for tests)",
        shown_default="off",
    ),
    Option(
        "NEWSLETTER_EMBED_ORIGINS",
        "",
        "Sites of yours that may show the sign-up form in a frame, or submit it by script: "
        "`https://www.example.com`, separated by blanks",
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
        "NEWSLETTER_SMTP_URL",
        "",
        "`smtp://user:password@host:587` or `smtps://…:465`",
        secret=True,
    ),
    Option(
        "NEWSLETTER_DEBUG",
        "",
        "`1` shows debug pages; never on a public server",
        shown_default="off",
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
    ),
    Option(
        "NEWSLETTER_SENDGRID_WEBHOOK_KEYS",
        "",
        "Public keys of the signed event webhook at `/hooks/sendgrid`, separated by blanks; "
        "without one, no event is taken",
    ),
)


def build_settings_table() -> str:
    """The table of docs/settings.md."""
    lines = ["| setting | default | what it means |", "|---|---|---|"]
    for each in OPTIONS:
        default = each.shown_default or (f"`{each.default}`" if each.default else "")
        lines.append(f"| `{each.name}` | {default}{' ' if default else ''}| {each.meaning} |")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of this process, checked."""

    data_dir: Path
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
    captcha: str
    captcha_secret: str
    captcha_url: str
    smtp_url: str
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
    read = _make_reader(os.environ if environ is None else environ)
    data_dir = Path(read("NEWSLETTER_DATA_DIR")).expanduser().absolute()
    return Config(
        data_dir=data_dir,
        database_url=read("NEWSLETTER_DATABASE_URL") or f"sqlite:///{data_dir / 'newsletter.sqlite3'}",
        secret_key=read("NEWSLETTER_SECRET_KEY") or _load_or_create_secret(data_dir),
        secret_key_fallbacks=tuple(read("NEWSLETTER_SECRET_KEY_FALLBACKS").split()),
        base_url=_check_url("NEWSLETTER_BASE_URL", read("NEWSLETTER_BASE_URL")),
        allowed_hosts=tuple(h.strip() for h in read("NEWSLETTER_ALLOWED_HOSTS").split(",") if h.strip()),
        provider=_check_choice("NEWSLETTER_PROVIDER", read("NEWSLETTER_PROVIDER"), PROVIDERS),
        templates_dir=Path(read("NEWSLETTER_TEMPLATES_DIR")).expanduser().absolute()
        if read("NEWSLETTER_TEMPLATES_DIR")
        else None,
        outbox_dir=Path(read("NEWSLETTER_OUTBOX_DIR") or data_dir / "outbox").expanduser().absolute(),
        session_idle_minutes=_parse_number(
            "NEWSLETTER_SESSION_IDLE_MINUTES", read("NEWSLETTER_SESSION_IDLE_MINUTES"), 7 * 24 * 60, least=1
        ),
        session_hours=_parse_number("NEWSLETTER_SESSION_HOURS", read("NEWSLETTER_SESSION_HOURS"), 30 * 24, least=1),
        trusted_proxies=_parse_number("NEWSLETTER_TRUSTED_PROXIES", read("NEWSLETTER_TRUSTED_PROXIES"), 9),
        allow_private_fetch=_parse_switch("NEWSLETTER_ALLOW_PRIVATE_FETCH", read("NEWSLETTER_ALLOW_PRIVATE_FETCH")),
        per_minute=_parse_number("NEWSLETTER_PER_MINUTE", read("NEWSLETTER_PER_MINUTE"), 10_000_000),
        embed_origins=tuple(
            _check_url("NEWSLETTER_EMBED_ORIGINS", each) for each in read("NEWSLETTER_EMBED_ORIGINS").split()
        ),
        captcha=_check_captcha(read("NEWSLETTER_CAPTCHA")),
        captcha_secret=read("NEWSLETTER_CAPTCHA_SECRET"),
        captcha_url=read("NEWSLETTER_CAPTCHA_URL"),
        smtp_url=read("NEWSLETTER_SMTP_URL"),
        debug=_parse_switch("NEWSLETTER_DEBUG", read("NEWSLETTER_DEBUG")),
        sendgrid_api_key=read("SENDGRID_API_KEY"),
        sendgrid_host=_check_url("NEWSLETTER_SENDGRID_HOST", read("NEWSLETTER_SENDGRID_HOST")),
        sendgrid_webhook_keys=tuple(read("NEWSLETTER_SENDGRID_WEBHOOK_KEYS").split()),
    )


def _make_reader(environ: Mapping[str, str]) -> Callable[[str], str]:
    defaults = {option.name: option.default for option in OPTIONS}

    def read(name: str) -> str:
        path = environ.get(f"{name}_FILE", "")
        if not path:
            return environ.get(name, "").strip() or defaults[name]
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SurroundingsError(f"{name}_FILE points to {path}, which cannot be read: {error}") from None

    return read


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


def _check_url(name: str, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise BadInput(f"{name} is “{value}”. Give an address like https://news.example.com.", name)
    return value.rstrip("/")


def _check_choice(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value and value not in allowed:
        raise BadInput(f"{name} is “{value}”. It can be {', '.join(allowed)}.", name)
    return value


def _check_captcha(value: str) -> str:
    kind, _, key = value.partition(":")
    if value and (kind not in CAPTCHAS or not key):
        raise BadInput(
            f"NEWSLETTER_CAPTCHA is “{value}”. Write {', '.join(CAPTCHAS)}, a colon, and the site key.",
            "NEWSLETTER_CAPTCHA",
        )
    return value


def _parse_switch(name: str, value: str) -> bool:
    if value.lower() not in ("", "0", "1", "no", "yes", "false", "true", "off", "on"):
        raise BadInput(f"{name} is “{value}”. It can be 1 or 0.", name)
    return value.lower() in ("1", "yes", "true", "on")


def _parse_number(name: str, value: str, most: int, *, least: int = 0) -> int:
    if not is_whole_number(value) or len(value) > 9 or not least <= int(value) <= most:
        raise BadInput(f"{name} is “{value}”. Give a number from {least} to {most}.", name)
    return int(value)
