"""The words an outage file may use, in English and French: its headers and its three closed lists.

Compared by `plain`: without case, accents or punctuation.
"""

from collections.abc import Mapping

from reporter.text.folding import fold_name

HEADERS = {
    "outage_id": "outage id, id, incident, incident id, no, numero, identifiant",
    "services": "services, service, component, components, composant, composants, systeme, "
    "service touche, services touches",
    "began_at": "began at, began, start, start time, started at, starts at, from, debut, "
    "debute a, commence a, date de debut",
    "ended_at": "ended at, ended, end, end time, ends at, to, until, fin, finit a, termine a, date de fin, jusqu a",
    "kind": "kind, type, category, nature, genre, categorie",
    "verification": "verification, verified by, confirmed by, confirmation, verifie par",
    "status": "status, state, statut, etat",
    "announced_at": "announced at, announced, announced on, posted at, annonce a, annonce le, date d annonce",
    "source_url": "source url, source, url, link, lien, source lien, hyperlien",
    "title": "title, name, summary, titre, nom, objet, resume",
    "note": "note, notes, comment, comments, description, remarque, remarques, commentaire, commentaires",
}
KINDS = {
    "unplanned": "unplanned, outage, incident, unscheduled, imprevu, imprevue, non planifie, non planifiee, panne",
    "planned": "planned, maintenance, scheduled, planned maintenance, planifie, planifiee, prevu, prevue, entretien, "
    "maintenance planifiee, entretien planifie",
    "degraded": "degraded, slow, degradation, degrade, degradee, ralenti, ralentie, ralentissement",
    "intermittent": "intermittent, on and off, intermittente, par intermittence, sporadic, sporadique",
    "security": "security, security incident, securite, incident de securite",
}
VERIFICATIONS = {
    "official": "official, government, officiel, officielle",
    "press": "press, media, news, presse, medias",
    "user_report": "user report, user reported, user, users, signalement, utilisateur, utilisateurs, "
    "signale par un utilisateur, signale par des utilisateurs",
    "unverified": "unverified, unknown, unconfirmed, non verifie, non verifiee, non confirme, non confirmee, inconnu",
}
STATUSES = {
    "announced": "announced, scheduled, planned, upcoming, annonce, annoncee, prevu, prevue, a venir",
    "ongoing": "ongoing, in progress, open, active, current, en cours, ouvert, ouverte",
    "resolved": "resolved, ended, closed, completed, over, resolu, resolue, termine, terminee, regle, reglee",
    "cancelled": "cancelled, canceled, withdrawn, annule, annulee, retire, retiree",
}


def by_name(lists: Mapping[str, str]) -> dict[str, str]:
    """Each accepted spelling, plain, with the word it stands for."""
    return {fold_name(name): word for word, names in lists.items() for name in names.split(",")}
