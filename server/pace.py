"""How often something may be done: often for a moment, and seldom for long."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_KEYS = 20_000  # addresses that are remembered, of 200 bytes each


class Bucket:
    """A token bucket: it is filled at a rate, holds so many at most, and may owe some.

    Parameters
    ----------
    rate : float
        Tokens that come in each second.
    burst : float
        Tokens that are there at first, and at most.
    """

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._then = burst, clock()

    def wait(self) -> float:
        """Return after how many seconds there is a token to take: 0 where there is one now."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._then) * self._rate)
        self._then = now
        return max(0.0, (1 - self._tokens) / self._rate)

    def take(self) -> None:
        """Take a token, which has to come in yet if there is none."""
        self.wait()
        self._tokens -= 1


class Buckets:
    """A bucket for each address. Those that were not asked for longest are forgotten first."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._kept: OrderedDict[str, Bucket] = OrderedDict()

    def of(self, key: str) -> Bucket:
        """Return the bucket of this address."""
        bucket = self._kept.pop(key, None) or Bucket(self._rate, self._burst, self._clock)
        self._kept[key] = bucket
        if len(self._kept) > _MOST_KEYS:
            self._kept.popitem(last=False)
        return bucket


def household(client: tuple[str, int] | None) -> str:
    """Return what the connections of one visitor have in common: the address, or its network.

    Whoever has one address of IPv6 has the 2**64 around it.

    Examples
    --------
    >>> household(("192.0.2.7", 50000)), household(("2001:db8:0:1:a::7", 50000))
    ('192.0.2.7', '2001:db8:0:1::')
    >>> household(None), household(("a socket", 0))
    ('', 'a socket')
    """
    host = client[0] if client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)).network_address)
