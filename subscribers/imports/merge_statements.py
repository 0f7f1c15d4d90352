"""The statements of a merge, by name. What differs by database is in merge_sqlite.py and merge_postgresql.py.

The policy alone decides what becomes of a subscription: the CASE is generated from its table.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from subscribers import policy
from subscribers.imports.rows import STRENGTH
from subscribers.imports.staging import COLUMNS
from subscribers.imports.state_words import SUPPRESSED
from subscribers.states import READER, SubscriptionAct, SubscriptionState

_ACT = {
    SubscriptionState.ACTIVE: SubscriptionAct.IMPORT,
    SubscriptionState.PENDING: SubscriptionAct.IMPORT_UNCONFIRMED,
    SubscriptionState.UNSUBSCRIBED: SubscriptionAct.IMPORT_UNSUBSCRIBED,
    SubscriptionState.BOUNCED: SubscriptionAct.IMPORT_BOUNCED,
    SubscriptionState.COMPLAINED: SubscriptionAct.COMPLAIN,
    SUPPRESSED: SubscriptionAct.IMPORT_UNSUBSCRIBED,
}
_INTEGERS = {"line", "status", "repeats"}


class Dialect(Protocol):
    """What differs by database."""

    BEFORE_CHUNK: tuple[str, ...]
    EMPTY_TABLES: tuple[str, ...]
    LOCK_SUBSCRIPTIONS: str
    NEXT_SUBSCRIBER: str
    DOMAIN_OF_ROW: str
    FILLABLE_VALUES: str
    TRUE: str

    def insert_rows(self, cursor: Any, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        """Inserts rows into import_chunk."""

    def timestamp(self, column: str) -> str:
        """A time of the file, as the database keeps times; NULL for none."""

    def network(self, column: str) -> str:
        """A network address of the file; NULL for none."""

    def json(self, text: str) -> str:
        """A text as the type of a JSON column."""

    def elements(self, column: str) -> str:
        """The texts of a JSON array as a table n(value)."""

    def merge_json(self, first: str, second: str) -> str:
        """Two objects as one; where both have a key, the second counts."""

    def knows_new_attribute(self, overwrite: bool) -> str:
        """Whether a row knows an attribute we do not (or knows it otherwise, where it may overwrite)."""


_TEXT = "text DEFAULT ''"
_COLUMN_DEFINITIONS = ", ".join(f"{name} {'integer DEFAULT 0' if name in _INTEGERS else _TEXT}" for name in COLUMNS)
# A judged row has all that is to be written: joins in each statement would cost more than the copy.
CREATE_TABLES = (
    f"CREATE TEMPORARY TABLE IF NOT EXISTS import_chunk (n integer PRIMARY KEY, {_COLUMN_DEFINITIONS}, hash text)",
    """CREATE TEMPORARY TABLE IF NOT EXISTS import_found (
        n integer PRIMARY KEY, key text, person bigint, former integer)""",
    f"""CREATE TEMPORARY TABLE IF NOT EXISTS import_judged (
        n integer, {_COLUMN_DEFINITIONS}, person bigint, fresh integer, state_before text, after text,
        filled integer, locked integer, outcome text)""",
)
SUMS = """
    SELECT j.outcome, count(*), sum(j.repeats), sum(j.fresh),
           sum(CASE WHEN j.after <> '' AND j.state_before = '' THEN 1 ELSE 0 END),
           sum(j.filled), sum(CASE WHEN j.state_before <> '' AND j.after <> j.state_before THEN 1 ELSE 0 END),
           max(j.status),
           sum(CASE WHEN j.tags <> '' AND j.locked = 0 AND j.outcome <> 'kept_unsubscribed' THEN 1 ELSE 0 END)
      FROM import_judged j
"""
# Of two rows that are one person the first counts.
COUNT_STATES = f"""
    SELECT CASE WHEN j.after IN ('', 'active', 'pending') AND j.outcome = 'kept_unsubscribed' THEN 'suppressed'
                WHEN j.status = {STRENGTH[SUPPRESSED]} THEN 'suppressed' ELSE j.after END AS state,
           count(*), sum(CASE WHEN j.after <> j.state_before THEN 1 ELSE 0 END)
      FROM import_judged j
     WHERE NOT EXISTS (SELECT 1 FROM import_judged o WHERE o.person = j.person AND o.n < j.n) GROUP BY 1
