"""Reading what an address points to: web addresses through the guarded client, files only where a person named one."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from newsletter.fetching import FetchRefused, FetchResponse, parse_address
from newsletter.kernel.errors import BadInput, NewsletterError, Refused, SurroundingsError

MOST_BYTES = 10 * 2**20
FEED_TYPES = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
PAGE_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"
PICTURE_TYPES = "image/jpeg, image/png, image/webp;q=0.9, image/gif;q=0.8, image/avif;q=0.7"

Fetcher = Callable[..., FetchResponse]  # newsletter.fetching.fetch, opened as the settings allow


def check_web_address(text: str) -> str:
    """An address that people can follow. Raises BadInput for any other."""
    address = text.strip()
    if not address.startswith(("http://", "https://")) or len(address) > 2000:
        raise BadInput(f"“{address[:200]}” is not a web address: it must begin with https://.", "url")
    try:
        parse_address(address)
    except FetchRefused as error:
        raise BadInput(str(error), "url") from None
    return address


def url_to_path(url: str) -> Path:
    """The file that a file: address, absolute or relative, points to."""
    return Path(url2pathname(urlsplit(url).path))


def read_file(path: Path) -> bytes:
    """A file of bounded size; .gz is unpacked. Raises SurroundingsError, or Refused when it is too large."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                data = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SurroundingsError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if len(data) > MOST_BYTES:
        raise Refused(f"{path} is larger than {MOST_BYTES // 2**20} MB, which is all we take.")
    return data


def read_neighbour_file(url: str, folder: Path) -> bytes:
    """A file named by an address in a document: only one that lies in or below the document's folder."""
    try:
        path = (folder / url_to_path(url)).resolve()
    except ValueError:  # a NUL in the path
        raise Refused(f"“{url}” cannot be the name of a file.") from None
    if not path.is_relative_to(folder.resolve()):
        raise Refused(f"{url} is not in the folder of the file that names it, so it is not read.")
    return read_file(path)


def read_picture(url: str, fetch: Fetcher | None, folder: Path | None) -> tuple[bytes | None, str]:
    """A picture's bytes; None when it was not to be read, or could not be, and why in words."""
    try:
        if url.startswith(("http://", "https://")):
            return (fetch(url, accept=PICTURE_TYPES).body, "") if fetch else (None, "")
        return (read_neighbour_file(url, folder), "") if folder else (None, "")
    except NewsletterError as error:
        return None, f"The picture could not be copied: {error}"
