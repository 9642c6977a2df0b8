# SPDX-License-Identifier: Apache-2.0
"""Storage systems side by side: who knows the names sends clients to who has the data. The same small files in both."""

import subprocess
import time
from pathlib import Path

from comparison.servers import XROOTD_CONFIG, Failure, Server, Sluice, free_port

# What redirecting adds to the configuration of a server. `delay servers`: do not wait for a second data server.
CLUSTER_CONFIG = XROOTD_CONFIG.replace("xrd.port {port}\n", "xrd.port {port}\nif exec cmsd\nxrd.port {cmsd}\nfi\n") + """\
all.role {role}
all.manager 127.0.0.1:{meeting}
cms.delay startup 2 servers 1
"""
FILL_LIMIT = 60  # seconds


def client(command, text=None):
    """What a client printed; one that fails is a failure with its words."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=FILL_LIMIT, start_new_session=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout


class XrootdPart(Server):
    """One of the four processes of a cluster."""

    def __init__(self, state, name, program, configuration):
        super().__init__(state)
        self.name, self.program = name, program
        self.config = state / "xrootd.cfg"
        self.config.write_text(configuration)

    def start(self):
        self.launch([self.program, "-c", str(self.config), "-n", self.name, "-I", "v4"])


class XrootdCluster(Server):
    """xrootd and cmsd as redirector, and one data server."""

    name = "xrootd with cmsd"

    def start(self, export: Path):
        meeting, redirector = free_port(), free_port()
        self.address = f"127.0.0.1:{redirector}"
        places = {"manager": dict(port=redirector, cmsd=meeting), "server": dict(port=free_port(), cmsd=free_port())}
        self.parts = []
        for role, ports in places.items():
            folder = self.state / role
            folder.mkdir()
            folder.chmod(0o777)
            text = CLUSTER_CONFIG.format(export=export, state=folder, role=role, meeting=meeting, **ports)
            for program in ("cmsd", "xrootd"):
                self.parts.append(XrootdPart(folder / program, role, program, text))
                self.parts[-1].start()
        self.process = self.parts[1].process
        self.wait_until(self.accepts)
        return self.wait_until(lambda: self.knows_all(export))

    def knows_all(self, export):
        """The redirector looks for a file when it is first asked, and lets the client wait meanwhile."""
        time.sleep(1)  # until the data server has reported; a question before that is answered "wait"
        names = sorted(file.name for file in (export / "small").iterdir())
        try:
            told = client(["xrdfs", f"root://{self.address}"], "".join(f"stat /small/{name}\n" for name in names) + "exit\n")
        except Failure:
            return False  # the data server has not reported yet
        return told.count("Path:") == len(names)

    @property
    def pids(self):
        return [part.pid for part in self.parts]

    def configuration(self):
        return self.parts[0].config.read_text()

    def stop(self):
        for part in getattr(self, "parts", []):
            part.stop()


class SluiceStorage(Sluice):
    """`sluice serve` as it comes: a door and a pool in one process, the catalogue in SQLite."""

    name = "sluice storage"

    def start(self, export: Path):
        super().start(None)
        try:
            client(["xrdfs", f"root://{self.address}", "mkdir", "/small"])
            client(["xrdcp", "--silent", *map(str, (export / "small").iterdir()), f"root://{self.address}//small/"])
        except Failure:
            self.stop()
            raise
        return self

    def what_to_serve(self, export):
        return []
