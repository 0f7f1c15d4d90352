"""One stroke of an import, merged into the lists in a handful of statements. SQL by hand, for both databases.

The ORM makes an object of every row and asks about each; so merging by it took ten times as long, and the web waited
for the writing lock meanwhile. What may become of whom is still said by `policy` alone: the CASE is made from its table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from subscribers import policy
from subscribers.consent import erased_addresses
from subscribers.imports.columns import SUPPRESSED
from subscribers.imports.rows import STRENGTH
from subscribers.imports.staging import COLUMNS
from subscribers.states import SubscriptionState

OUTCOMES = ("new", "updated", "unchanged", "kept_unsubscribed")
MAX_TRIES = 5
_ACT = {
    SubscriptionState.ACTIVE: "import",
    SubscriptionState.PENDING: "import-unconfirmed",
    SubscriptionState.UNSUBSCRIBED: "import-left",
    SubscriptionState.BOUNCED: "import-bounced",
    SubscriptionState.COMPLAINED: "complain",
    SUPPRESSED: "import-left",
}
_INTEGERS = {"line", "status", "repeats"}


@dataclass(frozen=True, slots=True)
class MergeTarget:
    """Into what a file is merged, and what is noted with each change. `run` is the id of the import."""

    run: int
    list_id: int
    by: str
    origin: str
    overwrite: bool
    columns: Sequence[str]  # of the staged rows


@dataclass(slots=True)
class _ChunkSummary:
    """What a stroke comes to, once its rows are judged: how many of them are new people, and so on."""

    outcomes: dict[str, int]
    fresh: int = 0
    joining: int = 0
    filled: int = 0
    moved: int = 0
    strongest: int = 0
    tagged: int = 0


class _ConcurrentInsertError(Exception):
    """Somebody else added one of these people meanwhile."""


def judge_chunk(rows: Sequence[tuple[Any, ...]], target: MergeTarget, now: datetime) -> dict[str, int]:
    """What would become of a stroke of staged rows: counts by outcome. Changes nothing but tables of its own."""
    with transaction.atomic(), connection.cursor() as cursor:
        return _ChunkMerger(cursor, target, now).counts(rows)


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What was done: counts by outcome, and whether anybody was named by an address they had before."""

    outcomes: dict[str, int]
    former: bool


def merge_chunk(
    rows: Sequence[tuple[Any, ...]],
    target: MergeTarget,
    now: datetime,
    *,
    before_former: Callable[[], None] = lambda: None,
) -> MergeResult:
    """Merges a stroke of staged rows, within the caller's transaction or one of its own.

    Two strokes name the same person only when one of them does so by a former address: `before_former` is called before
    such a one is judged.
    """
    for last in (*[False] * (MAX_TRIES - 1), True):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                stroke = _ChunkMerger(cursor, target, now, before_former)
                return MergeResult(stroke.merge(rows), stroke.former)
        except _ConcurrentInsertError:
            if last:
                raise
    raise AssertionError


