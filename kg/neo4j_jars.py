"""The graph server's program: Java, the jars of a pinned pom, and Neo4j Browser with our guide.

The jars are fetched once, by Maven, into `lib/`; from then on nothing here needs the network.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.errors import ServerError

POM = Path(__file__).with_name("neo4j_assets") / "pom.xml"
MIN_JAVA = 17
_STAMP = ".pom-sha256"
_ENTRY_POINT = "META-INF/services/org.neo4j.server.startup.EntryPoint"
_OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime that was asked for its version.

    Attributes:
        program: What to run.
        version: Its feature version: 17, 21, 25 ...
    """

    program: Path
    version: int

    @classmethod
    def find(cls, program: str = "java") -> Java:
        """The runtime of this name or path.

        Raises:
            ServerError: there is none, or it is older than Java 17.
        """
        path = shutil.which(program)
        if path is None:
            raise ServerError(
                f"no {program!r} found; install Java {MIN_JAVA} or newer "
                "(Debian: apt install openjdk-17-jre-headless), or name one with --java"
            )
        told = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)
        version = re.search(r'version "(?:1\.)?(\d+)', told.stderr + told.stdout)
        if version is None:
            raise ServerError(f"{path} -version does not say a Java version; name another: --java")
        if int(version[1]) < MIN_JAVA:
            raise ServerError(
                f"{path} is Java {version[1]}; Neo4j needs {MIN_JAVA} or newer; name one: --java"
            )
        return cls(Path(path), int(version[1]))

    @property
    def flags(self) -> list[str]:
        """What Neo4j needs of any Java of this version."""
        newer = ["--enable-native-access=ALL-UNNAMED"] if self.version >= 24 else []
        return [
            "-XX:+UseG1GC",
            "-XX:+ExitOnOutOfMemoryError",
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED),
            "-Dio.netty.tryReflectionSetAccessible=true",
            "-Dlog4j2.disable.jmx=true",
            *newer,
        ]


@dataclass(frozen=True, slots=True)
class Jars:
    """The server's jars under one directory, and the changed copy of the Browser's.

    Attributes:
        path: The directory: `lib/` as Maven wrote it, `browser/` with our copy.
    """

    path: Path

    @property
    def lib(self) -> Path:
        """The jars as they were published."""
        return self.path / "lib"

    @property
    def present(self) -> bool:
        """Whether the jars of this very pom are there."""
        stamp = self.lib / _STAMP
        return stamp.exists() and stamp.read_text(encoding="ascii") == _digest(POM.read_bytes())

    def fetch(self, maven: str = "mvn") -> None:
        """Fetch the jars that the pom names, unless they are there.

        Raises:
            ServerError: Maven is not installed, or can't reach a repository.
        """
        if self.present:
            return
        program = shutil.which(maven)
        if program is None:
            raise ServerError(
                f"no {maven!r} found; the server's jars are fetched once with Maven "
                "(Debian: apt install maven)"
            )
        fresh = self.path / "lib.fetching"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        _run_maven(program, fresh)
        # Apart from the others, which are taken by wildcard: one Browser alone may be in the path.
        (fresh / "browser").mkdir()
        (jar,) = fresh.glob("neo4j-browser-*.jar")
        os.rename(jar, fresh / "browser" / jar.name)
        (fresh / _STAMP).write_text(_digest(POM.read_bytes()), encoding="ascii")
        shutil.rmtree(self.lib, ignore_errors=True)
        os.rename(fresh, self.lib)

    def class_path(self, browser: Path | None = None) -> str:
        """Every jar, and with them the published Browser's or another in its place."""
        return os.pathsep.join((str(self.lib / "*"), str(browser or self._published_browser)))

    @property
    def entry_point(self) -> str:
        """The server's main class, as its own jar states it."""
        (jar,) = (j for j in self.lib.glob("neo4j-*.jar") if re.fullmatch(r"neo4j-[\d.]+", j.stem))
        with zipfile.ZipFile(jar) as archive:
            return archive.read(_ENTRY_POINT).decode().strip()

    def browser_with(self, files: Mapping[str, bytes]) -> Path:
        """A copy of the Browser's jar that serves these files too, under /browser/kg/.

        They then come from the Browser's own origin: no second server, no cross-origin rules.
        """
        told = "".join(f"{name} {_digest(content)}\n" for name, content in sorted(files.items()))
        copy = self.path / "browser" / f"neo4j-browser-{_digest(told.encode())[:12]}.jar"
        if copy.exists():
            return copy
        copy.parent.mkdir(exist_ok=True)
        draft = copy.with_suffix(".draft")
        shutil.copyfile(self._published_browser, draft)
        with zipfile.ZipFile(draft, "a", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(files.items()):
                archive.writestr(f"browser/kg/{name}", content)
        os.replace(draft, copy)
        return copy

    @property
    def _published_browser(self) -> Path:
        (jar,) = (self.lib / "browser").glob("*.jar")
        return jar


def _run_maven(program: str, into: Path) -> None:
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={into}"]
    command = [program, "-q", "-B", "-C", "-f", str(POM), *goal]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not any(into.glob("neo4j-browser-*.jar")):
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        reason = re.sub(r"\x1b\[[\d;]*m|\[ERROR\]\s*", "", lines[0]) if lines else "no reason given"
        raise ServerError(f"Maven could not fetch the server's jars: {reason.strip()}")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
