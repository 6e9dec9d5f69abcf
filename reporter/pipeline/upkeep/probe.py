"""Asks the public pages of the services whether they answer, gently, and drafts an outage when one does not.

Off unless the settings say so. It asks as any browser asks, follows robots.txt and what a server says of when to come
back, and never signs in. What it saw is our own observation, unverified: three failures in a row over ten minutes make
a draft, which waits to be confirmed. A control address tells a dead service from our own network: where that fails too,
or answers with something else, nothing of the round counts. Between rounds it remembers in a file beside the store.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import msgspec
import tomli
from msgspec import Struct
from msgspec.structs import replace
from pandas import DataFrame, Timedelta, Timestamp

from reporter.errors import SettingsError, refused
from reporter.model.shapes import DRAFT, OUTAGES, REFUSED, OpenItem
from reporter.outages.door import PROBE
from reporter.outages.fetch import Address, FetchResult, fetch
from reporter.outages.records import known_services
from reporter.settings import ProbeSettings, Settings
from reporter.store.captures import note_in
from reporter.store.database import Store
from reporter.store.ledger import Provenance, as_records, import_outages, outages_known_at
from reporter.store.ledger_items import Kept, open_items, settle_item
from reporter.text.catalogue import words

STATE = "probe.json"
AGENT = "reporter"
ANSWERS, FAILS, UNKNOWN, WAITS, BARRED = "answers", "fails", "unknown", "waits", "barred"
NETWORK, CAPTIVE = "network", "captive"
BUSY = (408, 425, 429)
"""Answers that say something of us, and nothing of the service."""
ROBOTS_KEPT = Timedelta(days=1)
_ISO = "%Y-%m-%dT%H:%M:%SZ"
_FIRST, _LAST = 3, 20  # failures that are remembered of one that lasts
_LONGEST_ROBOTS = 100_000
_JITTER = Timedelta(seconds=20)
"""A timer does not call to the second: one that is early by so much has not asked too often."""


class ProbePlan(Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked and how often, as probe.toml has it."""

    every_minutes: float
    failures: int
    over_minutes: float
    gap_minutes: float
    away: tuple[str, ...]
    control: Mapping[str, str]
    pages: Mapping[str, str]


class PageMemory(Struct, forbid_unknown_fields=True):
    """What is remembered of one page: when it was asked, its failures in a row, the draft that they made."""

    asked_at: str = ""
    not_before: str = ""
    failures: list[list[str]] = msgspec.field(default_factory=list)
    draft: str = ""


class ProbeMemory(Struct, forbid_unknown_fields=True):
    """Of each page by its address, and the robots.txt of each host with the instant at which it was read."""

    pages: dict[str, PageMemory] = msgspec.field(default_factory=dict)
    robots: dict[str, list[str]] = msgspec.field(default_factory=dict)


class PageSeen(Struct, frozen=True):
    """What was seen of one page, and why; `draft` was made of it just now.

    It answers or fails; nothing is known; it is not its turn yet (waits), or its robots.txt keeps us out (barred).
    """

    service: str
    address: str
    state: str
    why: str = ""
    draft: str = ""


class ProbeRound(Struct, frozen=True):
    """One round: each page, and what stood between us and them: network, captive, or nothing."""

    pages: tuple[PageSeen, ...] = ()
    between: str = ""


class _Round(Struct, frozen=True):
    """What a round works with."""

    plan: ProbePlan
    store: Store
    memory: ProbeMemory
    at: Timestamp
    ask: Callable[[Sequence[str]], Mapping[str, FetchResult]]
    language: str = "en"


def probe(settings: Settings, store: Store, names: Mapping[str, str], *, at: Timestamp) -> ProbeRound:
    """Ask every page whose turn it is, once.

    Raises: SettingsError - it is not switched on, or a page is that of no service.
    """
    plan, path = _plan(settings.probe, names), store.folder(settings.home) / STATE
    memory = _remembered(path)

    def ask(urls: Sequence[str]) -> Mapping[str, FetchResult]:
        found = fetch([Address(url, "page") for url in dict.fromkeys(urls)], now=at, tries=1)
        return {one.address.url: one for one in found}

    this = _Round(plan, store, memory, at, ask, settings.language)
    due = {service: url for service, url in plan.pages.items() if _is_due(this, url)}
    done = _asked(this, due) if due else ProbeRound()
    waiting = [PageSeen(service, url, WAITS) for service, url in plan.pages.items() if service not in due]
    note_in(path, msgspec.to_builtins(memory))
    return replace(done, pages=(*done.pages, *waiting))


