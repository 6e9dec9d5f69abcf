"""Where the rows of a roster went, as the one line that the screen, the workbook and the mails all print. Pure."""

from reporter.model.report import Account
from reporter.text.catalogue import count_sentence, words


def account_said(account: Account, language: str) -> str:
    """`412 read = 396 assessed + 9 set aside + 7 excluded`, each word in the form its count asks for."""
    w = words("account", language)
    names = ("read", "assessed", "set_aside", "excluded")
    return w["whole"].format(**{name: count_sentence(w, name, getattr(account, name), language) for name in names})
