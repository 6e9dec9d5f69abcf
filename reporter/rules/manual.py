"""The rulebook in plain sentences, for the Rules sheet and for whoever signs it. Pure."""

from pandas import DataFrame, Timestamp

from reporter.model.levels import BY_NAME
from reporter.model.rulebook import (
    Deadline,
    OwnDuty,
    Risk,
    Rulebook,
    Service,
    State,
    StateVersion,
    Version,
    Words,
    link_for,
)
from reporter.model.shapes import RULES
from reporter.rules.conditions import all_said
from reporter.rules.law_marks import marks_of, signatures_said
from reporter.rules.wording import cite_text, template_said, who_acts
from reporter.text import formats
from reporter.text.catalogue import words

ON = {
    "on the day": Words(en="the day itself", fr="le jour même"),
    "before": Words(en="{n} days before", fr="{n} jours avant"),
    "after": Words(en="{n} days after", fr="{n} jours après"),
    "years": Words(en="{n} years after", fr="{n} ans après"),
}
SAYS = {
    "own": Words(en="This office's own rule ({source}).", fr="Règle propre à ce bureau ({source})."),
    "changed": Words(
        en="Changed by this office ({source}): {what}: {old} → {new}. On the authority of: {cite}.",
        fr="Modifiée par ce bureau ({source})\u00a0: {what}\u00a0: {old} → {new}. Source\u00a0: {cite}.",
    ),
    "off": Words(en="Switched off. {why}", fr="Désactivée. {why}"),
    "off_by": Words(
        en="Switched off by this office ({source}). On the authority of: {cite}.",
        fr="Désactivée par ce bureau ({source}). Source\u00a0: {cite}.",
    ),
    "when": Words(en="When {tests}.", fr="Condition\u00a0: {tests}."),
    "of_the_duty": Words(en="the provision of the duty itself", fr="la disposition de l’échéance même"),
    "deemed": Words(
        en=" Received at the latest {span} {column}.",
        fr=" Reçu au plus tard {span} {column}.",
    ),
    "printed": Words(
        en=" Where it is known, {column} goes before the count.",
        fr=" Si elle est connue, {column} prime le décompte.",
    ),
    "version": Words(
        en=" Counts from {column}; opens {opens}, last day {last_day}, until {clock}; {holidays}.{over}"
        " In force from {since}{worded}.",
        fr=" Compte à partir de {column}\u00a0; ouvre {opens}, dernier jour {last_day}, jusqu’à {clock}\u00a0;"
        " {holidays}.{over} En vigueur depuis le {since}{worded}.",
    ),
    "dated": Words(
        en=" Counts from {column}; watched from {opens}; nothing is filed, and only the date counts; weekends and"
        " holidays do not move it. In force from {since}{worded}.",
        fr=" Compte à partir de {column}\u00a0; suivi dès {opens}\u00a0; rien n’est déposé, seule la date"
        " compte\u00a0; sans report les fins de semaine et jours fériés. En vigueur depuis le {since}{worded}.",
    ),
    "unknown": Words(
        en=" Shown because no date can be counted. In force from {since}{worded}.",
        fr=" Présenté parce qu’aucune date ne peut être comptée. En vigueur depuis le {since}{worded}.",
    ),
    "ends": Words(en=" Repealed from {since}.", fr=" Abrogé à compter du {since}."),
    "state": Words(en=" In force from {since}{worded}.", fr=" En vigueur depuis le {since}{worded}."),
    "worded": Words(en=", so worded since {day}", fr=", ainsi libellé depuis le {day}"),
    "stays": Words(en="weekends and holidays do not move it", fr="sans report les fins de semaine et jours fériés"),
    "carried over": Words(
        en="weekends and holidays do not move it here, to be careful, though the law carries it to the next day"
        " that is none",
        fr="sans report par prudence, bien que la loi le reporte au premier jour qui n’est pas férié",
    ),
    "over": Words(
        en=" By the latest reading of the text: {span}.", fr=" Selon la lecture la plus tardive du texte\u00a0: {span}."
    ),
    "to_the_minute": Words(en="the same minute, {zone}", fr="la même minute, {zone}"),
    "midnight_utc": Words(en="midnight UTC", fr="minuit UTC"),
    "midnight_there": Words(en="midnight, {zone} time", fr="minuit, heure de {zone}"),
    "route": Words(en=" Done through {names}.", fr=" Se fait par\u00a0: {names}."),
    "no_route": Words(en=" No online service is on its route.", fr=" Aucun service en ligne n’est en cause."),
    "upstream": Words(en=" What comes first may need {names}.", fr=" Ce qui précède peut exiger\u00a0: {names}."),
    "instead": Words(en=" Another way in: {names}.", fr=" Autre voie\u00a0: {names}."),
    "consequence": Words(en=" If missed: {words}.", fr=" En cas de retard\u00a0: {words}."),
    "basis": Words(en=" Based on {basis}.", fr=" Repose sur {basis}."),
    "needs": Words(en=" Depends on {names}.", fr=" Dépend de\u00a0: {names}."),
    "any": Words(en=" Opened by one of {names}.", fr=" S’ouvre avec l’un de\u00a0: {names}."),
    "blocks": Words(en=" While it is down: {lost}", fr=" Ce que sa panne empêche\u00a0: {lost}"),
    "aliases": Words(en=" Also called {names}.", fr=" Aussi appelé\u00a0: {names}."),
    "information": Words(en=" Never raises a filing risk.", fr=" N’entraîne jamais de risque de dépôt."),
    "unverified": Words(en=" Unverified.", fr=" Non vérifié."),
    "held": Words(
        en=" Limited to {level} when the outage is not confirmed.",
        fr=" Plafonné au niveau «\u00a0{level}\u00a0» si la panne n’est pas confirmée.",
    ),
    "who": Words(en=" To act: {words}.", fr=" Responsable\u00a0: {words}."),
}
CONSEQUENCES = {
    "status_loss": Words(en="the status may be lost", fr="le statut peut être perdu"),
    "work_stop": Words(en="work may have to stop", fr="le travail peut devoir cesser"),
    "study_stop": Words(en="studies may have to stop", fr="les études peuvent devoir cesser"),
    "refusal": Words(en="a refusal may follow", fr="un refus peut s’ensuivre"),
    "delay": Words(en="a delay may follow", fr="un retard peut s’ensuivre"),
    "none": Words(en="nothing follows by itself", fr="rien ne s’ensuit de soi"),
}
BASES = {
    "regulation": Words(en="an act or a regulation", fr="une loi ou un règlement"),
    "letter": Words(en="the letter's own date", fr="la date de la lettre même"),
    "invitation": Words(en="an invitation", fr="une invitation"),
    "document": Words(en="the date printed on a document", fr="la date imprimée sur un document"),
    "policy": Words(en="published policy", fr="une politique publiée"),
    "office": Words(en="the office's own practice", fr="la politique du bureau"),
}


