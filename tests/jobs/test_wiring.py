"""From settings to what works by them."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsletter.cli.startup import read_secrets_on_hangup
from newsletter.jobs import wiring
from newsletter.kernel.errors import BadInput, NewsletterError


def test_a_provider_is_never_guessed(settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, provider="")
    with pytest.raises(BadInput, match="Set NEWSLETTER_PROVIDER to outbox"):
        wiring.get_provider()


@pytest.mark.django_db
def test_a_process_opens_its_provider_once_for_the_same_settings(settings: Any) -> None:
    first = wiring.get_provider()
    assert wiring.get_provider() is first
    settings.CONFIG = replace(settings.CONFIG, outbox_dir=settings.CONFIG.outbox_dir / "elsewhere")
    assert wiring.get_provider() is not first


@pytest.mark.parametrize("allowed", [True, False])
def test_private_addresses_are_fetched_only_where_the_settings_allow_it(settings: Any, allowed: bool) -> None:
    settings.CONFIG = replace(settings.CONFIG, allow_private_fetch=allowed)
    with pytest.raises(NewsletterError) as refused:
        wiring.build_fetcher()("http://127.0.0.1:9/")
    assert ("not on the public internet" in str(refused.value)) is not allowed


@pytest.fixture
def key_file(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of SendGrid's key, which this process has read."""
    file = tmp_path / "key"
    file.write_text("SG.old")
    monkeypatch.setenv("SENDGRID_API_KEY_FILE", str(file))
    settings.CONFIG = replace(settings.CONFIG, provider="sendgrid", sendgrid_api_key="SG.old")
    return file


@pytest.mark.django_db
def test_a_refused_key_is_replaced_by_the_one_its_file_has_now(key_file: Path) -> None:
    refused = wiring.get_provider().account
    before = wiring.get_settings_fingerprint()
    assert not wiring.has_new_account(refused)
    key_file.write_text("SG.new")
    assert wiring.has_new_account(refused)
    assert wiring.has_new_account(refused), "another thread has read it meanwhile"
    assert wiring.get_config().sendgrid_api_key == "SG.new"
    assert wiring.get_settings_fingerprint() != before


def test_a_file_that_cannot_be_read_leaves_the_secret_of_before(
    key_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key_file.unlink()
    wiring.read_secrets_again()
    assert wiring.get_config().sendgrid_api_key == "SG.old"
    assert "those of before stay" in caplog.text


def test_a_hangup_reads_secrets_again_and_ends_nothing(key_file: Path) -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        read_secrets_on_hangup()
        key_file.write_text("SG.new")
        os.kill(os.getpid(), signal.SIGHUP)
        assert wiring.get_config().sendgrid_api_key == "SG.new"
    finally:
        signal.signal(signal.SIGHUP, before)
