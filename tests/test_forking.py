from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.forking import PIPE, Interpreter, interpreters

HERE = "tests.test_forking"


def main() -> None:
    """What the processes of these tests do."""
    act, *rest = sys.argv[1:]
    if act == "echo":
        print(os.environ["GREETING"], *rest, sys.stdin.read())
        print("aside", file=sys.stderr)
    elif act == "fail":
        sys.exit(int(rest[0]))
    elif act == "refuse":
        sys.exit("refused")
    elif act == "stumble":
        raise ValueError("here")
    elif act == "leave":
        atexit.register(print, "at the end")
        threading.Timer(0.1, print, ["a thread", *rest]).start()
        print("begun")
    elif act == "wait":
        print("ready", flush=True)
        threading.Event().wait(60)


@pytest.fixture
def interpreter() -> Iterator[Interpreter]:
    made = Interpreter(HERE, os.environ | {"GREETING": "hello"})
    yield made
    made.end()


def test_arguments_environment_and_streams_are_those_of_a_process_of_its_own(interpreter: Interpreter) -> None:
    done = interpreter.run("echo", "a b", "ü", stdin="from outside")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello a b ü from outside\n", "aside\n")


def test_the_exit_code_is_told_whatever_it_is(interpreter: Interpreter) -> None:
    assert [interpreter.run("fail", str(code)).returncode for code in (0, 1, 3)] == [0, 1, 3]


def test_an_error_is_told_with_its_traceback_or_words(interpreter: Interpreter) -> None:
    refused, stumbled = interpreter.run("refuse"), interpreter.run("stumble")
    assert (refused.returncode, refused.stderr) == (1, "refused\n")
    assert stumbled.returncode == 1
    assert stumbled.stderr.startswith("Traceback")
    assert stumbled.stderr.endswith("ValueError: here\n")


def test_threads_end_before_what_is_done_at_exit(interpreter: Interpreter) -> None:
    assert interpreter.run("leave", "says").stdout == "begun\na thread says\nat the end\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_signal_ends_one_process_and_leaves_the_others(interpreter: Interpreter, number: int) -> None:
    first, second = (interpreter.start("wait", stdout=PIPE) for _ in range(2))
    for each in (first, second):
        assert each.stdout is not None
        assert each.stdout.readline() == b"ready\n"
    first.send_signal(number)
    assert first.wait(10) == -number
    assert second.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(0.01)
    for each in (first, second):
        each.end()
    assert second.returncode == -signal.SIGKILL


def test_there_is_one_interpreter_for_an_environment() -> None:
    environment = dict(os.environ)
    try:
        assert interpreters.get(HERE, environment) is interpreters.get(HERE, dict(environment))
        assert interpreters.get(HERE, environment) is not interpreters.get(HERE, environment | {"OTHER": "1"})
    finally:
        interpreters.end_all()
