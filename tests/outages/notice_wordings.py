"""Wordings of notices, in both languages, with what each means: read on 20 January 2027, 09:00 in Ottawa.

Each row is (text, windows, why it is not read as it stands). A window is `service began ended`, in Ottawa's time, with
`?` for an end nobody tells, and `cancelled` before one that will not be; a `!` before a code is a refusal, any other a doubt that must be told.
"""

# ruff: noqa: E501 - a table: a wording and its meaning stand on one line
MARCH_4 = "03-04 01:00 03-04 03:00"

PLAIN = [
    ("GCKey will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    (
        "GCKey will not be available Thursday, March 4, 2027 between 1:00 a.m. and 3:00 a.m. Eastern time.",
        [f"gckey {MARCH_4}"],
    ),
    ("From 1 a.m. to 3 a.m. ET on March 4, 2027, GCKey will be offline.", [f"gckey {MARCH_4}"]),
    ("GCKey: scheduled maintenance, March 4, 2027, 1:00-3:00 a.m. ET", [f"gckey {MARCH_4}"]),
    ("GCKey will be down 2027-03-04 01:00 to 2027-03-04 03:00 Eastern time.", [f"gckey {MARCH_4}"]),
    ("You will be unable to sign in with GCKey on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("GCKey cannot be reached on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("GCKey will be out of service on Thursday, March 4, 2027, 1 a.m. until 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    (
        "GCKey will be unavailable from March 4, 2027, at 10 p.m. to March 5, 2027, at 2 a.m. ET.",
        ["gckey 03-04 22:00 03-05 02:00"],
    ),
    ("GCKey will be unavailable on March 4, 2027, from 10 p.m. to 2 a.m. ET.", ["gckey 03-04 22:00 03-05 02:00"]),
    ("GCKey will be unavailable on March 4, 2027, from noon to 2 p.m. ET.", ["gckey 03-04 12:00 03-04 14:00"]),
    ("GCKey will be unavailable on March 4, 2027, from midnight to 5 a.m. ET.", ["gckey 03-04 00:00 03-04 05:00"]),
    ("GCKey will be unavailable on March 4, 2027, from 9 p.m. to midnight ET.", ["gckey 03-04 21:00 03-05 00:00"]),
    ("La CléGC ne sera pas accessible le 4 mars 2027, de 1 h à 3 h (heure de l’Est).", [f"gckey {MARCH_4}"]),
    ("La CléGC ne sera pas offerte le jeudi 4 mars 2027, de 1 h à 3 h HE.", [f"gckey {MARCH_4}"]),
    ("La CléGC sera hors service le 4 mars 2027 entre 1 h et 3 h (heure de l'Est).", [f"gckey {MARCH_4}"]),
    ("De 1 h à 3 h le 4 mars 2027, la CléGC sera indisponible (heure de l'Est).", [f"gckey {MARCH_4}"]),
    ("La CléGC sera mise hors ligne le 4 mars 2027, de 1 h à 3 h (heure de l'Est).", [f"gckey {MARCH_4}"]),
    ("Vous ne pouvez pas utiliser la CléGC le 4 mars 2027, de 1 h à 3 h (heure de l'Est).", [f"gckey {MARCH_4}"]),
    ("Il sera impossible d'utiliser la CléGC le 4 mars 2027, de 1 h à 3 h (heure de l'Est).", [f"gckey {MARCH_4}"]),
    ("La CléGC sera indisponible le 4 mars 2027, de midi à 14 h (heure de l'Est).", ["gckey 03-04 12:00 03-04 14:00"]),
    (
        "La CléGC sera indisponible le 4 mars 2027, de 21 h à minuit (heure de l'Est).",
        ["gckey 03-04 21:00 03-05 00:00"],
    ),
    (
        "La CléGC sera indisponible du 4 mars 2027 à 22 h au 5 mars 2027 à 2 h (heure de l'Est).",
        ["gckey 03-04 22:00 03-05 02:00"],
    ),
]

MOVED = [
    (
        "GCKey will be unavailable on Saturday, March 6, 2027, from 1 a.m. to 3 a.m. ET instead of Tuesday.",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
    (
        "GCKey will be unavailable on March 6, 2027, from 1 a.m. to 3 a.m. ET instead of March 4.",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
    (
        "Instead of Thursday, March 4, GCKey will be unavailable on March 6, 2027, from 1 a.m. to 3 a.m. ET.",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
    (
        "GCKey maintenance, originally scheduled for March 4, will take place on March 6, 2027, from 1 a.m. to 3 a.m. ET.",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
    (
        "The GCKey maintenance has been moved from March 4 to March 6, 2027, from 1 a.m. to 3 a.m. ET.",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
    (
        "The GCKey maintenance has been postponed from March 4 to March 6, 2027, 1 a.m. to 3 a.m. ET.",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
    (
        "GCKey maintenance will now be on March 6, 2027, from 1 a.m. to 3 a.m. ET and not on March 4.",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
    (
        "La CléGC sera indisponible le 6 mars 2027, de 1 h à 3 h (heure de l'Est), au lieu du 4 mars.",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
    (
        "La CléGC sera indisponible le samedi 6 mars 2027, de 1 h à 3 h (heure de l'Est), plutôt que jeudi.",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
    (
        "L'entretien de la CléGC, initialement prévu le 4 mars, aura lieu le 6 mars 2027, de 1 h à 3 h (heure de l'Est).",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
    (
        "L'entretien de la CléGC est reporté du 4 au 6 mars 2027, de 1 h à 3 h (heure de l'Est).",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
    (
        "L'entretien de la CléGC qui devait avoir lieu le 4 mars aura lieu le 6 mars 2027, de 1 h à 3 h (heure de l'Est).",
        ["gckey 03-06 01:00 03-06 03:00"],
    ),
]

SPARED = [
    ("GCKey will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. ET. The IRCC Portal will not be affected.", [f"gckey {MARCH_4}"]),
    ("The IRCC Portal will not be affected by the maintenance of GCKey on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("The IRCC Portal remains available while GCKey is down on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("GCKey, but not the IRCC Portal, will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("GCKey maintenance on March 4, 2027, from 1 a.m. to 3 a.m. ET will have no effect on the IRCC Portal.", [f"gckey {MARCH_4}"]),
    ("On March 4, 2027, from 1 a.m. to 3 a.m. ET, GCKey will be unavailable; the IRCC Portal will continue to work.", [f"gckey {MARCH_4}"]),
    ("Le Portail d'IRCC reste accessible pendant l'entretien de la CléGC le 4 mars 2027, de 1 h à 3 h (heure de l'Est).", [f"gckey {MARCH_4}"]),
    ("La CléGC sera indisponible le 4 mars 2027, de 1 h à 3 h (heure de l'Est). Le Portail d'IRCC ne sera pas touché.", [f"gckey {MARCH_4}"]),
    ("L'entretien de la CléGC le 4 mars 2027, de 1 h à 3 h (heure de l'Est), n'aura pas d'incidence sur le Portail d'IRCC.", [f"gckey {MARCH_4}"]),
    ("La CléGC, mais pas le Portail d'IRCC, sera indisponible le 4 mars 2027, de 1 h à 3 h (heure de l'Est).", [f"gckey {MARCH_4}"]),
    ("GCKey and the IRCC Portal will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey;ircc_portal {MARCH_4}"]),
    ("La CléGC et le Portail d'IRCC seront indisponibles le 4 mars 2027, de 1 h à 3 h (heure de l'Est).", [f"gckey;ircc_portal {MARCH_4}"]),
]  # fmt: skip

TUESDAYS = [f"gckey 03-{day} 01:00 03-{day} 05:00" for day in ("02", "09", "16", "23", "30")]
NIGHTS = [f"gckey 03-{day:02} 01:00 03-{day:02} 03:00" for day in range(1, 6)]
REPEATED = [
    ("GCKey will be unavailable every Tuesday in March 2027 from 1 a.m. to 5 a.m. ET.", TUESDAYS),
    ("GCKey will be unavailable each Tuesday from March 1 to March 31, 2027, from 1 a.m. to 5 a.m. ET.", TUESDAYS),
    ("GCKey will be unavailable every night from March 1 to March 5, 2027, from 1 a.m. to 3 a.m. ET.", NIGHTS),
    ("La CléGC sera indisponible tous les mardis de mars 2027, de 1 h à 5 h (heure de l'Est).", TUESDAYS),
    ("La CléGC sera indisponible chaque mardi du 1er au 31 mars 2027, de 1 h à 5 h (heure de l'Est).", TUESDAYS),
    ("La CléGC sera indisponible chaque nuit du 1er mars au 5 mars 2027, de 1 h à 3 h (heure de l'Est).", NIGHTS),
    ("GCKey will be unavailable every second Tuesday from 1 a.m. to 5 a.m. ET.", ["!notice_repeats"]),
    ("GCKey will be unavailable every Tuesday from 1 a.m. to 5 a.m. ET.", ["!notice_repeats"]),
    ("La CléGC sera indisponible toutes les semaines de 1 h à 5 h (heure de l'Est).", ["!notice_repeats"]),
]

TOGETHER = [
    (
        "GCKey will be unavailable on March 6 and 7, 2027, from 1 a.m. to 3 a.m. ET.",
        ["gckey 03-06 01:00 03-06 03:00", "gckey 03-07 01:00 03-07 03:00"],
    ),
    (
        "GCKey will be unavailable March 6, 7 and 8, 2027, 1 a.m. to 3 a.m. ET.",
        [f"gckey 03-0{d} 01:00 03-0{d} 03:00" for d in (6, 7, 8)],
    ),
    (
        "La CléGC ne sera pas accessible les 6 et 7 mars 2027, de 1 h à 3 h (heure de l'Est).",
        ["gckey 03-06 01:00 03-06 03:00", "gckey 03-07 01:00 03-07 03:00"],
    ),
    (
        "La CléGC ne sera pas accessible les 6, 7 et 8 mars 2027, de 1 h à 3 h (heure de l'Est).",
        [f"gckey 03-0{d} 01:00 03-0{d} 03:00" for d in (6, 7, 8)],
    ),
    (
        "GCKey will be down on March 4, 2027, from 1 a.m. to 3 a.m. and from 5 a.m. to 6 a.m. ET.",
        [f"gckey {MARCH_4}", "gckey 03-04 05:00 03-04 06:00"],
    ),
    (
        "La CléGC sera en panne le 4 mars 2027 de 1 h à 3 h et de 5 h à 6 h (heure de l'Est).",
        [f"gckey {MARCH_4}", "gckey 03-04 05:00 03-04 06:00"],
    ),
]

NEAR = [
    ("GCKey will be unavailable tonight from 10 p.m. to 11 p.m. ET.", ["gckey 01-20 22:00 01-20 23:00"]),
    ("GCKey will be unavailable tonight from 1 a.m. to 5 a.m. ET.", ["gckey 01-21 01:00 01-21 05:00"]),
    ("GCKey will be unavailable tonight from 11 p.m. to 2 a.m. ET.", ["gckey 01-20 23:00 01-21 02:00"]),
    ("GCKey will be unavailable overnight from 1 a.m. to 5 a.m. ET.", ["gckey 01-21 01:00 01-21 05:00"]),
    ("GCKey will be unavailable this afternoon from 1 p.m. to 3 p.m. ET.", ["gckey 01-20 13:00 01-20 15:00"]),
    ("GCKey will be unavailable tomorrow from 1 a.m. to 3 a.m. ET.", ["gckey 01-21 01:00 01-21 03:00"]),
    ("GCKey will be unavailable this Friday from 1 a.m. to 3 a.m. ET.", ["gckey 01-22 01:00 01-22 03:00"]),
    ("La CléGC sera indisponible ce soir de 22 h à 23 h (heure de l'Est).", ["gckey 01-20 22:00 01-20 23:00"]),
    ("La CléGC sera indisponible cette nuit de 1 h à 5 h (heure de l'Est).", ["gckey 01-21 01:00 01-21 05:00"]),
    ("La CléGC sera indisponible cet après-midi de 13 h à 15 h (heure de l'Est).", ["gckey 01-20 13:00 01-20 15:00"]),
    ("La CléGC sera indisponible demain de 1 h à 3 h (heure de l'Est).", ["gckey 01-21 01:00 01-21 03:00"]),
]

SLIPS = [
    ("GCKey will be unavailable on March 4, 2027, from 12:00 p.m. to 5:00 a.m. ET.", ["gckey 03-04 12:00 03-05 05:00", "notice_noon_or_midnight"]),
    ("GCKey will be unavailable on March 4, 2027, from 12 a.m. to 5 p.m. ET.", ["gckey 03-04 00:00 03-04 17:00", "notice_noon_or_midnight"]),
    ("GCKey will be unavailable on March 4, 2027, from 12:00 p.m. to 4:00 p.m. ET.", ["gckey 03-04 12:00 03-04 16:00"]),
    ("GCKey will be unavailable on March 4, 2027, from 12:00 a.m. to 4:00 a.m. ET.", ["gckey 03-04 00:00 03-04 04:00"]),
    ("GCKey will be unavailable on March 4, 2027, from 9 p.m. to 12 p.m. ET.", ["gckey 03-04 21:00 03-05 00:00", "notice_half_slip"]),
    ("GCKey will be unavailable on Friday, March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}", "notice_weekday_mismatch"]),
    ("GCKey will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. EDT.", [f"gckey {MARCH_4}", "tz_label_mismatch"]),
    ("GCKey will be unavailable on February 30, 2027, from 1 a.m. to 3 a.m. ET.", ["!notice_no_such_date"]),
    ("GCKey will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m.", [f"gckey {MARCH_4}", "notice_zone_assumed"]),
    ("GCKey will be unavailable on March 4 from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}", "notice_year_assumed"]),
    ("La CléGC sera indisponible le vendredi 4 mars 2027, de 1 h à 3 h (heure de l'Est).", [f"gckey {MARCH_4}", "notice_weekday_mismatch"]),
]  # fmt: skip

EXTENDED = [
    (
        "The maintenance of GCKey has been extended until 9:00 a.m. ET on January 21, 2027.",
        ["gckey 01-20 09:00 01-21 09:00", "notice_extended"],
    ),
    (
        "The GCKey outage will last longer than expected, until January 21, 2027, at 9 a.m. ET.",
        ["gckey 01-20 09:00 01-21 09:00", "notice_extended"],
    ),
    (
        "L'entretien de la CléGC est prolongé jusqu'au 21 janvier 2027 à 9 h (heure de l'Est).",
        ["gckey 01-20 09:00 01-21 09:00", "notice_extended"],
    ),
    (
        "GCKey will be back by January 21, 2027, at 9 a.m. ET; it is unavailable.",
        ["gckey 01-20 09:00 01-21 09:00", "notice_began_at_capture"],
    ),
    (
        "GCKey will be unavailable from March 4, 2027, at 6 p.m. ET until further notice.",
        ["gckey 03-04 18:00 ?", "notice_open_end"],
    ),
    (
        "La CléGC sera indisponible à compter du 4 mars 2027 à 18 h (heure de l'Est) jusqu'à nouvel ordre.",
        ["gckey 03-04 18:00 ?", "notice_open_end"],
    ),
]

NOW = [
    ("We are experiencing problems with GCKey.", ["gckey 01-20 09:00 ?", "notice_began_at_capture"]),
    (
        "We are currently experiencing technical difficulties with GCKey.",
        ["gckey 01-20 09:00 ?", "notice_began_at_capture"],
    ),
    ("GCKey is currently unavailable.", ["gckey 01-20 09:00 ?", "notice_began_at_capture"]),
    ("La CléGC éprouve présentement des difficultés techniques.", ["gckey 01-20 09:00 ?", "notice_began_at_capture"]),
    ("La CléGC est actuellement indisponible.", ["gckey 01-20 09:00 ?", "notice_began_at_capture"]),
    ("GCKey is now available.", ["!notice_restored"]),
    ("GCKey has been restored.", ["!notice_restored"]),
    ("GCKey is back to normal.", ["!notice_restored"]),
    ("La CléGC est de nouveau accessible.", ["!notice_restored"]),
    ("La CléGC fonctionne de nouveau.", ["!notice_restored"]),
    ("If GCKey is unavailable, try again later.", ["!notice_static_help"]),
]

PAST = [
    ("GCKey users were unable to sign in yesterday from 8 a.m. to 10 a.m. ET.", ["gckey 01-19 08:00 01-19 10:00"]),
    ("Hier, de 8 h à 10 h (heure de l'Est), la CléGC était inaccessible.", ["gckey 01-19 08:00 01-19 10:00"]),
    ("From 5 p.m. on Friday to 8 a.m. on Monday, GCKey will be down.", ["gckey 01-22 17:00 01-25 08:00"]),
    ("La CléGC sera indisponible du vendredi 17 h au lundi 8 h (heure de l'Est).", ["gckey 01-22 17:00 01-25 08:00"]),
    ("GCKey will be unavailable Mondays to Fridays from 1 a.m. to 3 a.m. ET in March 2027.", ["!notice_repeats"]),
    ("The GCKey outage that began on January 19, 2027, at 8 p.m. ET was resolved at 2 a.m. on January 20, 2027.", ["gckey 01-19 20:00 01-20 02:00"]),
    ("Posted: January 19, 2027. GCKey will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("Publié le 19 janvier 2027 à 10 h. La CléGC sera indisponible le 4 mars 2027, de 1 h à 3 h (heure de l'Est).", [f"gckey {MARCH_4}"]),
    ("GCKey was down on January 19, 2027, from 7:30 a.m. to 10:15 a.m. ET.", ["gckey 01-19 07:30 01-19 10:15"]),
    ("La CléGC a été en panne le 19 janvier 2027 de 7 h 30 à 10 h 15 (heure de l'Est).", ["gckey 01-19 07:30 01-19 10:15"]),
    ("Le 19 janvier 2027, la CléGC a connu une panne de 7 h 30 à 10 h 15 (heure de l'Est).", ["gckey 01-19 07:30 01-19 10:15"]),
    ("La CléGC a subi une interruption de 2 h à 4 h le 19 janvier 2027 (heure de l'Est).", ["gckey 01-19 02:00 01-19 04:00"]),
    ("GCKey will be down on March 4, 2027, at 1 a.m. ET for two hours.", [f"gckey {MARCH_4}"]),
    ("La CléGC sera en panne le 4 mars 2027 à 1 h (heure de l'Est) pendant deux heures.", [f"gckey {MARCH_4}"]),
    ("On March 4, 2027, from 1 a.m. to 3 a.m. ET, you may have to enter your GCKey password twice.", ["!notice_hours_only"]),
    ("Le 4 mars 2027, de 1 h à 3 h (heure de l'Est), vous pourriez devoir saisir deux fois le mot de passe de la CléGC.", ["!notice_hours_only"]),
    ("Between 7:30 and 10:15 a.m. ET on January 19, 2027, people could not sign in with GCKey.", ["gckey 01-19 07:30 01-19 10:15"]),
    ("GCKey won't be available on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("GCKey won't be available 4/3/2027 1:00-3:00 ET.", ["!notice_date_order"]),
    ("GCKey will be offline nightly from March 1 to March 2, 2027, between 11:30 p.m. and 1:30 a.m. ET.", ["gckey 03-01 23:30 03-02 01:30", "gckey 03-02 23:30 03-03 01:30"]),
    ("The weekly maintenance of GCKey takes place on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("GCKey maintenance takes place weekly from 2 a.m. to 4 a.m. ET.", ["!notice_repeats"]),
    ("La CléGC sera indisponible les samedi 6 et dimanche 7 mars 2027, de 1 h à 3 h (heure de l'Est).", ["gckey 03-06 01:00 03-06 03:00", "gckey 03-07 01:00 03-07 03:00"]),
    ("GCKey will be down on Saturday 6 and Sunday 7 March 2027, from 1 a.m. to 3 a.m. ET.", ["gckey 03-06 01:00 03-06 03:00", "gckey 03-07 01:00 03-07 03:00"]),
    ("The office will be closed on Monday.", ["!notice_no_outage"]),
]  # fmt: skip

NUMBERS_AND_MIDNIGHTS = [
    (
        "GCKey will be unavailable from 10 p.m. ET on Friday, March 5, to midnight Saturday, March 6, 2027.",
        ["gckey 03-05 22:00 03-07 00:00", "notice_midnight"],
    ),
    (
        "La CléGC sera indisponible du vendredi 5 mars 2027 à 22 h au samedi 6 mars à minuit (heure de l'Est).",
        ["gckey 03-05 22:00 03-07 00:00", "notice_midnight"],
    ),
    (
        "GCKey will be unavailable from midnight on March 5, 2027, to 6 a.m. on March 6, 2027, ET.",
        ["gckey 03-05 00:00 03-06 06:00", "notice_midnight"],
    ),
    (
        "GCKey will be unavailable from March 5, 2027, at 10 p.m. to March 6, 2027, at 12 a.m. ET.",
        ["gckey 03-05 22:00 03-06 00:00"],
    ),
    ("GCKey will be unavailable on 2027/03/04 from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("GCKey will be unavailable from 2027.03.04 01:00 to 2027.03.04 03:00 ET.", [f"gckey {MARCH_4}"]),
    ("GCKey will be unavailable on Thursday, 4/3/2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("GCKey will be unavailable on Thursday 3/4/2027 from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("La CléGC sera indisponible le 25-02-2027 de 1 h à 3 h (heure de l'Est).", ["gckey 02-25 01:00 02-25 03:00"]),
    (
        "GCKey will be unavailable from 25/02/2027 at 10 p.m. to 04/03/2027 at 3 a.m. ET.",
        ["gckey 02-25 22:00 03-04 03:00"],
    ),
    ("GCKey will be unavailable on 03/03/2027 from 1 a.m. to 3 a.m. ET.", ["gckey 03-03 01:00 03-03 03:00"]),
    ("GCKey will be unavailable on 4/3/2027 from 1 a.m. to 3 a.m. ET.", ["!notice_date_order"]),
    ("GCKey will be unavailable on 4/3/27 from 1 a.m. to 3 a.m. ET.", ["!notice_date_order"]),
    ("GCKey will be unavailable on 3/4 from 1 a.m. to 3 a.m. ET.", ["!notice_date_order"]),
    ("La CléGC sera indisponible le 04-03-2027 de 1 h à 3 h (heure de l'Est).", ["!notice_date_order"]),
    ("Tuesday, 4/3/2027: GCKey will be unavailable from 1 a.m. to 3 a.m. ET.", ["!notice_date_order"]),
    ("GCKey, offered 24/7, will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
]

MARCH_6 = "gckey 03-06 01:00 03-06 03:00"
MOVED_OTHERWISE = [
    ("The GCKey outage of March 4, 2027 (1 a.m. to 3 a.m. ET) has been brought forward to March 2, 2027, same time.", ["gckey 03-02 01:00 03-02 03:00", "notice_moved"]),
    ("The GCKey maintenance of March 4 is cancelled and replaced by one on March 6, 2027, from 1 a.m. to 3 a.m. ET.", [MARCH_6, "notice_moved"]),
    ("GCKey maintenance is deferred to a later date. It was to run on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"cancelled gckey {MARCH_4}"]),
    ("The GCKey outage planned for March 4, 2027, from 1 a.m. to 3 a.m. ET will not go ahead.", [f"cancelled gckey {MARCH_4}"]),
    ("The GCKey maintenance on March 4, 2027, will start at 3 a.m. ET rather than 1 a.m. and end at 5 a.m. ET.", ["gckey 03-04 03:00 03-04 05:00"]),
    ("GCKey maintenance: the end has changed from 3 a.m. to 5 a.m. ET on March 4, 2027.", ["!notice_unclear"]),
    ("Note: the date given earlier (March 4) was wrong. GCKey will be down March 6, 2027, 1 to 3 a.m. ET.", [MARCH_6, "!notice_days_left"]),
    ("L'interruption de la CléGC prévue le 4 mars 2027 (de 1 h à 3 h, heure de l'Est) est devancée au 2 mars 2027, aux mêmes heures.", ["gckey 03-02 01:00 03-02 03:00", "notice_moved"]),
    ("Nous avons reporté l'entretien de la CléGC prévu le 4 mars 2027. La nouvelle période est le 6 mars 2027, de 1 h à 3 h (HE).", [MARCH_6, "notice_moved"]),
    ("L'entretien de la CléGC prévu le 4 mars 2027, de 1 h à 3 h (heure de l'Est), est remis à une date ultérieure.", [f"cancelled gckey {MARCH_4}"]),
    ("L'interruption de la CléGC prévue le 4 mars 2027, de 1 h à 3 h (heure de l'Est), n'aura finalement pas lieu.", [f"cancelled gckey {MARCH_4}"]),
    ("Rectificatif : la CléGC sera indisponible de 1 h à 5 h (heure de l'Est), et non de 1 h à 3 h, le 4 mars 2027.", ["gckey 03-04 01:00 03-04 05:00"]),
]  # fmt: skip

SPARED_OTHERWISE = [
    ("There will be no interruption to the IRCC Portal while GCKey is offline on March 4, 2027, 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}"]),
    ("The maintenance on March 4, 2027, from 1 a.m. to 3 a.m. ET affects GCKey. It doesn't affect the IRCC Portal.", [f"gckey {MARCH_4}"]),
    ("Everything but the IRCC Portal works. The IRCC Portal is still down.", ["ircc_portal 01-20 09:00 ?"]),
    ("GCKey will be unavailable from 1 a.m. to 5 a.m. ET on March 4, 2027, except between 2 a.m. and 3 a.m.", ["gckey 03-04 01:00 03-04 05:00", "notice_excepted"]),
    ("La CléGC sera indisponible de 1 h à 5 h le 4 mars 2027 (heure de l'Est), sauf entre 2 h et 3 h.", ["gckey 03-04 01:00 03-04 05:00", "notice_excepted"]),
    ("Neither GCKey nor the IRCC Portal will be available on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey;ircc_portal {MARCH_4}"]),
    ("Vous ne pourrez pas utiliser la CléGC ni le Portail d'IRCC le 4 mars 2027, de 1 h à 3 h (heure de l'Est).", [f"gckey;ircc_portal {MARCH_4}"]),
]  # fmt: skip

EXTENDED_OTHERWISE = [
    ("The maintenance window of GCKey on January 20, 2027 (1 a.m. to 7 a.m. ET) is being extended to 11 a.m. ET.", ["gckey 01-20 01:00 01-20 11:00", "notice_extended"]),
    ("La période d'entretien de la CléGC du 20 janvier 2027 (de 1 h à 7 h, heure de l'Est) est prolongée jusqu'à 11 h.", ["gckey 01-20 01:00 01-20 11:00", "notice_extended"]),
    ("The GCKey outage that was to end at 9 a.m. ET today is now expected to last until noon ET.", ["gckey 01-20 09:00 01-20 12:00", "notice_extended"]),
    ("Restoration of GCKey takes longer than planned. We now expect service to resume at 2 p.m. ET on January 20, 2027.", ["gckey 01-20 09:00 01-20 14:00", "notice_extended"]),
    ("La panne de la CléGC se poursuit. Heure prévue du rétablissement : 20 janvier 2027, 15 h 30 (HNE).", ["gckey 01-20 09:00 01-20 15:30", "notice_began_at_capture"]),
    ("GCKey will remain unavailable until 6 p.m. ET on January 21, 2027.", ["gckey 01-20 09:00 01-21 18:00", "notice_began_at_capture"]),
    ("GCKey will be unavailable from 6 p.m. ET on March 4, 2027. Service will resume at 8 a.m. ET on March 5, 2027.", ["gckey 03-04 18:00 03-05 08:00"]),
    ("Début : 4 mars 2027, 18 h (HE)\nFin : 4 mars 2027, 21 h (HE)\nService : CléGC\nMotif : entretien", ["gckey 03-04 18:00 03-04 21:00"]),
    ("La CléGC sera fermée le 4 mars 2027 à 1 h (heure de l'Est) et rouvrira à 3 h.", [f"gckey {MARCH_4}"]),
]  # fmt: skip

REPEATED_OTHERWISE = [
    ("GCKey will be unavailable every weekday from March 3 to March 8, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey 03-0{d} 01:00 03-0{d} 03:00" for d in (3, 4, 5, 8)]),
    ("GCKey will be unavailable daily between 1 a.m. and 3 a.m. ET until January 22, 2027.", [f"gckey 01-{d} 01:00 01-{d} 03:00" for d in (20, 21, 22)]),
    ("La CléGC sera indisponible les mardis et jeudis du 1er au 5 mars 2027, de 1 h à 3 h (heure de l'Est).", [f"gckey 03-0{d} 01:00 03-0{d} 03:00" for d in (2, 4)]),
    ("GCKey will be unavailable Tuesday and Thursday nights from March 1 to March 5, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey 03-0{d} 01:00 03-0{d} 03:00" for d in (2, 4)]),
    ("La CléGC sera indisponible une nuit sur deux du 1er au 7 mars 2027, de 1 h à 2 h (heure de l'Est).", ["!notice_repeats"]),
    ("GCKey will be unavailable between 1 a.m. and 2 a.m. ET on the first three Mondays of March 2027.", ["!notice_repeats"]),
]  # fmt: skip

TOGETHER_OTHERWISE = [
    ("La CléGC sera indisponible les nuits du 6 et du 7 mars 2027, de 23 h à 4 h (heure de l'Est).", ["gckey 03-06 23:00 03-07 04:00", "gckey 03-07 23:00 03-08 04:00"]),
    ("GCKey will be down on March 4 and again on March 11, 2027, from 1 a.m. to 3 a.m. ET.", [f"gckey {MARCH_4}", "gckey 03-11 01:00 03-11 03:00"]),
    ("La CléGC sera indisponible de 1 h à 3 h (heure de l'Est) aux dates suivantes : le 4 mars, le 11 mars et le 18 mars 2027.", [f"gckey 03-{d} 01:00 03-{d} 03:00" for d in ("04", "11", "18")]),
    ("GCKey will be unavailable Saturday and Sunday (March 6-7, 2027) from 1 a.m. to 3 a.m. ET.", ["gckey 03-06 01:00 03-07 03:00", "notice_each_day"]),
    ("GCKey will be unavailable from 2200 to 0200 ET on March 4, 2027.", ["gckey 03-04 22:00 03-05 02:00"]),
    ("GCKey will be unavailable Thu 4 Mar 2027 01:00 – 03:00 (UTC-05:00).", [f"gckey {MARCH_4}"]),
    ("GCKey will be unavailable from 2027-03-04T06:00Z to 2027-03-04T08:00:00.000Z.", [f"gckey {MARCH_4}"]),
    ("GCKey will be unavailable 2027-03-04T01:00-05:00 – 2027-03-04T03:00:00-05:00.", [f"gckey {MARCH_4}"]),
    ("La CléGC sera indisponible du 2027-03-04T07:00+01:00 au 2027-03-04T09:00+0100.", [f"gckey {MARCH_4}"]),
    ("GCKey will be unavailable 2027-03-04T02:30-03:30 to 2027-03-04T04:30-03:30.", [f"gckey {MARCH_4}"]),
    ("GCKey will be unavailable on 2027-03-04, 06:00Z to 08:00Z.", [f"gckey {MARCH_4}"]),
    ("GCKey will be unavailable from 2027-03-04T01:00 to 2027-03-04T03:00 ET.", [f"gckey {MARCH_4}"]),
    ("La CléGC sera indisponible le 4 mars 2027, de 12 h à 4 h 30 (heure de l'Est).", ["gckey 03-04 12:00 03-05 04:30", "notice_noon_or_midnight"]),
]  # fmt: skip

AT_CAPTURE = ["gckey 01-20 09:00 ?", "notice_began_at_capture"]
NOW_OTHERWISE = [
    *((text, AT_CAPTURE) for text in (
        "Some users may be having trouble signing in with GCKey. We are working to fix it.",
        "GCKey is not working right now. Our teams are investigating.",
        "Clients are getting error messages when they sign in with GCKey.",
        "GCKey can't be used at present.",
        "GCKey is down until the problem is fixed.",
        "GCKey is down. We will let you know when it is back.",
        "GCKey has not been restored yet.",
        "Certaines personnes ont de la difficulté à se connecter avec la CléGC. Nous travaillons à corriger la situation.",
        "Les clients reçoivent des messages d'erreur lorsqu'ils se connectent avec la CléGC.",
        "La CléGC semble être en panne.",
        "La CléGC est en panne. Nous publierons une mise à jour lorsque le service sera rétabli.",
        "La CléGC n'est pas encore rétablie.",
    )),
    ("GCKey has been down since 6 a.m. ET.", ["gckey 01-20 06:00 ?", "notice_no_end"]),
    ("GCKey has been unavailable since January 19, 2027.", ["gckey 01-19 00:00 ?", "notice_no_end"]),
    ("La CléGC est indisponible depuis hier à 16 h (heure de l'Est).", ["gckey 01-19 16:00 ?", "notice_no_end"]),
    ("GCKey will be unavailable from March 4, 2027, at 6 p.m. ET until service is restored.", ["gckey 03-04 18:00 ?", "notice_open_end"]),
    ("Sign-in with GCKey has been restored, but the IRCC Portal is still down.", ["ircc_portal 01-20 09:00 ?", "!notice_restored"]),
    ("L'accès au Portail d'IRCC est rétabli, mais la CléGC est toujours en panne.", ["gckey 01-20 09:00 ?", "!notice_restored"]),
    ("GCKey was restored at 7 a.m. ET and went down again at 8 a.m. ET.", ["!notice_unclear"]),
    ("Good news: the GCKey problem is behind us.", ["!notice_unclear"]),
    *((text, ["!notice_restored"]) for text in (
        "GCKey is up and running again.",
        "The GCKey outage is over.",
        "The issue with GCKey has now been fixed. Thank you for your patience.",
        "Scheduled maintenance of GCKey is complete.",
        "We experienced an outage of GCKey overnight. Service is back.",
        "La CléGC est de retour.",
        "Le problème touchant la CléGC est maintenant réglé.",
        "Il est à nouveau possible de se connecter avec la CléGC.",
        "La panne de la CléGC est terminée.",
        "Tout est rentré dans l'ordre pour la CléGC.",
    )),
]  # fmt: skip

EIGHT = ["gckey 03-04 08:00 03-04 10:00"]
ZONES = [
    ("GCKey will be unavailable on March 4, 2027, from 8 a.m. ET / 5 a.m. PT to 10 a.m. ET / 7 a.m. PT.", EIGHT),
    ("GCKey will be unavailable on March 4, 2027, from 5 a.m. PT (8 a.m. ET) to 7 a.m. PT (10 a.m. ET).", EIGHT),
    ("GCKey will be unavailable on March 4, 2027: 8-10 a.m. Eastern, 5-7 a.m. Pacific.", EIGHT),
    ("GCKey will be unavailable on March 4, 2027, from 8 to 10 a.m. ET (9:30 to 11:30 a.m. in Newfoundland).", EIGHT),
    ("GCKey will be unavailable from 1:00 a.m. EST (06:00 UTC) to 3:00 a.m. EST (08:00 UTC) on March 4, 2027.", [f"gckey {MARCH_4}"]),
    ("GCKey will be unavailable on March 5, 2027, from 03:00 to 05:00 UTC (10 p.m. to midnight ET).", ["gckey 03-04 22:00 03-05 00:00"]),
    ("GCKey will be unavailable from March 4, 2027, 10 p.m. ET (7 p.m. PT) to March 5, 2027, 2 a.m. ET (March 4, 11 p.m. PT).", ["gckey 03-04 22:00 03-05 02:00"]),
    ("La CléGC sera indisponible le 4 mars 2027 de 8 h (HE) / 5 h (HP) à 10 h (HE) / 7 h (HP).", EIGHT),
    ("On March 4, 2027, GCKey will be down from 1 a.m. to 3 a.m. AT and from 8 a.m. to 10 a.m. ET.", ["gckey 03-04 00:00 03-04 02:00", *EIGHT]),
    ("GCKey will be unavailable on March 4, 2027, from 9 a.m. to 11 a.m. Atlantic.", EIGHT),
    ("La CléGC sera indisponible le 4 mars 2027, de 9 h à 11 h (Atlantique).", EIGHT),
    ("GCKey will be unavailable on March 4, 2027, from 9 a.m. to 11 a.m. Halifax time.", EIGHT),
    ("GCKey will be unavailable on March 4, 2027, from 8 a.m. to 10 a.m. (13:00 to 15:00 UTC).", EIGHT),
    ("La CléGC sera indisponible le 4 mars 2027 de 8 h à 10 h (13 h à 15 h UTC).", EIGHT),
    ("GCKey will be unavailable on March 4, 2027, at 8 a.m. (1 p.m. UTC) for two hours.", EIGHT),
    ("GCKey will be unavailable on March 4, 2027, from 5 a.m. to 7 a.m. (8 a.m. to 10 a.m. ET).", EIGHT),
    ("GCKey will be unavailable on March 4, 2027, from 13:00 to 15:00. All times are in UTC.", EIGHT),
    ("All times UTC.\n\nGCKey will be unavailable on March 4, 2027, from 13:00 to 15:00.", EIGHT),
    ("La CléGC sera indisponible le 4 mars 2027, de 13 h à 15 h.\n\nLes heures sont indiquées en UTC.", EIGHT),
    ("GCKey will be unavailable on March 4, 2027, from 8 a.m. to 10 a.m. ET (2 p.m. to 4 p.m. CET).", EIGHT),
    ("GCKey will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. During this time, you cannot sign in.", [f"gckey {MARCH_4}", "notice_zone_assumed"]),
    *((f"GCKey will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. {zone}.", ["!notice_zone_unknown"]) for zone in ("CET", "IST", "(AEST)", "local time", "Paris time", "New Delhi time")),
    ("La CléGC sera indisponible le 4 mars 2027, de 1 h à 3 h (heure de Paris).", ["!notice_zone_unknown"]),
]  # fmt: skip

LENGTHS = [
    *((f"GCKey will be unavailable on March 4, 2027, at 1 a.m. ET for {length}.", [f"gckey 03-04 01:00 {until}"]) for length, until in (
        ("an hour and a half", "03-04 02:30"), ("one and a half hours", "03-04 02:30"), ("1.5 hours", "03-04 02:30"),
        ("2½ hours", "03-04 03:30"), ("three quarters of an hour", "03-04 01:45"), ("eight hours", "03-04 09:00"),
        ("two hours and thirty minutes", "03-04 03:30"), ("two days", "03-06 01:00"), ("at least two hours", "?"), ("90 days", "?"),
    )),
    *((f"La CléGC sera indisponible le 4 mars 2027 à 1 h (heure de l'Est) pendant {length}.", [f"gckey 03-04 01:00 {until}"]) for length, until in (
        ("une heure et demie", "03-04 02:30"), ("2,5 heures", "03-04 03:30"), ("trois quarts d’heure", "03-04 01:45"), ("huit heures", "03-04 09:00"),
    )),
    ("La CléGC sera indisponible le 4 mars 2027 à 1 h (heure de l'Est). Durée prévue : 4 heures.", ["gckey 03-04 01:00 03-04 05:00"]),
]  # fmt: skip

PARTS_OF_DAYS = [
    ("La CléGC sera indisponible le 4 mars 2027, de 9 h à 11 h du soir (HE).", ["gckey 03-04 21:00 03-04 23:00", "notice_half_assumed"]),
    ("La CléGC sera indisponible le 4 mars 2027, de 2 h de l’après-midi à 4 h (HE).", ["gckey 03-04 14:00 03-04 16:00", "notice_half_assumed"]),
    ("La CléGC sera indisponible le 4 mars 2027, de 11 h du soir à 3 h du matin (HE).", ["gckey 03-04 23:00 03-05 03:00"]),
    ("GCKey will be unavailable on March 4, 2027, from 9 to 11 in the evening (ET).", ["gckey 03-04 21:00 03-04 23:00"]),
    ("GCKey will be unavailable on March 4, 2027, from 2:00 to 4:00 in the afternoon ET.", ["gckey 03-04 14:00 03-04 16:00"]),
    ("GCKey will be unavailable on March 4, 2027, from 0100h to 0300h ET.", [f"gckey {MARCH_4}"]),
    ("GCKey will be unavailable on the evening of March 4, 2027, from 9:00 to 11:00 ET.", ["gckey 03-04 21:00 03-04 23:00", "notice_half_assumed"]),
    ("La CléGC sera indisponible le 4 mars 2027 en après-midi, de 2 h à 4 h (HE).", ["gckey 03-04 14:00 03-04 16:00", "notice_half_assumed"]),
    ("GCKey will be unavailable tonight from 11:30 to 4:30 ET.", ["gckey 01-20 23:30 01-21 04:30", "notice_half_assumed"]),
    ("Good evening, GCKey will be unavailable on March 4, 2027, from 9:00 to 11:00 ET.", ["gckey 03-04 09:00 03-04 11:00"]),
    ("La CléGC sera indisponible dans la nuit du 4 au 5 mars 2027, de 1 h à 4 h (HE).", ["gckey 03-05 01:00 03-05 04:00"]),
    ("La CléGC sera indisponible dans la nuit du 4 au 5 mars 2027, de 22 h à 4 h (HE).", ["gckey 03-04 22:00 03-05 04:00"]),
    *((text, ["!notice_unclear"]) for text in (
        "GCKey will be unavailable the week of March 8, 2027, from 1 a.m. to 3 a.m. ET.",
        "La CléGC sera indisponible la fin de semaine du 6 mars 2027.",
        "GCKey will be unavailable before 6 a.m. ET on March 4, 2027.",
    )),
]  # fmt: skip

AT_MARCH_4 = [f"gckey {MARCH_4}"]
DENIED = [
    ("Contrary to reports, GCKey will not be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. ET.", ["!notice_hours_only"]),
    ("There is no outage of GCKey on March 4, 2027, from 1 a.m. to 3 a.m. ET.", ["!notice_hours_only"]),
    ("La CléGC ne sera pas en panne le 4 mars 2027, de 1 h à 3 h (HE).", ["!notice_hours_only"]),
    ("GCKey is not down.", ["!notice_unclear"]),
    ("GCKey is not currently experiencing an outage.", ["!notice_no_outage"]),
    ("GCKey will not be down for long: it is unavailable.", AT_CAPTURE),
    ("All services except GCKey will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. ET.", [f"ircc_online {MARCH_4}"]),
    ("Tous les services seront indisponibles le 4 mars 2027, de 1 h à 3 h (HE).", [f"ircc_online {MARCH_4}"]),
    ("The GCKey maintenance planned for January 20, 2027, 1 a.m. to 5 a.m. ET, ended early at 2:15 a.m. ET.", ["gckey 01-20 01:00 01-20 02:15"]),
    ("L’entretien de la CléGC prévu de 1 h à 5 h le 20 janvier 2027 (HE) s’est terminé plus tôt, à 2 h 15.", ["gckey 01-20 01:00 01-20 02:15"]),
]  # fmt: skip

ASIDES = [
    *((f"GCKey is unavailable. {aside}", AT_CAPTURE) for aside in (
        "The next update will be posted at 11 a.m. ET on January 21, 2027.",
        "We will provide an update by 2 p.m. ET on January 20, 2027.",
        "Applications due by January 31, 2027, are not extended.",
    )),
    ("La CléGC est indisponible. Prochaine mise à jour à 14 h (HE) le 20 janvier 2027.", AT_CAPTURE),
    ("GCKey will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. ET. Submit your application by 11:59 p.m. ET on March 3, 2027.", AT_MARCH_4),
    ("GCKey will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. ET. Help desk hours: 8 a.m. to 4 p.m. ET.", AT_MARCH_4),
    ("Applications received before 11 p.m. ET on March 3, 2027, will be processed. GCKey will be unavailable on March 4, 2027, from 1 a.m. to 3 a.m. ET.", AT_MARCH_4),
    ("La CléGC sera indisponible le 4 mars 2027, de 1 h à 3 h (HE). Présentez votre demande avant le 3 mars 2027 à 20 h.", AT_MARCH_4),
    ("GCKey closes on March 4, 2027, at 1 a.m. ET until 3 a.m.: submit your application before.", ["!notice_hours_only"]),
]  # fmt: skip

BOTH = ["gckey;ircc_portal 01-25 01:00 01-25 03:00"]
LISTED = [
    ("These services will be unavailable on January 25, 2027, from 1 to 3 a.m. ET:\n\n- GCKey\n- IRCC Portal", BOTH),
    ("Seront indisponibles le 25 janvier 2027, de 1 h à 3 h (HE) :\n\n- la CléGC\n- le Portail d'IRCC", BOTH),
    (
        "Services touchés : CléGC, Portail d'IRCC. Début : 25 janvier 2027, 1 h (HE). Fin : 25 janvier 2027, 3 h (HE).",
        BOTH,
    ),
    (
        "# Planned outages\n\n- GCKey\n  - March 4, 2027: 1 a.m. to 3 a.m. ET\n- IRCC Portal\n  - March 6, 2027: 1 a.m. to 3 a.m. ET",
        [f"gckey {MARCH_4}", "ircc_portal 03-06 01:00 03-06 03:00"],
    ),
]

CORRECTED = [
    ("GCKey maintenance on January 20, 2027, from 1 a.m. to 5 a.m. ET has been extended by two hours.", ["gckey 01-20 01:00 01-20 07:00", "notice_extended"]),
    ("L'entretien de la CléGC du 20 janvier 2027, de 1 h à 5 h (HE), est prolongé de deux heures.", ["gckey 01-20 01:00 01-20 07:00", "notice_extended"]),
    ("GCKey maintenance, 1 a.m. to 5 a.m. ET on January 20, 2027, is extended by two hours, until 7 a.m. ET.", ["gckey 01-20 01:00 01-20 07:00", "notice_extended"]),
    ("The GCKey outage on January 19, 2027, lasted three hours, from 11:20 a.m. ET.", ["gckey 01-19 11:20 01-19 14:20"]),
    ("La CléGC sera indisponible le 22 janvier 2027 de 23 h à 5 h le lendemain (UTC).", ["gckey 01-22 18:00 01-23 00:00"]),
    ("La CléGC sera indisponible le 22 janvier 2027 de 23 h à 5 h le lendemain matin (HNT).", ["gckey 01-22 21:30 01-23 03:30"]),
    *((text, ["!notice_unclear"]) for text in (
        "Tonight's maintenance of GCKey (10 p.m. to midnight ET) has been postponed to tomorrow, same time.",
        "L'entretien de la CléGC de ce soir, de 22 h à minuit (HE), est reporté à lundi.",
        "No interruption of service is expected during the GCKey maintenance on January 25, 2027, from 1 a.m. to 3 a.m. ET.",
        "GCKey will be unavailable on Monday, January 25, 2026, from 1 a.m. to 3 a.m. ET.",
    )),
]  # fmt: skip

JAN_26 = "gckey 01-26 01:00 01-26 03:00"
HELD_26 = [JAN_26, "!notice_days_left"]
ON_26 = "GCKey will be unavailable on January 26, 2027, from 1 a.m. to 3 a.m. ET"
LE_26 = "La CléGC sera indisponible le 26 janvier 2027 de 1 h à 3 h (HE)"
LEFT_OVER = [
    *((f"{ON_26}{more}", HELD_26) for more in (
        " and then intermittently until 5 a.m.", "; it may be slow until 6 a.m.", " (back-up date: January 28).",
        ". A second window is at the same time the next day.",
    )),
    (f"{LE_26}, et le lendemain aux mêmes heures.", HELD_26),
    (f"{ON_26}. Please sign out by 12:30 a.m. ET. We will update this page at 11 a.m.", [JAN_26]),
    ("GCKey maintenance planned for January 26, 2027, from 1 a.m. to 3 a.m. ET will now start at 2 a.m.", HELD_26),
    ("As of 8 a.m. ET, GCKey is unavailable. We expect service to be restored by noon.", ["gckey 01-20 08:00 01-20 12:00"]),
    ("GCKey is unavailable from 8 a.m. to noon ET.", [AT_CAPTURE[0], "!notice_no_date"]),
    ("GCKey will be unavailable from 1 a.m. ET on January 26, 2027, for a minimum of 4 hours.", ["gckey 01-26 01:00 ?"]),
    ("GCKey maintenance completed early. Service was restored at 2:40 a.m. ET on January 20, 2027 (planned end: 5 a.m.).", ["!notice_unclear"]),
]  # fmt: skip

OF_DAYS = [
    ("GCKey will be unavailable until Friday, January 22, 2027.", ["gckey 01-20 09:00 01-23 00:00", "notice_began_at_capture"]),
    ("GCKey will be unavailable from today at 6 p.m. to Friday at 6 a.m. ET.", ["gckey 01-20 18:00 01-22 06:00"]),
    ("GCKey will be unavailable tonight from 10 p.m. ET until Friday at 2 a.m.", ["gckey 01-20 22:00 01-22 02:00"]),
    ("GCKey will be unavailable Friday night from 1 a.m. to 3 a.m. ET.", ["gckey 01-23 01:00 01-23 03:00", "notice_day_assumed"]),
    ("La CléGC sera indisponible dans la nuit de mardi à mercredi, de 1 h à 5 h (HE).", ["gckey 01-27 01:00 01-27 05:00"]),
    ("GCKey will be unavailable next Wednesday from 1 p.m. to 3 p.m. ET.", ["gckey 01-27 13:00 01-27 15:00"]),
    ("La CléGC sera indisponible mercredi prochain de 13 h à 15 h (HE).", ["gckey 01-27 13:00 01-27 15:00"]),
    *((text, ["!notice_unclear"]) for text in (
        "GCKey will be unavailable on the night of January 26, 2027, from 1 a.m. to 5 a.m. ET.",
        "La CléGC sera indisponible la nuit du 26 janvier 2027, de 1 h à 5 h (HE).",
        "GCKey will be unavailable a week from today from 1 p.m. to 3 p.m. ET.",
    )),
    *((text, ["!notice_repeats"]) for text in (
        "Starting January 26, GCKey will be unavailable Tuesdays from 1 a.m. to 3 a.m. ET.",
        "La CléGC sera indisponible de 1 h à 3 h (HE) les mardis.",
    )),
    ("From January 26, 2027, until further notice, GCKey will not be available between 1 a.m. and 3 a.m. ET.", [JAN_26, "!notice_repeats"]),
]  # fmt: skip

CHANGED = [
    (f"The outage of January 26 is not cancelled. {ON_26}.", [JAN_26]),
    (f"{LE_26} ; l'entretien n'est pas annulé.", [JAN_26]),
    ("GCKey maintenance on January 25 has been cancelled. GCKey will be unavailable on January 26, 2027, from 1 a.m. to 3 a.m. ET.", HELD_26),
    ("GCKey will be unavailable on January 26, 2027 (not January 25), from 1 a.m. to 3 a.m. ET.", [JAN_26, "notice_moved"]),
    (f"Update (January 19, 2027, 4 p.m. ET): {ON_26}.", [JAN_26]),
    (f"Mise à jour (19 janvier 2027, 16 h) : {LE_26}.", [JAN_26]),
    *((text, ["!notice_unclear"]) for text in (
        "The GCKey maintenance on January 26, 2027, 1 a.m. to 3 a.m. ET, will start one hour later than planned.",
        "The GCKey maintenance on January 26, 2027, 1 a.m. to 3 a.m. ET, has been moved up by two hours.",
        "La maintenance de la CléGC prévue le 26 janvier 2027 de 1 h à 3 h (HE) a été devancée d'une heure.",
    )),
    *((text, [f"{begin} ?", "notice_no_end"]) for text, begin in (
        ("GCKey will be unavailable until at least 3 p.m. ET today.", "gckey 01-20 09:00"),
        ("GCKey will be unavailable on January 26, 2027, from 1 a.m. until at least 3 p.m. ET.", "gckey 01-26 01:00"),
        ("La CléGC sera indisponible le 26 janvier 2027 de 1 h à 15 h au moins (HE).", "gckey 01-26 01:00"),
    )),
    ("La CléGC sera indisponible le 26 janvier 2027 de 1 h à 3 h 30 min (HE).", ["gckey 01-26 01:00 01-26 03:30"]),
    ("GCKey was down on January 18, 2027, from 7:31 a.m. ET for nearly 11 hours.", ["gckey 01-18 07:31 01-18 18:31"]),
    ("GCKey and the IRCC Portal will be unavailable on January 25 and January 26, 2027, respectively, from 1 a.m. to 3 a.m. ET.", [*BOTH, "gckey;ircc_portal 01-26 01:00 01-26 03:00", "notice_services_mixed"]),
]  # fmt: skip

OF_SOMETHING_ELSE = [
    *((f"{words} GCKey will be offline from 1 a.m. to 3 a.m. ET on January 26, 2027.", HELD_26) for words in (
        "IRCC said in a statement on January 19 that", "As announced on January 12,", "Following the outage of January 12,",
    )),
    *((text, ["ircc_portal 01-20 00:00 ?", "notice_no_end"]) for text in (
        "January 20, 2027 – Service interruption: the IRCC Portal is currently unavailable. We are working to resolve it.",
        "20 janvier 2027 – Le Portail d'IRCC n'est pas disponible. Nous travaillons à résoudre le problème.",
    )),
    (f"{ON_26}.\n\nWe apologize for the inconvenience.\n\nInternational office\nOpen Monday to Friday, 9 a.m. to 4 p.m.", [JAN_26]),
    (f"{LE_26}.\n\nMerci,\nBureau international\nHoraire : lundi au vendredi, 9 h à 16 h", [JAN_26]),
    ("GCKey will be unavailable on January 26 and 28, 2027, from 1 a.m. to 3 a.m. and from 10 p.m. to 11 p.m. ET.", [f"gckey 01-{d} {a} 01-{d} {b}" for d in (26, 28) for a, b in (("01:00", "03:00"), ("22:00", "23:00"))]),
    ("GCKey will be unavailable from January 22, 2027, at noon to January 25 at 8 a.m. ET.", ["gckey 01-22 12:00 01-25 08:00"]),
    ("La CléGC sera indisponible les 26 et 27 janvier 2027, respectivement de 1 h à 3 h et de 2 h à 4 h (HE).", ["!notice_unclear"]),
    ("La CléGC peut être indisponible le mardi entre minuit et 5 h 30 (HE) pour un entretien régulier.", ["!notice_no_date"]),
    ("Resolved.\n\nGCKey is currently unavailable.", [AT_CAPTURE[0], "!notice_restored"]),
]  # fmt: skip

WORDINGS = [
    *OF_SOMETHING_ELSE,
    *LEFT_OVER,
    *OF_DAYS,
    *CHANGED,
    *LISTED,
    *CORRECTED,
    *ZONES,
    *LENGTHS,
    *PARTS_OF_DAYS,
    *DENIED,
    *ASIDES,
    *PLAIN,
    *MOVED,
    *SPARED,
    *REPEATED,
    *TOGETHER,
    *NEAR,
    *SLIPS,
    *NUMBERS_AND_MIDNIGHTS,
    *EXTENDED,
    *NOW,
    *PAST,
    *MOVED_OTHERWISE,
    *SPARED_OTHERWISE,
    *EXTENDED_OTHERWISE,
    *REPEATED_OTHERWISE,
    *TOGETHER_OTHERWISE,
    *NOW_OTHERWISE,
]