"""
# Who has an address, or had it last: an old address does not sign up again who left.
_FIND_SUBSCRIBERS = """
    INSERT INTO import_found
    SELECT f.n, f.key, coalesce(f.here, f.gone), CASE WHEN f.here IS NULL AND f.gone IS NOT NULL THEN 1 ELSE 0 END
      FROM (SELECT s.n, s.key, p.id AS here,
                   CASE WHEN p.id IS NULL THEN (SELECT c.subscriber_id FROM subscribers_addresschange c
                    WHERE c.address_key = s.key {known} ORDER BY c.until DESC LIMIT 1) END AS gone
              FROM import_chunk s LEFT JOIN subscribers_subscriber p ON p.address_key = s.key) f
"""
ANY_FORMER = "SELECT coalesce(max(former), 0) FROM import_found"
# Two rows that are one person, by a former and by the present address; the first of them counts.
_DUPLICATES = "SELECT person FROM import_found WHERE person IS NOT NULL GROUP BY person HAVING count(*) > 1"
_FIRST_OF_DUPLICATES = "SELECT min(key) FROM import_found WHERE person IS NOT NULL GROUP BY person HAVING count(*) > 1"
ONLY_DUPLICATES = f"WHERE person IN ({_DUPLICATES}) AND key NOT IN ({_FIRST_OF_DUPLICATES})"
FIND_DUPLICATES = f"SELECT key FROM import_found {ONLY_DUPLICATES}"
COUNT_DUPLICATES = f"SELECT count(*) FROM import_found {ONLY_DUPLICATES}"


def _transitions_sql() -> str:
    """What a row's status makes of a state, from the table of the policy."""
    cases = [
        f"WHEN status = {STRENGTH[word]} AND state_before = '{before or ''}' THEN '{after}'"
        for word, act in _ACT.items()
        for before, after in policy.TRANSITIONS[act].items()
    ]
    return f"CASE {' '.join(cases)} ELSE state_before END"


_OUT = "('unsubscribed', 'bounced', 'complained')"
CHANGE_STATES = """
    UPDATE subscribers_subscription SET state = j.after, since = %(now)s
      FROM import_judged j
     WHERE subscribers_subscription.list_id = %(list)s AND subscribers_subscription.subscriber_id = j.person
       AND j.state_before <> '' AND j.after <> j.state_before
"""
_UNSUBSCRIBED, _BOUNCED = STRENGTH[SubscriptionState.UNSUBSCRIBED], STRENGTH[SubscriptionState.BOUNCED]
# A suppression from before, or from two sources, stays when one of them is undone.
_SUPPRESSION_REASON = "CASE status WHEN 3 THEN 'bounced' WHEN 4 THEN 'complained' ELSE 'imported' END"
_SUPPRESS = f"""
    INSERT INTO subscribers_suppression (address_key, reason, source, created_at, run_id)
    SELECT key, {_SUPPRESSION_REASON}, %(source)s, %(now)s, %(run)s
      FROM import_chunk s WHERE status >= {_BOUNCED} {{mine}}
    ON CONFLICT (address_key) DO UPDATE SET run_id = NULL
"""
_SUPPRESS_MORE = f"""
    UPDATE subscribers_suppression
       SET reason = (SELECT {_SUPPRESSION_REASON} FROM import_chunk j WHERE j.key = address_key)
     WHERE reason = 'bounced' AND address_key IN (SELECT key FROM import_chunk s WHERE status > {_BOUNCED} {{mine}})
"""


