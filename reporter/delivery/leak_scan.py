"""Looks through a finished mail for people who are none of its reader's business. Pure: bytes in, leaks out.

One automaton holds the identifiers of everybody in the run, as letters and digits with nothing between them, and goes
once over each text. What is found of a stranger is then looked at closely: where its words begin and end in the text,
what stands between its letters, whether a longer name of somebody the reader may see covers it. It does not matter how
the mail was made: a template, a filter or a writer that gives away too much is caught all the same.

What our own mails hold when nobody is in them (words, colours, measures) is the baseline: it is never a person.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ahocorasick_rs import BytesAhoCorasick, Implementation

from reporter.delivery.mail_texts import (
    EDGE,
    SOFT,
    Opened,
    Passage,
    fold_text,
    is_letter,
    squeeze,
    squeeze_lines,
    texts,
    whereabouts,
)

ID, NAME, SURNAME, INITIALS, MAIL, PERMIT, CONTACT = "id", "name", "surname", "initials", "mail", "permit", "contact"
"""What an identifier is. INITIALS are the first letter and the family name, told by the full stop or comma between;
CONTACT is an address that reports go to: nobody's secret, and a name within it is covered."""
NAMES = frozenset({NAME, SURNAME, INITIALS, CONTACT})
UNREADABLE = "unreadable"
LETTERS_AT_LEAST, DIGITS_AT_LEAST = 5, 5
LOOSE_LETTERS, LOOSE_DIGITS = 7, 9
"""As long as this, an identifier is known again whatever stands between its letters; a shorter one only as written."""
TORN_LETTERS = 6
"""As long as this, a lone name is known again with one blank or hyphen in it, if neither half is a word of ours or of
the reader's rows."""
JOINED = re.compile(rb"[a-z]+[-_./][0-9]+")
"""An id with a sign between its letters and its number: E-1002."""
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u1100-\u11ff]"
)
"""Scripts whose words run on without blanks: a name of two letters stands anywhere in them."""
WORD = re.compile(rb"[a-z0-9\x80-\xff]+")
"""A word of a folded text."""
BLANKED = bytes(0x20 if code in b"-\t" else code for code in range(256))
REMEMBERED = 10_000  # rows and tags
Whose = tuple[frozenset[int], frozenset[str]]
"""Parts of the roster that the bearers of an identifier stand in, and of which kinds it is."""


@dataclass(frozen=True)
class Leak:
    """One identifier in a mail whose reader may not see it: where it stands and by which rule; never the words.

    `is_stranger`: nobody who bears it is the reader's business; else only the reader's role does not see it.
    """

    part: str
    rule: str
    piece: str = ""
    cell: str = ""
    is_stranger: bool = False
    mark: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Reach:
    """What one reader may see: parts of the roster, less the kinds of identifier that a role does not see.

    `ids` are the words of the mail's own ids, which are nobody's; `spoken` tells the words that rows hold, of these
    parts and less these kinds, and is asked only when a lone word is in doubt; `had` are the ids, folded and squeezed,
    of people whom the last report to this reader told, and who are with another one now.
    """

    parts: frozenset[int]
    hidden: frozenset[str] = frozenset()
    ids: frozenset[bytes] = frozenset()
    spoken: Callable[[frozenset[int], frozenset[str]], Iterable[bytes]] | None = None
    had: frozenset[bytes] = frozenset()

    @cached_property
    def own(self) -> frozenset[bytes]:
        """The words of the reader's own rows: one of them by itself gives nobody away."""
        return self.ids.union(self.spoken(self.parts, self.hidden) if self.spoken else ())


@dataclass(frozen=True)
class OurTexts:
    """What our own mails hold when nobody is in them: a mark that stands in it is nobody's.

    `names_only` are texts in which only names are nobody's; `labels` what files are called, in which a number or a lone
    word is nobody's.
    """

    said: Sequence[str] = ()
    markup: Sequence[str] = ()
    names_only: Sequence[str] = ()
    labels: Sequence[str] = ()