class _ChunkMerger:
    """The statements of one stroke. `%(…)s` parameters are the same in all of them."""

    def __init__(
        self, cursor: Any, target: MergeTarget, now: datetime, before_former: Callable[[], None] = lambda: None
    ) -> None:
        self._cursor, self._target, self._now = cursor, target, now
        self._before_former = before_former
        self.former = False
        self._values = {
            "run": target.run,
            "list": target.list_id,
            "by": target.by[:254],
            "origin": target.origin[:500],
            "source": target.origin[:200],
            "now": connection.ops.adapt_datetimefield_value(now),
        }
        self._sql = _Statements(target.overwrite)

    def counts(self, rows: Sequence[tuple[Any, ...]]) -> dict[str, int]:
        self._lay_out(rows)
        self._do(self._sql.look)
        found = self._judged().outcomes
        twice = self._twice()
        if twice:  # by a former and by the present address: one person
            found["unchanged"] += twice
            more = self._judged(f"WHERE j.person IN ({_DUPLICATES}) AND j.key NOT IN ({_FIRST_OF_DUPLICATES})").outcomes
            found = {outcome: count - more[outcome] for outcome, count in found.items()}
        return found

    def merge(self, rows: Sequence[tuple[Any, ...]]) -> dict[str, int]:
        """Counts say what really was done; who is named by a former and the present address is taken twice over."""
        self._lay_out(rows)
        twice = self._twice()
        later: list[tuple[Any, ...]] = []
        if twice:
            self._do(
                f"SELECT key FROM import_found WHERE person IN ({_DUPLICATES}) AND key NOT IN ({_FIRST_OF_DUPLICATES})"
            )
            keys = {key for (key,) in self._cursor.fetchall()}
            later = [row for row in rows if row[0] in keys]
            self._lay_out([row for row in rows if row[0] not in keys])
        if _is_postgresql():
            self._do(_LOCK)
        self._do(self._sql.judge)
        judged = self._judged()
        self._write(judged)
        found = judged.outcomes
        for row in later:
            for outcome, count in self.merge([row]).items():
                found[outcome] += count
        return found

    def _lay_out(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Puts the rows beside the tables and finds who is whom."""
        emptied = (
            ["TRUNCATE " + ", ".join(_TEMPORARY_TABLES)]
            if _is_postgresql()
            else [f"DELETE FROM {name}" for name in _TEMPORARY_TABLES]
        )
        for statement in (*(_PLANNER_SETTINGS if _is_postgresql() else ()), *_TABLES, *emptied):
            self._cursor.execute(statement)
        self._do("SELECT 1 FROM subscribers_suppression WHERE address_key >= '#' AND address_key < '$' LIMIT 1")
        hashed = erased_addresses.get_hasher(self._now).hash if self._cursor.fetchone() else lambda key: ""
        names = ", ".join(("n", *self._target.columns, "hash"))
        numbered = ((n, *row, hashed(row[0])) for n, row in enumerate(rows))
        if _is_postgresql():
            _copy_rows(self._cursor.cursor, f"COPY import_stroke ({names}) FROM STDIN", list(numbered))
        else:
            marks = ", ".join(["%s"] * (len(self._target.columns) + 2))
            self._cursor.executemany(f"INSERT INTO import_stroke ({names}) VALUES ({marks})", numbered)
        self._do(_FIND_SUBSCRIBERS)

    def _twice(self) -> int:
        self._do(_ANY_FORMER)
        if not self._cursor.fetchone()[0]:
            return 0
        self.former = True
        self._before_former()
        self._do(
            f"SELECT count(*) FROM import_found WHERE person IN ({_DUPLICATES}) AND key NOT IN ({_FIRST_OF_DUPLICATES})"
        )
        return int(self._cursor.fetchone()[0])

    def _judged(self, condition: str = "") -> _ChunkSummary:
        self._do(f"{_SUMS} {condition} GROUP BY j.outcome")
        judged = _ChunkSummary(dict.fromkeys(OUTCOMES, 0))
        for outcome, count, repeats, *rest in self._cursor.fetchall():
            judged.outcomes[outcome] += count
            judged.outcomes["unchanged"] += int(repeats)
            fresh, joining, filled, moved, strongest, tagged = map(int, rest)
            judged.fresh += fresh
            judged.joining += joining
            judged.filled += filled
            judged.moved += moved
            judged.strongest = max(judged.strongest, strongest)
            judged.tagged += tagged
        return judged

    def _write(self, judged: _ChunkSummary) -> None:
        sql = self._sql
        if judged.fresh:
            self._expect(sql.people, judged.fresh)
        if judged.joining:
            self._expect(sql.join, judged.joining)
        if judged.filled:
            self._do(sql.note_before)
            self._do(sql.fill)
            self._do(sql.note_after)
        if judged.moved:
            self._do(_CHANGE_STATES)
        self._do(sql.consent)
        if judged.strongest >= STRENGTH[SubscriptionState.BOUNCED]:
            self._do(_SUPPRESS)
            self._do(_SUPPRESS_MORE)
        if judged.tagged:
            self._do(sql.tag)

    def _expect(self, statement: str, count: int) -> None:
        self._do(statement)
        if self._cursor.rowcount != count:
            raise _ConcurrentInsertError

    def _do(self, statement: str) -> None:
        self._cursor.execute(statement, self._values)


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _copy_rows(cursor: Any, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Copies rows into a table. Nearly always their cells need no escaping, which costs more than all the rest."""
    text = "\n".join("\t".join(map(str, row)) for row in rows) + "\n"
    tabs = sum(map(len, rows)) - len(rows)
    plain = "\\" not in text and "\r" not in text and text.count("\t") == tabs and text.count("\n") == len(rows)
    with cursor.copy(statement) as copy:
        if plain:
            copy.write(text)
        else:
            for row in rows:
                copy.write_row(row)


# PostgreSQL knows nothing of tables made a moment ago, and would read all people for every stroke. By its index for each row
# is always right here: a stroke is small beside the tables.
_PLANNER_SETTINGS = tuple(
    f"SET LOCAL {name} = off" for name in ("enable_hashjoin", "enable_mergejoin", "enable_seqscan", "jit")
)
_TEXT = "text DEFAULT ''"
_COLUMN_DEFINITIONS = ", ".join(f"{name} {'integer DEFAULT 0' if name in _INTEGERS else _TEXT}" for name in COLUMNS)
# A judged row has all that is to be written: a join by row and statement would cost more than to write it down once more.
_TABLES = (
    f"CREATE TEMPORARY TABLE IF NOT EXISTS import_stroke (n integer PRIMARY KEY, {_COLUMN_DEFINITIONS}, hash text)",
    "CREATE TEMPORARY TABLE IF NOT EXISTS import_found (n integer PRIMARY KEY, key text, person bigint, former integer)",
    f"""CREATE TEMPORARY TABLE IF NOT EXISTS import_judged (n integer, {_COLUMN_DEFINITIONS}, person bigint, fresh integer, state_before text, after text,
        filled integer, outcome text)""",
)
# What was deleted stays in a table of PostgreSQL, and would be read again for every stroke.
_TEMPORARY_TABLES = ("import_stroke", "import_found", "import_judged")
_SUMS = """
    SELECT j.outcome, count(*), sum(j.repeats), sum(j.fresh), sum(CASE WHEN j.after <> '' AND j.state_before = '' THEN 1 ELSE 0 END),
           sum(j.filled), sum(CASE WHEN j.state_before <> '' AND j.after <> j.state_before THEN 1 ELSE 0 END), max(j.status),
           sum(CASE WHEN j.tags <> '' AND j.outcome <> 'kept_unsubscribed' THEN 1 ELSE 0 END)
      FROM import_judged j
"""
# Who has an address, or had it last: somebody who left is not signed up again by an old one.
_FIND_SUBSCRIBERS = """
    INSERT INTO import_found
    SELECT f.n, f.key, coalesce(f.here, f.gone), CASE WHEN f.here IS NULL AND f.gone IS NOT NULL THEN 1 ELSE 0 END
      FROM (SELECT s.n, s.key, p.id AS here,
                   CASE WHEN p.id IS NULL THEN (SELECT c.subscriber_id FROM subscribers_addresschange c
                    WHERE c.address_key = s.key ORDER BY c.until DESC LIMIT 1) END AS gone
              FROM import_stroke s LEFT JOIN subscribers_subscriber p ON p.address_key = s.key) f
"""
_ANY_FORMER = "SELECT coalesce(max(former), 0) FROM import_found"
_DUPLICATES = "SELECT person FROM import_found WHERE person IS NOT NULL GROUP BY person HAVING count(*) > 1"
_FIRST_OF_DUPLICATES = "SELECT min(key) FROM import_found WHERE person IS NOT NULL GROUP BY person HAVING count(*) > 1"
# Held in one order by all: somebody who leaves just now stays out, and two imports never block each other.
_LOCK = """
    SELECT count(*) FROM (SELECT u.id FROM subscribers_subscription u WHERE u.id = ANY (ARRAY(
           SELECT (SELECT x.id FROM subscribers_subscription x WHERE x.list_id = %(list)s AND x.subscriber_id = f.person)
             FROM import_found f WHERE f.person IS NOT NULL)) ORDER BY u.id FOR UPDATE OF u) held
"""


def _transitions_sql() -> str:
    """What a row's status makes of a state, from the table of the policy."""
    cases = [
        f"WHEN status = {STRENGTH[word]} AND state_before = '{before or ''}' THEN '{after}'"
        for word, act in _ACT.items()
        for before, after in policy.TRANSITIONS[act].items()
    ]
    return f"CASE {' '.join(cases)} ELSE state_before END"


# Ids are given out here, so that nobody is to be looked up again after the insert: SQLite keeps the last one given out,
# and its writing lock is held; PostgreSQL has a sequence.
_NEXT_SUBSCRIBER = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'subscribers_subscriber'), 0) + n + 1"
_NEXT_SUBSCRIBER_PG = "nextval('subscribers_subscriber_id_seq'::regclass)"
_OUT = "('unsubscribed', 'bounced', 'complained')"
_CHANGE_STATES = """
    UPDATE subscribers_subscription SET state = j.after, since = %(now)s
      FROM import_judged j
     WHERE subscribers_subscription.list_id = %(list)s AND subscribers_subscription.subscriber_id = j.person
       AND j.state_before <> '' AND j.after <> j.state_before
"""
# What was there before, or is said twice, stays when one of those who said it takes it back.
_SUPPRESSION_REASON = "CASE status WHEN 3 THEN 'bounced' WHEN 4 THEN 'complained' ELSE 'imported' END"
_SUPPRESS = f"""
    INSERT INTO subscribers_suppression (address_key, reason, source, created_at, run_id)
    SELECT key, {_SUPPRESSION_REASON}, %(source)s, %(now)s, %(run)s FROM import_stroke WHERE status >= {STRENGTH[SubscriptionState.BOUNCED]}
    ON CONFLICT (address_key) DO UPDATE SET run_id = NULL
"""
_SUPPRESS_MORE = f"""
    UPDATE subscribers_suppression SET reason = (SELECT {_SUPPRESSION_REASON} FROM import_stroke j WHERE j.key = address_key)
     WHERE reason = 'bounced' AND address_key IN (SELECT key FROM import_stroke WHERE status > {STRENGTH[SubscriptionState.BOUNCED]})
"""


