"""Settings from the environment: read once, and a value that cannot be right stops the start."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter import config
from newsletter.kernel.errors import BadInput, SurroundingsError


def load(folder: Path, **environ: str) -> config.Config:
    return config.load({"NEWSLETTER_DATA_DIR": str(folder), **environ})


def test_without_settings_everything_is_in_the_data_folder_and_no_provider_is_guessed(tmp_path: Path) -> None:
    read = load(tmp_path)
    assert read.database_url == f"sqlite:///{tmp_path / 'newsletter.sqlite3'}"
    assert read.outbox_dir == tmp_path / "outbox"
    assert (read.provider, read.debug, read.allow_private_fetch, read.trusted_proxies) == ("", False, False, 0)


def test_a_secret_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = load(tmp_path / "new").secret_key
    assert len(first) > 50
    assert load(tmp_path / "new").secret_key == first
    assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o077 == 0
    assert load(tmp_path / "other").secret_key != first


def test_a_secret_key_that_is_given_is_used_and_none_is_made(tmp_path: Path) -> None:
    assert load(tmp_path, NEWSLETTER_SECRET_KEY="given").secret_key == "given"
    assert not (tmp_path / "secret.key").exists()


def test_every_setting_can_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(" SG.from-a-file \n")
    assert load(tmp_path, SENDGRID_API_KEY="SG.x", SENDGRID_API_KEY_FILE=str(file)).sendgrid_api_key == "SG.from-a-file"
    with pytest.raises(SurroundingsError, match="SENDGRID_API_KEY_FILE points to /nowhere"):
        load(tmp_path, SENDGRID_API_KEY_FILE="/nowhere")


def test_lists_and_addresses_are_read(tmp_path: Path) -> None:
    read = load(
        tmp_path,
        NEWSLETTER_BASE_URL="https://news.example.com/",
        NEWSLETTER_ALLOWED_HOSTS="a.example, b.example,",
        NEWSLETTER_EMBED_ORIGINS="https://www.example.com/ https://m.example.com",
        NEWSLETTER_SECRET_KEY_FALLBACKS="old older",
    )
    assert (read.base_url, read.host, read.https) == ("https://news.example.com", "news.example.com", True)
    assert read.allowed_hosts == ("a.example", "b.example")
    assert read.embed_origins == ("https://www.example.com", "https://m.example.com")
    assert read.secret_key_fallbacks == ("old", "older")


@pytest.mark.parametrize(("text", "value"), [("1", True), ("YES", True), ("on", True), ("0", False), ("off", False)])
def test_a_switch_is_on_or_off(tmp_path: Path, text: str, value: bool) -> None:
    assert load(tmp_path, NEWSLETTER_DEBUG=text).debug is value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEWSLETTER_BASE_URL", "news.example.com"),
        ("NEWSLETTER_BASE_URL", "https://news.example.com/" + "n" * 900),
        ("NEWSLETTER_BASE_URL", "ftp://news.example.com"),
        ("NEWSLETTER_BASE_URL", "https://news.example.com/?a=b"),
        ("NEWSLETTER_EMBED_ORIGINS", "https://www.example.com www.example.com"),
        ("NEWSLETTER_PROVIDER", "pigeon"),
        ("NEWSLETTER_TRUSTED_PROXIES", "10"),
        ("NEWSLETTER_TRUSTED_PROXIES", "-1"),
        ("NEWSLETTER_PER_MINUTE", "many"),
        ("NEWSLETTER_DEBUG", "perhaps"),
        ("NEWSLETTER_CAPTCHA", "turnstile"),
        ("NEWSLETTER_CAPTCHA", "riddle:key"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_with_the_name_of_the_setting(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(BadInput, match=name) as refused:
        load(tmp_path, **{name: value})
    assert refused.value.field == name


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SurroundingsError, match="Set NEWSLETTER_DATA_DIR"):
        load(tmp_path / "file")


@pytest.mark.parametrize("option", config.OPTIONS, ids=lambda each: each.name)
def test_what_a_setting_can_be_is_what_is_taken(tmp_path: Path, option: config.Option) -> None:
    Kind = config.OptionKind
    right = {
        Kind.NUMBER: [str(option.least), str(option.most)],
        Kind.SWITCH: ["1", "0"],
        Kind.CHOICE: list(option.choices),
        Kind.WEB_ADDRESS: ["https://news.example.com"],
        Kind.WEB_ADDRESSES: ["https://www.example.com http://m.example.com"],
    }
    wrong = {
        Kind.NUMBER: [str(option.least - 1), str(option.most + 1), "x"],
        Kind.SWITCH: ["perhaps"],
        Kind.CHOICE: ["pigeon"],
        Kind.WEB_ADDRESS: ["news.example.com"],
        Kind.WEB_ADDRESSES: ["https://www.example.com www"],
    }
    for value in right.get(option.kind, []):
        load(tmp_path, **{option.name: value})
    for value in wrong.get(option.kind, []):
        with pytest.raises(BadInput, match=option.name):
            load(tmp_path, **{option.name: value})


def test_settings_are_described_with_where_they_come_from_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("SG.very-secret")
    environ = {"NEWSLETTER_PROVIDER": "smtp", "SENDGRID_API_KEY_FILE": str(file), "NEWSLETTER_SECRET_KEY": "secret too"}
    found = {each.name: each for each in config.describe_environment(environ)}
    assert found.keys() == config.BY_NAME.keys()
    assert (found["NEWSLETTER_PROVIDER"].value, found["NEWSLETTER_PROVIDER"].source) == ("smtp", "environment")
    assert found["NEWSLETTER_PROVIDER"].can_be == "outbox, sendgrid or smtp"
    assert (found["SENDGRID_API_KEY"].value, found["SENDGRID_API_KEY"].source) == ("set", f"file {file}")
    assert found["NEWSLETTER_SESSION_HOURS"].value == "24"
    assert "secret too" not in str(found)
    assert "SG.very" not in str(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEWSLETTER_NOTIFY_FROM", "desk"),
        ("NEWSLETTER_NOTIFY_FROM", "a b@example.com"),
        ("NEWSLETTER_NOTIFY_FROM", "@example.com"),
        ("NEWSLETTER_PING_URL", "hc.example.com/s3cret"),
        ("NEWSLETTER_PING_URL", "https://hc.example.com/s3cret?x=1"),
    ],
)
def test_what_is_no_address_is_refused_by_its_name_and_a_secret_one_is_not_shown(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=name) as refused:
        config.load({name: value, "NEWSLETTER_SECRET_KEY": "x", "NEWSLETTER_STATE_DIR": "/nowhere"})
    assert "s3cret" not in str(refused.value)


def test_every_secret_is_declared_as_one() -> None:
    looks_like_one = re.compile("SECRET|API_KEY|SMTP_URL|DATABASE_URL|PING_URL")
    assert all(each.secret == bool(looks_like_one.search(each.name)) for each in config.OPTIONS)


def test_a_variable_that_is_no_setting_is_found_with_what_may_be_meant() -> None:
    names = ("NEWSLETTER_PROVIDR", "NEWSLETTER_X", "NEWSLETTER_BASE_URL_FILE", "NEWSLETTER_DEBUG", "SENDGRID_OTHER")
    environ = dict.fromkeys(names, "1")
    assert config.list_unknown(environ) == (("NEWSLETTER_PROVIDR", "NEWSLETTER_PROVIDER"), ("NEWSLETTER_X", ""))


def test_secrets_in_files_are_read_again_and_nothing_else_is(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("SG.old")
    environ = {"NEWSLETTER_DATA_DIR": str(tmp_path), "SENDGRID_API_KEY_FILE": str(file), "NEWSLETTER_PER_MINUTE": "5"}
    before = config.load(environ)
    file.write_text("SG.new\n")
    after = config.renew_secrets(before, environ | {"NEWSLETTER_PER_MINUTE": "9", "NEWSLETTER_SMTP_URL": "x"})
    assert after == replace(before, sendgrid_api_key="SG.new")
    file.unlink()
    with pytest.raises(SurroundingsError, match="cannot be read"):
        config.renew_secrets(before, environ)
    assert config.renew_secrets(before, {}) is before


def test_the_fingerprint_of_settings_changes_with_each_and_shows_none(tmp_path: Path) -> None:
    before = load(tmp_path, SENDGRID_API_KEY="SG.old")
    assert config.fingerprint_settings(before) == config.fingerprint_settings(load(tmp_path, SENDGRID_API_KEY="SG.old"))
    others = [
        replace(before, per_minute=9),
        replace(before, sendgrid_api_key="SG.new"),
        replace(before, secret_key="x"),
    ]
    found = {config.fingerprint_settings(each) for each in (before, *others)}
    assert len(found) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in found)