@dataclass(frozen=True)
class Baseline:
    """Our own texts beside the marks of a run: our `words`, the `cells` that we fill, the numbers of the marks that our
    texts hold (`said`), and of those in our mark-up (`drawn`).
    """

    words: frozenset[bytes]
    cells: frozenset[bytes]
    said: frozenset[int]
    drawn: frozenset[int]


@dataclass(frozen=True, eq=False)
class Identifiers:
    """The identifiers of everybody in a run and to whom each belongs. Made once, asked for each mail.

    `marks` are their words as written, folded; `places` says where in `bearers` each one's stand. `whole` are those too
    short or common to be told from a word among others, which count only as the whole of a cell. `ours` tells the texts
    of ours, and is asked only when a stranger's mark stands in a mail.
    """

    marks: Sequence[bytes] = ()
    places: Sequence[int] = ()
    bearers: Sequence[Whose] = ()
    whole: Mapping[bytes, int] = field(default_factory=dict)
    ours: Callable[[], OurTexts] = field(default=OurTexts, repr=False)
    pictures: frozenset[str] = frozenset()  # the SHA-256 of each that stands in every mail
    clean: set[str | bytes] = field(default_factory=set)  # what holds nobody: most of it stands in all mails

    @cached_property
    def automaton(self) -> Any:
        """What finds every mark in one pass; built in each process that was not forked."""
        kind = Implementation.ContiguousNFA
        return BytesAhoCorasick([squeeze(mark) for mark in self.marks] or [b"\0"], implementation=kind)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "automaton"}

    def whose(self, n: int) -> Whose:
        """To whom the mark of that number belongs."""
        return self.bearers[self.places[n]]

    @cached_property
    def baseline(self) -> Baseline:
        """What our own texts hold of these marks."""
        ours = self.ours()
        said, named_in = fold_text(EDGE.join(ours.said)), fold_text(EDGE.join(ours.names_only))
        named = {n for n in self._within(named_in) if self.whose(n)[1] <= NAMES}
        lone = {n for n in self._within(fold_text(EDGE.join(ours.labels))) if b" " not in self.marks[n]}
        return Baseline(
            words=frozenset(WORD.findall(said + EDGE.encode() + named_in)),
            cells=frozenset([*squeeze_lines(said), *squeeze_lines(named_in)]),
            said=frozenset(self._within(said) | named | lone),
            drawn=frozenset(self._within(fold_text(EDGE.join(ours.markup)))),
        )

    def is_ours(self, n: int, *, is_markup: bool) -> bool:
        """Whether the mark of that number stands in our own texts."""
        return n in self.baseline.said or (is_markup and n in self.baseline.drawn)

    def _within(self, text: bytes) -> set[int]:
        return {n for n, _, _ in self.written(text, self.hits(text))}

    def hits(self, text: bytes) -> list[tuple[int, int, int]]:
        """Every mark whose letters follow one another in a folded text: its number, and where in the squeezed text."""
        found: list[tuple[int, int, int]] = self.automaton.find_matches_as_indexes(squeeze(text), overlapping=True)
        return found

    def torn(self, text: bytes, hits: Sequence[tuple[int, int, int]]) -> Iterator[tuple[bytes, int, int]]:
        """Those of the hits that are a name with one cut in it, as it stands there."""
        likely = [hit for hit in hits if self._is_tearable(hit[0])]
        at = whereabouts(text) if likely else ()
        for n, start, end in likely:
            begins, ends = int(at[start]), int(at[end - 1]) + 1
            halves = text[begins:ends].translate(BLANKED).split()
            is_torn = len(halves) == 2 and b"".join(halves) == self.marks[n]
            if is_torn and _is_apart(text, begins, ends):
                yield b" ".join(halves), begins, ends

    def _is_tearable(self, n: int) -> bool:
        """A family name, or a name of one word."""
        mark, (_, kinds) = self.marks[n], self.whose(n)
        return len(mark) >= TORN_LETTERS and kinds <= {NAME, SURNAME} and is_lone(mark, kinds)

    def written(self, text: bytes, hits: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
        """Those of the hits that are the mark and no accident, each with where it begins and ends in the text."""
        at = whereabouts(text) if hits else ()
        for n, start, end in hits:
            begins, ends = int(at[start]), int(at[end - 1]) + 1
            if is_written(self.marks[n], self.whose(n)[1], text, begins, ends):
                yield n, begins, ends


def is_written(mark: bytes, kinds: frozenset[str], text: bytes, start: int, end: int) -> bool:
    """Whether what stands there is the mark, and not letters of other words that happen to follow one another."""
    letters = squeeze(mark)
    is_unspaced = UNSPACED.search(mark.decode("utf-8", "replace")) is not None
    if not is_unspaced and not _is_apart(text, start, end):
        return False
    span = text[start:end]
    if EDGE.encode() in span and not _is_whole_cells(text, start, end):
        return False
    cuts = _cuts(span)
    if kinds <= {INITIALS}:
        return cuts == _cuts(mark) and _has_initial(mark, text, start, end)
    if not cuts or is_unspaced or cuts <= _cuts(mark):
        return True
    if kinds <= {NAME, SURNAME}:
        return len(letters) >= LETTERS_AT_LEAST and cuts == set(range(1, len(letters)))  # spelled out: Y O R G L E
    if not kinds.isdisjoint({ID, PERMIT}) and len(letters) >= LETTERS_AT_LEAST and JOINED.fullmatch(span):
        return True
    return len(letters) >= (LOOSE_DIGITS if letters.isdigit() else LOOSE_LETTERS)


def _is_apart(text: bytes, start: int, end: int) -> bool:
    """Whether no letter touches what stands there."""
    return not (start and is_letter(text[start - 1])) and not (end < len(text) and is_letter(text[end]))


def _has_initial(mark: bytes, text: bytes, start: int, end: int) -> bool:
    """Whether it reads `G. Marchand`, `Marchand G.` or `Marchand, G`; `a Young` and `l’Avril` are other words."""
    first = mark.partition(b" ")[0]
    if len(first.decode("utf-8", "replace")) == 1:
        return text[start + len(first) : end].lstrip(SOFT.encode())[:1] == b"."
    return text[end : end + 1] == b"." or b"," in text[start:end]


def holds_leak(leak: Leak, text: str) -> bool:
    """Whether a text holds what leaked."""
    folded = fold_text(text)
    squeezed, letters = squeeze(folded), squeeze(leak.mark)
    if len(letters) < LETTERS_AT_LEAST and leak.rule != INITIALS:
        return squeezed == letters
    at, kinds = whereabouts(folded), frozenset([leak.rule])
    starts = (found.start() for found in re.finditer(re.escape(letters), squeezed))
    ends = ((int(at[n]), int(at[n + len(letters) - 1]) + 1) for n in starts)
    return any(is_written(leak.mark, kinds, folded, start, end) for start, end in ends)


def _is_whole_cells(text: bytes, start: int, end: int) -> bool:
    """Whether it begins where a cell does and ends where one does: a given name in one, a family name in the next."""
    before, after = text[:start].rpartition(EDGE.encode())[2], text[end:].partition(EDGE.encode())[0]
    return not squeeze(before) and not squeeze(after)


def _cuts(span: bytes) -> set[int]:
    """After how many of its letters something stands that can be seen."""
    cuts: set[int] = set()
    letters = 0
    for code in span:
        if is_letter(code):
            letters += 1
        elif code != 1:
            cuts.add(letters)
    return cuts


def find_leaks(
    content: bytes, people: Identifiers, reach: Reach, opened: Mapping[str, bytes] = MappingProxyType({})
) -> tuple[Leak, ...]:
    """What the mail holds that its reader may not see; a part that cannot be opened is a leak.

    Takes: opened - what is in each encrypted workbook, by the SHA-256 of its bytes; any other cannot be opened.
    """
    found: dict[tuple[str, str, str, bytes], Leak] = {}
    for said in texts(content, Opened(opened, people.pictures, people.clean)):
        for leak in [Leak(said.part, UNREADABLE, said.piece)] if said.text is None else _leaks(said, people, reach):
            found.setdefault((leak.part, leak.piece, leak.rule, leak.mark), leak)
    return tuple(found.values())


def _leaks(said: Passage, people: Identifiers, reach: Reach) -> Iterator[Leak]:
    text = said.text or b""
    hits = people.hits(text)
    cells = set(squeeze_lines(text)) & people.whole.keys() if people.whole and not said.is_markup else set()
    if not hits and not cells and len(people.clean) < REMEMBERED:
        people.clean.update(said.rows)
        people.clean.update([said.packed] if said.packed else ())
    strange = {
        n
        for n in {n for n, _, _ in hits}
        if not may_see(people.whose(n), reach) and squeeze(people.marks[n]) not in reach.had
    }
    if strange and _is_doubtful(text, people, [hit for hit in hits if hit[0] in strange]):
        strange = {n for n in strange if not people.is_ours(n, is_markup=said.is_markup)}
        yield from _strangers(said, hits, strange, people, reach)
    yield from _whole_cells(said, sorted(cells), people, reach)


def _is_doubtful(text: bytes, people: Identifiers, hits: Sequence[tuple[int, int, int]]) -> bool:
    """Whether one of these marks stands there, and not only its letters in other words."""
    return any(True for _ in people.written(text, hits)) or any(True for _ in people.torn(text, hits))


def _strangers(
    said: Passage, hits: Sequence[tuple[int, int, int]], strange: Set[int], people: Identifiers, reach: Reach
) -> Iterator[Leak]:
    """Those that nothing explains: no longer mark that may be seen around it, no word of ours or of the reader."""
    text, theirs = said.text or b"", [hit for hit in hits if hit[0] in strange]
    covers = list(people.written(text, [hit for hit in hits if hit[0] not in strange])) if theirs else []
    for n, start, end in people.written(text, theirs):
        mark, (parts, kinds) = people.marks[n], people.whose(n)
        is_covered = any(a <= start and end <= b and b - a > end - start for _, a, b in covers)
        if not is_covered and not (is_lone(mark, kinds) and mark in reach.own):
            yield Leak(said.part, _rule(kinds), said.piece, said.cell(start), not parts & reach.parts, mark)
    for mark, start, _ in people.torn(text, theirs) if not said.is_markup else ():
        if people.baseline.words.isdisjoint(mark.split()) and reach.own.isdisjoint(mark.split()):
            yield Leak(said.part, SURNAME, said.piece, said.cell(start), is_stranger=True, mark=mark)


def _whole_cells(said: Passage, found: Sequence[bytes], people: Identifiers, reach: Reach) -> Iterator[Leak]:
    """The short and common ones: each counts where it is all that a cell or block holds."""
    for one in found:
        parts, kinds = whose = people.bearers[people.whole[one]]
        is_theirs = may_see(whose, reach) or one in reach.own or one in reach.had
        if not is_theirs and not (kinds <= NAMES and one in people.baseline.cells):
            place = said.address(squeeze_lines(said.text or b"").index(one))
            yield Leak(said.part, _rule(kinds), said.piece, place, not parts & reach.parts, one)


def may_see(whose: Whose, reach: Reach) -> bool:
    """Whether a reader may see an identifier of theirs."""
    parts, kinds = whose
    if CONTACT in kinds:
        return True
    shown = {NAME if kind in (SURNAME, INITIALS) else kind for kind in kinds}
    return bool(parts & reach.parts) and not shown <= reach.hidden


def is_lone(mark: bytes, kinds: frozenset[str]) -> bool:
    """Whether it is one word without a digit: such a word may be somebody else's, or no name at all."""
    return b" " not in mark and mark.decode("utf-8", "replace").isalpha() and MAIL not in kinds


def _rule(kinds: frozenset[str]) -> str:
    return next(kind for kind in (ID, NAME, MAIL, PERMIT, SURNAME, INITIALS, CONTACT) if kind in kinds)
