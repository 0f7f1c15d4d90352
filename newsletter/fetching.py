"""The only client for untrusted web servers: no private addresses; limits on size, time and redirects.

A name is resolved once, every address it has is vetted, and the connection goes to a vetted address
(the name stays for TLS and Host). A resolver that answers differently a moment later changes nothing.
Every redirect is checked in the same way.

address ─▶ vetted addresses ─▶ connect ─▶ headers ─▶ unpack, counting ─▶ Fetched
   ▲                                         │
   └──────────────── redirect ───────────────┘        a watch cuts the connection when the time is over
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from newsletter import __version__
from newsletter.kernel.errors import Refused, SurroundingsError
from newsletter.kernel.numbers import MOST_DIGITS, is_whole_number

if TYPE_CHECKING:
    import ssl

    import httpx

USER_AGENT = f"newsletter/{__version__} (self-hosted newsletter desk)"
MOST_BYTES = 10 * 2**20  # as transferred and as unpacked
MOST_SECONDS = 20.0  # for everything, redirects included
MOST_REDIRECTS = 5
_LONGEST_WAIT = 10.0  # seconds for any single step: connecting, or the next bytes
_CHUNK = 65536
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]
Trace = Callable[[str, Mapping[str, Any]], None]


class FetchError(SurroundingsError):
    """The other server did not answer as it should; trying again later may help.

    `status` is the answer's, 0 without one; `retry_after` is how many seconds to wait, 0 if it does not say.
    """

    def __init__(self, message: str, *, status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class FetchRefused(Refused):
    """We do not fetch this: a forbidden target, or more than we take."""


class ResponseTooLarge(FetchRefused):
    """There is an answer, and it is more than we take."""


@dataclass(frozen=True, slots=True)
class FetchResponse:
    """An answer. `url` is where it came from in the end; with `not_modified` the body is empty."""

    url: str
    status: int
    body: bytes
    content_type: str = ""
    charset: str = ""
    etag: str = ""
    last_modified: str = ""
    not_modified: bool = False


@dataclass(frozen=True, slots=True)
class _FetchLimits:
    """The limits of one fetch or post, shared by all its redirects."""

    most_bytes: int
    deadline: float  # of time.monotonic()
    allow_private: bool
    resolver: Resolver
    form: Mapping[str, str] | None = None  # sent by POST
    body: bytes | None = None  # sent by POST; with neither: GET

    def seconds_left(self, url: str) -> float:
        """Seconds until the deadline. Raises FetchError when none are left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise FetchError(f"{url} took too long to answer. Try again later.")
        return left


def resolve_host(host: str, port: int) -> Sequence[str]:
    """Every address of a host name, as the operating system resolves it. Raises OSError."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_answered(host: str, port: int, *, timeout: float) -> bool:
    """Whether a web server of our own answers at all, with whatever: as cheap as can be, for it is asked often."""
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            connection.sendall(b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
    except OSError:  # it starts, or is at its limit
        return False


def fetch(
    url: str,
    *,
    accept: str = "*/*",
    etag: str = "",
    last_modified: str = "",
    most_bytes: int = MOST_BYTES,
    timeout: float = MOST_SECONDS,
    allow_private: bool = False,
    resolver: Resolver = resolve_host,
    tls: ssl.SSLContext | None = None,
    form: Mapping[str, str] | None = None,
) -> FetchResponse:
    """Fetches an address by GET, or sends it a `form` by POST.

    `tls` says whose certificates are trusted; None: the public authorities.

    Raises FetchRefused for what we do not fetch, FetchError for what went wrong.
    """
    import httpx

    limits = _FetchLimits(most_bytes, time.monotonic() + timeout, allow_private, resolver, form)
    headers = {"User-Agent": USER_AGENT, "Accept": accept, "Accept-Encoding": "gzip, deflate"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    target = url
    # The bare transport: a client would bring proxies of the environment and cookies, each a way round the vetting.
    # No connection is kept: one whose certificate was checked for one name must not serve another at its address.
    no_reuse = httpx.Limits(max_keepalive_connections=0)
    with httpx.HTTPTransport(verify=tls or _public_authorities(), trust_env=False, limits=no_reuse) as transport:
        for _ in range(MOST_REDIRECTS + 1):
            try:
                answer = _visit(transport, target, headers, limits)
            except httpx.HTTPError as error:
                limits.seconds_left(target)  # a connection cut at the deadline ends in an error of its own
                raise FetchError(f"{target} could not be fetched: {_describe_error(error)}. Try again later.") from None
            if isinstance(answer, FetchResponse):
                return answer
            if form is not None:
                raise FetchRefused(f"{url} redirects, so what was posted to it would go elsewhere.")
            target = answer
    raise FetchRefused(f"{url} redirects more than {MOST_REDIRECTS} times.")


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str] = MappingProxyType({}),
    timeout: float = MOST_SECONDS,
    allow_private: bool = False,
    resolver: Resolver = resolve_host,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Posts something to an address that somebody configured, which may be a secret: errors name its host alone.

    Of the answer nothing but the status is read, and no redirect is followed. Raises FetchRefused for an address that
    we do not post to, FetchError for what went wrong, with `status` where there was an answer.
    """
    import httpx

    try:
        target = parse_address(url)
    except FetchRefused:
        raise FetchRefused("The address is no web address that can be posted to.") from None
    shown = f"{target.scheme}://{target.netloc.decode('ascii')}"
    limits = _FetchLimits(0, time.monotonic() + timeout, allow_private, resolver, body=body)
    sent = {"User-Agent": USER_AGENT, "Accept": "*/*", **headers}
    no_reuse = httpx.Limits(max_keepalive_connections=0)
    with httpx.HTTPTransport(verify=tls or _public_authorities(), trust_env=False, limits=no_reuse) as transport:
        try:
            addresses = _vet_addresses(target, shown, limits)
            with _cut_at_deadline(limits.deadline) as trace:
                response = _connect(transport, target, addresses, sent, limits, trace, shown)
                response.close()
        except httpx.HTTPError as error:
            limits.seconds_left(shown)
            raise FetchError(f"{shown} could not be posted to: {_describe_error(error)}.") from None
    status = response.status_code
    if 300 <= status < 400:
        raise FetchError(f"{shown} redirects ({status}), and what is posted to it goes nowhere else.", status=status)
    if status >= 400:
        raise FetchError(f"{shown} answered {status}.", status=status)


