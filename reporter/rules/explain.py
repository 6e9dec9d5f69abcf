"""The rulebook in plain sentences, for the Rules sheet and for whoever signs it. Pure."""

from pandas import DataFrame

from reporter.model.rulebook import Deadline, Risk, Rulebook, Service, Test, Version, Words
from reporter.model.told import RULES

ON = {
    "on the day": Words(en="on the day", fr="le jour même"),
    "before": Words(en="{n} days before", fr="{n} jours avant"),
    "after": Words(en="{n} days after", fr="{n} jours après"),
    "years": Words(en="{n} years after", fr="{n} ans après"),
}

SAYS = {
    "version": Words(
        en="Counts from {column}; opens {opens}, last day {last_day}, until midnight UTC; stays on weekends and"
        " holidays. In force from {since}.",
        fr="Compte à partir de {column}\u00a0; ouvre {opens}, dernier jour {last_day}, jusqu’à minuit UTC\u00a0; sans"
        " report les fins de semaine et jours fériés. En vigueur depuis le {since}.",
    ),
    "unknown": Words(
        en="Shown for every permit whose end is not recorded.",
        fr="Présenté pour tout permis dont la fin n’est pas consignée.",
    ),
    "needs": Words(en=" Depends on {names}.", fr=" Dépend de\u00a0: {names}."),
    "any": Words(en=" Opened by one of {names}.", fr=" S’ouvre avec l’un de\u00a0: {names}."),
    "information": Words(en=" Never raises a filing risk.", fr=" N’entraîne jamais de risque de dépôt."),
    "note": Words(en="A note, beside the level", fr="Une remarque, à côté du niveau"),
    "unverified": Words(en=" Unverified.", fr=" Non vérifié."),
    "held": Words(
        en=" Held to {level} when the outage is not confirmed.",
        fr=" Plafonné à {level} si la panne n’est pas confirmée.",
    ),
}


def rules_frame(rulebook: Rulebook, language: str) -> DataFrame:
    """Every rule that holds, as RULES: risks first, then deadlines, then services."""
    risks = [_risk(risk, rulebook, language) for risk in rulebook.risks]
    deadlines = [
        _deadline(key, deadline, version, language)
        for key, deadline in rulebook.deadlines.items()
        for version in deadline.in_force
    ]
    services = [_service(key, service, rulebook, language) for key, service in rulebook.services.items()]
    return RULES.cast(DataFrame([*risks, *deadlines, *services], columns=RULES.names))


def _risk(risk: Risk, rulebook: Rulebook, language: str) -> tuple[str, ...]:
    tests = " · ".join(_test(fact, test) for fact, test in risk.when.items())
    held = SAYS["held"].of(language).format(level=rulebook.limits.unconfirmed_outage) if risk.rests_on_outage else ""
    level = "" if risk.is_note else risk.level
    return ("risk", risk.id, risk.say.of(language), f"{tests}.{held}", level, risk.cite, "", "", "official")


def _test(fact: str, test: Test) -> str:
    if test.is_ is not None:
        values = (test.is_,) if isinstance(test.is_, str | bool) else test.is_
        return f"{fact} = {' | '.join(str(value).lower() for value in values)}"
    low = "" if test.at_least is None else f"{test.at_least:g} ≤ "
    high = "" if test.at_most is None else f" ≤ {test.at_most:g}"
    return f"{low}{fact}{high}"


def _deadline(key: str, deadline: Deadline, version: Version, language: str) -> tuple[str, ...]:
    says = SAYS["unknown" if deadline.group == "unknown" else "version"].of(language)
    text = says.format(
        column=deadline.counts_from,
        opens=_span(version.opens, language),
        last_day=_span(version.last_day, language),
        since=version.from_.isoformat(),
    )
    doubt = SAYS["unverified"].of(language) if version.confidence == "unverified" else ""
    note = f" {version.note.of(language)}" if version.note else ""
    title, read_on = deadline.title.of(language), version.read_on.isoformat()
    return ("deadline", key, title, text + note + doubt, "", version.cite, version.link, read_on, version.confidence)


def _span(text: str, language: str) -> str:
    if text in ON:
        return ON[text].of(language)
    number, unit, side = text.split()
    return ON["years" if unit == "years" else side].of(language).format(n=number)


def _service(key: str, service: Service, rulebook: Rulebook, language: str) -> tuple[str, ...]:
    def named(keys: tuple[str, ...]) -> str:
        return ", ".join(rulebook.services[name].title.of(language) for name in keys)

    parts = [service.used_for.of(language)]
    if service.needs:
        parts.append(SAYS["needs"].of(language).format(names=named(service.needs)))
    if service.sign_in:
        parts.append(SAYS["any"].of(language).format(names=named(service.sign_in)))
    if service.role == "information":
        parts.append(SAYS["information"].of(language))
    if service.confidence == "unverified":
        parts.append(SAYS["unverified"].of(language))
    return ("service", key, service.title.of(language), "".join(parts), "", service.cite, "", "", service.confidence)
