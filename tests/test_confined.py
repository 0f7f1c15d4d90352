"""What confined work answered is given again for the same values alone, and never the very object."""

from __future__ import annotations

import os

import pytest

from newsletter import confinement
from newsletter.confinement import run_confined
from newsletter.curator.articles.extraction import pasted
from newsletter.kernel.errors import Refused
from tests import confined

TEXT = "Otters are back\n\nThey came back in the night, said the miller.\n"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a process was really asked for."""
    monkeypatch.setattr(confined, "_answers", type(confined._answers)())
    names: list[str] = []
    real = confinement._Unpickler.load

    def load(unpickler: confinement._Unpickler) -> object:
        names.append("answer")
        return real(unpickler)

    monkeypatch.setattr(confinement._Unpickler, "load", load)
    return names


def read(text: str = TEXT, address: str = "https://paper.example.org/1") -> object:
    return run_confined(pasted.clean_copied, text, "", address, what="It")


def test_the_same_work_is_asked_for_once_and_answers_the_same(asked: list[str]) -> None:
    first, second = read(), read()
    assert first == second == pasted.clean_copied(TEXT, "", "https://paper.example.org/1")
    assert first is not second
    assert len(asked) == 1


def test_other_values_are_asked_for(asked: list[str]) -> None:
    assert read() != read(address="https://other.example.com/1")
    assert len(asked) == 2


def find_process() -> int:
    return os.getpid()


def test_functions_of_tests_are_called_each_time() -> None:
    assert run_confined(find_process, what="It") != run_confined(find_process, what="It")


def test_what_failed_is_asked_for_again(asked: list[str]) -> None:
    for _ in range(2):
        with pytest.raises(Refused):
            run_confined(pasted.clean_copied, None, None, None, what="It")
    assert len(asked) == 2
