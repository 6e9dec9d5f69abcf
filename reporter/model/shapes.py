"""The shape of every frame that passes from one room to another; and of what a source offers and is not on record.

A column's suffix is its unit: `_on` a civil date, `_at` an instant in UTC, `_hours` and `_days` numbers, `_share` a
number from 0 to 1, `is_`, `was_`, `covers_` truth. The rules use the same names.

Not on record are drafts nobody has confirmed, and items nobody could understand.

What a column of a closed list may hold, kinds of permits, applications and letters with the rest, is in `values.toml`.
"""

from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files

import pandas as pd
import pyarrow as pa
import tomli
from msgspec import Struct, field
from pandas import DataFrame, Series

from reporter.errors import ShapeError

DTYPES = {
    "text": "str",
    "label": "category",  # few values, many rows
    "date": "datetime64[us]",
    "instant": "datetime64[us, UTC]",
    "hours": "float64",
    "days": "float64",
    "share": "float64",
    "truth": "bool",
    "count": "int64",
}
# Most frames are small: a step on one of texts that are objects of Python costs a tenth of a step on one of Arrow's.
pd.set_option("mode.string_storage", "python")
# Arrow's own pool keeps what it once had: of a run over many people, a fifth of all its memory.
pa.set_memory_pool(pa.system_memory_pool())
_DTYPES = {kind: pd.api.types.pandas_dtype(name) for kind, name in DTYPES.items()}  # to read a name takes long
_EMPTY = dict.fromkeys(("hours", "days", "share"), "float64")


DRAFT, REFUSED, SETTLED, ACCEPTED = "draft", "refused", "settled", "accepted"
UNSPECIFIED = "unspecified"
"""The service of an outage that names none (see services.toml): it counts for none until somebody says for which."""
UNDATED = "notice-now-"
"""How the id of an outage begins whose notice gives no time of its own: it is down at the moment of a look."""
OPEN_FATES = (DRAFT, REFUSED)
UNPLACED = ("source_component_unmapped", "source_component_missing", "outage_services_unknown",
            "outage_services_missing", "notice_service_unknown")  # fmt: skip
"""Why an outage that is on record is open all the same: nobody knows for which service it counts."""
FATES = ("entered", "unchanged", DRAFT, REFUSED, SETTLED)
"""How each item that a source offers may end; an account names them all."""


class Column(Struct, frozen=True):
    """One column: its name, its kind (a key of DTYPES) and what it means."""

    name: str
    kind: str
    meaning: str


