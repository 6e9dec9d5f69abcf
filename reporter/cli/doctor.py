"""`reporter doctor`: what is wrong on this machine, and what to do about it."""

from collections.abc import Mapping
from pathlib import Path

import click

from reporter.cli import options
from reporter.cli.desk import as_json, print_json
from reporter.errors import Exit


@click.command()
@click.option(
    "--online",
    is_flag=True,
    help="Try the way to send too: connect, encrypt, log in or ask for a token, and send nothing.",
)
@options.config
@options.store
@options.language
@as_json
def doctor(online: bool, config: Path | None, store: str | None, lang: str | None, as_json: bool) -> None:
    """Look at all that a run needs, one line a check: OK, WARNING or FAULT, with the cure; exit 3 on a FAULT."""
    from reporter.errors import ReporterError
    from reporter.pipeline.upkeep.doctor import FAULT, OK, Check, examine_all
    from reporter.text.catalogue import words

    try:
        known = options.settings(config, language=lang, store=store)
        language: str = known.language
        found = (Check("settings", OK, "settings_good"), *examine_all(known, options.now(), is_online=online))
    except ReporterError as error:
        language = lang or options.spoken_in(config)
        found = (Check("settings", FAULT, "refused", {"message": error.told(language)}),)
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
    click.get_current_context().exit(Exit.SETTINGS if any(one.state == FAULT for one in found) else Exit.DONE)


def _said(w: Mapping[str, str], key: str, language: str, facts: Mapping[str, object]) -> str:
    """The sentence of one check, in the form that its count asks for where it has one."""
    from reporter.text.catalogue import count_sentence

    more = {name: str(value) for name, value in facts.items() if name != "n"}
    count = facts.get("n")
    if isinstance(count, int) and f"{key}_other" in w:
        return count_sentence(w, key, count, language, **more).strip()
    return w[key].format(**facts).strip()
