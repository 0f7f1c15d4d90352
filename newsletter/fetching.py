"""The only door to foreign web servers: guarded against private addresses, bounded in size, time and redirects.

A name is resolved once, every address it has is vetted, and the connection goes to a vetted address
(the name stays for TLS and Host). A resolver that answers differently a moment later changes nothing.
Every redirect goes through the same door.
"""

from __future__ import annotations

import ipaddress
import socket
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from newsletter.kernel.errors import Refused, SurroundingsError

if TYPE_CHECKING:
    import httpx

USER_AGENT = "newsletter/0.1 (self-hosted newsletter desk)"
MOST_BYTES = 10 * 2**20  # as transferred and as unpacked
MOST_SECONDS = 20.0  # for everything, redirects included
MOST_REDIRECTS = 5
_CHUNK = 65536
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]


class FetchError(SurroundingsError):
    """The other server did not answer as it should; trying again later may help."""


class FetchRefused(Refused):
    """We do not fetch this: a forbidden target, or more than we take."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `url` is where it came from in the end; with `not_modified` the body is empty."""

    url: str
    status: int
    body: bytes
    content_type: str = ""
    charset: str = ""
    etag: str = ""
    last_modified: str = ""
    not_modified: bool = False


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a host name, as the operating system resolves it. Raises OSError."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def fetch(
    url: str,
    *,
    accept: str = "*/*",
    etag: str = "",
    last_modified: str = "",
    most_bytes: int = MOST_BYTES,
    timeout: float = MOST_SECONDS,
    allow_private: bool = False,
    resolver: Resolver = resolve,
) -> Fetched:
    """Fetches an address by GET. Raises FetchRefused for what we do not fetch, FetchError for what went wrong."""
    import httpx

    deadline = time.monotonic() + timeout
    headers = {"User-Agent": USER_AGENT, "Accept": accept, "Accept-Encoding": "gzip, deflate"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    target = url
    # No proxy of the environment and no cookies: each would be a way round the vetting.
    with httpx.Client(trust_env=False, follow_redirects=False) as client:
        for _ in range(MOST_REDIRECTS + 1):
            try:
                answer = _one(client, target, headers, most_bytes, deadline, allow_private, resolver)
            except httpx.HTTPError as error:
                raise FetchError(f"{target} could not be fetched: {_said(error)}. Try again later.") from None
            if isinstance(answer, Fetched):
                return answer
            target = urljoin(target, answer)
    raise FetchRefused(f"{url} redirects more than {MOST_REDIRECTS} times.")


def _one(
    client: httpx.Client,
    url: str,
    headers: dict[str, str],
    most_bytes: int,
    deadline: float,
    allow_private: bool,
    resolver: Resolver,
) -> Fetched | str:
    """One request; a redirect is returned as the address it points to."""
    import httpx

    host, pinned = _vetted(url, allow_private, resolver)
    left = _left(deadline, url)
    request = client.build_request(
        "GET",
        pinned,
        headers={**headers, "Host": urlsplit(url).netloc.rpartition("@")[2]},
        timeout=httpx.Timeout(min(left, 10.0)),
        extensions={"sni_hostname": host},  # TLS is checked against the name, though we connect to the address
    )
    response = client.send(request, stream=True)
    try:
        if response.status_code in (301, 302, 303, 307, 308) and response.headers.get("location"):
            return str(response.headers["location"])
        if response.status_code == 304:
            return Fetched(url=url, status=304, body=b"", etag=headers.get("If-None-Match", ""), not_modified=True)
        if response.status_code >= 400:
            raise FetchError(
                f"{url} answered {response.status_code} {response.reason_phrase}. Check the address in a browser."
            )
        body = b"".join(_bounded(response, url, most_bytes, deadline))
        return Fetched(
            url=url,
            status=response.status_code,
            body=body,
            content_type=response.headers.get("content-type", "").split(";")[0].strip().lower(),
            charset=response.charset_encoding or "",
            etag=response.headers.get("etag", "")[:500],
            last_modified=response.headers.get("last-modified", "")[:100],
        )
    finally:
        response.close()


def _vetted(url: str, allow_private: bool, resolver: Resolver) -> tuple[str, str]:
    """The host, and the same address with a vetted IP address in place of the name."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise FetchRefused(f"“{url}” is no web address.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchRefused(f"“{url}” is no web address: it must begin with http:// or https://.")
    if parts.username or parts.password:
        raise FetchRefused("Addresses with a user name or password in them are not fetched.")
    host = parts.hostname
    try:
        found = [ipaddress.ip_address(address.split("%")[0]) for address in resolver(host, port)]
    except (OSError, UnicodeError):
        raise FetchError(f"{url}: there is no server called {host}. Check the address.") from None
    if not found:
        raise FetchError(f"{url}: there is no server called {host}. Check the address.")
    forbidden = [address for address in found if not is_public(address)]
    if forbidden and not allow_private:
        raise FetchRefused(
            f"{url} leads to {forbidden[0]}, which is not on the public internet. To allow this (in tests), set NEWSLETTER_ALLOW_PRIVATE_FETCH=1."
        )
    chosen = found[0]
    literal = f"[{chosen}]" if chosen.version == 6 else str(chosen)
    return host, urlunsplit((parts.scheme, f"{literal}:{port}", parts.path or "/", parts.query, ""))


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
        if int(address) >> 32 == 0:  # the deprecated ::a.b.c.d
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _bounded(response: httpx.Response, url: str, most_bytes: int, deadline: float) -> Iterator[bytes]:
    """The body, unpacked, until it is longer or later than allowed."""
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most_bytes:
        raise FetchRefused(f"{url} is {int(declared) / 2**20:.0f} MB; we take {most_bytes / 2**20:.0f} MB at most.")
    unpack = _unpacker(response.headers.get("content-encoding", "").strip().lower(), url)
    received = produced = 0
    for chunk in response.iter_raw():  # as it comes: waiting for a full chunk would let a slow server hold us
        _left(deadline, url)
        received += len(chunk)
        for piece in unpack(chunk):
            produced += len(piece)
            if max(received, produced) > most_bytes:
                raise FetchRefused(f"{url} is larger than {most_bytes / 2**20:.0f} MB, which is all we take.")
            yield piece


def _unpacker(encoding: str, url: str) -> Callable[[bytes], Iterator[bytes]]:
    if encoding in ("", "identity"):
        return lambda chunk: iter((chunk,))
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"{url} answered packed as “{encoding}”, which we did not ask for.")
    inflater = zlib.decompressobj(47 if "gzip" in encoding else 15)  # 47: gzip or zlib by its header

    def unpack(chunk: bytes) -> Iterator[bytes]:
        nonlocal inflater
        try:
            while chunk:
                piece = inflater.decompress(chunk, _CHUNK)  # in small pieces: a bomb is noticed before it is large
                chunk = inflater.unconsumed_tail
                if piece:
                    yield piece
        except zlib.error as error:
            raise FetchError(f"{url} answered with damaged data ({error}).") from None

    return unpack


def _left(deadline: float, url: str) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise FetchError(f"{url} took too long to answer. Try again later.")
    return left


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
