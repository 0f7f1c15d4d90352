"""What confined work answers is asked once in a process: it sees nothing but what it is given, so it answers the same.

Each piece of work has a process of its own (newsletter/confinement.py); many tests take the same article in.
"""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from newsletter import confinement

KEPT_AT_MOST = 1_000
_answers: OrderedDict[tuple[str, str, bytes], bytes] = OrderedDict()


@contextmanager
def answers_kept() -> Iterator[None]:
    """Answers of our own functions are kept; whatever is refused, stopped or failed is asked for again."""
    ask = confinement._ask

    def ask_once(work: Callable[..., Any], given: tuple[Any, ...], seconds: int) -> tuple[str, Any]:
        if not str(work.__module__).startswith("newsletter."):
            return ask(work, given, seconds)
        key = work.__module__, work.__qualname__, hashlib.sha256(pickle.dumps((given, seconds))).digest()
        if key in _answers:
            _answers.move_to_end(key)
            return "done", pickle.loads(_answers[key])
        outcome, answer = ask(work, given, seconds)
        if outcome == "done":
            _answers[key] = pickle.dumps(answer)
            if len(_answers) > KEPT_AT_MOST:
                _answers.popitem(last=False)
        return outcome, answer

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(confinement, "_ask", ask_once)
        yield