def _plan(said: ProbeSettings, names: Mapping[str, str]) -> ProbePlan:
    table = tomli.loads((files("reporter.outages") / "probe.toml").read_text("utf-8"))
    if not said.on:
        raise refused(SettingsError, "stop_probe_off", where="probe.on")
    plan, known = msgspec.convert(table, ProbePlan), set(known_services(names).values())
    if odd := sorted(set(said.pages) - known):
        raise refused(SettingsError, "stop_outage_service", where="probe.pages", services=odd[0])
    control = {"url": said.control, "says": said.control_says} if said.control else plan.control
    minutes = max(said.every_minutes, plan.every_minutes)
    pages, away = said.pages or plan.pages, said.away or plan.away
    return replace(plan, control=control, pages=pages, away=away, every_minutes=minutes)


def _remembered(path: Path) -> ProbeMemory:
    """What was noted before; nothing where there is no file, or one that nobody can read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ProbeMemory)
    except (OSError, msgspec.DecodeError):
        return ProbeMemory()


def _is_due(this: _Round, url: str) -> bool:
    """Whether a page may be asked again: after the rhythm, its host's own pace, and what its server asked for."""
    page = this.memory.pages.get(url, PageMemory())
    pace = _robots(this, url).crawl_delay(AGENT) if _host(url) in this.memory.robots else None
    rest = max(Timedelta(minutes=this.plan.every_minutes) - _JITTER, Timedelta(seconds=float(pace or 0)))
    since = [Timestamp(page.asked_at) + rest] if page.asked_at else []
    return all(this.at >= one for one in (*since, *([Timestamp(page.not_before)] if page.not_before else ())))


def _asked(this: _Round, due: Mapping[str, str]) -> ProbeRound:
    """The control, the robots.txt of hosts that are not known, and the pages that it leaves open to us."""
    hosts = {_host(url) for url in due.values()}
    stale = [host for host in sorted(hosts) if not _is_fresh(this, host)]
    first = this.ask([this.plan.control["url"], *(f"{host}/robots.txt" for host in stale)])
    robots = {host: first[f"{host}/robots.txt"] for host in stale}
    for host, one in robots.items():
        if one.is_good or one.status == "missing_page":  # a host without one leaves everything open
            text = "" if one.is_page else one.content.decode("utf-8", "replace")[:_LONGEST_ROBOTS]
            this.memory.robots[host] = [f"{this.at:{_ISO}}", text]
    dead = {url: robots[_host(url)] for url in due.values() if _state(this, robots.get(_host(url))) != ANSWERS}
    open_to_us = [url for url in due.values() if url not in dead and _robots(this, url).can_fetch(AGENT, url)]
    found = {**dead, **this.ask(open_to_us)}
    states = {url: _state(this, found[url]) for url in found}
    between = _between(this, first[this.plan.control["url"]], states)
    pages = [_seen(this, service, url, found.get(url), between) for service, url in due.items()]
    return ProbeRound(tuple(pages), between)


def _state(this: _Round, found: FetchResult | None) -> str:
    """What an answer says of the service; where a host's robots.txt was read before, that is an answer."""
    if found is not None and found.landed.startswith(this.plan.away):
        return FAILS
    if found is None or found.status in ("read", "unchanged", "missing_page", "captive_portal", "too_large"):
        return ANSWERS
    is_ours = found.status == "refused" or found.answered in BUSY
    return UNKNOWN if is_ours else FAILS


def _between(this: _Round, control: FetchResult, states: Mapping[str, str]) -> str:
    """What stands between us and the services; nothing where any of them answers, or the control does as it should."""
    if control.is_good and this.plan.control["says"].encode() in control.content:
        return ""
    if _state(this, control) == ANSWERS or control.status == "refused":
        return CAPTIVE
    return "" if ANSWERS in states.values() else NETWORK


def _seen(this: _Round, service: str, url: str, found: FetchResult | None, between: str) -> PageSeen:
    """One page, with what is remembered of it from now on."""
    page = this.memory.pages.setdefault(url, PageMemory())
    page.asked_at = f"{this.at:{_ISO}}"
    if found is None:
        return PageSeen(service, url, BARRED)
    page.not_before = "" if found.not_before is None else f"{found.not_before:{_ISO}}"
    state, is_away = _state(this, found), found.landed.startswith(this.plan.away)
    why = found.landed if is_away else found.why.in_language(this.language) if found.why else ""
    if between or state == UNKNOWN:
        return PageSeen(service, url, UNKNOWN, why)
    if state == ANSWERS:
        draft = _answers_again(this, service, url, page)
        return PageSeen(service, url, ANSWERS, why, draft)
    draft = _failed(this, service, url, page, found.landed if is_away else f"{found.answered or '–'}")
    return PageSeen(service, url, FAILS, why, draft)


