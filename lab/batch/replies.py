"""From the body of a request to the pieces of its answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from lab.batch.account import Account, Pace, clock
from lab.batch.asked import Asked, read_request
from lab.batch.brought import FieldError, Numbers, as_targets, read_head, read_numbers
from lab.batch.choices import choose
from lab.batch.files import FILES, File
from lab.batch.frames import error, frame
from lab.batch.reported import report_in
from lab.batch.result import result
from lab.reading import UnreadableError
from lab.words import say, speaking

_UNREADABLE = 422


@dataclass(frozen=True)
class Reply:
    """An answer: how it goes out, and its pieces, each the work of one turn."""

    pieces: Iterator[bytes]
    status: int = 200
    media_type: str = "application/octet-stream"
    file_name: str = ""


def reply(body: memoryview) -> Reply:
    """Read the body of a request, and begin its answer."""
    try:
        asked = read_request(body, FILES)
    except ValueError:
        return Reply(iter([error("numbers", say("numbers.expected_head"))]), status=_UNREADABLE)
    if not asked.file:
        return Reply(_spoken(asked.language, _guarded(_stream(asked))))
    kind = FILES[asked.file]
    with speaking(asked.language):
        try:
            account = _account(asked)
            kind.check(account)
        except FieldError as wrong:
            return Reply(iter([_told(wrong)]), status=_UNREADABLE)
    pieces = _spoken(asked.language, _file(account, kind))
    return Reply(pieces, media_type=kind.media_type, file_name=kind.name)


def _spoken(language: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Speak a language while a piece is made: each may be made in another thread."""
    while True:
        with speaking(language):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _guarded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """End with what could not be read."""
    try:
        yield from pieces
    except FieldError as wrong:
        yield _told(wrong)
    except UnreadableError as wrong:  # a file that turns out to be damaged while it is read
        yield error("numbers", wrong.told(), wrong.line, wrong.column)


def _told(wrong: FieldError) -> bytes:
    return error(wrong.field, str(wrong), wrong.line, wrong.column)


def _account(asked: Asked) -> Account:
    return _begun(asked, read_numbers(asked))


def _begun(asked: Asked, numbers: Numbers) -> Account:
    classes = numbers.given.classes
    choices = choose(asked.options, numbers.given.dtype, classes)
    return Account(numbers, as_targets(numbers.targets, choices.options, classes), choices)


def _stream(asked: Asked) -> Iterator[bytes]:
    if report := report_in(asked.numbers):
        yield frame("report", **report)
        return
    numbers = read_numbers(asked)
    yield frame("read", **read_head(numbers))
    account = _begun(asked, numbers)
    yield from account.choices.refused
    pace, begun = Pace(), clock()
    for _ in account.work():
        if pace.worked(clock() - begun) or account.done == account.of:
            begun = clock()
            piece = result(account)
            pace.told(clock() - begun)
        else:
            piece = frame("progress", done=account.done, of=account.of)
        yield piece
        begun = clock()


def _file(account: Account, kind: File) -> Iterator[bytes]:
    for _ in account.work():
        yield b""
    yield from kind.pieces(account)
