"""`reporter status`, `doctor` and `trim`: whether the weekly report is well, and what it runs on; a smaller one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.cli import context
from reporter.cli.context import as_json, on_settings, print_json, second_text
from reporter.cli.help import spoken_in
from reporter.errors import DeliveryError, Exit, ReporterError, refused
from reporter.text import formats
from reporter.text.catalogue import count_sentence, words

if TYPE_CHECKING:
    from pandas import Timestamp

    from reporter.pipeline.send.status import ReportStanding
    from reporter.pipeline.upkeep.privacy import DiskUse
    from reporter.settings import Settings
    from reporter.store.database import Store
LINES = (
    "last_run",
    "last_told",
    "due_on",
    "missed_on",
    "following_on",
    "mails",
    "alerts",
    "outstanding",
    "to_settle",
    "disk",
    "goes",
    "last_failure",
)


@click.command()
@on_settings(context.store, context.language, context.as_of)
@click.option("--ack", metavar="CAUSE", help="You know of this one: no reminder of it before --until.")
@click.option("--until", metavar="INSTANT", help="How long; a date, or an instant.")
@click.option("--excuse", metavar="CAUSE", help="This one stays undone, and you answer for it; needs --because.")
@click.option("--because", default="", metavar="REASON", help="Why; it is kept. Name nobody.")
@click.option("--by", "who", default="", metavar="NAME", help="Who says so; the account you work under, if left out.")
@context.as_json
def status(
    known: Settings,
    as_of: Timestamp,
    ack: str | None,
    until: str | None,
    excuse: str | None,
    because: str,
    who: str,
    as_json: bool,
) -> None:
    """Tell when the report was last made and delivered, what is due, and what went wrong.

    Exits 6 when a report is overdue or was missed, when a mail did not reach its recipient, or when the last unattended
    run failed. Changes nothing, but for --ack and --excuse. Each cause stands under its own name: to acknowledge or
    excuse one says nothing of the others.
    """
    from reporter.pipeline.send.status import report_standing
    from reporter.pipeline.upkeep.privacy import disk_use
    from reporter.store.database import is_there, open_store

    opened = open_store(known.store_url) if is_there(known.store_url) else None
    try:
        if opened is not None and (ack or excuse):
            _answer(opened, known, as_of, ack=ack, until=until, excuse=excuse, because=because, who=who)
        found = report_standing(opened, known, as_of)
        use = disk_use(known, opened) if opened else None
    finally:
        if opened is not None:
            opened.close()
    if as_json:
        print_json(_record(found) | _disk_record(use))
    else:
        _print(found, known, use)
    click.get_current_context().exit(Exit.DONE if found.is_well else Exit.NOT_DELIVERED)


def _answer(
    store: Store,
    known: Settings,
    at: Timestamp,
    *,
    ack: str | None,
    until: str | None,
    excuse: str | None,
    because: str,
    who: str,
) -> None:
    """Write down what a person says of one cause. Raises: DeliveryError - there is no such cause."""
    import getpass

    from reporter.pipeline.send.status import acknowledge_cause, excuse_cause, tell_over

    name = who or getpass.getuser()
    if (ack and not until) or (excuse and not because.strip()):
        raise refused(DeliveryError, "stop_until", where=ack or excuse or "")
    if ack and until:
        quiet_until = context.typed_instant(until, known.office.time_zone, "--until")
        acknowledge_cause(store, known.report, ack, name, quiet_until, at)
    if excuse:
        excuse_cause(store, known.report, excuse, name, because.strip(), at)
    tell_over(known, store, at)


def _record(found: ReportStanding) -> dict[str, Any]:
    return {
        "is_well": found.is_well,
        "last_run_at": second_text(found.last_run_at),
        "last_delivered_at": second_text(found.last_told_at),
        "can_send": found.can_send,
        "due_on": found.due_on.isoformat() if found.due_on else None,
        "is_late": found.is_late,
        "missed_on": [on.isoformat() for on in found.missed_on],
        "next_report_on": found.following_on.isoformat() if found.following_on else None,
        "outstanding": found.outstanding,
        "to_settle": found.to_settle,
        "mails": dict(found.mails),
        "alerts": dict(found.alerts),
        "failure": "\n".join(_failures(found, "en")),
        "causes": [{"cause": one.key, "exit_code": one.code, "message": one.told("en")} for one in found.causes],
    }


def _disk_record(use: DiskUse | None) -> dict[str, Any]:
    """In bytes, and by class from which day on the oldest of it goes."""
    if use is None:
        return {"disk": None, "goes": {}}
    sizes = {name: getattr(use, name) for name in ("store", "free", "folders", "runs", "captures")}
    return {"disk": sizes, "goes": {kind: f"{at:%Y-%m-%d}" for kind, at in use.goes.items()}}


def _failures(found: ReportStanding, language: str) -> list[str]:
    """Each thing that is open, by its name; what was written down, where there is no store."""

    form = words("owner", language)["cause"]
    return [form.format(key=one.key, what=one.told(language)) for one in found.causes] or [found.failure.strip()]


def _print(found: ReportStanding, known: Settings, use: DiskUse | None) -> None:
    import pandas as pd

    w, mails = words("owner", known.language), words("mail", known.language)
    zone = context.office_zone(known.office.time_zone)

    def clock(at: pd.Timestamp | None) -> str:
        return w["none"] if at is None else formats.clock(at, zone, known.language)

    def days(*on: Any) -> str:
        return formats.days([pd.Timestamp(one) for one in on if one], known.language) or w["none"]

    width = max(len(w[name]) for name in LINES)

    def counts(of: Mapping[str, int]) -> str:
        return " · ".join(f"{mails[state]} {formats.number(n, known.language)}" for state, n in of.items())

    cells = {
        "last_run": clock(found.last_run_at),
        "last_told": clock(found.last_told_at) if found.can_send else w["nothing_sent"],
        "due_on": days(found.due_on),
        "missed_on": days(*found.missed_on),
        "following_on": days(found.following_on) if known.weekly else w["no_weekly"],
        "mails": counts(found.mails) or w["none"],
        "alerts": counts(found.alerts) or w["none" if known.alerts.on else "alerts_off"],
        "outstanding": formats.number(found.outstanding, known.language),
        "to_settle": count_sentence(w, "to_settle", found.to_settle, known.language) if found.to_settle else w["none"],
        **_disk_cells(use, w, known.language),
        "last_failure": f"\n{' ' * (width + 2)}".join(_failures(found, known.language)) or w["none"],
    }
    for name in LINES:
        click.echo(f"{w[name]:<{width}}  {cells[name]}")
    click.echo(w["well"] if found.is_well else "\n".join([w["not_well"], *(f"- {one}" for one in _needs(found, w))]))


def _disk_cells(use: DiskUse | None, w: Mapping[str, str], language: str) -> dict[str, str]:

    if use is None:
        return {"disk": w["none"], "goes": w["none"]}
    sizes = {name: formats.decimal(getattr(use, name) / 1e6, language) for name in ("store", "runs", "captures")}
    soonest = sorted(use.goes.items(), key=lambda one: one[1])
    goes = " · ".join(w[f"goes_{kind}"].format(day=formats.day(at, language)) for kind, at in soonest[:2])
    return {"disk": w["disk_use"].format(**sizes, folders=use.folders), "goes": goes or w["none"]}


def _needs(found: ReportStanding, w: Mapping[str, str]) -> list[str]:
    """What it is that needs somebody, each with the command that helps."""
    holds = {
        "needs_run": found.is_late or found.missed_on,
        "needs_mails": found.outstanding,
        "needs_failure": found.failure,
    }
    return [
        *(w[key] for key, is_so in holds.items() if is_so),
        *(w["needs_stop" if c.key in found.stops else "needs_cause"].format(key=_quoted(c.key)) for c in found.causes),
    ]


def _quoted(key: str) -> str:
    """The name of a cause as it is typed: that of a file can hold blanks."""
    return f'"{key}"' if " " in key else key


@click.command()
@click.option(
    "--online",
    is_flag=True,
    help="Try the way to send too: connect, encrypt, log in or ask for a token, and send nothing.",
)
@context.config
@context.store
@context.language
@as_json
def doctor(online: bool, config: Path | None, store: str | None, lang: str | None, as_json: bool) -> None:
    """Look at all that a run needs, one line a check: OK, WARNING or FAULT, with the cure.

    Exit 3 on a FAULT, 9 when the ledger or the audit record is not what was written.
    """
    from reporter.pipeline.upkeep.doctor import FAULT, OK, Check, examine_all

    try:
        known = context.settings(config, language=lang, store=store)
        language: str = known.language
        found = (Check("settings", OK, "settings_good"), *examine_all(known, context.this_instant(), is_online=online))
    except ReporterError as error:
        language = lang or spoken_in(config)
        found = (Check("settings", FAULT, "refused", {"message": error.in_language(language)}),)
    w, why = words("doctor", language), words("mail", language)
    lines = []
    for check in found:
        said = dict(check.said)
        if check.what == "mail_refused":
            said["why"] = why.get(f"why_{said['why']}", said["why"])
        lines.append({"check": check.name, "state": check.state, "what": _said(w, check.what, language, said)})
    if as_json:
        print_json(lines)
    else:
        for line in lines:
            state, name = w[f"state_{line['state']}"], w[f"name_{line['check']}"]
            click.echo(w["line"].format(state=state, name=name, what=line["what"]))
    is_forged = any(one.what == "chain_broken" for one in found)
    is_ill = any(one.state == FAULT for one in found)
    click.get_current_context().exit(Exit.NOT_INTACT if is_forged else Exit.SETTINGS if is_ill else Exit.DONE)


def _said(w: Mapping[str, str], key: str, language: str, facts: Mapping[str, object]) -> str:
    """The sentence of one check, in the form that its count asks for where it has one."""

    more = {name: str(value) for name, value in facts.items() if name != "n"}
    count = facts.get("n")
    if isinstance(count, int) and f"{key}_other" in w:
        return count_sentence(w, key, count, language, **more).strip()
    return w[key].format(**facts).strip()


@click.command()
@click.option("--dry-run", is_flag=True, help="Count what would go, and remove nothing.")
@context.language
def trim(dry_run: bool, lang: str | None) -> None:
    """Take out of this installation's libraries what is never loaded: some 90 MB of tests, headers and network clients.

    The demo is run to prove that nothing is missing; if it fails, everything is put back. Only an environment made for
    this program alone is touched (pipx, uv tool, a container). An update of a library brings its parts back.
    """
    from reporter.pipeline.upkeep.libraries import trim_libraries

    language = lang or "en"
    w = words("setup", language)
    freed = trim_libraries(is_dry=dry_run)
    for name, size in freed.items():
        click.echo(w["trim_part"].format(name=name, size=formats.number(round(size / 1e6), language)))
    total = formats.number(round(sum(freed.values()) / 1e6), language)
    click.echo(w["trim_nothing" if not freed else "trim_counted" if dry_run else "trim_done"].format(size=total))
