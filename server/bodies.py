"""What is posted, in bounds: its length is told before it comes, and it comes in time."""

from anyio import fail_after
from starlette.requests import ClientDisconnect, Request

_LEFT = 499  # as nginx calls it in its log


class UnreadError(Exception):
    """A body was not read.

    Attributes
    ----------
    status : int
        Why, as HTTP counts it.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def announced(request: Request, largest: int) -> int:
    """Return how many bytes a request says that it has.

    Raises
    ------
    UnreadError
        If it does not say, or if these are more than `largest`.
    """
    length = request.headers.get("content-length", "")
    if not length.isascii() or not length.isdigit():
        raise UnreadError(411)
    if len(length) > len(str(largest)) or int(length) > largest:
        raise UnreadError(413)
    return int(length)


async def received(request: Request, length: int, patience: float) -> memoryview:
    """Read this many bytes.

    Parameters
    ----------
    request : Request
        Whose body it is.
    length : int
        What it announced; what comes beyond that is left out.
    patience : float
        Seconds that it may take.

    Raises
    ------
    UnreadError
        If it takes longer, or if the other side leaves.
    """
    body = bytearray()
    try:
        with fail_after(patience):
            async for piece in request.stream():
                body += piece[: length - len(body)]
    except TimeoutError:
        raise UnreadError(408) from None
    except ClientDisconnect:
        raise UnreadError(_LEFT) from None
    return memoryview(body).toreadonly()
