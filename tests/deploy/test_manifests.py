"""What deploy/ says in several files is the same in all of them; every container is locked up."""

import re
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import yaml

from tests.deploy import dockerfile
from tests.deploy.cluster import DEPLOY

NGINX = (DEPLOY / "nginx.conf").read_text()
REPLICAS = re.findall(
    r"^server (\S+):(\d+) max_fails=0;$",
    (DEPLOY / "replicas.conf").read_text(),
    re.MULTILINE,
)
NAMES = [name for name, _ in REPLICAS]
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
KUSTOMIZATION = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())
MANIFESTS = {
    (manifest["kind"], manifest["metadata"]["name"]): manifest["spec"]
    for path in KUSTOMIZATION["resources"]
    for manifest in yaml.safe_load_all((DEPLOY / path).read_text())
}
APP = MANIFESTS["StatefulSet", "app"]
PODS = [APP["template"]["spec"], MANIFESTS["Deployment", "nginx"]["template"]["spec"]]
APP_CONTAINER, NGINX_CONTAINER = CONTAINERS = [pod["containers"][0] for pod in PODS]


def test_the_replicas_have_the_names_that_nginx_is_told() -> None:
    assert set(SERVICES) == {*NAMES, "nginx"}
    start = APP["ordinals"]["start"]
    assert [f"app-{start + index}" for index in range(APP["replicas"])] == NAMES
    for name in NAMES:
        selector = MANIFESTS["Service", name]["selector"]
        assert selector == {"statefulset.kubernetes.io/pod-name": name}


def test_the_replicas_have_the_addresses_that_nginx_is_told() -> None:
    inside = COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    addresses = {name: SERVICES[name]["networks"]["inside"]["ipv4_address"] for name in SERVICES}
    assert all(ip_address(address) in ip_network(inside) for address in addresses.values())
    assert len(set(addresses.values())) == len(SERVICES)
    assert SERVICES["nginx"]["extra_hosts"] == [f"{name}:{addresses[name]}" for name in NAMES]


def test_everybody_means_the_same_port() -> None:
    port = dockerfile.PORT
    assert f"--server.port={port}" in dockerfile.COMMAND
    assert f"127.0.0.1:{port}/" in dockerfile.HEALTH[-1]
    assert {replica for _, replica in REPLICAS} == {port}
    for name in ("app", *NAMES):
        assert MANIFESTS["Service", name]["ports"] == [{"name": "http", "port": int(port)}]
    assert APP_CONTAINER["ports"] == [{"name": "http", "containerPort": int(port)}]


def test_everybody_means_the_same_port_of_nginx() -> None:
    port = re.search(r"^ +listen (\d+);$", NGINX, re.MULTILINE)[1]
    assert SERVICES["nginx"]["ports"] == [f"8080:{port}"]
    assert f"http://127.0.0.1:{port}/health" in SERVICES["nginx"]["healthcheck"]["test"]
    assert NGINX_CONTAINER["ports"] == [{"name": "http", "containerPort": int(port)}]
    assert MANIFESTS["Service", "nginx"]["ports"][0]["targetPort"] == "http"


def test_health_is_asked_for_where_it_is_told() -> None:
    path = re.search(r"/_stcore/\w+", dockerfile.HEALTH[-1])[0]
    for probe in ("readinessProbe", "livenessProbe"):
        assert APP_CONTAINER[probe]["httpGet"] == {"path": path, "port": "http"}
    assert NGINX_CONTAINER["readinessProbe"]["httpGet"] == {"path": "/health", "port": "http"}
    answer = re.search(r"location = /health \{(.*?)\}", NGINX, re.DOTALL)[1]
    assert f"proxy_pass http://replicas{path};" in answer


def test_the_images_are_the_same_everywhere() -> None:
    image = {SERVICES[name]["image"] for name in NAMES}
    assert image == {APP_CONTAINER["image"]} == {KUSTOMIZATION["images"][0]["name"]}
    assert SERVICES["nginx"]["image"] == NGINX_CONTAINER["image"]
    for name in NAMES:
        build = SERVICES[name]["build"]
        context = (DEPLOY / build["context"]).resolve()
        assert context == dockerfile.ROOT
        assert (context / build["dockerfile"]).samefile(DEPLOY / "Dockerfile")


def test_the_users_are_those_of_the_images() -> None:
    app, nginx = [
        (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) for pod in PODS
    ]
    assert app == (int(dockerfile.UID), int(dockerfile.GID))
    assert "uid={},gid={}".format(*nginx) in SERVICES["nginx"]["tmpfs"][1]


def test_nginx_has_its_settings_and_may_write_where_they_say() -> None:
    settings = KUSTOMIZATION["configMapGenerator"][0]
    volumes = {volume["name"]: volume for volume in PODS[1]["volumes"]}
    assert volumes["settings"]["configMap"]["name"] == settings["name"]
    assert all((DEPLOY / name).exists() for name in settings["files"])
    assert SERVICES["nginx"]["volumes"] == [
        f"./{name}:/etc/nginx/{name}:ro" for name in settings["files"]
    ]
    mounts = {mount["mountPath"]: mount for mount in NGINX_CONTAINER["volumeMounts"]}
    for name in settings["files"]:
        assert mounts.pop(f"/etc/nginx/{name}")["subPath"] == name
    assert all("emptyDir" in volumes[mount["name"]] for mount in mounts.values())
    # The log goes to the standard output, to which the image links /var/log/nginx.
    written = {"/tmp", *re.findall(r"(/var/(?!log/)\w+/\w+)/", NGINX)}  # noqa: S108
    assert {path.split(":")[0] for path in SERVICES["nginx"]["tmpfs"]} == written == set(mounts)
    command = NGINX_CONTAINER["command"]
    assert command == SERVICES["nginx"]["entrypoint"]
    assert "pid /tmp/" in command[-1]


