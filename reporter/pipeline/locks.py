"""From the settings to the password that each recipient's workbook is encrypted with, if it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reporter.delivery.encryption import LONGEST, SHORTEST
from reporter.delivery.secrets import from_environment, password
from reporter.errors import SettingsError, refused
from reporter.model.report import Recipient
from reporter.settings import OWNERS, EncryptSettings, Settings

EVERYONE = "everyone"
"""The name in the keyring of the password of whoever has none of their own there."""


@dataclass(frozen=True)
class Lock:
    """The password of one recipient's workbook, or why there is none although there should be; off when neither."""

    password: str = field(default="", repr=False)
    why: str = ""


Said = EncryptSettings | bool | None


def locks(settings: Settings, recipients: Sequence[Recipient]) -> tuple[Lock, ...]:
    """The lock of each recipient. A password that is not there costs only those who were to have it."""
    return tuple(_lock(settings, recipient) for recipient in recipients)


def check_locks(settings: Settings) -> None:
    """Stop before anything is read where everybody's password is not there.

    Raises: SettingsError. What a keyring holds is told recipient by recipient: each may have an entry of their own.
    """
    if isinstance(settings.mail.encrypt, EncryptSettings) and not settings.mail.encrypt.keyring:
        _password(settings, settings.mail.encrypt, "mail.encrypt", EVERYONE)


def missing(settings: Settings) -> Iterator[SettingsError]:
    """The passwords that the settings name and that cannot be had."""
    for key, said, address in _places(settings):
        try:
            if isinstance(said, EncryptSettings):
                _password(settings, said, key, address)
        except SettingsError as error:
            yield error


def is_locking(settings: Settings) -> bool:
    """Whether anybody's workbook is to be encrypted."""
    return any(isinstance(said, EncryptSettings) for _, said, _ in _places(settings))


def password_files(settings: Settings) -> Iterator[str]:
    """The files that hold such passwords."""
    yield from (said.file for _, said, _ in _places(settings) if isinstance(said, EncryptSettings) and said.file)


def _lock(settings: Settings, recipient: Recipient) -> Lock:
    key, said = _said(settings, recipient)
    if not isinstance(said, EncryptSettings):
        return Lock()
    try:
        return Lock(_password(settings, said, key, recipient.address))
    except SettingsError as error:
        return Lock(why=error.told(settings.language))


def _said(settings: Settings, recipient: Recipient) -> tuple[str, Said]:
    """What holds for that recipient: what is said of them, else of all. Of two units' words the stricter counts."""
    address, role = recipient.address.strip().casefold(), recipient.role
    own: list[tuple[str, Said]] = [
        (f"recipients[{n}].encrypt", one.encrypt)
        for n, one in enumerate(settings.recipients)
        if one.address.strip().casefold() == address and (one.role == role or (not role and one.role in OWNERS))
    ]
    if not role:
        units = settings.units.items()
        own += [(f"units.{name}.encrypt", u.encrypt) for name, u in units if u.address.strip().casefold() == address]
    spoken = [(key, said) for key, said in own if said is not None]
    strict = [(key, said) for key, said in spoken if isinstance(said, EncryptSettings)]
    return next(iter([*strict, *spoken]), ("mail.encrypt", settings.mail.encrypt))


def _places(settings: Settings) -> Iterator[tuple[str, Said, str]]:
    yield "mail.encrypt", settings.mail.encrypt, settings.office.address
    for name, unit in settings.units.items():
        yield f"units.{name}.encrypt", unit.encrypt, unit.address
    for n, one in enumerate(settings.recipients):
        yield f"recipients[{n}].encrypt", one.encrypt, one.address


def _password(settings: Settings, place: EncryptSettings, key: str, address: str) -> str:
    """The password there. Raises: SettingsError naming the key; it shows neither password nor address."""
    found = ""
    for user in (address, EVERYONE) if place.keyring else (EVERYONE,):
        try:
            found = password(
                user=user,
                keyring_service=place.keyring,
                file=settings.path(place.file) if place.file else None,
                variable=place.env,
                environ=from_environment(),
                key=f"{key}.",
            )
        except SettingsError:
            if user == EVERYONE:
                raise
        if found:
            break
    if not found:
        raise refused(SettingsError, "stop_lock_place", where=key)
    if not SHORTEST <= len(found) <= LONGEST:
        raise refused(SettingsError, "stop_lock_length", where=key, least=SHORTEST, most=LONGEST)
    return found