@cache
def _public_authorities() -> ssl.SSLContext:
    """Loaded once: reading the certificates takes longer than many a fetch."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def _visit(
    transport: httpx.HTTPTransport, url: str, headers: Mapping[str, str], limits: _FetchLimits
) -> FetchResponse | str:
    """One hop; a redirect is returned as the address it leads to. Raises httpx.HTTPError."""
    target = parse_address(url)
    addresses = _vet_addresses(target, url, limits)
    with _cut_at_deadline(limits.deadline) as trace:
        response = _connect(transport, target, addresses, headers, limits, trace, url)
        try:
            if response.status_code in (301, 302, 303, 307, 308) and "location" in response.headers:
                return _resolve_redirect(target, response.headers["location"])
            return _read_response(response, url, headers, limits)
        finally:
            response.close()


def parse_address(url: str) -> httpx.URL:
    """The parts of an address of the web, by the only parser here: two could disagree about the host.

    Raises FetchRefused for what is none, for a port that does not exist, and for a name or password in it.
    """
    import httpx

    shown = url[:200].encode("utf-8", "replace").decode()
    try:
        target = httpx.URL(url)
        host = target.host  # read by idna only now
    except UnicodeEncodeError:
        raise FetchRefused(f"“{shown}” is not a web address: it has a character that no address has.") from None
    except (httpx.InvalidURL, UnicodeError) as error:  # the second of idna, for names that cannot be
        raise FetchRefused(f"“{shown}” is not a web address: {str(error).rstrip('.')}.") from None
    if target.scheme not in ("http", "https") or not host:
        raise FetchRefused(f"“{shown}” is not a web address: it must begin with http:// or https://.")
    if target.userinfo:
        raise FetchRefused("Addresses with a user name or password in them are not fetched.")
    if (target.port or 0) > 65535:
        raise FetchRefused(f"“{shown}” is not a web address: there is no port {target.port}.")
    return target


def _vet_addresses(target: httpx.URL, url: str, limits: _FetchLimits) -> Sequence[Address]:
    """Every address of the host, if we may go there."""
    host = target.raw_host.decode("ascii")
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        found = [ipaddress.ip_address(address.split("%")[0]) for address in limits.resolver(host, port)]
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise FetchError(f"{url}: there is no server called {target.host}. Check the address.")
    forbidden = [address for address in found if not is_public(address)]
    if forbidden and not limits.allow_private:
        raise FetchRefused(
            f"{url} leads to {forbidden[0]}, which is not on the public internet. "
            "To allow this (in tests), set NEWSLETTER_ALLOW_PRIVATE_FETCH=1."
        )
    return found


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet; addresses that wrap another are judged by what they wrap."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64_LOCAL:
            return False
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if int(address) >> 32 == 0 or address.is_site_local:  # the deprecated ::a.b.c.d and fec0::/10
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _connect(
    transport: httpx.HTTPTransport,
    target: httpx.URL,
    addresses: Sequence[Address],
    headers: Mapping[str, str],
    limits: _FetchLimits,
    trace: Trace,
    shown: str,
) -> httpx.Response:
    """The beginning of the answer, from the first address that lets us in: a host may name one that leads nowhere.

    `shown` is what errors call the address.
    """
    import httpx

    failure: httpx.HTTPError | None = None
    for address in addresses:
        wait = min(limits.seconds_left(shown), _LONGEST_WAIT)
        request = httpx.Request(
            "GET" if limits.form is None and limits.body is None else "POST",
            target.copy_with(host=str(address)),
            data=limits.form,
            content=limits.body,
            headers=httpx.Headers({**headers, "Host": target.netloc.decode("ascii")}, encoding="utf-8"),
            extensions={
                "sni_hostname": target.raw_host.decode("ascii"),  # TLS is checked against the name
                "timeout": httpx.Timeout(wait).as_dict(),
                "trace": trace,
            },
        )
        try:
            return transport.handle_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = error
    raise failure or httpx.ConnectError("no address")


@contextmanager
def _cut_at_deadline(deadline: float) -> Iterator[Trace]:
    """Cuts the connection at the deadline. Yields what httpx is to report its connections to.

    Its own limits are for each wait alone, so a server that drips its headers byte by byte could hold us for hours.
    """
    streams: list[Any] = []

    def cut() -> None:
        for stream in streams:
            with suppress(OSError):  # closed already, or handed on to TLS
                socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            streams.append(info["return_value"])
            if time.monotonic() >= deadline:
                cut()

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield trace
    finally:
        timer.cancel()


def _resolve_redirect(target: httpx.URL, location: str) -> str:
    import httpx

    try:
        return str(target.join(location))
    except (httpx.InvalidURL, UnicodeError):
        raise FetchRefused(f"{target} redirects to “{location[:200]}”, which is not a web address.") from None


def _read_response(
    response: httpx.Response, url: str, headers: Mapping[str, str], limits: _FetchLimits
) -> FetchResponse:
    if response.status_code == 304:
        return FetchResponse(url=url, status=304, body=b"", etag=headers.get("If-None-Match", ""), not_modified=True)
    if response.status_code >= 400:
        raise FetchError(
            f"{url} answered {response.status_code} {response.reason_phrase}. Check the address in a browser.",
            status=response.status_code,
            retry_after=_parse_retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", "")),
        )
    return FetchResponse(
        url=url,
        status=response.status_code,
        body=b"".join(_read_bounded(response, url, limits)),
        content_type=response.headers.get("content-type", "").split(";")[0].strip().lower(),
        charset=response.charset_encoding or "",
        etag=response.headers.get("etag", "")[:500],
        last_modified=response.headers.get("last-modified", "")[:100],
    )


def _read_bounded(response: httpx.Response, url: str, limits: _FetchLimits) -> Iterator[bytes]:
    """The body, unpacked, until it is longer or later than allowed."""
    most = f"{limits.most_bytes / 2**20:.0f} MB"
    declared = response.headers.get("content-length", "")
    if is_whole_number(declared) and int(declared[:MOST_DIGITS]) > limits.most_bytes:
        raise ResponseTooLarge(f"{url} is {int(declared) / 2**20:.0f} MB; we take {most} at most.")
    encoding = response.headers.get("content-encoding", "").strip().lower()
    produced = 0
    for piece in _decompress(response.iter_raw(), encoding, url):  # as it comes: a full chunk may never come
        limits.seconds_left(url)
        produced += len(piece)
        if max(produced, response.num_bytes_downloaded) > limits.most_bytes:
            raise ResponseTooLarge(f"{url} is larger than {most}, which is all we take.")
        yield piece
    limits.seconds_left(url)  # cut off at the deadline, a body of no declared length looks as if it had ended


def _decompress(chunks: Iterable[bytes], encoding: str, url: str) -> Iterator[bytes]:
    if encoding in ("", "identity"):
        yield from chunks
    elif encoding in ("gzip", "x-gzip", "deflate"):
        try:
            yield from _inflate(chunks)
        except zlib.error as error:
            raise FetchError(f"{url} answered with damaged data ({error}). Try again later.") from None
    else:
        raise FetchError(f"{url} answered packed as “{encoding}”, which we did not ask for.")


def _inflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """gzip (of one member or several: RFC 1952, 2.2), zlib, and the bare deflate that some servers send for it.

    In small pieces, so that a bomb is noticed before it is large. Raises zlib.error, also for data cut short.
    """
    inflater = None
    for chunk in chunks:
        while chunk:
            if inflater is None:
                inflater = zlib.decompressobj(47 if chunk[0] == 0x1F or chunk[0] & 15 == 8 else -15)  # 47: by header
            yield inflater.decompress(chunk, _CHUNK)  # though it be empty: much may come that unpacks to nothing
            chunk = inflater.unconsumed_tail
            if inflater.eof and inflater.unused_data[:1] == b"\x1f":
                chunk, inflater = inflater.unused_data, None
    if inflater is not None and not inflater.eof:
        raise zlib.error("it ends too early")


def _parse_retry_after(value: str, date: str) -> float:
    """The seconds of a Retry-After header; 0 if it is not understood.

    It is a number, or a date (RFC 9110, 10.2.3) to compare with the answer's own: both are of the other server's clock.
    """
    if is_whole_number(value.strip()):
        return float(value.strip()[:9])
    try:
        return max(0.0, (parsedate_to_datetime(value) - parsedate_to_datetime(date)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _describe_error(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
