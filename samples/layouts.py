"""The columns and the fixed words of the sample rosters."""

from collections.abc import Sequence

Columns = Sequence[tuple[str, str, float]]  # heading, field, width

STAFF: Columns = (
    ("Employee No.", "person_id", 13),
    ("Legal name", "full_name", 27),
    ("Department", "unit", 15),
    ("HR contact e-mail", "contact_email", 26),
    ("Province", "province", 9),
    ("Permit type", "permit_kind", 17),
    ("Permit no.", "permit_number", 13),
    ("Issue date", "permit_issued_on", 12),
    ("Work permit expiry", "permit_expires_on", 13),
    ("Must leave Canada by", "must_leave_by_on", 13),
    ("Renewal filed on", "application_filed_at", 17),
    ("Outcome", "application_outcome", 11),
    ("Login (GCKey/partner)", "sign_in_method", 16),
    ("Passport expiry", "passport_expires_on", 12),
    ("Letter type", "letter_kind", 21),
    ("Letter due", "letter_due_on", 12),
    ("Travel", "travel_on", 12),
    ("Job start", "job_starts_on", 12),
)
ETUDIANTS: Columns = (
    ("Matricule", "person_id", 11),
    ("Nom", "family_name", 20),
    ("Prénom", "given_names", 15),
    ("Faculté", "unit", 29),
    ("Courriel du responsable", "contact_email", 33),
    ("Type de permis", "permit_kind", 17),
    ("No du permis", "permit_number", 13),
    ("Date d'expiration du permis d'études", "permit_expires_on", 17),
    ("Date de fin d'études", "completed_on", 13),
    ("Date d'expiration du CAQ", "caq_expires_on", 14),
    ("Date d'expiration du passeport", "passport_expires_on", 14),
    ("Statut d'inscription", "enrolment_status", 15),
    ("Demande déposée le", "application_filed_at", 17),
    ("Type de demande (lettre)", "letter_kind", 26),
    ("À fournir au plus tard le", "letter_due_on", 14),
    ("Début de session", "term_starts_on", 13),
    ("Mode de connexion", "sign_in_method", 22),
)
CSV_FIELDS = (0, 1, 2, 3, 4, 5, 7, 9, 11, 12, 16)  # of ETUDIANTS
MESSY: Columns = (  # the heading above, the heading, width
    ("Worker", "ID", 7),
    ("", "Name", 30),
    ("", "Dept", 14),
    ("", "HR contact e-mail", 25),
    ("Permit", "Type", 17),
    ("", "No.", 13),
    ("", "Issued", 12),
    ("", "Expiry", 17),
    ("", "Remarks", 18),
)
# Every number that could be a month is at most 12: nothing in the column says which comes first.
MESSY_EXPIRIES: tuple[object, ...] = (
    "03/04/2027",
    "11/12/2026",
    "8/10/2026?",
    "05/06/2028",
    "12/01/2027",
    "2027-05-31",
    "07/07/2027",
    "9/11/2026 (tbc)",
    "02/10/2028",
    "see e-mail",
    "10/05/2027",
    "06/12/2026",
    "Nov 2026",
    "04/09/2027",
    "01/03/2028",
    "05/06/27",
    46_538,
    "08/08/2028",
    "12/10/2026",
    "~ 10/11/2026",
    "PR",
    "2026-12-04",
    "03/02/2029",
    "9999-12-31",
    "11/05/2027",
    "00/00/0000",
    "07/10/2026",
    "D/S",
    "06/01/2027",
    "12/12/2027",
)
EMPLOYER_NOTES = (
    "Northlake Robotics (invented)",
    "Work authorization register. Every person in this file is invented; any likeness is chance.",
    "",
    "Staff 2026 – one row a worker. Add rows above the total; do not sort the total or the notes in.",
    "Work permit expiry – the date printed on the document. Must leave Canada by – only where the permit shows one.",
    "Renewal filed on – date and time of the confirmation, Ottawa time.",
    "Questions: Mobility & Immigration, mobility@example.org.",
)
EMPLOYER_FOOT = (
    "Notes",
    "1. Rows marked TBD or In process wait for a copy of the document.",
    "2. PR and citizens stay in the register for the head count only.",
)
UNIVERSITY_FOOT = (
    "* Les dates en texte ont été saisies à la main par les facultés.",
    "* Toutes les personnes de ce fichier sont inventées.",
)
