"""The answers to the player's questions, over HTTP: whoever passes one on may keep it."""

import gzip
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.address import base_path
from server.pace import household
from server.packed import accepts_gzip
from server.turns import FullError, Turns

_KEEP = 24 * 60 * 60  # s
_MOST_WAITING = 600  # questions: a class that opens a page at once asks two or three each
_LEFT = 499  # as nginx calls it in its log
_LATER = "2"  # s after which whoever was sent away may ask again
_QUICKLY = 1  # of zlib's levels: higher ones take several times as long and gain little


class Answer(Protocol):
    """What is answered: bytes, their type, and what tells them from other answers."""

    @property
    def body(self) -> bytes:
        """The bytes."""

    @property
    def media_type(self) -> str:
        """Their type, as HTTP names it."""

    @property
    def tag(self) -> str:
        """What no other answer has."""


Question = Callable[[str, str], Answer]
"""What answers for a page and a query; it raises KeyError where there is no such page."""


def answer_routes(questions: Mapping[str, Question], version: str) -> list[Route]:
    """Return routes for some questions: `/answer/<page>` for "", `/answer/<page>/<name>` else.

    The query begins with `v`, the version of the app that asks. An answer depends on the query
    alone, so that a browser or a proxy may keep it for a day; but not where the versions differ, as
    they do while a new one is being rolled out.
    """
    # One after the other: that is what two cores do best, and the event loop is never held up.
    turns = Turns(_MOST_WAITING)

    async def answer(question: Question, request: Request) -> Response:
        asking, _, asked = request.url.query.removeprefix("v=").partition("&")
        page = request.path_params["page"]
        client = request.scope.get("client")
        try:
            async with turns.turn(household(client)):
                if await request.is_disconnected():
                    return Response(status_code=_LEFT)  # nobody waits for it any more
                found = await to_thread.run_sync(_packed, question, page, asked)
        except KeyError:
            return Response(status_code=404)
        except FullError:
            return Response(status_code=503, headers={"Retry-After": _LATER})
        return _response(*found, request, keep=asking == version)

    return [
        Route(
            f"{base_path()}/answer/{{page}}{f'/{name}' if name else ''}", partial(answer, question)
        )
        for name, question in questions.items()
    ]


def _packed(question: Question, page: str, query: str) -> tuple[Answer, bytes]:
    answer = question(page, query)
    return answer, gzip.compress(answer.body, _QUICKLY, mtime=0)


def _response(answer: Answer, packed: bytes, request: Request, *, keep: bool) -> Response:
    headers = {
        "ETag": f'W/"{answer.tag}"',
        "Cache-Control": f"public, max-age={_KEEP}" if keep else "no-store",
        "Vary": "Accept-Encoding",
    }
    known = request.headers.get("if-none-match", "")
    if answer.tag in known:
        return Response(status_code=304, headers=headers)
    if accepts_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
        return Response(packed, headers=headers, media_type=answer.media_type)
    return Response(answer.body, headers=headers, media_type=answer.media_type)