def rules_frame(rulebook: Rulebook, language: str) -> DataFrame:
    """Every rule that holds, as RULES: risks first, then deadlines, states and services; the people's go first."""
    theirs = rulebook.institution
    every = {risk.id: risk for risk in (*rulebook.risks, *(theirs.risks if theirs else ()))}
    kinds = {**rulebook.deadlines, **(theirs.deadlines if theirs else {})}
    risks = [_risk(risk, rulebook, language) for risk in every.values()]
    deadlines = [
        _deadline(key, deadline, version, rulebook, language)
        for key, deadline in kinds.items()
        for version in deadline.in_force
    ]
    states = [
        _state(key, state, version, rulebook, language)
        for key, state in rulebook.states.items()
        for version in state.in_force
    ]
    services = [_service(key, service, rulebook, language) for key, service in rulebook.services.items()]
    rows = [*risks, *deadlines, *states, *services]
    own, signed = own_said(rulebook, language), signatures_said(rulebook, language)
    keys = [(row["part"], row["id"]) for row in rows]
    told = [
        row | {"own": own.get(key, ""), "says": row["says"] + signed.get(key, "")}
        for row, key in zip(rows, keys, strict=True)
    ]
    return RULES.cast(DataFrame([*told, *_off(rulebook, language)]))


