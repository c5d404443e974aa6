"""Buckets that fill with time, and what visitors of one address have in common."""

import pytest

from server.pace import Bucket, Buckets, household


class Clock:
    """A clock that goes on when it is told to."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_a_bucket_gives_a_few_at_once_and_then_at_its_rate() -> None:
    clock = Clock()
    bucket = Bucket(2, 3, clock)
    for _ in range(3):
        assert bucket.wait() == 0
        bucket.take()
    assert bucket.wait() == pytest.approx(0.5)
    clock.now += 0.5
    assert bucket.wait() == 0
    bucket.take()
    bucket.take()
    assert bucket.wait() == pytest.approx(1)


def test_a_bucket_holds_no_more_than_it_did_at_first() -> None:
    clock = Clock()
    bucket = Bucket(2, 3, clock)
    clock.now += 1000
    for _ in range(3):
        bucket.take()
    assert bucket.wait() > 0


def test_each_address_has_its_own_and_the_oldest_are_forgotten() -> None:
    buckets = Buckets(1, 1, Clock())
    buckets.of("a").take()
    assert buckets.of("a").wait() == 1
    assert buckets.of("b").wait() == 0
    for i in range(20_000):
        buckets.of(str(i))
    assert buckets.of("a").wait() == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_who_has_an_address_of_ipv6_has_its_network(one: str, other: str, same: bool) -> None:
    assert (household((one, 1)) == household((other, 2))) == same
