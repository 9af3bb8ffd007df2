"""Text becomes counts of its words or characters, as scikit-learn's vectorisers count them."""

from __future__ import annotations

from emel_runtime.operations import Unfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emel_runtime.operations import Step

    Sparse = dict[int, float]
    Analyzer = Callable[[str], list[str]]

WORDS = r"(?u)\b\w\w+\b"
"""The pattern of tokens that scikit-learn has when none is given."""
MASK = 0xFFFFFFFF


def count_tokens(
    vocabulary: list[str],
    stop_words: list[str],
    analyzer: str,
    shortest: int,
    longest: int,
    lowercase: bool,
    accents: str | None,
    pattern: str | None,
    binary: bool,
) -> Step:
    """How often each token of the vocabulary stands in the text; 1 for each that does if `binary`."""
    analyze = _analyzer(analyzer, shortest, longest, lowercase, accents, pattern, stop_words)
    known = dict(zip(vocabulary, range(len(vocabulary))))  # noqa: B905

    def step(row: Sequence[str | None]) -> Sparse:
        counts: Sparse = {}
        for token in analyze(_text(row)):
            place = known.get(token)
            if place is not None:
                counts[place] = counts.get(place, 0.0) + 1.0
        return {place: 1.0 if binary else counts[place] for place in sorted(counts)}

    return step


def hash_tokens(
    stop_words: list[str],
    places: int,
    signed: bool,
    analyzer: str,
    shortest: int,
    longest: int,
    lowercase: bool,
    accents: str | None,
    pattern: str | None,
    binary: bool,
) -> Step:
    """The same where the place of a token, and if `signed` the sign of its count, come from its hash."""
    analyze = _analyzer(analyzer, shortest, longest, lowercase, accents, pattern, stop_words)

    def step(row: Sequence[str | None]) -> Sparse:
        counts: Sparse = {}
        for token in analyze(_text(row)):
            code = murmur3(token.encode())
            negative = code > 0x7FFFFFFF
            place = (2**32 - code if negative else code) % places
            counts[place] = counts.get(place, 0.0) + (-1.0 if negative and signed else 1.0)
        return {place: 1.0 if binary else counts[place] for place in sorted(counts)}

    return step


def murmur3(data: bytes) -> int:
    """MurmurHash3_x86_32 with the seed 0, unsigned (Austin Appleby, public domain)."""
    code = 0
    whole = len(data) // 4 * 4
    for start in range(0, whole, 4):
        code ^= _mixed(int.from_bytes(data[start : start + 4], "little"))
        code = (code << 13 | code >> 19) & MASK
        code = (code * 5 + 0xE6546B64) & MASK
    if whole < len(data):
        code ^= _mixed(int.from_bytes(data[whole:], "little"))
    code ^= len(data)
    code = (code ^ code >> 16) * 0x85EBCA6B & MASK
    code = (code ^ code >> 13) * 0xC2B2AE35 & MASK
    return code ^ code >> 16


def _mixed(block: int) -> int:
    block = block * 0xCC9E2D51 & MASK
    return (block << 15 | block >> 17) * 0x1B873593 & MASK


def _text(row: Sequence[str | None]) -> str:
    text = row[0]
    if text is None:
        raise Unfit("the text is missing")
    return text


def _analyzer(
    kind: str,
    shortest: int,
    longest: int,
    lowercase: bool,
    accents: str | None,
    pattern: str | None,
    stop_words: Sequence[str],
) -> Analyzer:
    """From a text to its tokens, those that come twice twice."""
    strip = _ACCENTS[accents]() if accents else None

    def prepared(text: str) -> str:
        if lowercase:
            text = text.lower()
        # No text in ASCII has accents.
        return text if strip is None or text.isascii() else strip(text)

    if kind != "word":
        grams = _grams_in_words if kind == "char_wb" else _grams
        return lambda text: grams(prepared(text), shortest, longest)
    split = _words if pattern == WORDS else _matches(str(pattern))
    stops = frozenset(stop_words)

    def analyze(text: str) -> list[str]:
        words = split(prepared(text))
        if stops:
            words = [word for word in words if word not in stops]
        if longest == 1:
            return words
        return [
            " ".join(words[start : start + count])
            for count in range(shortest, longest + 1)
            for start in range(len(words) - count + 1)
        ]

    return analyze


def _words(text: str) -> list[str]:
    """What the pattern WORDS finds, without the module `re`, which takes half as long as Python to start."""
    spaced = "".join([one if one.isalnum() or one == "_" else " " for one in text])
    return [word for word in spaced.split(" ") if len(word) > 1]


def _matches(pattern: str) -> Analyzer:
    import re

    return re.compile(pattern).findall


def _grams(text: str, shortest: int, longest: int) -> list[str]:
    """Runs of characters, where several spaces in a row count as one."""
    pieces: list[str] = []
    run = ""
    for one in text:
        if one.isspace():
            run = " " if run else one
        else:
            pieces += (run, one)
            run = ""
    text = "".join(pieces) + run
    return [
        text[start : start + count]
        for count in range(shortest, longest + 1)
        for start in range(len(text) - count + 1)
    ]


def _grams_in_words(text: str, shortest: int, longest: int) -> list[str]:
    """Runs of characters inside of each word, which has a space at both ends."""
    grams = []
    for word in text.split():
        padded = f" {word} "
        for count in range(shortest, longest + 1):
            grams += [padded[start : start + count] for start in range(max(len(padded) - count, 0) + 1)]
            if count >= len(padded):
                # A word that is shorter than the run counts once.
                break
    return grams


def _strip_marks() -> Callable[[str], str]:
    from unicodedata import combining, normalize

    return lambda text: "".join([one for one in normalize("NFKD", text) if not combining(one)])


def _strip_to_ascii() -> Callable[[str], str]:
    from unicodedata import normalize

    return lambda text: normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


_ACCENTS = {"unicode": _strip_marks, "ascii": _strip_to_ascii}
