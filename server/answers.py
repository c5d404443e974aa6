"""The answers to the player's questions, over HTTP: whoever passes one on may keep it."""

import gzip
import logging
from collections.abc import Callable, Container, Mapping
from functools import lru_cache, partial
from typing import Protocol

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.address import base_path
from server.pace import household
from server.packed import accepts_gzip
from server.turns import FullError, Turns

_LOGGER = logging.getLogger("ce")
_KEEP = 24 * 60 * 60  # s
_MOST_WAITING = 600  # questions: a class that opens a page at once asks two or three each
_LEFT = 499  # as nginx calls it in its log
_LATER = "2"  # s after which whoever was sent away may ask again
_KEPT = 64  # answers, packed: what a class that follows one lesson asks for
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
"""What answers for a page and a query, or raises `UnanswerableError`."""


class UnanswerableError(Exception):
    """Nothing answers this question, however often it is asked."""


def answer_routes(
    questions: Mapping[str, Question], pages: Container[str], version: str
) -> list[Route]:
    """Return routes for some questions: `/answer/<page>` for "", `/answer/<page>/<name>` else.

    The query begins with `v`, the version of the app that asks. An answer depends on the query
    alone, so that a browser or a proxy may keep it for a day; but not where the versions differ, as
    they do while a new one is being rolled out.
    """
    # One after the other: that is what two cores do best, and the event loop is never held up.
    turns = Turns(_MOST_WAITING)
    packed = lru_cache(_KEPT)(_packed)

    async def answer(question: Question, request: Request) -> Response:
        asking, _, asked = request.url.query.removeprefix("v=").partition("&")
        page = request.path_params["page"]
        if page not in pages:
            return Response(status_code=404)
        client = request.scope.get("client")
        try:
            async with turns.turn(household(client)):
                if await request.is_disconnected():
                    return Response(status_code=_LEFT)  # nobody waits for it any more
                found = await to_thread.run_sync(packed, question, page, asked)
        except UnanswerableError:
            return Response(status_code=400)
        except FullError:
            return Response(status_code=503, headers={"Retry-After": _LATER})
        except Exception:
            # Starlette's own answer to an error stands outside of all that adds headers.
            _LOGGER.exception("no answer")
            return Response(status_code=500)
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