def _failed(this: _Round, service: str, url: str, page: PageMemory, said: str) -> str:
    """One failure more; the draft that it makes, if it does."""
    if page.failures and this.at - Timestamp(page.failures[-1][0]) > Timedelta(minutes=this.plan.gap_minutes):
        page.failures = []
    page.failures = [*page.failures[:_FIRST], *page.failures[_FIRST:][-_LAST:], [f"{this.at:{_ISO}}", said]]
    first = Timestamp(page.failures[0][0])
    lasted = this.at - first >= Timedelta(minutes=this.plan.over_minutes)
    if page.draft or len(page.failures) < this.plan.failures or not lasted or _is_known(this, service):
        return ""
    page.draft = _draft(this, service, url, page, None)
    return page.draft


def _answers_again(this: _Round, service: str, url: str, page: PageMemory) -> str:
    """What becomes of the draft: one with its end in its place; or, once it is on record, the question for its end."""
    was, made = page.draft, ""
    if was:
        left = open_items(this.store)
        waiting = left[(left["outage_id"] == was) & (left["fate"] == DRAFT)]["item_id"].tolist()
        if waiting:
            why = words("outages_cli", this.language)["probe_over"]
            settle_item(this.store, waiting[0], who=PROBE, why=why, at=this.at)
            made = _draft(this, service, url, page, this.at)
        elif _is_open(this, was):
            details = {"outage": was, "at": f"{this.at:{_ISO}}", "value": urlsplit(url).hostname or ""}
            item = OpenItem(REFUSED, "probe_answers_again", f"{url} {this.at:{_ISO}}", details=details, key=was)
            _add(this, Kept(item))
    page.failures, page.draft = [], ""
    return made


def _draft(this: _Round, service: str, url: str, page: PageMemory, ended: Timestamp | None) -> str:
    """An outage as we saw it, for somebody to confirm. Returns: its id."""
    began = Timestamp(page.failures[0][0])
    span = f"{began:{_ISO}}" if ended is None else f"{began:{_ISO}}--{ended:{_ISO}}"
    outage_id = f"probe:{service}@{span}"
    title = words("outages_cli", this.language)["probe_title"].format(host=urlsplit(url).hostname)
    text = "\n".join([title, *(f"{when}  {url}  {said}" for when, said in page.failures)])
    outage = {
        "outage_id": outage_id, "services": service, "began_at": began, "ended_at": ended, "kind": "unplanned",
        "verification": "unverified", "status": "ongoing" if ended is None else "resolved", "source_url": url,
        "title": title, "precision": "minute", "source_row": PROBE,
    }  # fmt: skip
    facts = as_records(OUTAGES.cast(DataFrame([outage])))[outage_id]
    kept = {"outage_id": outage_id, **facts, "raw_text": text}
    _add(this, Kept(OpenItem(DRAFT, "", text, outage_id=outage_id), kept))
    return outage_id


def _add(this: _Round, item: Kept) -> None:
    import_outages(this.store, OUTAGES.empty(), source=Provenance(address=PROBE), recorded_at=this.at, items=(item,))


def _is_known(this: _Round, service: str) -> bool:
    """Whether an outage of the service is on record for this hour: then nothing new was seen."""
    known = outages_known_at(this.store)
    is_now = (known["began_at"] <= this.at) & ~(known["ended_at"] <= this.at) & (known["status"] != "cancelled")
    return any(service in services.split(";") for services in known[is_now]["services"])


def _is_open(this: _Round, outage_id: str) -> bool:
    known = outages_known_at(this.store)
    return bool(known[known["outage_id"] == outage_id]["ended_at"].isna().any())


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_fresh(this: _Round, host: str) -> bool:
    known = this.memory.robots.get(host)
    return known is not None and this.at - Timestamp(known[0]) < ROBOTS_KEPT


def _robots(this: _Round, url: str) -> RobotFileParser:
    parser = RobotFileParser()
    parser.parse(this.memory.robots.get(_host(url), ["", ""])[1].splitlines())
    return parser
