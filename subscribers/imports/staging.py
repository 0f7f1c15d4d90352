"""A file of subscribers read once and laid out in the order of their addresses: the work file of an import.

It is a database of its own beside the kept file, so that a million rows need no memory, the strongest word about an
address is known before anything is merged, and a killed import goes on where it was. It can always be rebuilt.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO

from newsletter.kernel.errors import BadInput, SurroundingsError
from subscribers import address_quality, addresses
from subscribers.imports import columns, questions
from subscribers.imports.columns import TABLE, Layout
from subscribers.imports.csv import LARGEST_FILE
from subscribers.imports.rows import STRENGTH, Row, RowParser, SkippedRow
from subscribers.imports.state_words import names_active
from subscribers.imports.survey import FileSurvey, survey_columns
from subscribers.imports.tables import Table, open_tables
from subscribers.states import QuestionKind, SubscriptionState
from subscribers.values import AskedValue, BadRow, Question

MOST_SHOWN = 1000  # bad rows, and odd ones of each kind, that are kept with the import; the work file has all bad ones
ROWS_PER_WRITE = 10_000  # to a write
COLUMNS = (
    "key",
    "line",
    "address",
    "first_name",
    "last_name",
    "zone",
    "language",
    "status",
    "tier",
    "tags",
    "attributes",
    "joined_at",
    "confirmed_at",
    "left_at",
    "tier_ends_at",
    "network",
    "source",
    "reason",
    "repeats",
)
EXAMPLES = 10  # people shown as they were understood
_EXAMPLE_COLUMNS = (
    "address",
    "first_name",
    "last_name",
    "status",
    "tier",
    "tags",
    "attributes",
    "zone",
    "language",
    "joined_at",
    "confirmed_at",
    "left_at",
    "tier_ends_at",
)
_REQUIRED_COLUMNS = ("key", "line", "address", "status", "repeats")
_CREATE_TABLES = """
    CREATE TABLE stage ({columns}, PRIMARY KEY (key)) WITHOUT ROWID;
    CREATE TABLE bad (line, field, value, reason);
    CREATE TABLE meta (document);
"""
# Of the rows that name one address the first counts, its gaps filled by later ones, with the strongest status of all.
_INSERT_ROW = """
    INSERT INTO stage VALUES ({marks})
    ON CONFLICT (key) DO UPDATE SET status = max(status, excluded.status), repeats = repeats + 1{fills}
