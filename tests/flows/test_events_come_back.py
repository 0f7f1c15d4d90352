"""The way back, from outside: signed events posted to the running program settle what the hand-over left open."""

from __future__ import annotations

import os
import random
import signal
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.fakes.sendgrid import Fault, SendGridServer
from tests.fakes.sendgrid_events import Signer, event, post
from tests.flows.conftest import Command
from tests.flows.test_feed_to_inbox import ready, stop, until_answered

READERS = 2_500


def reported(sendgrid: SendGridServer, chance: random.Random) -> list[dict[str, Any]]:
    """What became of every message that was accepted: delivered, but one in fifty bounced. In no order, some twice."""
    events = []
    for body in sendgrid.bodies:
        for person in body["personalizations"]:
            address, ids = person["to"][0]["email"], person["custom_args"]
            gone = int(ids["nl_delivery"].rpartition(".")[2]) % 50 == 0
            more = {"type": "bounce", "reason": "550 no such user"} if gone else {}
            events += [
                event("processed", ids, address, int(time.time())),
                event("bounce" if gone else "delivered", ids, address, int(time.time()), **more),
            ]
    events += chance.sample(events, 100)
    chance.shuffle(events)
    return events


def send(url: str, raw: bytes, headers: dict[str, str]) -> int:
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, raw, headers), timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:  # the program is still starting
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_events_settle_what_was_lost_and_tell_who_got_it(to_sendgrid: Command, sendgrid: SendGridServer) -> None:
    signer, port = Signer(), 30_000 + os.getpid() % 20_000
    newsroom = Command(to_sendgrid.environment | {"NEWSLETTER_SENDGRID_WEBHOOK_KEYS": signer.public_key})
    edition = ready(newsroom, readers=READERS)
    sendgrid.fail_next(Fault(drop=True, accept_first=True))  # accepted, and the answer lost
    mailing = newsroom.json("editions", "send", str(edition))["id"]
    running = newsroom.start("run", "--listen", f"127.0.0.1:{port}")
    try:
        assert until_answered(newsroom, mailing)["counts"]["unknown"] > 0
        events, timestamp = reported(sendgrid, random.Random(5)), str(int(time.time()))
        for start in range(0, len(events), 900):
            raw = post(*events[start : start + 900])
            assert send(f"http://127.0.0.1:{port}/hooks/sendgrid", raw, signer.headers(raw, timestamp)) == 204
            if start == 900:
                os.kill(_worker(running.pid), signal.SIGKILL)  # nothing is lost: another takes over
        shown = until_settled(newsroom, mailing)
    finally:
        stop(running)
    bounced = {
        row["address"]
        for row in newsroom.json("mailings", "who", str(mailing), "--state", "bounced", "--limit", "5000")
    }
    truly = {
        person["to"][0]["email"]
        for body in sendgrid.bodies
        for person in body["personalizations"]
        if int(person["custom_args"]["nl_delivery"].rpartition(".")[2]) % 50 == 0
    }
    assert bounced == truly
    assert shown["counts"] == {"delivered": READERS - len(truly), "bounced": len(truly)}
    assert shown["alarms"] == []
    assert newsroom.json("lists", "show", "morning")["counts"] == {
        "active": READERS - len(truly),
        "bounced": len(truly),
    }


def until_settled(newsroom: Command, mailing: int) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        shown = newsroom.json("mailings", "show", str(mailing))
        # The alarm about the unknown goes with the next look of the scheduler, which finishes the mailing.
        if not {"accepted", "unknown"} & shown["counts"].keys() and shown["state"] == "finished":
            return shown  # type: ignore[no-any-return]
        time.sleep(0.5)
    pytest.fail(f"not settled: {shown}")


def _worker(supervisor: int) -> int:
    import psutil

    return next(child.pid for child in psutil.Process(supervisor).children() if "worker" in " ".join(child.cmdline()))