def own_said(rulebook: Rulebook, language: str) -> dict[tuple[str, str], str]:
    """What an office's own file says of each rule, in a sentence for each thing it adds or changes."""
    said: dict[tuple[str, str], str] = {}
    for change in rulebook.changes:
        key = "own" if change.kind == "own" else "changed"
        text = (
            SAYS[key]
            .of(language)
            .format(
                source=change.source,
                what=change.what,
                old=change.old.of(language),
                new=change.new.of(language),
                cite=cite_text(change.cite, language),
            )
        )
        before = said.get((change.part, change.id))
        said[change.part, change.id] = f"{before} {text}" if before else text
    return said


def _off(rulebook: Rulebook, language: str) -> list[dict[str, str]]:
    """The rules that the office switched off, so that they are missed by nobody unawares."""
    return [
        {
            "part": change.part,
            "id": change.id,
            "title": change.title.of(language),
            "says": SAYS["off"].of(language).format(why=change.why.of(language)),
            "cite": cite_text(change.cite, language),
            "own": SAYS["off_by"].of(language).format(source=change.source, cite=cite_text(change.cite, language)),
        }
        for change in rulebook.changes
        if change.why is not None
    ]


def _risk(risk: Risk, rulebook: Rulebook, language: str) -> dict[str, str]:
    when = SAYS["when"].of(language).format(tests=all_said(risk, rulebook, language))
    most = BY_NAME[rulebook.limits.unconfirmed_outage].word(language)
    held = SAYS["held"].of(language).format(level=most) if risk.rests_on_outage else ""
    turn = SAYS["who"].of(language).format(words=who_acts(risk.who, language)) if risk.who else ""
    return {
        "part": "risk",
        "id": risk.id,
        "title": template_said(risk.say.of(language)),
        "says": f"{when}{held}{turn}"
        + _beside(risk.note, risk.confidence, language)
        + _marks(risk, rulebook, language),
        "level": "" if risk.is_note else risk.level,
        "cite": cite_text(risk.cite, language) or SAYS["of_the_duty"].of(language),
        "confidence": risk.confidence,
    }


def _deadline(key: str, deadline: Deadline, version: Version, rulebook: Rulebook, language: str) -> dict[str, str]:
    return {
        "part": "deadline",
        "id": key,
        "title": deadline.title.of(language),
        "says": version_said(deadline, version, rulebook, language),
        **_source(version, language),
    }


def version_said(deadline: Deadline, version: Version, rulebook: Rulebook, language: str) -> str:
    """What a deadline says from one day on: for whom, from what it counts, between what, through what, and why."""

    def say(what: str, **words: str) -> str:
        return SAYS[what].of(language).format(**words)

    counted = "version" if deadline.has_filing else "dated"
    kind = "ends" if version.ends else counted if deadline.counts_from else "unknown"
    dates = say(
        kind,
        column=_date_named(deadline.counts_from, language),
        opens=_span(version.opens, language),
        last_day=_span(version.last_day, language),
        clock=_clock(version, language),
        holidays=say(version.on_holiday),
        over=_over(version, language),
        since=formats.day(Timestamp(version.from_), language),
        worded=_worded(version, language),
    )
    own = _own(deadline, language) if isinstance(deadline, OwnDuty) else []
    parts = [deadline.for_whom.of(language), dates, *own, *_ways(deadline, rulebook, language)]
    follows = ", ".join(CONSEQUENCES[name].of(language) for name in deadline.consequence)
    parts += [say("consequence", words=follows), say("basis", basis=BASES[version.basis].of(language))]
    relief = deadline.relief if isinstance(deadline, OwnDuty) else None
    marks = _marks(version, rulebook, language, relief)
    return "".join(parts) + _beside(version.note, version.confidence, language) + marks


def _marks(entry: Version | Risk, rulebook: Rulebook, language: str, *more: Words | None) -> str:
    """What has become of the law that an entry cites, in its note and in what stands beside it too."""
    beside = " ".join(text.en for text in (entry.note, *more) if text)
    return marks_of(entry.cite, rulebook.law, language, beside=beside)


def _worded(version: Version | StateVersion, language: str) -> str:
    """Since when the text reads so, where it was worded otherwise when the rule began."""
    day = version.worded_on
    return SAYS["worded"].of(language).format(day=formats.day(Timestamp(day), language)) if day else ""


