"""One cluster for each process of the run. A killed replica is started again for the next test."""

from collections.abc import Iterator

import pytest

from tests.deploy.cluster import Cluster, cluster_of_replicas


@pytest.fixture(scope="session")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_of_replicas(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def cluster(_cluster: Cluster) -> Cluster:
    """Return three living replicas behind nginx."""
    _cluster.revive()
    return _cluster
