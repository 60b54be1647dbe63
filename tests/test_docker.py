"""No container engine runs in these tests: the files are parsed and held to the project."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = {
    "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK",
    "ENTRYPOINT", "CMD", "ARG", "LABEL",
}  # fmt: skip


def instructions() -> list[tuple[str, str]]:
    joined = DOCKERFILE.replace("\\\n", " ")
    lines = [ln.strip() for ln in joined.splitlines() if ln.strip() and not ln.startswith("#")]
    return [(ln.split(maxsplit=1)[0], ln.split(maxsplit=1)[1]) for ln in lines]


def test_every_instruction_is_known_and_copies_what_is_there() -> None:
    found = instructions()
    assert {name for name, _ in found} <= INSTRUCTIONS
    assert found[0][0] == "FROM"
    for name, rest in found:
        if name == "COPY" and not rest.startswith("--from"):
            for path in rest.split()[:-1]:
                assert (ROOT / path).exists(), path


def test_the_image_does_not_run_as_root_and_pins_its_dependencies() -> None:
    found = dict(instructions())
    assert found["USER"] == "kg"
    assert "--require-hashes -r requirements.lock" in DOCKERFILE
    assert not re.search(r"FROM \S+:latest", DOCKERFILE)


def test_compose_serves_on_loopback_from_this_dockerfile() -> None:
    compose = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))
    api = compose["services"]["api"]
    assert all(port.startswith("127.0.0.1:") for port in api["ports"])
    context = (ROOT / "docker" / api["build"]["context"]).resolve()
    assert context == ROOT.resolve()
    assert (context / api["build"]["dockerfile"]).exists()
    for service in compose["services"].values():
        for volume in service["volumes"]:
            assert volume.split(":")[0] in compose["volumes"]


def test_hooks_are_local() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {repo["repo"] for repo in hooks["repos"]} == {"local"}
