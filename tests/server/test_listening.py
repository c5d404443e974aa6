"""What is set at a connection, at a real one."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.listening import send_at_once


@pytest.mark.parametrize("proto", [0, socket.IPPROTO_TCP])
def test_what_is_written_goes_out_at_once_however_the_socket_was_made(proto: int) -> None:
    async def delays() -> int:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, proto) as listening:
            listening.bind(("127.0.0.1", 0))
            found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

            def come(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                send_at_once(writer.transport)
                option = writer.get_extra_info("socket")
                found.set_result(option.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
                writer.close()

            async with await asyncio.start_server(come, sock=listening):
                _, writer = await asyncio.open_connection(*listening.getsockname())
                result = await found
                writer.close()
                await writer.wait_closed()
                return result

    with ThreadPoolExecutor(1) as pool:  # the browser tests leave a loop in the main thread
        assert pool.submit(lambda: asyncio.run(delays())).result() != 0
