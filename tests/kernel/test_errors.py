"""The tree of errors: how a command ends and what a page answers."""

from __future__ import annotations

import pytest

from newsletter.kernel.errors import (
    BadInput,
    Conflict,
    Difference,
    NewsletterError,
    NotAllowed,
    NotFound,
    Refused,
    SurroundingsError,
)


@pytest.mark.parametrize(
    ("error", "exit_code", "status"),
    [
        (Refused("No."), 1, 409),
        (NotFound("No."), 1, 404),
        (NotAllowed("No."), 1, 403),
        (Conflict("No."), 1, 409),
        (BadInput("No."), 2, 422),
        (SurroundingsError("No."), 3, 503),
    ],
)
def test_an_error_ends_a_command_and_answers_a_page(error: NewsletterError, exit_code: int, status: int) -> None:
    assert (error.exit_code, error.http_status, str(error)) == (exit_code, status, "No.")


def test_bad_input_names_its_field_and_a_conflict_its_differences() -> None:
    assert (BadInput("No.", "zone").field, BadInput("No.").field) == ("zone", "")
    difference = Difference("subject", "seen", "present")
    assert Conflict("No.", iter([difference])).differences == (difference,)
    assert Conflict("No.").differences == ()
