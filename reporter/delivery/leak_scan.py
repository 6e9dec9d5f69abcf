"""Looks through a finished mail for people who are none of its reader's business. Pure: bytes in, leaks out.

One index holds the identifiers of everybody in the run, as letters and digits with nothing between them, and is gone
through once for all texts of a mail. What is found of a stranger is then looked at closely: what stands between its
letters, whether a longer name of somebody the reader may see covers it. It does not matter how the mail was made: a
template, a filter or a writer that gives away too much is caught all the same.

What our own mails hold when nobody is in them (words, colours, measures) is the baseline: it is never a person.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
from ahocorasick_rs import BytesAhoCorasick, Implementation
from msgspec import Struct
from numpy.typing import NDArray

from reporter.delivery.mail_texts import (
    EDGE,
    SOFT,
    Opened,
    Passage,
    fold_text,
    is_letter,
    squeeze,
    squeeze_column,
    squeeze_lines,
    texts,
    whereabouts,
    word_spans,
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
HEAD = 4  # letters; a mark of fewer is looked for like one of a script without blanks
HEAD_BITS, SIEVE_BITS, ROOM = 20, 12, 8  # how many bits tell a beginning; a mark, at least; places for each mark
AT_ONCE = 50_000  # words of which the numbers are made
LETTERS_AT_ONCE = 4_000_000  # of texts that are gone through together
WORDS = 8  # that are taken on at once
PRIME, MIX, MIX_HEAD = np.uint64(0x100000001B3), np.uint64(0x9E3779B97F4A7C15), np.uint32(0x9E3779B1)
Whose = tuple[frozenset[int], frozenset[str]]
"""Parts of the roster that the bearers of an identifier stand in, and of which kinds it is."""
Hit = tuple[int, int, int]
"""The number of a mark, and where it begins and ends in a text."""


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


class Reach(Struct, frozen=True, dict=True):
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


class OurTexts(Struct, frozen=True):
    """What our own mails hold when nobody is in them: a mark that stands in it is nobody's.

    `names_only` are texts in which only names are nobody's; `labels` what files are called, in which a number or a lone
    word is nobody's.
    """

    said: Sequence[str] = ()
    markup: Sequence[str] = ()
    names_only: Sequence[str] = ()
    labels: Sequence[str] = ()


class Baseline(Struct, frozen=True):
    """Our own texts beside the marks of a run: our `words`, the `cells` that we fill, the numbers of the marks that our
    texts hold (`said`), and of those in our mark-up (`drawn`).
    """

    words: frozenset[bytes]
    cells: frozenset[bytes]
    said: frozenset[int]
    drawn: frozenset[int]


class Hits(Struct, frozen=True):
    """Marks that stand in a text: the number of each, and where it begins and ends."""

    marks: NDArray[np.intp]
    begins: NDArray[np.intp]
    ends: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.marks)

    def __iter__(self) -> Iterator[Hit]:
        return zip(self.marks.tolist(), self.begins.tolist(), self.ends.tolist(), strict=True)

    def of(self, wanted: NDArray[Any]) -> "Hits":
        """Some of them."""
        return Hits(self.marks[wanted], self.begins[wanted], self.ends[wanted])

    def beside(self, others: "Hits") -> "Hits":
        """With others of the same text."""
        pairs = ((self.marks, others.marks), (self.begins, others.begins), (self.ends, others.ends))
        return Hits(*(np.concatenate(pair) for pair in pairs))

    def sorted(self) -> "Hits":
        """By their ends, then the longest."""
        return self.of(np.lexsort((self.marks, self.begins, self.ends)))


class MarkIndex(Struct, frozen=True, eq=False, dict=True):
    """Finds every mark whose letters are those of some whole words of a text, whatever stands between them.

    Each word has a number, a polynomial of its letters, and the number of what several words spell follows from theirs.
    A text is cut into its words once; from each that a mark can begin with, the next ones are taken on one by one, and
    the number of what they spell is looked up. So no string is made, and the index of a hundred thousand people is a
    few arrays. Two marks of one number are both found: that adds something to look at, and hides nothing.

    `keys` are the numbers of the marks, sorted, and `order` whose they are; `heads` and `sieve` say at once of most
    beginnings and most numbers that they are none. `anywhere` are marks of a script without blanks, within any word.
    """

    marks: pa.BinaryArray
    keys: NDArray[np.uint64]
    order: NDArray[np.intp]
    heads: NDArray[np.bool_]
    sieve: NDArray[np.bool_]
    powers: NDArray[np.uint64]
    anywhere: NDArray[np.intp]

    @classmethod
    def of(cls, marks: pa.BinaryArray) -> "MarkIndex":
        """Made once. Takes: each mark as its words are written, folded; none twice."""
        letters, starts, sizes = squeeze_column(marks)
        is_odd = (sizes < HEAD) | np.isin(np.arange(len(marks)), [n for n, _ in _unspaced(marks, letters, starts)])
        order = np.flatnonzero(~is_odd)
        powers = np.cumprod(np.append(np.uint64(1), np.full(sizes.max(initial=0), PRIME)))
        keys = _numbers(letters, starts, starts + sizes, powers)
        heads = np.zeros(1 << HEAD_BITS, dtype=np.bool_)
        heads[_heads(letters, starts[order])] = True
        sieve = np.zeros(1 << max(SIEVE_BITS, (len(order) * ROOM).bit_length()), dtype=np.bool_)
        sieve[_sieve_places(keys[order], sieve)] = True
        order = order[np.argsort(keys[order], kind="stable")]
        return cls(marks, keys[order], order, heads, sieve, powers, np.flatnonzero(is_odd))

    def mark(self, n: int) -> bytes:
        """The mark of that number."""
        found: bytes = self.marks[n].as_py()
        return found

    def find(self, text: bytes) -> Hits:
        """Every mark in a folded text."""
        letters = np.frombuffer(squeeze(text), dtype=np.uint8)
        begins, until = word_spans(text)
        ends = np.cumsum(until - begins)
        starts = ends - (until - begins)
        first, last, keys = self._spellings(letters, starts, ends)
        in_order = np.argsort(keys)
        first, last, keys = first[in_order], last[in_order], keys[in_order]
        low, high = np.searchsorted(self.keys, keys), np.searchsorted(self.keys, keys, side="right")
        times = high - low
        which = np.repeat(low, times) + np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
        hits = Hits(self.order[which], np.repeat(begins[first], times), np.repeat(until[last], times))
        return (hits.beside(self._within(letters, whereabouts(text))) if len(self.anywhere) else hits).sorted()

    def _spellings(
        self, letters: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.uint64]]:
        """The first and the last of words that may spell a mark, and its number."""
        numbers, longest = _numbers(letters, starts, ends, self.powers), len(self.powers) - 1
        begin = np.flatnonzero(self.heads[_heads(letters, starts)])
        n, key, found = 0, np.zeros((len(begin), 1), dtype=np.uint64), []
        while len(begin):
            words = begin[:, None] + np.arange(n, n + WORDS)
            places = np.minimum(words, len(starts) - 1)
            fits = (words < len(starts)) & (ends[places] - starts[begin, None] <= longest)
            offsets = np.minimum(starts[places] - starts[begin, None], longest)
            keys = key + np.cumsum(self.powers[offsets] * numbers[places], axis=1, dtype=np.uint64)
            row, column = np.nonzero(fits & self.sieve[_sieve_places(keys, self.sieve)])
            found.append((begin[row], words[row, column], keys[row, column]))
            goes_on = fits[:, -1]
            n, key, begin = n + WORDS, keys[goes_on, -1:], begin[goes_on]
        none = (begin, begin, numbers[:0])
        first, last, spelled = (np.concatenate(column) for column in zip(none, *found, strict=True))
        return first, last, spelled

    def _within(self, letters: NDArray[np.uint8], at: NDArray[np.intp]) -> Hits:
        """The marks that stand within any word."""
        found = self.automaton.find_matches_as_indexes(letters.tobytes(), overlapping=True)
        which, start, end = np.array(found, dtype=np.intp).reshape(-1, 3).T
        return Hits(self.anywhere[which], at[start], at[end - 1] + 1)

    @cached_property
    def automaton(self) -> Any:
        """What finds those; built in each process that was not forked."""
        odd = [squeeze(self.mark(n)) for n in self.anywhere.tolist()]
        return BytesAhoCorasick(odd, implementation=Implementation.ContiguousNFA)


class Identifiers(Struct, frozen=True, eq=False, dict=True):
    """The identifiers of everybody in a run and to whom each belongs. Made once, asked for each mail.

    `index` are their words as written, folded; `places` says where in `bearers` each one's stand. `whole` are those too
    short or common to be told from a word among others, which count only as the whole of a cell. `ours` tells the texts
    of ours, and is asked only when a stranger's mark stands in a mail.
    """

    index: MarkIndex
    places: NDArray[np.intp]
    bearers: Sequence[Whose]
    whole: Mapping[bytes, int] = {}
    ours: Callable[[], OurTexts] = OurTexts
    pictures: frozenset[str] = frozenset()  # the SHA-256 of each that stands in every mail
    clean: set[str | bytes] = set()  # what holds nobody: most of it stands in all mails

    def whose(self, n: int) -> Whose:
        """To whom the mark of that number belongs."""
        return self.bearers[int(self.places[n])]

    @cached_property
    def baseline(self) -> Baseline:
        """What our own texts hold of these marks."""
        ours = self.ours()
        said, named_in = fold_text(EDGE.join(ours.said)), fold_text(EDGE.join(ours.names_only))
        named = {n for n in self._within(named_in) if self.whose(n)[1] <= NAMES}
        lone = {n for n in self._within(fold_text(EDGE.join(ours.labels))) if b" " not in self.index.mark(n)}
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
        return {n for n, _, _ in self.written(text, self.index.find(text))}

    def names(self, text: bytes) -> bool:
        """Whether a folded text is an identifier, or holds one."""
        return any(True for _ in self.written(text, self.index.find(text))) or squeeze(text) in self.whole

    def strange(self, numbers: NDArray[np.intp], reach: Reach) -> NDArray[np.bool_]:
        """Which of these marks are none that the reader may see, or had."""
        places, which = np.unique(self.places[numbers], return_inverse=True)
        is_hidden = np.array([not may_see(self.bearers[place], reach) for place in places.tolist()], dtype=np.bool_)
        had = [n for n in np.unique(numbers[is_hidden[which]]).tolist() if squeeze(self.index.mark(n)) in reach.had]
        strange: NDArray[np.bool_] = is_hidden[which] & ~np.isin(numbers, had)
        return strange

    def torn(self, text: bytes, hits: Iterable[Hit]) -> Iterator[tuple[bytes, int, int]]:
        """Those of the hits that are a name with one cut in it, as it stands there."""
        for n, begins, ends in hits:
            halves = text[begins:ends].translate(BLANKED).split() if self._is_tearable(n) else []
            is_torn = len(halves) == 2 and b"".join(halves) == self.index.mark(n)
            if is_torn and _is_apart(text, begins, ends):
                yield b" ".join(halves), begins, ends

    def _is_tearable(self, n: int) -> bool:
        """A family name, or a name of one word."""
        mark, (_, kinds) = self.index.mark(n), self.whose(n)
        return len(mark) >= TORN_LETTERS and kinds <= {NAME, SURNAME} and is_lone(mark, kinds)

    def written(self, text: bytes, hits: Iterable[Hit]) -> Iterator[Hit]:
        """Those of the hits that are the mark and no accident."""
        for n, begins, ends in hits:
            mark = self.index.mark(n)
            is_spelled = squeeze(text[begins:ends]) == squeeze(mark)
            if is_spelled and is_written(mark, self.whose(n)[1], text, begins, ends):
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
    passages = list(texts(content, Opened(opened, people.pictures, people.clean)))
    found: dict[tuple[str, str, str, bytes], Leak] = {}
    for said, hits in zip(passages, _hits(passages, people, reach), strict=True):
        for leak in (
            [Leak(said.part, UNREADABLE, said.piece)] if said.text is None else _leaks(said, hits, people, reach)
        ):
            found.setdefault((leak.part, leak.piece, leak.rule, leak.mark), leak)
    return tuple(found.values())


class PassageHits(Struct, frozen=True):
    """What stands in one passage of a mail: whether anybody does, strangers, and, if there are any, all others."""

    is_empty: bool = True
    strange: tuple[Hit, ...] = ()
    others: tuple[Hit, ...] = ()


def _hits(passages: Sequence[Passage], people: Identifiers, reach: Reach) -> Iterator[PassageHits]:
    """Who stands in each passage; so many are gone through at once as do not crowd the memory."""
    sizes = np.cumsum([len(one.text or b"") for one in passages])
    for _, some in groupby(range(len(passages)), key=lambda n: sizes[n] // LETTERS_AT_ONCE):
        yield from _hits_at_once([passages[n] for n in some], people, reach)


def _hits_at_once(passages: Sequence[Passage], people: Identifiers, reach: Reach) -> list[PassageHits]:
    said = [one.text or b"" for one in passages]
    starts = np.cumsum([0, *(len(text) + len(EDGE) for text in said)])
    hits = people.index.find(EDGE.encode().join(said))
    of = np.searchsorted(starts, hits.begins, side="right") - 1
    is_one = hits.ends <= starts[of + 1]  # and does not begin in one passage and end in the next
    hits, of = hits.of(is_one), of[is_one]
    is_strange, found = people.strange(hits.marks, reach), [PassageHits()] * len(passages)
    for n in np.unique(of).tolist():
        found[n] = PassageHits(is_empty=False)
    for n in np.unique(of[is_strange]).tolist():
        theirs = Hits(hits.marks, hits.begins - starts[n], hits.ends - starts[n])
        strange, others = (tuple(theirs.of((of == n) & which)) for which in (is_strange, ~is_strange))
        found[n] = PassageHits(is_empty=False, strange=strange, others=others)
    return found


def _leaks(said: Passage, hits: PassageHits, people: Identifiers, reach: Reach) -> Iterator[Leak]:
    text = said.text or b""
    cells = set(squeeze_lines(text)) & people.whole.keys() if people.whole and not said.is_markup else set()
    if hits.is_empty and not cells and len(people.clean) < REMEMBERED:
        people.clean.update(said.rows)
        people.clean.update([said.packed] if said.packed else ())
    if hits.strange and _is_doubtful(text, people, hits.strange):
        strange = [hit for hit in hits.strange if not people.is_ours(hit[0], is_markup=said.is_markup)]
        yield from _strangers(said, strange, hits, people, reach)
    yield from _whole_cells(said, sorted(cells), people, reach)


def _is_doubtful(text: bytes, people: Identifiers, hits: Sequence[Hit]) -> bool:
    """Whether one of these marks stands there, and not only its letters in other words."""
    return any(True for _ in people.written(text, hits)) or any(True for _ in people.torn(text, hits))


def _strangers(
    said: Passage, strange: Sequence[Hit], hits: PassageHits, people: Identifiers, reach: Reach
) -> Iterator[Leak]:
    """Those that nothing explains: no longer mark that may be seen around it, no word of ours or of the reader."""
    text, theirs = said.text or b"", set(strange)
    covering = [*hits.others, *(hit for hit in hits.strange if hit not in theirs)]
    covers = list(people.written(text, covering)) if strange else []
    for n, start, end in people.written(text, strange):
        mark, (parts, kinds) = people.index.mark(n), people.whose(n)
        is_covered = any(a <= start and end <= b and b - a > end - start for _, a, b in covers)
        if not is_covered and not (is_lone(mark, kinds) and mark in reach.own):
            yield Leak(said.part, _rule(kinds), said.piece, said.cell(start), not parts & reach.parts, mark)
    for mark, start, _ in people.torn(text, strange) if not said.is_markup else ():
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


def _unspaced(
    marks: pa.BinaryArray, letters: NDArray[np.uint8], starts: NDArray[np.intp]
) -> Iterator[tuple[int, bytes]]:
    """The marks in a script without blanks."""
    in_other_scripts = np.unique(np.searchsorted(starts, np.flatnonzero(letters >= 0x80), side="right") - 1)
    for n in in_other_scripts.tolist():
        mark = marks[n].as_py()
        if UNSPACED.search(mark.decode("utf-8", "replace")):
            yield n, mark


def _numbers(
    letters: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp], powers: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """The number of each word; one longer than any mark has some number or other."""
    found = np.empty(len(starts), dtype=np.uint64)
    for n in range(0, len(starts), AT_ONCE):
        begins, until = starts[n : n + AT_ONCE], ends[n : n + AT_ONCE]
        base, end = begins[0], until[-1]
        place = np.arange(base, end) - np.repeat(begins, until - begins)
        terms = powers[np.minimum(place, len(powers) - 1)] * letters[base:end]
        found[n : n + AT_ONCE] = np.add.reduceat(terms, begins - base)
    return found


def _heads(letters: NDArray[np.uint8], starts: NDArray[np.intp]) -> NDArray[np.uint32]:
    """Where in `heads` the letters stand that follow each start, whatever word they are of."""
    room = letters.tobytes() + bytes(HEAD)
    following = np.ndarray(len(letters), dtype="<u4", buffer=room, strides=(1,))
    heads: NDArray[np.uint32] = following[starts] * MIX_HEAD >> np.uint32(32 - HEAD_BITS)
    return heads


def _sieve_places(keys: NDArray[np.uint64], sieve: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Where in a sieve these numbers stand."""
    places: NDArray[np.uint64] = keys * MIX >> np.uint64(65 - len(sieve).bit_length())
    return places