def _date_named(column: str, language: str) -> str:
    """A date of the roster as a sentence names it; one of an office's own by its column."""
    return words("fields", language).get(column, column)


def _clock(version: Version, language: str) -> str:
    """When a day ends by the version."""
    key = "to_the_minute" if version.to_the_minute else "midnight_utc" if version.clock == "utc" else "midnight_there"
    return SAYS[key].of(language).format(zone="UTC" if version.clock == "utc" else version.clock)


def _over(version: Version, language: str) -> str:
    """The latest reading, where it is another."""
    return SAYS["over"].of(language).format(span=_span(version.over, language)) if version.over else ""


def _own(duty: OwnDuty, language: str) -> list[str]:
    """From when a duty of the institution counts at the latest, what goes before the count, and what the law offers."""
    parts = []
    if duty.deemed_from:
        span = _span(duty.deemed_after, language)
        parts.append(SAYS["deemed"].of(language).format(span=span, column=_date_named(duty.deemed_from, language)))
    if duty.printed_in:
        parts.append(SAYS["printed"].of(language).format(column=_date_named(duty.printed_in, language)))
    return [*parts, f" {duty.relief.of(language)}"] if duty.relief else parts


def _ways(deadline: Deadline, rulebook: Rulebook, language: str) -> list[str]:
    """The route, what may have to come before it, and the other ways."""

    def says(what: str, names: str) -> str:
        return SAYS[what].of(language).format(names=names)

    parts = [says("route" if deadline.route else "no_route", _named(deadline.route, rulebook, language))]
    if deadline.upstream:
        parts.append(says("upstream", _named(deadline.upstream, rulebook, language)))
    if deadline.instead:
        parts.append(says("instead", " / ".join(_named(way, rulebook, language) for way in deadline.instead)))
    return parts


def _state(key: str, state: State, version: StateVersion, rulebook: Rulebook, language: str) -> dict[str, str]:
    since = (
        SAYS["state"]
        .of(language)
        .format(since=formats.day(Timestamp(version.from_), language), worded=_worded(version, language))
    )
    basis = SAYS["basis"].of(language).format(basis=BASES[version.basis].of(language))
    beside = _beside(None, version.confidence, language) + marks_of(version.cite, rulebook.law, language)
    return {
        "part": "state",
        "id": key,
        "title": state.title.of(language),
        "says": version.says.of(language) + since + basis + beside,
        **_source(version, language),
    }


def _source(version: Version | StateVersion, language: str) -> dict[str, str]:
    return {
        "cite": cite_text(version.cite, language),
        "link": link_for(version, language),
        "read_on": version.read_on.isoformat(),
        "basis": version.basis,
        "confidence": version.confidence,
    }


def _beside(note: Words | None, confidence: str, language: str) -> str:
    """The note of a version, and whether it was read in unverified sources only."""
    doubt = SAYS["unverified"].of(language) if confidence == "unverified" else ""
    return (f" {note.of(language)}" if note else "") + doubt


def _span(text: str, language: str) -> str:
    if text in ON:
        return ON[text].of(language)
    number, unit, side = text.split()
    return ON["years" if unit == "years" else side].of(language).format(n=number)


def _service(key: str, service: Service, rulebook: Rulebook, language: str) -> dict[str, str]:
    def says(what: str, **words: str) -> str:
        return SAYS[what].of(language).format(**words)

    parts = [service.used_for.of(language), says("blocks", lost=service.blocks.of(language))]
    if service.needs:
        parts.append(says("needs", names=_named(service.needs, rulebook, language)))
    if service.sign_in:
        parts.append(says("any", names=_named(service.sign_in, rulebook, language)))
    if service.role == "information":
        parts.append(says("information"))
    if service.aliases:
        parts.append(says("aliases", names=", ".join(service.aliases)))
    beside = _beside(None, service.confidence, language) + marks_of(service.cite, rulebook.law, language)
    return {
        "part": "service",
        "id": key,
        "title": service.title.of(language),
        "says": "".join(parts) + beside,
        "cite": cite_text(service.cite, language),
        "confidence": service.confidence,
    }


def _named(keys: tuple[str, ...], rulebook: Rulebook, language: str) -> str:
    return ", ".join(rulebook.services[name].title.of(language) for name in keys)