def _timestamp_sql(column: str) -> str:
    """A time of the file, as the database keeps times; NULL for none."""
    return f"(NULLIF({column}, '') || '+00')::timestamptz" if _is_postgresql() else f"NULLIF({column}, '')"


def _network_sql(column: str) -> str:
    return f"NULLIF({column}, '')::inet" if _is_postgresql() else f"NULLIF({column}, '')"


def _fillable_values_sql() -> str:
    """What an import may fill in of a person `p`, as JSON."""
    attributes = "p.attributes" if _is_postgresql() else "json(p.attributes)"
    pairs = "".join(f"'{name}', p.{name}, " for name in ("first_name", "last_name", "zone", "language", "tier"))
    return f"{'jsonb_build_object' if _is_postgresql() else 'json_object'}({pairs}'attributes', {attributes})"


class _Statements:
    """The statements that differ by database, or by whether a file may overwrite what is known."""

    def __init__(self, overwrite: bool) -> None:
        self._overwrite = overwrite
        self.judge = self._judge(_NEXT_SUBSCRIBER_PG if _is_postgresql() else _NEXT_SUBSCRIBER)
        self.look = self._judge("NULL")
        self.people = self._people()
        self.join = f"""
            INSERT INTO subscribers_subscription (list_id, subscriber_id, state, since, confirmed_at, source)
            SELECT %(list)s, j.person, j.after, %(now)s, CASE j.after WHEN 'active' THEN {_timestamp_sql("j.confirmed_at")} END,
                   CASE j.source WHEN '' THEN %(source)s ELSE j.source END
              FROM import_judged j WHERE j.after <> '' AND j.state_before = '' ORDER BY j.n
            ON CONFLICT (list_id, subscriber_id) DO NOTHING
        """
        self.note_before = self._note_before()
        self.note_after = self._note_after()
        self.fill = self._fill()
        self.tag = self._tag()
        # Every opt-out is written down, also one of somebody who is out: undoing another import must not bring them back.
        self.consent = f"""
            INSERT INTO subscribers_consent (subscriber_id, list_id, state, at, how, "by", origin, words, network, before, claimed_at, reason, run_id)
            SELECT j.person, %(list)s, j.after, %(now)s, 'import', %(by)s, %(origin)s, '', {_network_sql("j.network")}, j.state_before,
                   coalesce({_timestamp_sql("j.left_at")}, {_timestamp_sql("j.confirmed_at")}, {_timestamp_sql("j.joined_at")}), j.reason, %(run)s
              FROM import_judged j
             WHERE j.person IS NOT NULL AND j.after <> '' AND (j.after <> j.state_before OR j.status >= {STRENGTH[SubscriptionState.UNSUBSCRIBED]})
        """

    def _people(self) -> str:
        attributes = "COALESCE(NULLIF(j.attributes, ''), '{}')" + ("::jsonb" if _is_postgresql() else "")
        return f"""
            INSERT INTO subscribers_subscriber (id, address, address_key, first_name, last_name, zone, language, source, tier, attributes,
                   created_at, tracked, soft_bounces)
            SELECT j.person, j.address, j.key, j.first_name, j.last_name, j.zone, j.language,
                   CASE j.source WHEN '' THEN %(source)s ELSE j.source END, CASE j.tier WHEN '' THEN 'free' ELSE j.tier END, {attributes},
                   coalesce({_timestamp_sql("j.joined_at")}, %(now)s), {"true" if _is_postgresql() else "1"}, 0
              FROM import_judged j WHERE j.fresh = 1 ORDER BY j.n
            ON CONFLICT (address_key) DO NOTHING
        """

    def _judge(self, next_person: str) -> str:
        has = "p.{0} <> s.{0}" if self._overwrite else "p.{0} = ''"
        fills = [f"s.{name} <> '' AND {has.format(name)}" for name in ("first_name", "last_name", "zone", "language")]
        fills.append("s.tier <> '' AND p.tier <> s.tier")
        fills.append(f"s.attributes <> '' AND p.id IS NOT NULL AND {self._news()}")
        fills.append(f"s.tags <> '' AND {self._new_tags()}")
        domain = "substr(s.key, strpos(s.key, '@'))" if _is_postgresql() else "substr(s.key, instr(s.key, '@'))"
        blocked = f"EXISTS (SELECT 1 FROM subscribers_suppression x WHERE x.address_key IN (s.key, {domain}, s.hash))"
        filled = f"i.person IS NOT NULL AND ({' OR '.join(f'({each})' for each in fills)})"
        columns = ", ".join(f"s.{name}" for name in COLUMNS)
        # Materialised: SQLite would else work out each CASE anew wherever the next one names it.
        return f"""
            INSERT INTO import_judged
            WITH found AS MATERIALIZED (
                   SELECT s.n, {columns}, i.person, coalesce((SELECT u.state FROM subscribers_subscription u
                                            WHERE u.list_id = %(list)s AND u.subscriber_id = i.person), '') AS state_before, {blocked} AS blocked,
                          CASE WHEN {filled} THEN 1 ELSE 0 END AS filled
                     FROM import_stroke s JOIN import_found i ON i.n = s.n
                LEFT JOIN subscribers_subscriber p ON p.id = i.person),
                 reached AS MATERIALIZED (SELECT found.*, {_transitions_sql()} AS reached FROM found),
                 judged AS MATERIALIZED (
                   SELECT n, {", ".join(COLUMNS)}, person, state_before, filled, blocked AND reached IN ('active', 'pending') AS stopped,
                          CASE WHEN blocked AND reached IN ('active', 'pending') THEN state_before ELSE reached END AS after
                     FROM reached)
            SELECT n, {", ".join(COLUMNS)}, CASE fresh WHEN 1 THEN {next_person} ELSE person END, fresh, state_before, after,
                   CASE WHEN outcome = 'kept_unsubscribed' THEN 0 ELSE filled END, outcome
              FROM (SELECT last.*, CASE WHEN person IS NULL AND outcome <> 'kept_unsubscribed' THEN 1 ELSE 0 END AS fresh
                      FROM (SELECT judged.*,
                                   CASE WHEN stopped OR (after IN {_OUT} AND after = state_before) THEN 'kept_unsubscribed'
                                        WHEN state_before = '' THEN 'new'
                                        WHEN after <> state_before OR filled = 1 THEN 'updated'
                                        ELSE 'unchanged' END AS outcome
                              FROM judged) last) l
        """

    def _news(self) -> str:
        """Whether a file knows an attribute we do not (or knows it otherwise, where it may overwrite)."""
        if _is_postgresql():
            other = " OR p.attributes -> n.key IS DISTINCT FROM n.value" if self._overwrite else ""
            return f"EXISTS (SELECT 1 FROM jsonb_each(s.attributes::jsonb) n WHERE NOT jsonb_exists(p.attributes, n.key){other})"
        path = "'$.\"' || n.key || '\"'"
        other = f" OR json_extract(p.attributes, {path}) IS NOT n.value" if self._overwrite else ""
        return f"EXISTS (SELECT 1 FROM json_each(s.attributes) n WHERE json_type(p.attributes, {path}) IS NULL{other})"

    def _new_tags(self) -> str:
        each = "jsonb_array_elements_text(s.tags::jsonb) n(value)" if _is_postgresql() else "json_each(s.tags) n"
        return f"""(p.id IS NOT NULL AND EXISTS (SELECT 1 FROM {each} JOIN subscribers_tag t ON t.name = n.value
            WHERE NOT EXISTS (SELECT 1 FROM subscribers_tagged g WHERE g.tag_id = t.id AND g.subscriber_id = p.id)))"""

    def _fill(self) -> str:
        """Gaps are filled; what readers told us themselves stays, unless the file may overwrite it. The tier is the newsroom's."""
        chosen = (
            "CASE WHEN j.{0} <> '' THEN j.{0} ELSE p.{0} END"
            if self._overwrite
            else "CASE p.{0} WHEN '' THEN j.{0} ELSE p.{0} END"
        )
        sets = [
            f"{name} = {chosen.format(name).replace('p.', 'subscribers_subscriber.')}"
            for name in ("first_name", "last_name", "zone", "language")
        ]
        first, second = (
            ("subscribers_subscriber.attributes", "j.attributes")
            if self._overwrite
            else ("j.attributes", "subscribers_subscriber.attributes")
        )
        first, second = (
            f"(CASE {each} WHEN '' THEN '{{}}' ELSE {each} END)" if each[0:2] == "j." else each
            for each in (first, second)
        )
        merged = f"({first}::jsonb || {second}::jsonb)" if _is_postgresql() else f"json_patch({first}, {second})"
        return f"""
            UPDATE subscribers_subscriber SET {", ".join(sets)},
                   tier = CASE j.tier WHEN '' THEN subscribers_subscriber.tier ELSE j.tier END,
                   attributes = CASE WHEN j.attributes = '' THEN subscribers_subscriber.attributes ELSE {merged} END
              FROM import_judged j WHERE subscribers_subscriber.id = j.person AND j.filled = 1
        """

    def _note_before(self) -> str:
        """How people were whom this import fills in, so that it can be undone."""
        pairs = _fillable_values_sql()
        return f"""
            INSERT INTO subscribers_importedchange (run_id, subscriber_id, before)
            SELECT %(run)s, p.id, {pairs} FROM import_judged j JOIN subscribers_subscriber p ON p.id = j.person
             WHERE j.filled = 1 AND NOT EXISTS (
                   SELECT 1 FROM subscribers_importedchange c WHERE c.run_id = %(run)s AND c.subscriber_id = p.id)
        """

    def _note_after(self) -> str:
        return f"""
            UPDATE subscribers_importedchange SET after = (SELECT {_fillable_values_sql()} FROM subscribers_subscriber p WHERE p.id = subscriber_id)
             WHERE run_id = %(run)s AND subscriber_id IN (SELECT person FROM import_judged WHERE filled = 1)
        """

    def _tag(self) -> str:
        each = (
            "CROSS JOIN LATERAL jsonb_array_elements_text(j.tags::jsonb) n(value)"
            if _is_postgresql()
            else ", json_each(j.tags) n"
        )
        return f"""
            INSERT INTO subscribers_tagged (tag_id, subscriber_id, run_id)
            SELECT t.id, j.person, %(run)s FROM import_judged j {each} JOIN subscribers_tag t ON t.name = n.value
             WHERE j.tags <> '' AND j.person IS NOT NULL AND j.outcome <> 'kept_unsubscribed'
            ON CONFLICT (tag_id, subscriber_id) DO NOTHING
        """
