"""Web writes (one-click leaving) while `newsletter run` hands a mailing over, against the same writes when it rests."""

from __future__ import annotations

import http.client
import os
import signal
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

from benchmarks.delivery import plan_mailing, surroundings

READERS = int(os.environ.get("BENCH_READERS", 1_000_000))
AT_REST = 300  # requests
PAUSE_SECONDS = 0.005


def main() -> None:
    with surroundings():
        from newsletter.accounts.actors import SystemActor
        from newsletter.delivery.reports import summary
        from newsletter.delivery.sending import mailings

        listen = f"127.0.0.1:{35_000 + os.getpid() % 20_000}"
        mailing_id = plan_mailing(READERS)
        mailings.pause(mailing_id, by=SystemActor("bench"), now=datetime.now(UTC))
        running = subprocess.Popen([sys.executable, "-m", "newsletter", "run", "--listen", listen])
        try:
            readers = _Readers(listen)
            line("web writes at rest", readers.leave(AT_REST))
            mailings.resume(mailing_id, by=SystemActor("bench"), now=datetime.now(UTC))
            times: list[float] = []
            start = time.perf_counter()
            while summary.find_mailing_of_edition(1).state != "finished":  # type: ignore[union-attr]
                times += readers.leave(200)
            spent = time.perf_counter() - start
            line(f"beside a hand-over to {READERS:,} ({READERS / spent:,.0f}/s)", times)
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(60)


class _Readers:
    """Readers of ours who leave, one after the other, on one connection."""

    def __init__(self, listen: str) -> None:
        from newsletter.catalog import newsletters
        from subscribers import subscriber_lookup

        (newsletter,) = newsletters.list_newsletters()
        self._signer, self._list_id, self._next = subscriber_lookup.get_signer(), newsletter.list_id, READERS
        address = urlsplit(f"http://{listen}")
        deadline = time.monotonic() + 30
        while True:
            self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
            try:
                self._connection.connect()
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.2)

    def leave(self, count: int) -> list[float]:
        """The milliseconds of each request."""
        times = []
        for _ in range(count):
            token, self._next = self._signer.sign_footer(self._list_id, self._next), self._next - 1
            start = time.perf_counter()
            self._connection.request(
                "POST",
                f"/u/{token}",
                "List-Unsubscribe=One-Click",
                {"Content-Type": "application/x-www-form-urlencoded", "Host": "news.example.com"},
            )
            answer = self._connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            times.append((time.perf_counter() - start) * 1000)
            time.sleep(PAUSE_SECONDS)
        return times


def line(what: str, times: list[float]) -> None:
    """One result: the median, the 99th percentile and the slowest."""
    cuts = statistics.quantiles(times, n=100)
    print(
        f"{what:60} p50 {cuts[49]:6.1f} ms  p99 {cuts[98]:6.1f} ms  slowest {max(times):6.1f} ms  of {len(times)}",
        flush=True,
    )


if __name__ == "__main__":
    main()
