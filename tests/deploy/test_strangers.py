"""What nginx answers by itself, and what it tells of a visitor to whom."""

import http.client

import pytest

from tests.deploy.cluster import Cluster
from tests.deploy.test_manifests import NGINX
from tests.deploy.test_nginx import ask, ask_nginx

HEADERS = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "X-Frame-Options",
    "X-Permitted-Cross-Domain-Policies",
    "Cross-Origin-Resource-Policy",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
)
SESSION = "3f0c8a52-6f0e-4a8e-9d7c-0b5a1c2d3e4f"


def once_each(headers: http.client.HTTPMessage) -> dict[str, int]:
    """Return how often each of the headers is there."""
    return {name: len(headers.get_all(name, [])) for name in HEADERS}


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/answer/start?v=", "GET", 200),
        ("/nowhere", "GET", 404),
        ("/static/nowhere.js", "GET", 200),  # Streamlit's page
        ("/live/nowhere.js", "GET", 404),
        ("/_stcore/metrics", "GET", 404),
        ("/auth/login", "GET", 404),
        ("/", "POST", 403),
        ("/" + "a" * 20_000, "GET", 414),
    ],
)
def test_each_header_is_there_once_whoever_answers(
    cluster: Cluster, path: str, method: str, status: int
) -> None:
    answer = ask(cluster.url, path, method)
    assert answer.status == status
    assert once_each(answer.headers) == dict.fromkeys(HEADERS, 1)
    assert answer.headers.get("Server", "nginx") == "nginx"  # no version


def test_nginx_has_them_also_where_no_replica_answers(cluster: Cluster) -> None:
    for replica in range(len(cluster.replicas)):
        cluster.kill(replica)
    answer = ask(cluster.url, "/")
    assert answer.status == 502
    assert once_each(answer.headers) == dict.fromkeys(HEADERS, 1)
    assert answer.headers["Retry-After"] == "5"


def test_the_id_of_a_session_is_not_logged(cluster: Cluster) -> None:
    before = len(cluster.log())
    for path in (f"/_stcore/upload_file/{SESSION}/a", f"/{SESSION.upper()}"):
        ask(cluster.url, path, "PUT")
    ask_nginx(cluster, "/sigmoid")  # which is logged after them
    text = str(cluster.log()[before:])
    assert "/_stcore/upload_file/…" in text
    assert SESSION.lower() not in text.lower()


def test_what_may_be_kept_has_no_cookie(cluster: Cluster) -> None:
    assert "Set-Cookie" in ask(cluster.url, "/sigmoid").headers
    for path in ("/answer/start?v=", "/_stcore/health", "/health"):
        assert "ce_replica" not in str(ask(cluster.url, path).headers.get_all("Set-Cookie"))


def test_nobody_says_for_himself_who_he_is() -> None:
    """Every request that goes to a replica has the address that nginx saw, or none."""
    inherits = [
        block for block in NGINX.split("location ")[1:] if "proxy_set_header" in block.split("}")[0]
    ]
    assert inherits
    assert all("X-Forwarded-For" in block for block in inherits)