"""
_FILL_GAP = ", {0} = CASE {0} WHEN '' THEN excluded.{0} ELSE {0} END"
# Which columns a meaning needs, where it is not the one with its name.
_COLUMNS_BY_TARGET = {
    "name": ("first_name", "last_name"),
    "zone_if_known": ("zone",),
    "plan": ("tier",),
    "paying": ("tier",),
    "comp_if_yes": ("tier",),
    "paid_if_any": ("tier",),
    "tier_until": ("tier_ends_at",),
    "tag_if_yes": ("tags",),
    "attribute": ("attributes",),
    "left": ("left_at",),
    "bounced": ("left_at",),
    "complained": ("left_at",),
    "confirmed": ("confirmed_at",),
}


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the importer decides about a file: what its columns are, which state its rows or words mean."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)
    overwrite: bool = False
    tiers: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)  # of columns, whether day or month is first
    other_columns: str = ""  # what those become that only have few different values: attribute or ignore
    own_tiers: Mapping[str, str] = field(default_factory=dict)  # the newsroom's: no answer, and not kept with them

    def select_for(self, header: Sequence[str]) -> ImportOptions:
        """What of these options is about the columns of one table."""
        there = {name.casefold() for name in header}
        mapping = {name: target for name, target in self.mapping.items() if name.strip().casefold() in there}
        dates = {name: order for name, order in self.dates.items() if name.strip().casefold() in there}
        return replace(self, mapping=mapping, dates=dates)

    def add_answers(self, given: ImportOptions) -> ImportOptions:
        """These options with more answers: what was answered before stays, unless it is answered again."""
        return ImportOptions(
            {**self.mapping, **given.mapping},
            given.status or self.status,
            {**self.statuses, **given.statuses},
            given.overwrite,
            {**self.tiers, **given.tiers},
            {**self.dates, **given.dates},
            given.other_columns or self.other_columns,
        )


@dataclass(frozen=True, slots=True)
class StagedFile:
    """What a file holds. `rows` are its records; `people` the addresses among them, each once."""

    tool: str
    title: str
    columns: Sequence[Sequence[str]]  # name, what it is
    note: str
    rows: int
    people: int
    refused: int
    skipped: int
    bad: Sequence[Sequence[Any]]  # the first of the bad rows
    flags: Mapping[str, Any]  # kind → {"count": n, "first": [[line, address, meant], …]}
    tags: Sequence[str]
    attributes: Mapping[str, str]  # slug → name
    undated: int = 0  # people without any date of consent
    examples: Sequence[Mapping[str, str]] = ()  # the first people as they were understood
    samples: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of each column, the first different values


SAMPLES, LONGEST_SAMPLE = 3, 60  # values of a column that are shown, and characters of each


def stage_file(
    stream: BinaryIO,
    work: Path,
    *,
    name: str,
    options: ImportOptions,
    kinds: Mapping[str, tuple[str, Sequence[str]]],
    progress: Callable[[int], object] | None = None,
) -> StagedFile:
    """Reads a whole file into a new work file. Raises BadInput for one that cannot be taken, SurroundingsError.

    `progress` hears of rows read. `kinds` are the attributes there are (see rows.RowParser).
    """
    with open_tables(stream, name) as tables:
        surveyed = [
            (table, survey_columns(columns.name_columns(table.header), table.records, progress=progress))
            for table in tables
        ]
    left_out = _list_tables_of_nobody(surveyed)
    surveyed = [each for index, each in enumerate(surveyed) if index not in left_out]
    layouts = recognise_layouts(surveyed, options)
    parsers = [
        RowParser(
            layout, kinds, questions.decide_date_orders(layout, survey), questions.decide_languages(layout, survey)
        )
        for layout, (_, survey) in zip(layouts, surveyed, strict=True)
    ]
    work.unlink(missing_ok=True)
    with _open_work_file(work) as database, open_tables(stream, name) as tables:
        used = _list_used_columns(layouts)
        picked = itemgetter(*(COLUMNS.index(name) for name in used))
        statement = _INSERT_ROW.format(
            marks=", ".join("?" * len(used)),
            fills="".join(_FILL_GAP.format(name) for name in used if name not in _REQUIRED_COLUMNS),
        )
        database.executescript(_CREATE_TABLES.format(columns=", ".join(f"{name} NOT NULL" for name in used)))
        found = _RowSorter(layouts)
        kept = (table for index, table in enumerate(tables) if index not in left_out)
        for parser, table in zip(parsers, kept, strict=True):
            while part := list(islice(table.records, ROWS_PER_WRITE)):
                # In order: what is near in the file of the tree is written together.
                where = f"{table.name}: " if len(surveyed) > 1 else ""
                good = sorted(found.sort_rows(parser.parse_rows(iter(part)), where))
                with database:
                    database.executemany(statement, map(picked, good))
                    database.executemany("INSERT INTO bad VALUES (?, ?, ?, ?)", found.take_new_bad_rows())
                if progress:
                    progress(len(part))
            parser.refuse_unknown_words()
        people = database.execute("SELECT count(*) FROM stage").fetchone()[0]
        dates = [name for name in ("joined_at", "confirmed_at") if name in used]
        undated = " AND ".join(["status = 0", *(f"{name} = ''" for name in dates)])
        staged = replace(
            found.to_staged_file(people, {zone: n for parser in parsers for zone, n in parser.unknown_zones.items()}),
            undated=database.execute(f"SELECT count(*) FROM stage WHERE {undated}").fetchone()[0],
            examples=_read_examples(database, used),
            samples=_list_samples(survey for _, survey in surveyed),
        )
        notes = [staged.note, *(f"“{name}” has no addresses and is left out." for name in left_out.values())]
        if not options.status:
            notes += _describe_states_of_tables(surveyed, layouts)
        staged = replace(staged, note=" ".join(filter(None, notes)))
        with database:
            database.execute("INSERT INTO meta VALUES (?)", [json.dumps(_to_document(staged))])
    return staged


def _list_samples(surveys: Iterable[FileSurvey]) -> dict[str, list[str]]:
    """The first different values of each column, by its name."""
    samples: dict[str, list[str]] = {}
    for survey in surveys:
        for column in survey.columns:
            first = [value[:LONGEST_SAMPLE] for value in islice(column.values, SAMPLES)]
            samples.setdefault(column.name, first)
    return samples


def _describe_states_of_tables(surveyed: Sequence[tuple[Table, FileSurvey]], layouts: Sequence[Layout]) -> list[str]:
    """Of the tables in a file, those whose name says in which state all its people are."""
    return [
        f"By its name all in “{table.path}” are {layout.status}."
        for (table, _), layout in zip(surveyed, layouts, strict=True)
        if layout.tool.name != "mailchimp" and layout.status not in ("", SubscriptionState.ACTIVE)
    ]


def _list_tables_of_nobody(surveyed: Sequence[tuple[Table, FileSurvey]]) -> dict[int, str]:
    """Which tables of a file hold no address, by place and name: a legend beside the list. None if none holds any."""
    found = {
        index: table.name
        for index, (table, survey) in enumerate(surveyed)
        if not any("@" in cell for seen in survey.columns for cell in (seen.name, *seen.raw))
    }
    return found if len(found) < len(surveyed) else {}


def recognise_layouts(surveyed: Sequence[tuple[Table, FileSurvey]], options: ImportOptions) -> list[Layout]:
    """What the columns of each table of a file are. Raises BadInput, and UnansweredError with all questions at once."""
    if len(surveyed) == 1:
        ((table, survey),) = surveyed
        return [recognise_layout(table.header, survey, table.name, options, within=table.within)]
    columns.check_mapping(
        options.mapping, [name for table, _ in surveyed for name in columns.name_columns(table.header)]
    )
    told: list[tuple[Table, FileSurvey, Layout]] = []
    asked: dict[tuple[str, str], Question] = {}
    for table, survey in surveyed:
        try:
            own = options.select_for(columns.name_columns(table.header))
            layout = recognise_layout(table.header, survey, table.name, own, within=table.within, among_others=True)
            told.append((table, survey, layout))
        except questions.UnansweredError as unanswered:
            for each in unanswered.questions:
                asked.setdefault((each.kind, each.column), replace(each, reason=f"{table.name}: {each.reason}"))
        except BadInput as error:
            raise BadInput(f"{table.name}: {error}", error.field) from None
    if not options.status and (which := _ask_what_tables_are(told)):
        asked[which.kind, which.column] = which
    if asked:
        raise questions.UnansweredError([*asked.values()])
    return [_apply_answer(table, layout) for table, _, layout in told]


def _ask_what_tables_are(told: Sequence[tuple[Table, FileSurvey, Layout]]) -> Question | None:
    """The question which of several tables hold those who want mail, where that only their names can say.

    None where all are called alike (part 1, part 2), or one is left when the others say that theirs are out.
    """
    doubtful = [
        (table, survey)
        for table, survey, layout in told
        if layout.status == SubscriptionState.ACTIVE
        and layout.tool.name != "mailchimp"
        and not layout.find_table_answer(table.path)
    ]
    unknown = [(table, survey) for table, survey in doubtful if not names_active(table.name)]
    kinds = {("".join(filter(str.isalpha, table.path.casefold())), table.hidden) for table, _ in unknown}
    if not kinds or (len(kinds) == 1 and len(unknown) == len(doubtful)):
        return None
    values = tuple(AskedValue(table.path, survey.rows) for table, survey in unknown)
    return Question(QuestionKind.WORDS, TABLE, "Its name does not say whether those in it want mail.", values)


def _apply_answer(table: Table, layout: Layout) -> Layout:
    answer = layout.find_table_answer(table.path)
    return replace(layout, status=answer) if answer and layout.status == SubscriptionState.ACTIVE else layout


def recognise_layout(
    header: Sequence[str],
    survey: FileSurvey,
    name: str,
    options: ImportOptions,
    *,
    within: Sequence[str] = (),
    among_others: bool = False,
) -> Layout:
    """What the columns of a table are. Raises BadInput, and UnansweredError where only the importer can say it."""
    mapping = dict(options.mapping)
    for _ in range(2):
        layout = columns.recognise_columns(
            header,
            name=name,
            within=within,
            sample=survey.sample,
            mapping=mapping,
            status=options.status,
            statuses=options.statuses,
            tiers=options.tiers,
            own_tiers=options.own_tiers,
            date_orders=options.dates,
            among_others=among_others,
        )
        asked = questions.find_questions(layout, survey)
        others = [each.column for each in asked if not each.surely]
        if not options.other_columns or not others:
            break
        mapping |= dict.fromkeys(others, options.other_columns)
    if asked:
        raise questions.UnansweredError(asked)
    empty = frozenset(index for index, seen in enumerate(survey.columns) if not seen.filled)
    return columns.limit_attributes(layout, empty, leave_out=options.other_columns == "ignore")


def _read_examples(database: sqlite3.Connection, used: Sequence[str]) -> list[dict[str, str]]:
    """The people of the first lines as they were understood: what is known of each, with their state."""
    shown = [name for name in _EXAMPLE_COLUMNS if name in used]
    rows = database.execute(f"SELECT {', '.join(shown)} FROM stage ORDER BY line LIMIT {EXAMPLES}")
    states = {strength: str(state) for state, strength in STRENGTH.items()}
    return [
        {
            name: states[value] if name == "status" else str(value)
            for name, value in zip(shown, row, strict=True)
            if value != ""
        }
        for row in rows
    ]


def load_staged(work: Path) -> StagedFile | None:
    """What a work file holds, if it is there and whole."""
    if not work.exists():
        return None
    try:
        with _open_work_file(work) as database:
            row = database.execute("SELECT document FROM meta").fetchone()
    except (sqlite3.Error, SurroundingsError):
        return None
    return StagedFile(**json.loads(row[0])) if row else None


def _list_used_columns(layouts: Sequence[Layout]) -> list[str]:
    """The columns that tables of these layouts can fill: the others need not be written and read a million times."""
    needed = {*_REQUIRED_COLUMNS, *(("tier",) if any(layout.tool.name == "buttondown" for layout in layouts) else ())}
    for column in (column for layout in layouts for column in layout.columns):
        needed |= {*_COLUMNS_BY_TARGET.get(column.target, (column.target,))}
    return [name for name in COLUMNS if name in needed]


def list_columns(work: Path) -> list[str]:
    """The columns of the rows in a work file; those that are not there are empty."""
    with _open_work_file(work) as database:
        return [row[1] for row in database.execute("PRAGMA table_info(stage)")]


def read_chunks(work: Path, *, after: str, size: Callable[[], int]) -> Iterator[list[tuple[Any, ...]]]:
    """The people of a work file behind the key `after`, in chunks of as many as `size` returns each time.

    A row has the `list_columns` of the file, the key first.
    """
    with _open_work_file(work) as database:
        while part := database.execute(
            "SELECT * FROM stage WHERE key > ? ORDER BY key LIMIT ?", [after, size()]
        ).fetchall():
            yield part
            after = part[-1][0]


def read_bad_rows(work: Path) -> Iterator[BadRow]:
    """Every bad row of the file."""
    with _open_work_file(work) as database:
        yield from (BadRow(*row) for row in database.execute("SELECT * FROM bad ORDER BY line"))


class _RowSorter:
    """Sorts what comes out of a file: good rows to stage, bad ones, skipped ones, odd ones."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self._layouts = layouts
        self._rows = self._refused = self._skipped = 0
        self._bad: list[BadRow] = []
        self._fresh: list[BadRow] = []
        self._flags: dict[str, dict[str, Any]] = {}
        self._tags: dict[str, None] = {}
        self._last_tags = ""
        self._attributes = {c.attribute: c.name for layout in layouts for c in layout.columns_for("attribute")}
        self._documents = any(layout.columns_for("attributes") for layout in layouts)

    def sort_rows(self, rows: Iterator[Row | BadRow | SkippedRow], where: str) -> Iterator[tuple[Any, ...]]:
        """The good rows as they are staged. `where` stands before the field of bad ones: which table they are in."""
        for row in rows:
            self._rows += 1
            if type(row) is Row:
                yield self._to_staged(row)
            elif isinstance(row, BadRow):
                self._refused += 1
                placed = row._replace(field=f"{where}{row.field}")
                self._fresh.append(placed)
                if len(self._bad) < MOST_SHOWN:
                    self._bad.append(placed)
            else:
                self._skipped += 1

    def take_new_bad_rows(self) -> list[BadRow]:
        fresh, self._fresh = self._fresh, []
        return fresh

    def _to_staged(self, row: Row) -> tuple[Any, ...]:
        (
            line,
            address,
            first_name,
            last_name,
            zone,
            language,
            status,
            tier,
            tags,
            attributes,
            joined_at,
            confirmed_at,
            left_at,
            tier_ends_at,
            network,
            source,
            reason,
            sendable,
        ) = row
        key = addresses.to_key(address)
        kind, meant = ("quarantined", "") if not sendable else address_quality.assess_address(address)
        if kind:
            self._flag(kind, line, address, meant)
        if tags and tags != self._last_tags:
            self._last_tags = tags
            self._tags.update(_parse_tags(tags))
        if attributes and self._documents:
            self._attributes.update((name, name) for name in json.loads(attributes) if name not in self._attributes)
        return (
            key,
            line,
            address,
            first_name,
            last_name,
            zone,
            language,
            STRENGTH[status],
            tier,
            tags,
            attributes,
            f"{joined_at:%Y-%m-%d %H:%M:%S}" if joined_at else "",
            f"{confirmed_at:%Y-%m-%d %H:%M:%S}" if confirmed_at else "",
            f"{left_at:%Y-%m-%d %H:%M:%S}" if left_at else "",
            f"{tier_ends_at:%Y-%m-%d %H:%M:%S}" if tier_ends_at else "",
            network,
            source,
            reason,
            0,
        )

    def _flag(self, kind: str, line: int, address: str, meant: str) -> None:
        flag = self._flags.setdefault(kind, {"count": 0, "first": []})
        flag["count"] += 1
        if len(flag["first"]) < MOST_SHOWN:
            flag["first"].append([line, address, meant])

    def to_staged_file(self, people: int, unknown_zones: Mapping[str, int]) -> StagedFile:
        if len(self._tags) > 10_000:
            raise BadInput(
                f"The file has {len(self._tags)} different tags; 10,000 are the most. Is it the right column?", "map"
            )
        tools = [*dict.fromkeys(layout.tool.name for layout in self._layouts)]
        titles = dict.fromkeys(layout.tool.title for layout in self._layouts)
        notes = dict.fromkeys(layout.tool.note for layout in self._layouts)
        meanings = {
            c.name: f"attribute:{c.attribute}" if c.target == "attribute" else c.target
            for layout in self._layouts
            for c in layout.columns
        }
        return StagedFile(
            tool=tools[0],
            title=", ".join(titles),
            columns=[[name, meaning] for name, meaning in meanings.items()],
            note=" ".join(filter(None, (*notes, _describe_zones(unknown_zones)))),
            rows=self._rows,
            people=people,
            refused=self._refused,
            skipped=self._skipped,
            bad=[list(row) for row in self._bad],
            flags=self._flags,
            tags=list(self._tags),
            attributes=self._attributes,
        )


