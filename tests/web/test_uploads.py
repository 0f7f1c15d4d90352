"""How much a request may bring, as the server reads it."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import resolve
from django.utils.module_loading import import_string
from waitress.channel import HTTPChannel

from newsletter.cli.web import LARGEST_HEAD
from newsletter.web import uploads
from newsletter.web.uploads import BoundedParser

DOCS = Path(__file__).resolve().parents[2] / "docs"
ADJUSTMENTS = SimpleNamespace(
    max_request_header_size=32_768,
    max_request_body_size=uploads.LARGEST_UPLOAD + 1,
    inbuf_overflow=524_288,
    url_scheme="http",
    outbuf_overflow=1_048_576,
    channel_request_lookahead=0,
    log_socket_errors=False,
)


def read(path: str, length: int, *, cookie: str = "", chunk: bytes = b"") -> BoundedParser:
    parser = BoundedParser(ADJUSTMENTS)
    size = f"Content-Length: {length}" if length else "Transfer-Encoding: chunked"
    parser.received(f"POST {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n{size}\r\n\r\n".encode() + chunk)
    return parser


@pytest.mark.parametrize(
    "path", ["/join/", "/embed/morning/", "/login/", "/which/", "/u/x", "/hooks/sendgrid", "/api/articles", "/nowhere"]
)
def test_what_strangers_send_is_cut_off_by_its_head(path: str) -> None:
    assert read(path, uploads.LARGEST_POST).error is None
    for parser in (read(path, uploads.LARGEST_POST + 1), read(path, 300 * 2**20)):
        assert parser.completed
        assert parser.error.code == 413
        assert not parser.body_bytes_received


def test_nobody_is_invited_to_send_what_is_refused() -> None:
    """An `Expect: 100-continue` brought 66 MB of a stranger past the limit."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = HTTPChannel(SimpleNamespace(add_task=id, active_channels={}), ours, ("127.0.0.1", 1), ADJUSTMENTS, {})
        channel.parser_class = BoundedParser
        channel.received(
            b"POST /join/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 300000000\r\n\r\n"
        )
        assert [request.error.code for request in channel.requests] == [413]
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(100)
        channel.handle_close()


def test_a_body_of_no_declared_length_is_cut_off_as_it_comes() -> None:
    parser = read("/join/", 0)
    chunk = b"%x\r\n" % 2**20 + bytes(2**20) + b"\r\n"
    for _ in range(2):
        parser.received(chunk)
        assert not parser.completed
    parser.received(chunk)
    assert parser.error.code == 413
    parser.close()


@pytest.mark.django_db
@pytest.mark.parametrize(("page", "path"), list(zip(uploads.UPLOAD_PAGES, uploads.UPLOAD_PATHS[:-1], strict=True)))
def test_a_file_may_come_from_who_was_shown_the_form_for_it(page: str, path: str, admin: Client) -> None:
    assert read(path, 20 * 2**20).error.code == 413
    assert read(path, 20 * 2**20, cookie="upload=upload:1abc:forged").error.code == 413
    assert admin.get(page).status_code == 200
    permit = admin.cookies["upload"]
    assert (permit["httponly"], permit["samesite"]) == (True, "Strict")
    assert read(path, 20 * 2**20, cookie=f"a=b; upload={permit.value}").error is None
    assert read("/join/", 20 * 2**20, cookie=f"upload={permit.value}").error.code == 413
    assert read(path, uploads.LARGEST_UPLOAD + 1, cookie=f"upload={permit.value}").error.code == 413


@pytest.mark.django_db
def test_no_stranger_is_given_a_permit(client: Client) -> None:
    for page in (*uploads.UPLOAD_PAGES, "/join/", "/login/"):
        assert "upload" not in client.get(page).cookies


def test_each_form_with_a_file_may_bring_one() -> None:
    """Where the templates have a form for a file, its address is among those that may bring more."""
    templates = DOCS.parent / "templates" / "web" / "pages"
    with_files = [each.name for each in templates.rglob("*.html") if "multipart/form-data" in each.read_text("utf-8")]
    assert len(with_files) == len(uploads.UPLOAD_PATHS)
    for path in (*uploads.UPLOAD_PATHS, *uploads.UPLOAD_PAGES):
        assert resolve(path)


def test_a_request_that_drips_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    time = [0.0]
    monkeypatch.setattr(uploads.time, "monotonic", lambda: time[0])
    head, body = BoundedParser(ADJUSTMENTS), read("/join/", 10**6)
    for parser in (head, body):
        time[0] = 1.0
        parser.received(b"P")
        assert not parser.completed
        time[0] = uploads.SECONDS + 2
        parser.received(b"O")
        assert parser.completed
        assert parser.error.code == 408


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    site = (DOCS / "nginx.conf").read_text("utf-8")
    request = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x -keyout privkey.pem -out fullchain.pem"
    subprocess.run(["openssl", *request.split()], check=True, capture_output=True, cwd=tmp_path)
    for folder in ("/etc/letsencrypt/live/news.example.com", "/var/log/nginx"):
        site = site.replace(folder, str(tmp_path))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log {tmp_path}/errors;\nevents {{}}\nhttp {{\n{site}\n}}\n"
    )
    done = subprocess.run(
        [nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxies_know_the_same_paths(name: str) -> None:
    text = (DOCS / name).read_text("utf-8").replace("\\.", ".")
    for path in uploads.UPLOAD_PATHS:
        assert path.strip("/") in text
    for page in ("join", "embed", "which", "login", "c", "s", "u", "p", "me"):
        assert page in text


def test_a_clip_in_any_script_fits_into_a_head() -> None:
    """4,000 characters of Chinese have 36,000 in an address; a proxy refused them from 8,192 on."""
    parser = BoundedParser(SimpleNamespace(**vars(ADJUSTMENTS) | {"max_request_header_size": LARGEST_HEAD}))
    text = quote("漢" * 4_000)
    parser.received(f"GET /sources/clip/?url={'u' * 2_000}&text={text} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert (parser.completed, parser.error) == (True, None)
    size = f"{LARGEST_HEAD // 2**10}"
    assert f"large_client_header_buffers 4 {size}k;" in (DOCS / "nginx.conf").read_text("utf-8")
    assert f"max_header_size {size}KB" in (DOCS / "Caddyfile").read_text("utf-8")


def test_the_server_reads_requests_so(settings: Any) -> None:
    assert import_string(settings.REQUEST_PARSER) is BoundedParser
