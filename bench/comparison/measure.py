# SPDX-License-Identifier: Apache-2.0
"""Runs one case against one server and returns its figures: rate, p99, cpu, memory, wall; what does not apply is absent."""

import json
import os
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from comparison.servers import Failure

GIB = 1 << 30
LARGE = 64 << 10  # bytes of an operation


@dataclass(frozen=True)
class Setting:
    """What all runs share."""

    generator: Path  # the sluice program whose `bench xroot` makes the load
    export: Path
    scratch: Path  # where downloads go
    duration: float
    warmup: float


def cpu_seconds(pid):
    """CPU of all threads of a process, ended ones included, in nanoseconds' resolution (see clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def peak_bytes(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    raise Failure(f"process {pid} tells no peak memory")


def busy_seconds():
    """CPU that all processes of the machine have used."""
    user, nice, system, _idle, _wait, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


class OthersWatch:
    """How much CPU processes that take no part used meanwhile, in cores: the noise of a run."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        self.start = self.figures()
        return self

    def figures(self):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        mine = resource.getrusage(resource.RUSAGE_SELF)
        ours = sum(use.ru_utime + use.ru_stime for use in (children, mine))
        return time.monotonic(), busy_seconds() - sum(map(cpu_seconds, self.server.pids)) - ours

    def __exit__(self, *_):
        seconds, used = (now - then for now, then in zip(self.figures(), self.start))
        self.cores = max(used / seconds, 0.0)


def generate(setting, server, path, arguments, duration=None, warmup=None):
    """A running load generator; finish() waits for its report."""
    command = [str(setting.generator), "bench", "xroot", f"{server.scheme}://{server.address}//{path}{server.cgi}",
               *arguments, "--json",
               "--duration", f"{int(1000 * (duration or setting.duration))} ms",
               "--warmup", f"{int(1000 * (warmup or setting.warmup))} ms", "--server-pid", str(server.pid)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
                            env={**os.environ, **server.environment})


def finish(process):
    out, error = process.communicate()
    lines = [line for line in out.splitlines() if line.startswith("{")]
    report = json.loads(lines[-1]) if lines else {}
    if process.returncode != 0 or report.get("errors", 1) > 0:
        raise Failure(f"{' '.join(process.args)}\n{error}{report.get('error_texts', out)}")
    return report


def finish_all(*processes):
    """The reports of loads that run at the same time; when one fails the others are ended."""
    try:
        return [finish(process) for process in processes]
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()


def cpu_of(report):
    """CPU per operation, or per GiB where operations are large enough for that to mean more."""
    used = report["server"]["cpu_seconds"]
    if report["size"] >= LARGE:
        return {"cpu": used * GIB / max(report["bytes"], 1), "cpu_unit": "GiB"}
    return {"cpu": used / max(report["operations"], 1), "cpu_unit": "op"}


def figures_of(report):
    if not report["operations"]:
        raise Failure("nothing was served")
    return {
        "rate": report["operations_per_second"],
        "p99": report["latency_us"]["p99"] / 1e6,
        **cpu_of(report),
        "bytes_per_second": report["bytes_per_second"],
        "generator_cores": report["own_cpu_seconds"] / report["seconds"],
        "server_cores": report["server"]["cpu_seconds"] / report["seconds"],
        "fewest": report["fewest_operations"],
        "most": report["most_operations"],
    }


def check_as_asked(report, arguments):
    """A generator that overlooks an option would compare the wrong thing without anybody noticing."""
    asked = dict(zip(arguments[::2], arguments[1::2]))
    for name in ("mode", "connections", "depth", "items"):
        if f"--{name}" in asked and str(report[name]) != asked[f"--{name}"]:
            raise Failure(f"the generator ran with {name} {report[name]} in place of {asked[f'--{name}']}")
    if "--size" in asked and report["size"] != size_in_bytes(asked["--size"]):
        raise Failure(f"the generator ran with size {report['size']} in place of {asked['--size']}")


def size_in_bytes(text):
    return int(text.removesuffix("KiB").removesuffix("MiB")) << (10 if text.endswith("KiB") else 20)


def load(setting, case, server):
    seconds = max(setting.duration, case.options.get("seconds", 0))  # where operations take long
    report = finish(generate(setting, server, case.path, case.arguments, duration=seconds))
    check_as_asked(report, case.arguments)
    return figures_of(report)


def system_load(setting, case, server):
    """The same against several processes, whose CPU nobody adds up."""
    figures = load(setting, case, server)
    return {name: value for name, value in figures.items() if not name.startswith("cpu")}


def copy(setting, case, server):
    """xrdcp, all files in one call, both ends on tmpfs."""
    remote = f"root://{server.address}//"
    files = case.options["files"]
    if case.options["direction"] == "get":
        target = str(setting.scratch)
        sources = [remote + name for name in files]
    else:
        target = remote + "uploaded/"
        sources = [str(setting.export / name) for name in files]
    before, start = cpu_seconds(server.pid), time.monotonic()
    done = subprocess.run(["xrdcp", "--silent", "--force", *sources, target], capture_output=True, text=True,
                          start_new_session=True)
    wall = time.monotonic() - start
    if done.returncode != 0:
        raise Failure(f"xrdcp {case.options['direction']} with {server.name}: {done.stderr or done.stdout}")
    size = sum((setting.export / name).stat().st_size for name in files)
    return {"wall": wall, "cpu": (cpu_seconds(server.pid) - before) * GIB / size, "cpu_unit": "GiB",
            "bytes_per_second": size / wall}


def busy_stat(setting, case, server):
    """A lone stat loop while bulk readers saturate the server."""
    bulk = generate(setting, server, "big", case.options["bulk"], duration=setting.duration + 1.0)
    time.sleep(0.5)
    lone, busy = finish_all(generate(setting, server, case.path, case.arguments), bulk)
    return {"rate": lone["operations_per_second"], "p99": lone["latency_us"]["p99"] / 1e6,
            "p50": lone["latency_us"]["p50"] / 1e6, "bulk_bytes_per_second": busy["bytes_per_second"]}


def memory(setting, case, server):
    """Needs a server that has done nothing before: peak memory does not come down again."""
    duration = max(setting.duration, 2.0)
    at_rest = peak_bytes(server.pid)
    readers = generate(setting, server, "big", case.options["readers"], duration=duration)
    writers = generate(setting, server, "written/{n}", case.options["writers"], duration=duration)
    read, written = finish_all(readers, writers)
    return {"memory": peak_bytes(server.pid), "at_rest": at_rest, "read_bytes_per_second": read["bytes_per_second"],
            "written_bytes_per_second": written["bytes_per_second"]}


KINDS = {"load": load, "system_load": system_load, "copy": copy, "busy_stat": busy_stat, "memory": memory}
NEEDS_FRESH_SERVER = {"memory"}


def run(setting, case, server):
    try:
        with OthersWatch(server) as others:
            figures = KINDS[case.kind](setting, case, server)
    except (Failure, OSError) as failure:
        raise Failure(f"{server.name}: {failure}{server.end_of_log()}") from failure
    figures["others_cores"] = others.cores
    return figures