@lru_cache(maxsize=4096)
def _parse_tags(document: str) -> Mapping[str, None]:
    return dict.fromkeys(json.loads(document))


def _describe_zones(unknown: Mapping[str, int]) -> str:
    if not unknown:
        return ""
    return (
        f"{sum(unknown.values())} have a time zone we do not know ({', '.join([*unknown][:5])}) and are imported "
        "without one."
    )


def _to_document(staged: StagedFile) -> dict[str, Any]:
    return {name: getattr(staged, name) for name in StagedFile.__slots__}


@contextmanager
def _open_work_file(work: Path) -> Iterator[sqlite3.Connection]:
    """The work file, without the durability it does not need: it can be rebuilt."""
    try:
        database = sqlite3.connect(work)
        try:
            os.chmod(work, 0o600)
            database.execute("PRAGMA synchronous = OFF")
            database.execute("PRAGMA journal_mode = MEMORY")
            database.execute("PRAGMA cache_size = -49152")  # 48 MB
            yield database
        finally:
            database.close()
    except (sqlite3.Error, OSError) as error:
        raise SurroundingsError(
            f"The work file of the import, {work.name}, cannot be written or read: {error}. Is the disk full?"
        ) from error


def keep_file(stream: BinaryIO, path: Path) -> tuple[str, int]:
    """Copies a file to keep it; its SHA-256 and its size. Raises BadInput when it is too large, SurroundingsError."""
    stream.seek(0)
    digest, size = hashlib.sha256(), 0
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as copy:
            while part := stream.read(2**20):
                size += len(part)
                if size > LARGEST_FILE:
                    raise BadInput(f"The file is larger than {LARGEST_FILE // 2**20} MB. Split it.", "file")
                digest.update(part)
                copy.write(part)
    except OSError as error:
        raise SurroundingsError(f"The file cannot be kept in {path.parent.name}: {error.strerror}.") from error
    return digest.hexdigest(), size
