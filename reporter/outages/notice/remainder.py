"""What a page of notices leaves over: lines that may speak of an outage, and pages that may not be the one meant. Pure.

A page on which no notice was read may vouch for the record only when none of its lines is left, and when it shows what
it is: a sign-in page, an error page and a page that draws itself by a script say nothing of an outage either.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from reporter.outages.notice.page import NoticePage, PageLine
from reporter.outages.notice.times import said_windows
from reporter.outages.notice.words import fold, named_services, says

SHOWN = 12
"""Lines kept of such a page, to know it again and to show it to whoever sees to it."""
PAGE_FAULTS = frozenset({"notice_page_blank", "notice_page_cut", "notice_page_strange"})
"""Why a page as a whole is not taken for the one that was meant."""
_OF_THE_PAGE = re.compile(
    r"^\W*(?:posted|published|updated|last (?:updated|modified)|date modified|generated|as of|"
    r"publi[ée]|mis[e]? [àa] jour|derni[èe]re (?:mise|modification)|date de (?:modification|publication))\b",
    re.IGNORECASE,
)
_HAS_VERB = re.compile(r"\b(?:is|are|will|has|have|cannot|can't|est|sont|sera|seront|ne|a ete|ont)\b")
_OPENED = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
_CLOSED = re.compile(r"</(?:html|body|main)\s*>", re.IGNORECASE)
_SOON = re.compile(
    r"\b(?:this|next|coming|upcoming|later|tonight|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)day|prochain\w*|cette|"
    r"ce soir|demain|fin de semaine|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\b"
)
_FEWEST_WORDS = 3
_A_STATE = 4  # words: `Out of service`, in a cell or behind a name


def lines_left(page: NoticePage, met: Collection[int], names: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Why, where and in which words a page may speak of an outage that was not read: hours together, states each.

    Takes: met - the numbers of the lines that led to a draft or were refused; names - plain service names to ids.
    """
    rest = [(number, line) for number, line in enumerate(page.lines, 1) if number not in met]
    timed = [(number, line.text) for number, line in rest if _is_timed(line)]
    words = "\n".join(text for _, text in timed[:SHOWN])
    hours = [("notice_hours_unread", timed[0][0], words)] if timed else []
    known = {number for number, _ in timed}
    states = {text: number for number, line in rest if number not in known and (text := _state(page, number, names))}
    return [*hours, *(("notice_state_unread", number, text) for text, number in states.items())]


def page_fault(page: NoticePage, source: str, names: Mapping[str, str]) -> tuple[str, str] | None:
    """Why a page without a notice may not be the one meant, and the words that show it; None when it shows what it is.

    Takes: source - the whole page as it came.
    """
    texts = [line.text for line in page.lines]
    heading = " · ".join(dict.fromkeys(text for text in (page.title, *texts[:1]) if text))
    if sum(len(text.split()) for text in texts) < _FEWEST_WORDS:
        return "notice_page_blank", heading
    if _OPENED.search(source) and not _CLOSED.search(source):
        return "notice_page_cut", texts[-1]
    titles = [page.title, *(line.text for line in page.lines if line.level == 1)]
    is_known = any(says(text, "none") or named_services(text, names) for text in texts)
    return None if is_known and not says(". ".join(titles), "error_page") else ("notice_page_strange", heading)


def _is_timed(line: PageLine) -> bool:
    """Whether it gives a day and an hour, and is not about the page itself."""
    is_told = any(one.began_on and one.began for one in said_windows(line.text))
    return is_told and not _OF_THE_PAGE.match(line.text)


def _state(page: NoticePage, number: int, names: Mapping[str, str]) -> str:
    """The words by which a line says that a service is down, without a time that could be read; empty if it does not.

    A state alone, `Down`, is shown with what stands in front of it.
    """
    line = page.lines[number - 1]
    text = line.text
    is_soon = says(text, "works") and bool(_SOON.search(fold(text)))
    is_told = is_soon or says(text, "down", "degraded", "trouble", "state")
    if not is_told or says(text, "standing", "conditional", "none"):
        return ""
    if line.level and not _HAS_VERB.search(fold(text)):
        return ""
    if not line.level and len(text.split()) <= _A_STATE:
        return _with_neighbour(page.lines, number)
    return text if named_services(text, names) or says(text, "this_one") else ""


def _with_neighbour(lines: Sequence[PageLine], number: int) -> str:
    line, before = lines[number - 1], lines[number - 2] if number > 1 else None
    is_beside = before is not None and (line.cell[:2] == before.cell[:2]) and not before.level
    return f"{before.text}: {line.text}" if is_beside and before is not None else line.text
