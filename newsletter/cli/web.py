"""Serve the desk and the public pages on waitress."""

from __future__ import annotations

import resource
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import typer
import waitress
from django.conf import settings
from django.db.backends.signals import connection_created
from django.utils.module_loading import import_string
from waitress.channel import HTTPChannel

from newsletter.cli.output import SUPERVISED, say
from newsletter.cli.startup import look_at_history, read_secrets_on_hangup, require_valid_settings
from newsletter.jobs import heartbeats, schema, wiring, worker_threads
from newsletter.jobs.notifier import Notifier
from newsletter.jobs.page_probe import PageProbe
from newsletter.jobs.supervisor import end_with_parent
from newsletter.kernel.errors import BadInput, SurroundingsError
from newsletter.kernel.numbers import parse_whole_number

MOST_CONNECTIONS, SPARE_FILES = 4_000, 300
IDLE_SECONDS = 30  # after which a connection on which nothing comes is closed
LARGEST_HEAD = 64 * 2**10  # bytes of a request's head: a text that is clipped comes in the address

app = typer.Typer(add_completion=False)
LISTEN = typer.Option(
    "", help="HOST:PORT to listen on. Default: the base URL's port when that is local, else 127.0.0.1:8000."
)


@app.command()
def run_web(listen: str = LISTEN, threads: int = typer.Option(8, min=1, max=64), supervised: bool = SUPERVISED) -> None:
    """Serve the desk and the public pages."""
    if supervised:
        end_with_parent()
    require_valid_settings()
    schema.require_known()
    read_secrets_on_hangup()
    from newsletter.wsgi import application

    host, port = parse_listen(listen)
    connection_created.connect(_relax_durability)
    probe = PageProbe(host, port)
    beat = threading.Thread(target=_keep_recording_heartbeat, args=(supervised, probe), name="heartbeat", daemon=True)
    beat.start()
    say(f"The desk is at {wiring.get_config().base_url} (listening on {host}:{port}).")
    HTTPChannel.parser_class = import_string(settings.REQUEST_PARSER)
    try:
        with Notifier():
            waitress.serve(
                application,
                host=host,
                port=port,
                threads=threads,
                ident="newsletter",
                _quiet=True,
                clear_untrusted_proxy_headers=False,
                connection_limit=_find_connection_limit(),
                channel_timeout=IDLE_SECONDS,
                cleanup_interval=5,
                max_request_header_size=LARGEST_HEAD,
                max_request_body_size=HTTPChannel.parser_class.LARGEST,
                asyncore_use_poll=True,  # select takes no file beyond the 1,024th
            )
    except OSError as error:
        raise SurroundingsError(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another with --listen HOST:PORT."
        ) from None


def _find_connection_limit() -> int:
    """How many connections are held at once: many are idle or half open, and cost a file each, a working one three."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + SPARE_FILES
    if soft < wanted and (soft := min(wanted, hard) if hard != resource.RLIM_INFINITY else wanted):
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(50, min(MOST_CONNECTIONS, soft - SPARE_FILES))


def parse_listen(listen: str) -> tuple[str, int]:
    """The host and port of --listen; without it, where the base URL points if that is this machine."""
    if listen:
        host, _, port = listen.rpartition(":")
        number = parse_whole_number(port) or 0
        if not 0 < number < 65536:
            raise BadInput(f"“{listen}” is not an address to listen on. Write it like 127.0.0.1:8000.", "listen")
        return host.strip("[]") or "127.0.0.1", number
    base = urlsplit(wiring.get_config().base_url)
    local = base.hostname in ("127.0.0.1", "localhost", "::1")
    return "127.0.0.1", (base.port or 8000) if local else 8000


def _keep_recording_heartbeat(supervised: bool, probe: PageProbe) -> None:
    if not supervised:
        look_at_history()  # may take a minute on a new machine; pages are served meanwhile
    probe.start()
    while True:
        if silence := probe.describe_silence():
            done = worker_threads.try_report_trouble(heartbeats.ProcessKind.WEB, silence)
        else:
            done = worker_threads.try_record_heartbeat(heartbeats.ProcessKind.WEB)
        time.sleep(heartbeats.HEARTBEAT_SECONDS if done else worker_threads.RETRY_SECONDS)


def _relax_durability(connection: Any, **_: Any) -> None:
    """The web may lose its last commits when the power fails; only “about to send” must not.

    The commit that makes the log too long also writes it back, which is slow: that is left to the workers.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute("PRAGMA wal_autocheckpoint=20000")
