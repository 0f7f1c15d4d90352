"""Fetching from untrusted servers: nothing private is reached; size, time and redirects are limited."""

from __future__ import annotations

import gzip
import ipaddress
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletter.fetching import FetchError, FetchRefused, fetch, is_public, post

PUBLIC = "93.184.215.14"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.seen: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def page(self, path: str, body: bytes = b"hello", status: int = 200, **headers: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in headers:
                handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.pages[path] = answer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that stops reading is what is tested here."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.seen.append(dict(self.headers))
        page = self.server.pages.get(self.path)
        if page is None:
            self.send_error(404)
        else:
            page(self)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    running = _Server()
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "64:ff9b::6440:1",
        "2002:a9fe:a9fe::",
        "::ffff:0:127.0.0.1",
        "fec0::1",
        "2002:7f00:1::",
        "2001:db8::1",
    ],
)
def test_private_addresses_are_recognised_in_every_notation(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://x.example/",
        "gopher://x",
        "javascript:1",
        "x",
        "",
        "http://",
        "http://user:secret@x.example/",
        "http://x.example:99999/",
    ],
)
def test_only_plain_web_addresses_are_fetched(url: str) -> None:
    with pytest.raises(FetchRefused):
        fetch(url, resolver=lambda host, port: [PUBLIC])


def test_a_private_address_is_refused_with_the_remedy(server: _Server) -> None:
    server.page("/")
    with pytest.raises(FetchRefused, match="NEWSLETTER_ALLOW_PRIVATE_FETCH"):
        fetch(server.url)
    assert server.seen == []


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(FetchRefused):
        fetch("http://x.example/", resolver=lambda host, port: [PUBLIC, "10.0.0.1"])


def test_a_resolver_that_changes_its_answer_changes_nothing(server: _Server) -> None:
    """The name is resolved once; the connection goes to what was vetted, under the name."""
    server.page("/", b"vetted")
    asked: list[str] = []

    def resolver(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    port = server.server_address[1]
    answer = fetch(f"http://changes.example:{port}/", resolver=resolver, allow_private=True)
    assert answer.body == b"vetted"
    assert asked == ["changes.example"]
    assert server.seen[0]["Host"] == f"changes.example:{port}"


def test_a_redirect_to_a_private_address_is_refused(server: _Server) -> None:
    """Allowed for the first hop only by a resolver that calls loopback public."""
    server.page("/", status=302, Location="http://169.254.169.254/latest/meta-data/")
    calls = iter([["127.0.0.1"]])

    def resolver(host: str, port: int) -> Sequence[str]:
        return next(calls, ["169.254.169.254"])

    from newsletter import fetching

    real = fetching.is_public
    fetching.is_public = lambda address: str(address) == "127.0.0.1" or real(address)  # type: ignore[assignment]
    try:
        with pytest.raises(FetchRefused, match="not on the public internet"):
            fetch(server.url + "/", resolver=resolver)
    finally:
        fetching.is_public = real


def test_redirects_are_followed_but_not_for_ever(server: _Server) -> None:
    server.page("/a", status=301, Location="/b")
    server.page("/b", b"there")
    assert fetch(f"{server.url}/a", allow_private=True).url == f"{server.url}/b"
    server.page("/loop", status=302, Location="/loop")
    with pytest.raises(FetchRefused, match="redirects more than"):
        fetch(f"{server.url}/loop", allow_private=True)


@pytest.mark.parametrize("packing", [None, "gzip", "deflate"])
def test_what_is_too_large_is_refused_packed_or_not(server: _Server, packing: str | None) -> None:
    data = b"a" * 3_000_000
    body = {"gzip": gzip.compress, "deflate": zlib.compress}.get(packing or "", bytes)(data)
    headers = {"Content_Encoding": packing} if packing else {}
    server.page("/", body, **headers)
    with pytest.raises(FetchRefused, match="MB"):
        fetch(f"{server.url}/", allow_private=True, most_bytes=1_000_000)
    assert fetch(f"{server.url}/", allow_private=True, most_bytes=4_000_000).body == data


def test_a_declared_size_is_enough_to_refuse(server: _Server) -> None:
    server.page("/", b"x", Content_Length=str(50 * 2**20))
    with pytest.raises(FetchRefused, match="50 MB"):
        fetch(f"{server.url}/", allow_private=True)


def test_a_server_that_drips_is_given_up(server: _Server) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b".")
            handler.wfile.flush()
            time.sleep(0.05)

    server.pages["/"] = drip
    start = time.monotonic()
    with pytest.raises(FetchError):
        fetch(f"{server.url}/", allow_private=True, timeout=0.5)
    assert time.monotonic() - start < 3