class Shape(Struct, frozen=True, dict=True):
    """A frame's columns, in order."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """The column names, in order."""
        return [column.name for column in self.columns]

    def of_kind(self, kind: str) -> list[str]:
        """The names of the columns of one kind."""
        return [column.name for column in self.columns if column.kind == kind]

    def empty(self) -> DataFrame:
        """A frame of this shape without rows."""
        return self._without_rows.copy()

    @cached_property
    def _without_rows(self) -> DataFrame:
        return DataFrame({c.name: pd.Series(dtype=_DTYPES[c.kind]) for c in self.columns})

    def blank(self, index: "pd.Index[int]") -> DataFrame:
        """So many rows with nothing in them: no text, no date, not true, an empty label."""
        fill = {"text": None, "truth": False, "label": "", "count": 0, "date": pd.NaT, "instant": pd.NaT}
        whole = DataFrame({c.name: [fill.get(c.kind, float("nan"))] * len(index) for c in self.columns}, index=index)
        dated = whole.assign(**{n: pd.to_datetime(whole[n], utc=True) for n in self.of_kind("instant")})
        return dated.astype({c.name: DTYPES[c.kind] for c in self.columns})

    def cast(self, frame: DataFrame) -> DataFrame:
        """The frame with exactly these columns, in order and of the right kind; absent ones are empty."""
        found = frame.dtypes.to_dict()
        missing = [column for column in self.columns if column.name not in found]
        nothing = {kind: _nothing(kind, frame.index) for kind in {column.kind for column in missing}}
        whole = frame.assign(**{column.name: nothing[column.kind] for column in missing})[self.names]
        wrong = [c for c in self.columns if c.name in found and not _is_of(found[c.name], c.kind)]
        return whole.assign(**{c.name: whole[c.name].astype(_DTYPES[c.kind]) for c in wrong}) if wrong else whole


def _nothing(kind: str, index: "pd.Index[int]") -> Series:
    return pd.Series(None, index=index, dtype=_EMPTY.get(kind, "object")).astype(_DTYPES[kind])


def _is_of(found: object, kind: str) -> bool:
    is_label = isinstance(found, pd.CategoricalDtype)
    return is_label if kind == "label" else bool(found == _DTYPES[kind])


def require(frame: DataFrame, shape: Shape) -> DataFrame:
    """The frame itself, when it has the columns of the shape and their kinds; else a ShapeError."""
    found = frame.dtypes.to_dict()
    for column in shape.columns:
        if column.name not in found:
            raise ShapeError(f"{shape.name} has no column {column.name}")
        if not _is_of(found[column.name], column.kind):
            raise ShapeError(f"{shape.name}.{column.name} is {found[column.name]}, not {DTYPES[column.kind]}")
    return frame


SAME_WORDS = {"second_application_outcome": "application_outcome", "second_application_kind": "application_kind"}
"""Columns that hold the words of another."""


@cache
def value_spellings() -> Mapping[str, Mapping[str, list[str]]]:
    """Every closed list of `values.toml`: its words, and for each the ways to spell it."""
    return tomli.loads((files("reporter.model") / "values.toml").read_text("utf-8"))


def column_words(column: str) -> tuple[str, ...]:
    """The words that a column may hold; none where it may hold any text."""
    return tuple(value_spellings().get(SAME_WORDS.get(column, column), ()))


def shape(name: str, text: str) -> Shape:
    """A shape written as a table: one line a column, with its name, its kind and its meaning.

    A meaning `{words}` is the words that the column may hold.
    """
    lines = (line.split(None, 2) for line in text.strip().splitlines())
    return Shape(name, tuple(Column(of, kind, _meant(of, meaning)) for of, kind, meaning in lines))


def _meant(column: str, meaning: str) -> str:
    if "{words}" not in meaning:
        return meaning
    *words, last = column_words(column)
    return meaning.replace("{words}", f"{', '.join(words)} or {last}")


ROSTER = shape(
    "ROSTER",
    """
    person_id             text    the office's own key; leading zeros kept
    full_name             text    as written
    given_names           text    as written
    family_name           text    as written
    email                 text    the person's address; never written to
    population            text    {words}
    unit                  text    department, faculty or site
    contact_email         text    the office's person who gets this row's digest
    language              text    en or fr, of the contact
    province              text    two letters
    time_zone             text    IANA name
    permit_kind           text    {words}
    permit_number         text    the document's number
    permit_issued_on      date    printed date of issue
    permit_expires_on     date    printed date of expiry
    permit_expires_state  text    date, missing, no_column, no_expiry, in_process, unknown: what the expiry cell says
    must_leave_by_on      date    printed on some work permits; status ends then
    application_kind      text    {words}
    application_filed_at  instant receipt of the recorded application; of a day alone its last minute
    application_filed_from_at instant of a day alone its first moment: the receipt is between the two
    application_number    text    as written
    application_outcome   text    {words}
    application_decided_on date   day of the decision on it
    second_application_kind text  what the second application asks for, as application_kind
    second_application_number text as written
    second_application_decided_on date day of the decision on the second
    second_application_filed_at instant receipt of a second application made while the first was open or after it
    second_application_filed_from_at instant of a day alone its first moment
    second_application_outcome text {words}
    principal_id          text    of an accompanying person: the key of the one whose permit theirs rests on
    sin_expires_on        date    the expiry of a SIN record that begins with 9; never the number
    sign_in_method        text    {words}
    passport_expires_on   date    the passport's expiry
    trv_expires_on        date    the visitor visa's expiry
    eta_expires_on        date    the electronic travel authorization's expiry
    caq_expires_on        date    the Quebec acceptance certificate's expiry
    pal_expires_on        date    the attestation letter's expiry
    lmia_expires_on       date    the labour market impact assessment's expiry
    medical_expires_on    date    the medical examination's validity
    biometrics_taken_on   date    day of collection
    program_ends_on       date    expected end of studies
    completed_on          date    day the school says the program was completed
    enrolment_ended_on    date    first day the person was no longer enrolled at the school the permit names
    enrolment_status      text    {words}
    school_level          text    primary, secondary or post_secondary; empty is taken as post-secondary
    study_conditions      text    apply or exempt: whether the law asks the holder of the permit to stay enrolled
    letter_kind           text    document_request, fairness_letter, biometrics, medical… (see values.toml)
    letter_dated_on       date    date on the department's letter
    letter_due_on         date    date the letter asks for
    letter_dated_at       instant the same with its hour, where the cell tells one; for what counts to the minute
    letter_due_at         instant the same with its hour, where the cell tells one
    letter_answered_at    instant receipt of the reply to the letter
    letter_answered_from_at instant of a day alone its first moment
    document_state        text    {words}: what an order did to the permit
    travel_on             date    planned departure
    term_starts_on        date    start of the next term
    job_starts_on         date    start of the job
    date_certainty        text    clear, uncertain (an annotated cell) or ambiguous (day and month can be swapped)
    reading               text    empty, or which of two readings of an ambiguous date this row is
    source_row            text    file!sheet:row, as the spreadsheet shows it
    """,
)
OWN = shape(
    "OWN",
    """
    duty_id       text    the office's own key of one duty of the institution
    kind          text    entry of duties.toml
    sent_on       date    date on the department's request or notice
    received_on   date    day on which it was received
    due_on        date    date printed on it, or planned
    starts_on     date    first day of the employment, for what is kept from then on
    done_at       instant when it was done, by the receipt; of a day alone its last minute
    done_from_at  instant of a day alone its first moment: it was done between the two
    unit          text    department, faculty or site
    contact_email text    the office's person who gets this row's digest
    language      text    en or fr, of the contact
    sign_in_method text   {words}
    note          text    as written
    date_certainty text   clear, uncertain or ambiguous
    source_row    text    file!sheet:row, as the spreadsheet shows it
    """,
)
ROWS = shape(
    "ROWS",
    """
    source_row  text  file!sheet:row
    person_id   text  as read, may be empty
    unit        text  as read, may be empty
    contact_email text as read, may be empty
    outcome     text  one of the fates: assessed, superseded, repeated, set_aside or excluded
    rule        text  why a row was set aside or excluded: a problem code or an exclusion rule
    holder      text  person or institution: whose duty the row tells of
    """,
)
FATES_OF_ROWS = shape(
    "FATES_OF_ROWS",
    """
    source_row  text  file!sheet:row, of a row that was to be assessed and that no finding is about
    outcome     text  superseded, repeated, excluded or set_aside
    rule        text  the problem code or the exclusion rule that says why
    of          text  the row that stands for it: file!sheet:row
    ends_on     date  the end of its own permit
    later_on    date  the end of the permit it gives way to
    """,
)
CELLS = shape(
    "CELLS",
    """
    source_row  text  file!sheet:row
    outcome     text  of that row: one of the fates
    rule        text  why it was set aside or excluded
    field       text  the roster's column that the cell was read for
    header      text  the heading it stands under, as written
    address     text  the cell, as the spreadsheet shows it: F14
    said        text  what stands there, odd blanks apart; empty for an empty cell
    on          date  the date read, where the column holds dates
    other       date  the other date, where it can be read two ways
    form        text  of a date: real, iso, short, numbers or words
    order       text  dmy or mdy where the column or the settings decide the order
    doubt       text  clear, uncertain or ambiguous
    """,
)
OUTAGES = shape(
    "OUTAGES",
    """
    outage_id     text    stable id
    services      text    service ids, separated by ;
    began_at      instant first instant down
    ended_at      instant first instant up again; empty when not known to have ended
    kind          text    unplanned, planned, degraded, intermittent or security
    verification  text    official, press, user_report or unverified
    status        text    announced, ongoing, resolved or cancelled
    announced_at  instant when it was announced
    source_url    text    where it was read
    title         text    short name
    note          text    what else is known
    precision     text    minute, or day where only the day is known: all of it, or so much of it as is told
    source_row    text    file and row
    """,
)
WINDOWS = shape(
    "WINDOWS",
    """
    counted_on  date     what it counts from, by the reading that warns
    opens_at    instant  first instant at which it can be done
    closes_at   instant  first instant at which it is too late, by the reading that warns
    over_at     instant  the same by the latest reading of the text
    safe_by_at  instant  the conservative reading of the same printed date
    closes_on   date     the last day, by the reading that warns
    over_on     date     the last day, by the latest reading
    in_force_on date     the first day of the version of the rule; empty when none holds
    confidence  label    how sure the version is
    is_before_the_rule truth the date it counts from is older than every version
    is_hour_missing truth the version counts to the minute and only the day is known
    is_hour_unused truth  an hour is known and the version counts whole days
    is_carried_over truth the law carries the last day over a weekend or a holiday
    """,
)
DUTIES = shape(
    "DUTIES",
    """
    person_id      text    whose duty
    deadline       label   entry of deadlines.toml
    group          label   the group of that entry: which judgements can hold
    route          label   key of the services this person needs for it
    opens_at       instant first instant at which it can be done
    closes_at      instant first instant at which it is too late, by the reading that warns
    over_at        instant the same by the latest reading of the text; only then is it told as past
    safe_by_at     instant the conservative reading of the same printed date
    filed_at       instant the receipt instant relied on; where the hour is not recorded the latest that it can be
    filed_from_at  instant the earliest that it can be, where the hour is not recorded; else empty
    is_filed       truth   a filing is recorded
    is_filed_late  truth   the recorded filing reached the department at or after over_at, at whatever hour of its day
    """,
)
FACTS = shape(
    "FACTS",
    """
    left_hours          hours   from as_of to closes_at; negative once past
    left_days           days    calendar days from today, where the person is, to closes_on; negative once past
    past_days           days    calendar days from over_on to today, where the person is; zero before it
    window_days         days    from opens_at to closes_at
    opened_days         days    which day of the window as_of is, 1 for the first; zero before it
    lost_hours          hours   down in [opens_at, closes_at)
    lost_share          share   lost_hours / the whole window: how much of the planned lead is eaten
    lost_72h            hours   down in the last 72 hours
    lost_24h            hours   down in the last 24 hours
    lost_24h_share      share   lost_24h / 24
    lost_hours_confirmed hours  lost_hours of confirmed outages alone
    lost_72h_confirmed  hours   lost_72h of confirmed outages alone
    lost_24h_confirmed  hours   lost_24h of confirmed outages alone
    degraded_hours      hours   slow but up in [opens_at, closes_at)
    planned_hours       hours   announced down time still ahead, before closes_at
    planned_72h         hours   announced down time still ahead, in the last 72 hours
    usable_hours        hours   filing time left
    usable_hours_worst  hours   the same if an open outage lasts past closes_at
    last_safe_at        instant closes_at, or where the down time that reaches it begins
    is_past             truth   as_of has reached closes_at
    is_over             truth   as_of has reached over_at
    is_down             truth   down at as_of
    is_down_confirmed   truth   down at as_of by confirmed outages alone
    is_down_maybe       truth   down at as_of for one kind of sign-in, and the person's is not known
    is_info_down        truth   only an information service is down at as_of
    is_upstream_down    truth   a service that must do its part first is down at as_of
    covers_safe_by      truth   down at the last moment before safe_by_at
    covers_close        truth   down at the last moment before closes_at
    is_cover_open       truth   covers_close, only because an announced outage has no stated end
    was_down_at_close   truth   the same for a duty that is past
    was_down_at_filing  truth   down at the instant of the recorded filing
    all_routes_down     truth   the route and every alternative are down at as_of
    outages             label   ids of the outages that touch [opens_at, closes_at), separated by ;
    best_verification   label   official, press, user_report or unverified: the surest of those outages
    worst_verification  label   the least sure of them
    """,
)
FINDINGS = Shape(
    "FINDINGS",
    (
        *DUTIES.columns,
        *FACTS.columns,
        *shape(
            "",
            """
            counted_on     date    the date of the roster it counts from
            other_on       date    the same date in the other reading, where it can be read two ways
            closes_on      date    the last day, as printed or counted
            over_on        date    the last day by the latest reading of the text
            in_force_on    date    the first day of the version of the rule that gave the dates; empty when none did
            is_before_the_rule truth the date it counts from is older than every version of its rule
            is_hour_missing truth  the rule counts to the minute and the roster tells the day alone
            is_hour_unused truth   the roster tells an hour and the rule counts whole days
            is_carried_over truth  the law carries the last day over a weekend or a holiday, to over_on
            is_filed_in_doubt truth the recorded filing came, or may have come, at or after closes_at; and is not late
            is_filed_hour_missing truth the filing is recorded by its day alone
            stay_ends_on   date    the end of the authorized stay, over all rows of the person
            stay_over_on   date    the end of the authorized stay by the latest reading of the texts
            is_stay_over   truth   stay_over_on is past
            is_stay_in_doubt truth of a duty that comes of a missed end: a filing in doubt may carry the stay past it
            gap_days       days    days from the end of the authorized stay to closes_on
            visa_gap_days  days    days from the end of the visitor visa to counted_on
            time_zone      label   the person's zone, or the office's
            is_weekend     truth   closes_on is a Saturday, a Sunday or a federal holiday
            confidence     label   official, secondary or unverified: how sure the rule is that gave the date
            is_second_after_refusal truth a filing of the person is refused and another came after the end
            enrolment_status label {words}
            school_level   label   primary, secondary, post_secondary or empty
            study_conditions label apply, exempt or empty
            second_filing  label   how a second application stands: in_time, between, late, counted, instead or empty
            letter_kind    label   what letter is on record
            letter_days    days    from now to the date on the letter on record
            decided_days   days    from the day of the decision on the application until now
            filing_answer  label   what the filing is to it (ANSWERS in model/levels.py)
            application_kind label what the filing asks for, as recorded or as the only thing possible
            is_kind_inferred truth the kind of the filing is not recorded, and only one is possible
            seen_filed_at  instant receipt of an application on record that does not count for it
            seen_filed_from_at instant the earliest that it can be, where the hour is not recorded; else empty
            disposition    label   how the duty ended: one of DISPOSITIONS in model/levels.py
            document_need  label   next, later, used, entry, stay, itself or permit: what its date bears on
            is_replaced    truth   the person has a permit that was issued after this one
            is_earlier_event truth what ended enrolment came before the permit was issued
            is_enrolment_end_dated truth the day on which enrolment ended is recorded
            document_state label   {words}
            population     label    {words}
            permit_kind    label    {words}
            application_outcome label {words}
            sign_in_method label    {words}
            permit_expires_state label date, missing, no_column, no_expiry, in_process or unknown
            level          label    critical, high, data_problem, medium, low or none
            rule           label    the entry of risks.toml that decides
            also           label    the other entries that hold, separated by ;
            is_unverified  truth   the level was held down because the outage is not confirmed
            date_certainty label    clear, uncertain or ambiguous
            reading        text    empty, or which reading of an ambiguous date this is
            source_row     text    file!sheet:row
            holder         label   person or institution: who has the duty; of the latter, person_id is the duty's id
            """,
        ).columns,
    ),
)
ONE_PERSON, INSTITUTION = "person", "institution"
"""The holders of duties. What names none is a person's."""


