"""The one way to say that a file as a whole cannot be used: an entry of problems/files.toml, raised."""

from reporter.errors import RosterError
from reporter.model.problem import Problem


class FileRefusedError(RosterError):
    """A file that cannot be used; `problem` holds the same sentence in both languages, for problems.csv."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message("en"), where=problem.source, french=problem.message("fr"))
        self.problem = problem


def refuse(source: str, code: str, **details: object) -> FileRefusedError:
    """The error for `code`, ready to be raised; `source` is the file's name without its folder."""
    return FileRefusedError(Problem(source, code, details={key: str(detail) for key, detail in details.items()}))