class Statements:
    """The statements that differ by database, by whether a file may overwrite what is known, and by whose it is."""

    def __init__(self, dialect: Dialect, overwrite: bool, list_ids: Collection[int] | None = None) -> None:
        """`list_ids`: the lists whose people may be changed; None: everybody, at the price of no condition at all."""
        self._dialect, self._overwrite = dialect, overwrite
        self._lists = None if list_ids is None else ", ".join(str(int(each)) for each in (*sorted(list_ids), 0))
        # A former address leads to somebody on this list, or who gave it up themselves (otherwise whoever changed an
        # address for one list would have the mail of another); and only for those who can see the present one.
        held = "EXISTS (SELECT 1 FROM subscribers_subscription u WHERE u.subscriber_id = c.subscriber_id AND u.list_id"
        known = f"AND (c.changed_by = '{READER}' OR {held} = %(list)s))"
        if self._lists is not None:
            known += f" AND {held} IN ({self._lists}))"
        self.find_subscribers = _FIND_SUBSCRIBERS.format(known=known)
        mine = "AND NOT EXISTS (SELECT 1 FROM import_judged j WHERE j.n = s.n AND j.locked = 1)"
        self.suppress = _SUPPRESS.format(mine="" if self._lists is None else mine)
        self.suppress_more = _SUPPRESS_MORE.format(mine="" if self._lists is None else mine)
        self.judge = self._judge_sql(dialect.NEXT_SUBSCRIBER)
        self.judge_only = self._judge_sql("NULL")
        self.add_subscribers = self._subscribers_sql()
        self.join = f"""
            INSERT INTO subscribers_subscription (list_id, subscriber_id, state, since, confirmed_at, source)
            SELECT %(list)s, j.person, j.after, %(now)s,
                   CASE j.after WHEN 'active' THEN {dialect.timestamp("j.confirmed_at")} END,
                   CASE j.source WHEN '' THEN %(source)s ELSE j.source END
              FROM import_judged j WHERE j.after <> '' AND j.state_before = '' ORDER BY j.n
            ON CONFLICT (list_id, subscriber_id) DO NOTHING
        """
        self.note_before = self._note_before_sql()
        self.note_after = self._note_after_sql()
        self.note_tiers, self.note_new_tiers = self._note_tiers_sql(), self._note_new_tiers_sql()
        self.fill = self._fill_sql()
        self.tag = self._tag_sql()
        # Every opt-out is recorded, also of somebody who is out: undoing another import must not bring them back.
        self.consent = f"""
            INSERT INTO subscribers_consent (
                   subscriber_id, list_id, state, at, how, "by", origin, words, network, before, claimed_at,
                   reason, run_id)
            SELECT j.person, %(list)s, j.after, %(now)s, 'import', %(by)s, %(origin)s, '',
                   {dialect.network("j.network")}, j.state_before,
                   CASE WHEN j.status >= {_UNSUBSCRIBED} THEN {dialect.timestamp("j.left_at")}
                        ELSE coalesce({dialect.timestamp("j.confirmed_at")}, {dialect.timestamp("j.joined_at")}) END,
                   j.reason, %(run)s
              FROM import_judged j
             WHERE j.person IS NOT NULL AND j.after <> ''
               AND (j.after <> j.state_before OR j.status >= {_UNSUBSCRIBED})
        """

    def _subscribers_sql(self) -> str:
        dialect = self._dialect
        attributes = dialect.json("COALESCE(NULLIF(j.attributes, ''), '{}')")
        return f"""
            INSERT INTO subscribers_subscriber (
                   id, address, address_key, first_name, last_name, zone, language, source, tier, tier_ends_at,
                   attributes, created_at, tracked, soft_bounces)
            SELECT j.person, j.address, j.key, j.first_name, j.last_name, j.zone, j.language,
                   CASE j.source WHEN '' THEN %(source)s ELSE j.source END,
                   CASE j.tier WHEN '' THEN 'free' ELSE j.tier END, {dialect.timestamp("j.tier_ends_at")}, {attributes},
                   coalesce({dialect.timestamp("j.joined_at")}, %(now)s), {dialect.TRUE}, 0
              FROM import_judged j WHERE j.fresh = 1 ORDER BY j.n
            ON CONFLICT (address_key) DO NOTHING
        """

    def _judge_sql(self, next_person: str) -> str:
        dialect = self._dialect
        has = "p.{0} <> s.{0}" if self._overwrite else "p.{0} = ''"
        fills = [f"s.{name} <> '' AND {has.format(name)}" for name in ("first_name", "last_name", "zone", "language")]
        fills.append(f"s.tier <> '' AND (p.tier <> s.tier OR p.tier_ends_at <= %(now)s OR {self._ends_otherwise('s')})")
        fills.append(f"s.attributes <> '' AND p.id IS NOT NULL AND {dialect.knows_new_attribute(self._overwrite)}")
        fills.append(f"s.tags <> '' AND {self._new_tags_sql()}")
        keys = f"(s.key, {dialect.DOMAIN_OF_ROW}, s.hash)"
        blocked = f"EXISTS (SELECT 1 FROM subscribers_suppression x WHERE x.address_key IN {keys})"
        news = f"i.person IS NOT NULL AND ({' OR '.join(f'({each})' for each in fills)})"
        columns = ", ".join(f"s.{name}" for name in COLUMNS)
        # Materialised: otherwise SQLite evaluates each CASE again wherever the next one names it.
        return f"""
            INSERT INTO import_judged
            WITH found AS MATERIALIZED (
                   SELECT s.n, {columns}, i.person, {blocked} AS blocked,
                          coalesce((SELECT u.state FROM subscribers_subscription u
                                     WHERE u.list_id = %(list)s AND u.subscriber_id = i.person), '') AS state_before,
                          {self._is_locked_sql()} AS locked, CASE WHEN {news} THEN 1 ELSE 0 END AS news
                     FROM import_chunk s JOIN import_found i ON i.n = s.n
                LEFT JOIN subscribers_subscriber p ON p.id = i.person),
                 reached AS MATERIALIZED (SELECT found.*, {_transitions_sql()} AS reached FROM found),
                 judged AS MATERIALIZED (
                   SELECT n, {", ".join(COLUMNS)}, person, state_before, locked,
                          news * (1 - locked) AS filled,
                          blocked AND reached IN ('active', 'pending') AS stopped,
                          CASE WHEN blocked AND reached IN ('active', 'pending') THEN state_before ELSE reached END
                          AS after
                     FROM reached)
            SELECT n, {", ".join(COLUMNS)}, CASE fresh WHEN 1 THEN {next_person} ELSE person END, fresh, state_before,
                   after, CASE WHEN outcome = 'kept_unsubscribed' THEN 0 ELSE filled END, locked,
                   outcome
              FROM (SELECT last.*,
                           CASE WHEN person IS NULL AND outcome <> 'kept_unsubscribed' THEN 1 ELSE 0 END AS fresh
                      FROM (SELECT judged.*,
                                   CASE WHEN stopped OR (after IN {_OUT} AND after = state_before)
                                        THEN 'kept_unsubscribed'
                                        WHEN state_before = '' THEN 'new'
                                        WHEN after <> state_before OR filled = 1 THEN 'updated'
                                        ELSE 'unchanged' END AS outcome
                              FROM judged) last) l
        """

    def _is_locked_sql(self) -> str:
        """1 for a person whom the import may not change, as `rights.select_within` has it; 0 for anybody new."""
        if self._lists is None:
            return "0"
        joined = """EXISTS (SELECT 1 FROM subscribers_subscription u
                             WHERE u.subscriber_id = i.person AND u.list_id {} ({})
                               AND (u.state = 'active' OR EXISTS (
                                    SELECT 1 FROM subscribers_consent c
                                     WHERE c.subscriber_id = u.subscriber_id AND c.list_id = u.list_id
                                       AND c.state = 'active')))"""
        return f"""CASE WHEN i.person IS NULL THEN 0
                        WHEN {joined.format("NOT IN", self._lists)} THEN 1
                        WHEN (SELECT c.list_id FROM subscribers_consent c
                               WHERE c.subscriber_id = i.person AND c.state = 'active'
                               ORDER BY c.id LIMIT 1) NOT IN ({self._lists}) THEN 1
                        WHEN {joined.format("IN", self._lists)} THEN 0
                        ELSE 1 END"""

    def _new_tags_sql(self) -> str:
        return f"""(p.id IS NOT NULL AND EXISTS (
            SELECT 1 FROM {self._dialect.elements("s.tags")} JOIN subscribers_tag t ON t.name = n.value
             WHERE NOT EXISTS (SELECT 1 FROM subscribers_tagged g WHERE g.tag_id = t.id AND g.subscriber_id = p.id)))"""

    def _fill_sql(self) -> str:
        """Fills gaps; what subscribers entered stays, unless the file may overwrite it. The tier follows the file."""
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
        merged = self._dialect.merge_json(first, second)
        return f"""
            UPDATE subscribers_subscriber SET {", ".join(sets)},
                   tier = CASE j.tier WHEN '' THEN subscribers_subscriber.tier ELSE j.tier END,
                   tier_ends_at = CASE WHEN j.tier_ends_at <> '' THEN {self._dialect.timestamp("j.tier_ends_at")}
                                       WHEN j.tier = '' OR (j.tier = subscribers_subscriber.tier
                                             AND subscribers_subscriber.tier_ends_at > %(now)s)
                                       THEN subscribers_subscriber.tier_ends_at END,
                   attributes = CASE WHEN j.attributes = '' THEN subscribers_subscriber.attributes ELSE {merged} END
              FROM import_judged j WHERE subscribers_subscriber.id = j.person AND j.filled = 1
        """

    def _note_tiers_sql(self) -> str:
        """The history of tiers: how they were before this import gave others, or brought people with one."""
        over = "coalesce(p.tier_ends_at <= %(now)s, {})".format("false" if self._dialect.TRUE == "true" else "0")
        return f"""
            INSERT INTO subscribers_tierchange (
                   subscriber_id, tier, ends_at, before, before_ends_at, at, how, "by", run_id)
            SELECT p.id, j.tier, {self._dialect.timestamp("j.tier_ends_at")},
                   CASE WHEN {over} THEN 'free' ELSE p.tier END,
                   CASE WHEN NOT {over} THEN p.tier_ends_at END, %(now)s, 'import', %(by)s, %(run)s
              FROM import_judged j JOIN subscribers_subscriber p ON p.id = j.person
             WHERE j.filled = 1 AND j.tier <> '' AND (j.tier <> p.tier OR {over} OR {self._ends_otherwise("j")})
        """

    def _ends_otherwise(self, row: str) -> str:
        """Whether the tier of a row has an end, and another one than that of the person."""
        ends_at = self._dialect.timestamp(f"{row}.tier_ends_at")
        return f"({row}.tier_ends_at <> '' AND (p.tier_ends_at IS NULL OR p.tier_ends_at <> {ends_at}))"

    def _note_new_tiers_sql(self) -> str:
        return f"""
            INSERT INTO subscribers_tierchange (subscriber_id, tier, ends_at, before, at, how, "by", run_id)
            SELECT j.person, j.tier, {self._dialect.timestamp("j.tier_ends_at")}, 'free', %(now)s, 'import', %(by)s,
                   %(run)s
              FROM import_judged j WHERE j.fresh = 1 AND j.tier NOT IN ('', 'free')
        """

    def _note_before_sql(self) -> str:
        """How subscribers were before this import filled them in, so that it can be undone."""
        return f"""
            INSERT INTO subscribers_importedchange (run_id, subscriber_id, before)
            SELECT %(run)s, p.id, {self._dialect.FILLABLE_VALUES}
              FROM import_judged j JOIN subscribers_subscriber p ON p.id = j.person
             WHERE j.filled = 1 AND NOT EXISTS (
                   SELECT 1 FROM subscribers_importedchange c WHERE c.run_id = %(run)s AND c.subscriber_id = p.id)
        """

    def _note_after_sql(self) -> str:
        return f"""
            UPDATE subscribers_importedchange
               SET after = (SELECT {self._dialect.FILLABLE_VALUES}
                              FROM subscribers_subscriber p WHERE p.id = subscriber_id)
             WHERE run_id = %(run)s AND subscriber_id IN (SELECT person FROM import_judged WHERE filled = 1)
        """

    def _tag_sql(self) -> str:
        return f"""
            INSERT INTO subscribers_tagged (tag_id, subscriber_id, run_id)
            SELECT t.id, j.person, %(run)s
              FROM import_judged j CROSS JOIN {self._dialect.elements("j.tags")}
              JOIN subscribers_tag t ON t.name = n.value
             WHERE j.tags <> '' AND j.person IS NOT NULL AND j.locked = 0 AND j.outcome <> 'kept_unsubscribed'
            ON CONFLICT (tag_id, subscriber_id) DO NOTHING
        """
