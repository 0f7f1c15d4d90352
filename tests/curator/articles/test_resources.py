"""Files are read up to a limit."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from newsletter.curator.articles import resources
from newsletter.kernel.errors import Refused


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_read_up_to_its_limit(packed: bool, tmp_path: Path) -> None:
    def read(length: int) -> bytes:
        path = tmp_path / ("page.gz" if packed else "page.html")
        path.write_bytes(gzip.compress(bytes(length)) if packed else bytes(length))
        return resources.read_file(path)

    assert len(read(resources.MOST_BYTES)) == resources.MOST_BYTES
    with pytest.raises(Refused, match="10 MB"):
        read(resources.MOST_BYTES + 1)
