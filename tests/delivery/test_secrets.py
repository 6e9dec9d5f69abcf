"""A password comes from the one place that is named, and is shown nowhere."""

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from reporter.delivery.secrets import password, password_text
from reporter.errors import SettingsError


class Ring(KeyringBackend):
    """A keyring of this process alone; locked when it has nothing."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {("reporter", "desk"): "s3cret-word"}

    def get_password(self, service, username):
        if not self.kept:
            raise KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        raise NotImplementedError


@pytest.fixture
def ring():
    before = keyring.get_keyring()
    made = Ring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def found(environ=(), **place):
    return password(user="desk", environ=dict(environ), **place)


def test_the_keyring_is_asked_for_the_user(ring):
    """Under the service that the settings name."""
    assert "s3cret-word" == found(keyring_service="reporter")


@pytest.mark.parametrize(("text", "expected"), [("s3cret-word\n", "s3cret-word"), (" two words \r\n", " two words ")])
def test_a_file_is_read_to_the_end_of_its_line(tmp_path, text, expected):
    """The line end that an editor adds is none of the password; a blank may be."""
    (tmp_path / "word").write_text(text, newline="")

    assert expected == found(file=tmp_path / "word")


def test_the_environment_is_read():
    """For containers, which have little else."""
    assert "s3cret-word" == found({"MAIL_WORD": "s3cret-word"}, variable="MAIL_WORD")


def test_without_a_place_there_is_none():
    """Some servers take mail from known machines without a login."""
    assert "" == found({"MAIL_WORD": "s3cret-word"})


def test_two_places_are_refused(tmp_path):
    """Nobody could tell which one is used; both keys are named."""
    with pytest.raises(SettingsError, match="password_file, password_env"):
        found(file=tmp_path / "word", variable="MAIL_WORD")


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_without_a_password_is_refused_by_its_key(tmp_path, content):
    """Missing, empty, or not text."""
    if content is not None:
        (tmp_path / "word").write_bytes(content)
    with pytest.raises(SettingsError, match=r"mail\.password_file"):
        found(file=tmp_path / "word")


def test_letters_that_no_mail_server_can_be_told_are_refused():
    """Without showing them."""
    with pytest.raises(SettingsError, match="letters") as refused:
        password_text("mot-clé")

    assert ("clé" not in str(refused.value), "word") == (True, password_text("word"))


def test_a_variable_that_is_not_set_is_refused_by_its_key():
    """Its name is told."""
    with pytest.raises(SettingsError, match=r"mail\.password_env.*MAIL_WORD"):
        found(variable="MAIL_WORD")


@pytest.mark.parametrize("kept", [{}, {("reporter", "other"): "x"}])
def test_a_keyring_that_is_locked_or_has_none_says_what_to_do(ring, kept):
    """A timer of the system often has no way into it."""
    ring.kept = kept
    with pytest.raises(SettingsError, match=r"mail\.password_keyring.*(use a file|keyring set)"):
        found(keyring_service="reporter")
