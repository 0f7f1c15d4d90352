"""The only place where pages, feeds and pictures of strangers are taken apart: a process of their own, which is killed.

No bound on a text says how long a library takes for it, and a thread cannot be stopped. So each piece of work has a
process with limits on time and memory. It is forked from a server that imported the libraries once and knows no
database, so it costs some milliseconds; and it is forked for this piece alone, so nothing of it is left to the next.

    web, worker, command ─work by its name─▶ server ─fork─▶ limits, work ─answer─▶ only values that we know
"""

from __future__ import annotations

import importlib
import io
import logging
import multiprocessing
import pickle
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from typing import Any, TypeVar

from newsletter.kernel.errors import NewsletterError, Refused, SurroundingsError

SECONDS = 10  # of the processor
LONGEST_WAIT = 40.0  # seconds by the clock, on a busy machine
MEMORY = 1024 * 2**20  # bytes of address space, with what the libraries take
LARGEST_ANSWER = 64 * 2**20  # bytes
AT_ONCE = 4  # so that many hostile pages take no more memory than a few
# What the server imports before it forks: most of it is imported late where it is used.
PRELOADED = (
    "newsletter.cli.app",  # of the command, which each process imports again under another name
    "newsletter.catalog.picture_files",
    "newsletter.curator.articles.feeds",
    "newsletter.curator.articles.extraction.page",
    "newsletter.curator.articles.extraction.pasted",
    "newsletter.curator.editions.page_comparison",
    "trafilatura",
    "feedparser",
    "nh3",
    "PIL.Image",
    "PIL.ImageOps",
    "newsletter.curator.rehearsal",
)
log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")
_places = threading.BoundedSemaphore(AT_ONCE)


def run_confined(work: Callable[..., _Answer], *given: Any, what: str, seconds: int = SECONDS) -> _Answer:
    """What `work(*given)` returns, called in a process of its own. `what` names the text or picture for people.

    `work` is a function of a module; it returns plain values or dataclasses of ours. Raises what it raises of our
    errors; Refused when it takes too long or too much memory, or fails in a way nobody foresaw.
    """
    if not _places.acquire(timeout=LONGEST_WAIT):
        raise SurroundingsError(f"{what} was not read: too many others are being read. Try again in a moment.")
    try:
        outcome, answer = _ask(work, given, seconds)
    finally:
        _places.release()
    if outcome == "done":
        return answer  # type: ignore[no-any-return]
    if outcome == "refused":
        raise answer
    if outcome == "failed":
        log.warning("Reading %s failed: %s", what, answer)
        raise Refused(f"{what} cannot be read: it is made in a way that our programs stumble over.")
    raise Refused(
        f"{what} was not read: it takes more than {seconds} seconds or {MEMORY // 2**20} MB to take apart, so it was "
        "stopped."
    )


def _ask(work: Callable[..., Any], given: tuple[Any, ...], seconds: int) -> tuple[str, Any]:
    context = _open_server()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, work, given, seconds), daemon=True)
    with ours:
        with theirs:
            process.start()
        try:
            if ours.poll(LONGEST_WAIT):
                answer = _Unpickler(io.BytesIO(ours.recv_bytes(LARGEST_ANSWER))).load()
                return answer[0], answer[1]
        except pickle.UnpicklingError as error:
            return "failed", error
        except (EOFError, OSError):  # it was killed
            pass
        finally:
            process.kill()
            process.join()
            process.close()
    return "stopped", None


@cache
def _open_server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def _work(answers: Connection, work: Callable[..., Any], given: tuple[Any, ...], seconds: int) -> None:
    """In the process that can be killed."""
    _set_limits(seconds)
    logging.disable()  # of libraries, about the text: what matters is in the answer
    answer: tuple[str, Any]
    try:
        answer = "done", work(*given)
    except NewsletterError as error:
        answer = "refused", error
    except MemoryError:
        answer = "stopped", None
    except Exception as error:
        answer = "failed", "".join(traceback.format_exception(error))[-3000:]
    answers.send_bytes(pickle.dumps(answer))


def _set_limits(seconds: int) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_WAIT)  # should nobody be left to kill it
    limits = {resource.RLIMIT_CPU: seconds, resource.RLIMIT_AS: MEMORY, resource.RLIMIT_CORE: 0}
    for number, most in limits.items():
        with suppress(ValueError, OSError):  # a system that knows no such limit, or has a lower one
            resource.setrlimit(number, (most, most))


_TIMES = {each.__name__: each for each in (datetime, timedelta, timezone)}


class _Unpickler(pickle.Unpickler):
    """Reads answers of a process that may no longer do what we wrote: values of ours, never a call."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime" and name in _TIMES:
            return _TIMES[name]
        if module in sys.modules and module.partition(".")[0] == "newsletter":
            found = getattr(importlib.import_module(module), name, None)
            if isinstance(found, type) and (is_dataclass(found) or issubclass(found, NewsletterError)):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no value of ours")