def is_institution(frame: DataFrame) -> "Series[bool]":
    """Which rows tell of the institution's own duties. Takes: any frame with `holder`."""
    return (frame["holder"] == INSTITUTION).astype(bool)


def people_part(frame: DataFrame) -> DataFrame:
    """The rows about people; the frame itself where there are no others."""
    ours = is_institution(frame)
    return frame[~ours] if ours.any() else frame


def institution_part(frame: DataFrame) -> DataFrame:
    """The rows about the institution's own duties."""
    return frame[is_institution(frame)]


TOLD = shape(
    "TOLD",
    """
    level              text    critical, high, data_problem, medium, low or none
    change             text    new, worse, better, same, or empty on a first run
    person_id          text    whose duty
    full_name          text    as written in the roster
    unit               text    as written in the roster
    contact_email      text    as written in the roster
    population         text    {words}
    permit_kind        text    {words}
    deadline           text    entry of deadlines.toml
    group              text    the group of that entry: which judgements can hold
    title              text    the deadline's title in the reader's language
    is_weighed_first   truth   a licensed person or counsel says what to ask for, so that no filing is named
    closes_on          date    the last day, as printed or counted
    closes_local       text    closes_at on the person's clock, with hour and zone; just the date where nothing is filed
    over_on            date    the last day by the latest reading of the text
    over_local         text    over_at on the person's clock; just the date where nothing is filed
    safe_by_local      text    safe_by_at on the person's clock
    last_safe_local    text    last_safe_at on the person's clock; missing where nothing is filed
    reason             text    why this level, in the reader's language
    action             text    what to do next, in the reader's language
    who                text    whose turn it is, in the reader's language
    cite               text    the provision or page relied on
    link               text    where to read it
    rule               text    the entry of risks.toml that decides
    also               text    other entries that hold, separated by ;
    left_days          days    calendar days left; negative once past
    past_days          days    calendar days since over_on; zero before it
    left_hours         hours   from as_of to closes_at
    usable_hours       hours   filing time left
    usable_hours_worst hours   the same if an open outage lasts
    lost_hours         hours   down while the duty could be done
    lost_72h           hours   down in the last 72 hours
    lost_24h           hours   down in the last 24 hours
    lost_24h_share     share   lost_24h / 24
    lost_72h_confirmed hours   of lost_72h, what confirmed outages alone took
    lost_share         share   how much of the planned lead is eaten
    planned_hours      hours   announced down time still ahead, before closes_at
    planned_72h        hours   announced down time still ahead, in the last 72 hours
    opened_days        days    which day of the window it is
    window_days        days    how many days the window has
    best_verification  text    of the outages relied on, the surest
    worst_verification text    of the outages relied on, the least sure
    closes_at          instant first instant at which it is too late
    over_at            instant the same by the latest reading of the text
    safe_by_at         instant the conservative reading
    last_safe_at       instant after this, filing is no longer safe
    is_past            truth   too late by the reading that warns
    is_over            truth   too late by every reading: only then is it told as past
    is_filed           truth   a filing is recorded
    disposition        text    how the duty ended: one of DISPOSITIONS in model/levels.py
    is_down            truth   a needed service is down at as_of
    is_down_confirmed  truth   the same by confirmed outages alone
    covers_close       truth   down at the last moment before closes_at
    is_weekend         truth   the last day is a weekend day or federal holiday: no rollover assumed
    is_unverified      truth   the level was held down because the outage is not confirmed
    date_certainty     text    clear, uncertain or ambiguous
    outages            text    ids of the outages relied on, separated by ;
    relief             text    what the department granted because of them, in the reader's language; may be empty
    source_row         text    file!sheet:row
    time_zone          text    the person's zone, or the office's
    holder             text    person or institution: who has the duty; of the latter, person_id is the duty's id
    status             text    what the office decided: one of notes.STATUSES, or empty
    owner              text    who sees to it, as the office wrote it
    due_on             date    until when, as the office wrote it
    note               text    as the office wrote it
    quiet_until        date    until when the digest does not repeat it; missing when it does
    note_key           text    finds the row again when the workbook comes back, see notes.NoteKey
    """,
)
SET_ASIDE = shape(
    "SET_ASIDE",
    """
    source_row    text  file!sheet:row
    person_id     text  as read, may be empty
    unit          text  as read, may be empty
    contact_email text  as read, may be empty
    cell          text  the address, as the spreadsheet shows it
    value         text  what was found
    what          text  what is wrong and what is allowed, in the reader's language
    severity      text  error (the row is set aside) or warning (the row is assessed, with this doubt)
    """,
)
ASIDE_MARK, ASIDE_HEADER_ROW = "reporter: set aside", 3
"""In cell A1 of a sheet of set-aside.xlsx: it holds rows of the roster named in C1; E1 tells the order its date columns
proved. The headings stand in that row."""
EVENTS = shape(
    "EVENTS",
    """
    recipient    text    slug of whoever has the event in their calendar
    uid          text    the event's own id; the same for one duty in every run
    sequence     count   grows when the event changes, and only then
    starts_at    instant where it stands
    mark         text    digest of what it says; another mark is a changed event
    is_cancelled truth   it stood in an earlier calendar, and is taken back
    """,
)
RULES = shape(
    "RULES",
    """
    part       text  deadline, service, risk, state or yardstick
    id         text  the entry's name
    title      text  in the reader's language
    says       text  the rule in a plain sentence
    level      text  for a risk: its level
    cite       text  the provision or page
    link       text  where to read it
    read_on    text  the day somebody last read it
    basis      text  for a deadline or a state: regulation, letter, invitation, document, policy or office
    confidence text  official, secondary or unverified
    own        text  what this office added, changed or switched off; empty for a rule as it ships
    """,
)
WHY = shape(
    "WHY",
    """
    level           text    critical, high, data_problem or medium
    person_id       text    whose duty
    title           text    the deadline's title in the reader's language
    cell            text    where the date stands that it counts from; the row where it comes of several cells
    counted_on      date    the date read there
    date_certainty  text    clear, uncertain or ambiguous
    in_force        text    the entry of deadlines.toml and the first day of its version
    law             text    the cite of that version
    link            text    where to read it
    stay            text    when the person's stay ends and how that came about; empty where no date says
    closes_on       date    the last day
    closes_at       instant first instant at which it is too late
    closes_local    text    the same on the person's clock
    last_safe_local text    after this, filing is no longer safe, on the person's clock
    outages         text    ids of the outages relied on
    rule            text    the entry of risks.toml that decides
    conditions      text    its tests with the values that meet them, in the reader's language
    also            text    other entries that hold
    cite            text    the provision or page that the judgement relies on
    """,
)
STEPS = shape(
    "STEPS",
    """
    person_id    text   whose stay
    reading      text   empty, or which reading of an ambiguous date
    source_row   text   file!sheet:row of the date
    number       count  1 for the first step of a person
    what         text   printed, leave_by, counted, two_permits, several, limit, decision or passport
    deadline     text   entry of deadlines.toml that gives the date, or empty
    column       text   the roster's column it comes of
    counted_on   date   the date that stands there
    on           date   the date that this comes to
    stay_ends_on date   the end of the person's authorized stay, by the careful reading
    stay_over_on date   the same by the latest reading of the texts
    is_deciding  truth  this date is that end
    cite         text   the provision
    """,
)
"""How the end of each authorized stay came about, a row a date."""
EVIDENCE = shape(
    "EVIDENCE",
    """
    finding      count   the number of the finding, in the index of FINDINGS and TOLD
    outage_id    text    an outage it relies on
    began_at     instant where the overlap with [opens_at, closes_at) begins
    ended_at     instant where it ends
    hours        hours   its length
    hours_72h    hours   what of the outage lies in the last 72 hours before closes_at
    hours_24h    hours   the same for the last 24 hours
    covers_close truth   the outage begins before closes_at and ends at or after it
    """,
)
CHANGES = shape(
    "CHANGES",
    """
    change      text  new, worse, better, gone, off_roster (gone with its person) or unread (its roster failed)
    person_id   text  whose duty
    deadline    text  entry of deadlines.toml
    was_level   text  at the last run; empty when new
    level       text  now; empty when gone
    was_closes_at instant at the last run
    closes_at   instant now
    holder      text  person or institution: who has the duty
    """,
)
DEPARTED = shape(
    "DEPARTED",
    """
    person_id text    who was at High or worse with a reader that has them no more
    deadline  text    entry of deadlines.toml: their worst duty in that reader's last report
    level     text    its level there
    closes_at instant first instant at which it is too late, as that report had it
    reader    text    who had them, see `reader_key`
    is_listed truth   the roster has them still, with another reader
    """,
)
CAUSES = shape(
    "CAUSES",
    """
    start      text   what the first step is: roster, rules, outages, or several joined by _ that cannot be told apart
    by_start   count  steps of level by it; up is worse
    by_time    count  steps by the time passed
    by_outages count  steps by outages added or amended
    """,
)
OPEN = shape(
    "OPEN",
    """
    item_id    text    names the item in the queue
    first_at   instant when it was first met
    fate       text    draft, or refused
    source     text    a file's name, or an address without a password
    place      count   the row or line there; 0 for the source as a whole
    code       text    an entry of problems/*.toml: why it is not on record; empty for a plain draft
    details    text    JSON: what fills that sentence
    words      text    of the source
    outage_id  text    under which it would stand on record; empty where that is not known
    services   text    of a draft: ids separated by ;
    began_at   instant of a draft
    ended_at   instant of a draft; missing where the end is not known; without a time of its own, when it was last seen
    """,
)


class OpenItem(Struct, frozen=True):
    """One item a source offers that is not on record by its being read: somebody has to see to it.

    `fate` is draft (read, to be confirmed; `outage_id` is its row of OUTAGES) or refused (not understood). `code` is
    the problem that says why, empty where nothing is wrong; `row` is where it stands, `text` its own words. `key` is
    what the record goes by at its source, so that it is the same item next week, whatever else is said in it by then.
    """

    fate: str
    code: str
    text: str
    row: int = 0
    outage_id: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