def test_an_unchanged_feed_is_not_sent_again(server: _Server) -> None:
    server.page("/", b"", status=304)
    answer = fetch(f"{server.url}/", allow_private=True, etag='"abc"', last_modified="Mon, 23 Nov 2026 18:30:00 GMT")
    assert answer.not_modified
    assert server.seen[0]["If-None-Match"] == '"abc"'


def test_errors_of_the_other_server_name_the_address(server: _Server) -> None:
    with pytest.raises(FetchError, match="404"):
        fetch(f"{server.url}/absent", allow_private=True)
    with pytest.raises(FetchError, match="no server called"):
        fetch("http://absent.invalid/", resolver=_unknown)


def _unknown(host: str, port: int) -> Sequence[str]:
    raise OSError("unknown")


def test_no_proxy_of_the_environment_is_used(server: _Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    server.page("/", b"direct")
    assert fetch(f"{server.url}/", allow_private=True).body == b"direct"


@pytest.mark.parametrize(
    ("message", "least", "most"),
    [("120", 120, 120), ("Fri, 31 Dec 2199 23:59:59 GMT", 10**8, 10**10), ("soon", 0, 0), ("-5", 0, 0), ("", 0, 0)],
)
def test_a_failed_fetch_carries_the_servers_retry_after(
    server: _Server, message: str, least: float, most: float
) -> None:
    server.page("/", status=429, Retry_After=message)
    with pytest.raises(FetchError) as caught:
        fetch(f"{server.url}/", allow_private=True)
    assert caught.value.status == 429
    assert least <= caught.value.retry_after <= most


@pytest.mark.parametrize("status", [200, 204, 301, 302, 307, 308, 404, 500])
def test_what_is_posted_goes_to_its_address_alone(server: _Server, status: int) -> None:
    server.page("/in?token=s3cret", status=status, Location=f"{server.url}/elsewhere?token=s3cret")
    server.page("/elsewhere?token=s3cret")

    def send() -> None:
        post(f"{server.url}/in?token=s3cret", b"{}", headers={"X-Told": "yes"}, allow_private=True)

    if status < 300:
        send()
    else:
        with pytest.raises(FetchError) as refused:
            send()
        assert refused.value.status == status
        assert "s3cret" not in str(refused.value)
    (seen,) = server.seen
    assert (seen["X-Told"], seen["Content-Length"]) == ("yes", "2")


@pytest.mark.parametrize(
    "url",
    ["nonsense s3cret", "ftp://example.com/s3cret", "https://me:s3cret@example.com/", "http://127.0.0.1:1/s3cret"],
)
def test_what_is_not_posted_to_is_refused_without_its_address(url: str) -> None:
    with pytest.raises(FetchRefused) as refused:
        post(url, b"")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("resolver", [lambda host, port: [], lambda host, port: ["127.0.0.1"]])
def test_a_server_that_is_not_there_is_named_without_its_path(resolver: Callable[[str, int], Sequence[str]]) -> None:
    with pytest.raises(FetchError, match=r"http://away\.example:1\b") as failed:
        post("http://away.example:1/s3cret?s3cret", b"", resolver=resolver, allow_private=True, timeout=5)
    assert "s3cret" not in str(failed.value)


def test_an_answer_to_a_post_is_not_waited_for_beyond_its_time(server: _Server) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(100):
            handler.wfile.write(b"X")
            time.sleep(0.05)

    server.pages["/in"] = drip
    with pytest.raises(FetchError, match="too long"):
        post(f"{server.url}/in", b"", allow_private=True, timeout=0.5)
