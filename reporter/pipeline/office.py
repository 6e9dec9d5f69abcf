"""From the settings to the office as a reader in one language sees it: its words, its colour and its sign."""

from reporter.errors import SettingsError, refused
from reporter.model.report import BYTES_AT_MOST, Logo, Office, ink_on, logo_of
from reporter.model.rulebook import Words
from reporter.settings import Settings


def office_of(settings: Settings, language: str) -> Office:
    """The office of the settings. Raises: SettingsError - the picture of its sign cannot be used."""
    office = settings.office
    signature = _said(office.signature, language)
    return Office(
        name=office.name,
        address=office.address,
        time_zone=office.time_zone,
        licensed_contact=office.licensed_contact,
        paper=office.paper,
        accent=office.accent,
        ink=ink_on(office.accent),
        logo=_logo(settings) if office.logo else None,
        signature=tuple(line.strip() for line in signature.splitlines() if line.strip()),
        disclaimer=_said(office.disclaimer, language).strip(),
    )


def offices_of(settings: Settings) -> dict[str, Office]:
    """The office in each language. Raises: SettingsError - see `office_of`."""
    return {language: office_of(settings, language) for language in ("en", "fr")}


def _said(text: str | Words, language: str) -> str:
    return text.of(language) if isinstance(text, Words) else text


def _logo(settings: Settings) -> Logo:
    path = settings.path(settings.office.logo)
    try:
        with path.open("rb") as file:
            return logo_of(file.read(BYTES_AT_MOST + 1))
    except OSError as error:
        raise refused(
            SettingsError, "stop_logo_unread", where=f"office.logo: {path.name}", what=error.strerror
        ) from error
    except ValueError as error:
        raise refused(SettingsError, "stop_logo", where=f"office.logo: {path.name}", what=error) from error
