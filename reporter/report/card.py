"""The lines of a card: what, until when, why, what to do, how sure, since when, who was told, what would change it.

Pure. No field, rule or file of the program is named here; the chain in `trace.py` names them all.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import Any

import pandas as pd
from pandas import Timedelta, Timestamp

from reporter.model.levels import level_word
from reporter.model.problem import Problem
from reporter.model.rulebook import Deadline, OwnDuty
from reporter.report.mail.rows import AskedAt, standing_of
from reporter.report.trace import Counterfactual, Step, TraceContext, holding_risks, in_force
from reporter.rules.law import law_changes
from reporter.rules.wording import service_phrase
from reporter.text import formats
from reporter.text.catalogue import count_sentence, words
from reporter.text.time_zones import zone

MINUTE = Timedelta(minutes=1)
Line = tuple[str, str]
"""A label and what stands beside it; no label for a line of its own."""
Facts = Mapping[Any, Any]
MOST_ALSO, MOST_TOLD = 2, 2
WHOSE = ("unit", "contact_email")
END = "permit_expires_on"
"""Which date is missing where a duty counts from none."""


def card_heading(finding: Facts, known: TraceContext) -> str:
    """The level, who and what."""
    return " · ".join([level_word(finding["level"], known.language), str(finding["person_id"]), finding["title"]])


def duty_lines(finding: Facts, known: TraceContext, at: AskedAt) -> Iterator[Line]:
    """What follows from the duty alone: until when, why, and what is to be done by whom."""
    w = words("card", known.language)
    yield w["until"], standing_of(finding, at)
    yield (
        w["why"],
        (finding["reason"] or w["no_reason"]) + law_changes(_cites(finding, known), known.rulebook.law, known.language),
    )
    action = " ".join(text for text in (finding["action"], finding["relief"]) if text) or w["no_action"]
    turns = known.rulebook.risk(finding["rule"]).who if finding["rule"] else ()
    who = ", ".join(w[f"turn_{name}"] for name in turns)
    yield w["do"], w["whose_turn"].format(who=who, action=action) if who else action


def _cites(finding: Facts, known: TraceContext) -> Iterator[str]:
    """The law of the version that holds, and of every judgement that does."""
    yield in_force(known.rulebook.deadlines[finding["deadline"]], finding["in_force_on"]).cite
    yield from (known.rulebook.risk(name).cite for name in holding_risks(finding) if name)


def surety_line(
    finding: Facts, unconfirmed: Sequence[str], known: TraceContext, *, has_record: bool, is_brief: bool = False
) -> Line:
    """How sure the date, the outages and the way in are.

    Takes: has_record - an outage record was read; is_brief - without the cell of the date.
    """
    w = words("card", known.language)
    outages = _outages_said(finding, unconfirmed, known) if has_record else [w["outages_absent"]]
    return w["sure"], formats.join_phrases([_date_said(finding, known, is_brief=is_brief), *outages], known.language)


def _date_said(finding: Facts, known: TraceContext, *, is_brief: bool) -> str:
    w, is_missing = words("card", known.language), pd.isna(finding["counted_on"])
    doubt = w["date_missing" if is_missing else f"date_{finding['date_certainty'] or 'clear'}"]
    cells = known.cells[known.cells["source_row"] == finding["source_row"]]
    ends = tuple(f"_{field}" for field in _dated_by(known.rulebook.deadlines[finding["deadline"]]))
    named = cells[("_" + cells["field"]).str.endswith(ends)].to_dict("records")
    if is_brief or not named:
        return doubt
    said = [one for one in named if one["said"]]
    cell = next((one for one in said if one["on"] == finding["counted_on"]), (said or named)[0])
    place = cell_place(cell["source_row"], cell["address"])
    return w["date_cell" if cell["said"] else "date_empty"].format(doubt=doubt, said=cell["said"], place=place)


def _dated_by(deadline: Deadline) -> tuple[str, ...]:
    """The columns that its date may come of, as a roster or the sheet of duties has them."""
    own = (deadline.printed_in, deadline.deemed_from) if isinstance(deadline, OwnDuty) else ()
    return tuple(name for name in (deadline.counts_from or END, *own) if name)


def cell_place(source_row: str, address: str) -> str:
    """A cell as somebody looks it up: its file, its sheet and its address."""
    file, _, sheet = source_row.rpartition(":")[0].partition("!")
    return ", ".join(part for part in (file, sheet, address) if part)


def step_place(step: Step) -> str:
    """Where a step of the chain stands, for somebody who looks it up: a cell, a row or the name of an outage.

    A field, a fact and the file of a rule are for programs.
    """
    if step.what == "outage":
        return step.source
    if step.what not in ("cell", "row", "problem"):
        return ""
    sheet, mark, cell = step.source.rpartition(":" if step.what == "row" else "!")
    return ", ".join(part for part in (*sheet.split("!"), cell) if part) if mark else step.source


def _outages_said(finding: Facts, unconfirmed: Sequence[str], known: TraceContext) -> Iterator[str]:
    w, language = words("card", known.language), known.language
    if not known.rulebook.deadlines[finding["deadline"]].has_filing:
        return
    count = len([name for name in str(finding["outages"]).split(";") if name])
    if not count:
        yield w["outages_none"]
        return
    yield count_sentence(w, "outages_doubtful" if unconfirmed else "outages_confirmed", count, language)
    if not finding["is_past"]:
        method = str(finding["sign_in_method"])
        yield w["sign_in_unknown"] if method == "unknown" else w["sign_in"].format(method=_method(method, known))


def _method(method: str, known: TraceContext) -> str:
    service = known.rulebook.services.get(method)
    return service.title.of(known.language) if service else words("card", known.language)["by_email"]


Dated = tuple[str, Timestamp]
"""A level or a reader, and when."""


def since_line(
    since: tuple[Timestamp | None, int],
    was: Dated | None,
    told: Sequence[Dated],
    at: AskedAt,
    *,
    is_brief: bool = False,
) -> Line:
    """Since which report it has its level, and the mails that told of it.

    Takes: since - see `standing_since`; was - the level and day of the latest report; told - slug and instant, the
    newest first; is_brief - the mails are counted, and their readers not named.
    """
    w, (first, count) = words("card", at.language), since
    if first is not None:
        text = count_sentence(w, "since_day", count, at.language, day=_day(first, at))
    elif was is not None:
        text = w["since_was"].format(was=level_word(was[0], at.language), day=_day(was[1], at))
    else:
        text = w["since_new"]
    return w["since"], formats.join_phrases([text, _told_said(told, at, is_brief=is_brief)], at.language)


def _told_said(told: Sequence[Dated], at: AskedAt, *, is_brief: bool) -> str:
    """The readers whose mail went on the latest day, and how many mails more there are."""
    w = words("card", at.language)
    if not told:
        return w["told_nobody"]
    if is_brief:
        return count_sentence(w, "told_count", len(told), at.language)
    days = [_day(when, at) for _, when in told]
    last = [slug for (slug, _), day in zip(told, days, strict=True) if day == days[0]][:MOST_TOLD]
    return w["told"].format(day=days[0], who=_with_more(last, len(told), at.language))


def _with_more(named: Sequence[str], count: int, language: str) -> str:
    """Those named, and how many there are beside them."""
    more = [f"+\u00a0{formats.number(count - len(named), language)}"] if count > len(named) else []
    return ", ".join([*named, *more])


def _day(instant: Timestamp, at: AskedAt) -> str:
    return formats.day(instant.tz_convert(zone(at.office_zone)), at.language)


def also_line(others: Sequence[Facts], known: TraceContext, *, is_brief: bool = False) -> Iterator[Line]:
    """The other duties at risk, the worst first; where it has to be brief, that one alone."""
    if others:
        most = 1 if is_brief else MOST_ALSO
        named = [f"{one['title']} ({level_word(one['level'], known.language)})" for one in others[:most]]
        yield words("card", known.language)["also"], _with_more(named, len(others), known.language)


def change_lines(
    changes: Sequence[Counterfactual], finding: Facts, known: TraceContext, at: AskedAt, *, is_brief: bool = False
) -> Iterator[Line]:
    """What would change the level, each as the engine answers; those of one answer stand together.

    Takes: is_brief - what would leave it as it is goes unsaid, where anything else would not.
    """
    if is_brief:
        changes = [change for change in changes if change.level != finding["level"]] or changes
    w = words("card", known.language)
    by_level: dict[str, dict[str, None]] = {}
    for change in changes:
        by_level.setdefault(change.level, {})[_change_said(change, finding, known, at)] = None
    said = (
        w["if_said"].format(changes=", ".join(conditions), level=_level_said(level, finding, known))
        for level, conditions in by_level.items()
    )
    if changes:
        yield w["if"], formats.join_phrases(said, known.language)


def _level_said(level: str, finding: Facts, known: TraceContext) -> str:
    """The level of an answer, or that it is that of now."""
    w = words("card", known.language)
    if level == finding["level"]:
        return w["as_now"]
    return level_word(level, known.language) if level else w["not_there"]


def _change_said(change: Counterfactual, finding: Facts, known: TraceContext, at: AskedAt) -> str:
    w, language = words("card", known.language), known.language
    if change.change == "confirmed":
        return count_sentence(w, "if_confirmed", len(change.outages), language)
    if change.change == "other_date":
        return w["if_other_date"].format(day=formats.day(finding["other_on"], language))
    if change.at is None and change.level == finding["level"]:
        return w["if_known_sign_in" if finding["sign_in_method"] == "unknown" else "if_other_sign_in"]
    if change.at is None:
        return w["if_sign_in"].format(method=service_phrase([change.change], known.rulebook, language))
    before = change.at + MINUTE
    if before == finding["last_safe_at"] and change.at > at.as_of:
        return w["if_filed_then"]  # the hour stands beside "until"
    clock = formats.placed_clock(before, zone(str(finding["time_zone"])), at.civil_day, language)
    return w["if_filed" if change.at > at.as_of else "if_had_filed"].format(at=clock)


def worst_line(level: str, known: TraceContext) -> Iterator[Line]:
    """How bad it could be, where a date is not known."""
    w = words("card", known.language)
    if level:
        yield w["worst"], w["worst_known"].format(level=level_word(level, known.language))


def row_lines(source_row: str, problems: Sequence[Problem], known: TraceContext) -> Iterator[Line]:
    """A row that was not judged: where it stands, which cell is at fault, and whose it is."""
    w, cells = words("card", known.language), known.cells[known.cells["source_row"] == source_row]
    yield w["row"], f"{cell_place(source_row, source_row.rpartition(':')[2])}: {w['set_aside']}"
    for problem in problems:
        yield w["cell"], f"{cell_place(source_row, problem.cell)}: {problem.message(known.language)}"
    named = dict(zip(cells["field"], cells["said"], strict=True))
    said = [named[name] for name in WHOSE if named.get(name) and not pd.isna(named[name])]
    yield w["whose"], ", ".join(said) or w["nobody_named"]


MOST_LINES, MOST_COLUMNS = 12, 80
MORE, FEWEST_WORDS = "…", 4
SENTENCE = re.compile(r"(?<=[\w)”»]{2}[\w)”»][.:!?]) (?=[A-ZÀ-Ý«“])")
"""Where a sentence ends; not after the short word of a name, as in St. John’s."""


def fitted(
    versions: Sequence[Sequence[Line]], room: int, height: Callable[[Sequence[Line]], int], language: str
) -> Sequence[Line]:
    """The lines of a card in that room: what is short goes on beside the line before; at last the reason gives way.

    First its last sentences do, then what is said of mails and other duties, then its last words; it is marked, and
    some of it always stands. It is whole in the chain.

    Takes: versions - the lines in full, then in brief; height - how many rows of the screen such lines fill.
    """
    w = words("card", language)
    why = next((text for label, text in versions[0] if label == w["why"]), "")
    whole, cut = _by_sentences(why), _by_words(why)
    tried = [_with_why(lines, one, w) for lines in versions for one in whole]
    tried += [_with_why(versions[-1], one, w) for one in cut]
    apart = (layout for told in tried for layout in _layouts(told, language))
    beside = (layout for told in tried for layout in _layouts(told, language, is_do_moved=True))
    fitting = next((layout for layout in chain(apart, beside) if height(layout) <= room), None)
    return fitting or min(_layouts(tried[-1], language, is_do_moved=True), key=height)


def _with_why(lines: Sequence[Line], why: str, w: Mapping[str, str]) -> list[Line]:
    return [(label, why if label == w["why"] else text) for label, text in lines]


def _by_sentences(text: str) -> list[str]:
    """The text, then with ever fewer of its sentences."""
    sentences = SENTENCE.split(text)
    return [text, *(" ".join([*sentences[:count], MORE]) for count in range(len(sentences) - 1, 0, -1))]


def _by_words(text: str) -> list[str]:
    """The first sentence with ever fewer of its words; it never stops after a little one."""
    spoken = SENTENCE.split(text)[0].split(" ")
    stops = (count for count in range(len(spoken) - 1, FEWEST_WORDS - 1, -1) if len(spoken[count - 1]) >= FEWEST_WORDS)
    return [" ".join([*spoken[:count], MORE]) for count in stops]


def _layouts(lines: Sequence[Line], language: str, *, is_do_moved: bool = False) -> Iterator[Sequence[Line]]:
    """The lines as they are, then with one, two and more going on beside the line before; what to do stands apart."""
    w, places = words("card", language), range(1, len(lines))
    joined = [set(chosen) for count in range(len(lines)) for chosen in combinations(places, count)]
    moved = {n for n in places if w["do"] in (lines[n - 1][0], lines[n][0])}
    for chosen in (these for these in joined if bool(these & moved) == is_do_moved):
        told: list[Line] = []
        for n, (label, text) in enumerate(lines):
            if n in chosen:
                first, before = told.pop()
                told.append((first, w["goes_on"].format(text=before, label=label, beside=text)))
            else:
                told.append((label, text))
        yield told
