"""The shapes of what is told to a reader, in one language; the others are in columns.py."""

from reporter.model.columns import shape

TOLD = shape(
    "TOLD",
    """
    level              text    critical, high, data_problem, medium, low or none
    change             text    new, worse, better, same, or empty on a first run
    person_id          text    whose duty
    full_name          text    as written in the roster
    unit               text    as written in the roster
    contact_email      text    as written in the roster
    population         text    student, worker or visitor
    permit_kind        text    study, work, pgwp, visitor, trp or none
    deadline           text    entry of deadlines.toml
    title              text    the deadline's title in the reader's language
    closes_on          date    the last day, as printed or counted
    closes_local       text    closes_at on the person's clock, with hour and zone; just the date where nothing is filed
    safe_by_local      text    safe_by_at on the person's clock
    last_safe_local    text    last_safe_at on the person's clock; missing where nothing is filed
    reason             text    why this level, in the reader's language
    action             text    what to do next, in the reader's language
    who                text    whose turn it is, in the reader's language
    cite               text    the provision or page relied on
    link               text    where to read it
    rule               text    the entry of risks.toml that decides
    also               text    other entries that hold, separated by ;
    left_days          days    whole days left; negative once past
    left_hours         hours   from as_of to closes_at
    usable_hours       hours   filing time left
    usable_hours_worst hours   the same if an open outage lasts
    lost_hours         hours   down while the duty could be done
    lost_72h           hours   down in the last 72 hours
    lost_24h           hours   down in the last 24 hours
    lost_24h_share     share   lost_24h / 24
    lost_share         share   how much of the planned lead is eaten
    planned_hours      hours   announced down time still ahead, before closes_at
    planned_72h        hours   announced down time still ahead, in the last 72 hours
    opened_days        days    which day of the window it is
    window_days        days    how many days the window has
    best_verification  text    of the outages relied on, the surest
    worst_verification text    of the outages relied on, the least sure
    closes_at          instant first instant at which it is too late
    safe_by_at         instant the conservative reading
    last_safe_at       instant after this, filing is no longer safe
    is_past            truth   too late already
    is_filed           truth   a filing is recorded
    is_down            truth   a needed service is down at as_of
    covers_close       truth   down at the last moment before closes_at
    is_weekend         truth   the last day is a weekend day or federal holiday: no rollover assumed
    is_unverified      truth   the level was held down because the outage is not confirmed
    date_certainty     text    clear, uncertain or ambiguous
    outages            text    ids of the outages relied on, separated by ;
    relief             text    what the department granted because of them, in the reader's language; may be empty
    source_row         text    file!sheet:row
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
    change      text  new, worse, better or gone
    person_id   text  whose duty
    deadline    text  entry of deadlines.toml
    was_level   text  at the last run; empty when new
    level       text  now; empty when gone
    was_closes_at instant at the last run
    closes_at   instant now
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
