"""The mutants of a few lines, and that the table and the list of equivalents are about what is there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.mutating import mutants
from tests.mutants.running import mark
from tests.mutants.table import ROOT, TARGETS


def changed(source: str) -> set[str]:
    return {mutant.after for mutant in mutants(source)}


def test_a_guard_that_is_a_mere_name_is_forced_both_ways() -> None:
    source = "def f(late):\n    if late:\n        return 1\n    return 2\n"
    assert {"if ((late) and False):", "if ((late) or True):"} <= changed(source)


def test_each_of_two_conditions_is_dropped() -> None:
    assert {"x = (a)", "x = (b)", "x = a or b"} <= changed("x = a and b\n")


def test_each_entry_of_a_table_is_removed() -> None:
    assert {"X = {1: 2}", "X = {3: 4}"} <= {after.replace(", }", "}") for after in changed("X = {1: 2, 3: 4}\n")}


def test_each_condition_of_sql_is_removed_and_its_parameter_stays() -> None:
    source = 'Q = "UPDATE t SET a = %s WHERE id = %s AND b.state IS NULL"\n'
    assert {
        'Q = "UPDATE t SET a = %s WHERE (id = %s OR 1=1) AND b.state IS NULL"',
        'Q = "UPDATE t SET a = %s WHERE id = %s AND (b.state IS NULL OR 1=1)"',
    } <= changed(source)


def test_a_mutant_is_named_by_its_function_and_what_changed_wherever_it_stands() -> None:
    source = "class A:\n    def f(self):\n        return [g(x) for x in y if x > 1]\n"
    names = {mutant.key for mutant in mutants(source)}
    assert {function for function, _, _ in names} == {"A.f"}
    assert names == {mutant.key for mutant in mutants(f"import this\n\n\n{source}")}


_BRANCHING = """
X = 1


def f(x):
    def g():
        return [y for y in x if y]

    if x:
        return g(
        )
    return 2
"""


def test_a_mutant_knows_the_lines_of_its_statement_unless_every_test_reaches_it() -> None:
    lines = {mutant.after: mutant.lines for mutant in mutants(_BRANCHING)}
    assert lines["X = 2"] == range(0)
    assert lines["return 3"] == range(12, 13)
    assert lines["if ((x) and False):"] == range(9, 12)
    assert lines["return [y for y in x if ((y) and False)]"] == range(7, 8)


def test_marks_tell_which_lines_are_reached() -> None:
    reached: set[int] = set()
    module: dict[str, Any] = {"__reached__": reached.add}
    exec(compile(mark(_BRANCHING), "marked", "exec"), module)
    assert not reached
    assert module["f"](0) == 2
    assert reached == {6, 9, 12}
    assert module["f"]([1, 0]) == [1]
    assert reached == {6, 7, 9, 10, 12}


def test_annotations_and_docstrings_are_no_behaviour() -> None:
    assert not mutants('"""Why."""\nfrom a import b\n\n\ndef f(x: dict[str, bool] | None) -> tuple[int, str]: ...\n')


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_table_names_files_that_are_there(name: str) -> None:
    target = TARGETS[name]
    assert not [path for path in (target.path, *target.tests) if not (ROOT / path).is_file()]


@pytest.mark.parametrize("name", sorted(EQUIVALENT))
def test_what_is_listed_as_equivalent_is_still_a_mutant(name: str) -> None:
    listed = [one.key for one in EQUIVALENT[name]]
    assert len(set(listed)) == len(listed)
    assert set(listed) <= {mutant.key for mutant in mutants(TARGETS[name].source, listed)}
    assert all(one.reason for one in EQUIVALENT[name])