def test_the_files_that_nginx_keeps_have_room() -> None:
    kept = sum(map(int, re.findall(r"max_size=(\d+)m", NGINX)))
    volumes = {volume["name"]: volume for volume in PODS[1]["volumes"]}
    rooms = [SERVICES["nginx"]["tmpfs"][1], str(volumes["files"]["emptyDir"])]
    assert all(int(re.search(r"size\w*\W+(\d+)", room, re.IGNORECASE)[1]) > kept for room in rooms)


def test_a_new_version_waits_before_it_goes_to_the_next_replica() -> None:
    assert APP["minReadySeconds"] >= 5
    assert APP["template"]["spec"]["containers"][0]["startupProbe"]["failureThreshold"] >= 30


def test_nginx_alone_reaches_the_app_and_the_app_reaches_only_the_database_of_classes() -> None:
    policy = MANIFESTS["NetworkPolicy", "app"]
    assert policy["podSelector"] == {"matchLabels": {"part": "app"}}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    names = MANIFESTS["NetworkPolicy", "nginx"]["egress"][1]
    database = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"part": "classes"}}}
    postgresql = {"to": [database], "ports": [{"protocol": "TCP", "port": 5432}]}
    assert policy["egress"] == [postgresql, names]
    (rule,) = policy["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"part": "nginx"}}}]
    assert rule["ports"] == [{"protocol": "TCP", "port": int(dockerfile.PORT)}]
    outwards = MANIFESTS["NetworkPolicy", "nginx"]["egress"]
    assert outwards[0]["to"] == [{"podSelector": {"matchLabels": {"part": "app"}}}]
    assert [port["port"] for port in outwards[1]["ports"]] == [53, 53]


def test_a_replica_believes_nginx_alone_whose_request_it_is() -> None:
    address = SERVICES["nginx"]["networks"]["inside"]["ipv4_address"]
    for name in NAMES:
        assert SERVICES[name]["environment"]["FORWARDED_ALLOW_IPS"] == address
    assert {"name": "FORWARDED_ALLOW_IPS", "value": "*"} in APP_CONTAINER["env"]


def test_classes_are_where_all_replicas_reach_them() -> None:
    """On one machine in a file of the image's user; on several in a server that a Secret names."""
    file = re.search(r"CE_CLASS_DATABASE=sqlite:///(/\S+)/[^/]+$", dockerfile.TEXT, re.MULTILINE)
    assert file
    assert f"-o {dockerfile.UID} -g {dockerfile.GID} {file[1]}" in dockerfile.TEXT
    assert COMPOSE["volumes"] == {"classes": {}}
    for name in NAMES:
        assert SERVICES[name]["volumes"] == [f"classes:{file[1]}"]
        assert "CE_CLASS_DATABASE" not in SERVICES[name]["environment"]
    (setting,) = [e for e in APP_CONTAINER["env"] if e["name"] == "CE_CLASS_DATABASE"]
    secret = setting["valueFrom"]["secretKeyRef"]
    assert (secret["name"], secret["key"]) == ("classes", "url")
    assert secret["optional"] is True  # without it there are no classes, and all else works


def test_git_is_in_no_image() -> None:
    """The slim image of Python has none, and nothing is installed."""
    assert "-slim" in dockerfile.TEXT
    assert not re.search(r"\b(apt|apt-get|git)\b", dockerfile.TEXT)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_of_the_compose_file_may_nothing_that_it_need_not(name: str) -> None:
    service: dict[str, Any] = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges"]
    assert service["restart"] == "unless-stopped"
    assert service["cpus"]
    assert service["mem_limit"]
    assert service["pids_limit"] <= 512
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert not {"cap_add", "privileged", "user", "devices"} & set(service)
    if name != "nginx":
        assert list(service["networks"]) == ["inside"]
        assert not {"tmpfs", "ports"} & set(service)
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_a_pod_may_nothing_that_it_need_not() -> None:
    for pod in PODS:
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert len(pod["containers"]) == 1
    for container in CONTAINERS:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(container["resources"]["requests"]) == {"cpu", "memory", "ephemeral-storage"}
        assert set(container["resources"]["limits"]) == {"memory", "ephemeral-storage"}
        assert "startupProbe" in container


def test_every_selector_means_pods_that_there_are() -> None:
    parts = {"app": APP, "nginx": MANIFESTS["Deployment", "nginx"]}
    for name, spec in parts.items():
        labels = {"part": name}
        assert spec["template"]["metadata"]["labels"] == labels
        spread = spec["template"]["spec"]["topologySpreadConstraints"][0]["labelSelector"]
        budget = MANIFESTS["PodDisruptionBudget", name]
        assert spec["selector"] == spread == budget["selector"] == {"matchLabels": labels}
        assert budget["maxUnavailable"] == 1
        assert MANIFESTS["Service", name]["selector"] == labels
    assert APP["serviceName"] == "app"
