# SPDX-License-Identifier: Apache-2.0
# `sluice serve` as an operator meets it: start, ready line, signals, wrong settings, HTTP port.

import os
import re
import signal
import socket
import struct
import subprocess
import threading

import pytest
import rawxroot as raw
import servers
from clients import pattern, run, sha, xrdcp, xrdfs


def serve(*arguments, timeout=30):
    """Runs `sluice serve` that should end by itself."""
    return run(servers.reachable(servers.sluice_binary()), "serve", *arguments, timeout=timeout)


def test_ready_line_names_both_addresses(own_sluice):
    server = own_sluice()
    assert re.fullmatch(r"ready xroot=127\.0\.0\.1:\d+ http=127\.0\.0\.1:\d+", server.ready)
    assert server.port > 0
    with raw.Connection(server) as connection:
        assert connection.alive()
    assert server.fetch("/healthz")[0] == 200


def test_ready_is_the_only_line_on_standard_output(own_sluice):
    server = own_sluice()
    server.stop()
    assert server.process.stdout.read() == b""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signal_ends_with_code_0(own_sluice, name):
    server = own_sluice()
    idle = raw.Connection(server)
    server.process.send_signal(getattr(signal, name))
    assert server.process.wait(15) == 0
    assert idle.closed()


def test_running_requests_end_before_the_server_does(own_sluice):
    server = own_sluice()
    work = server.workdir("work")
    content = pattern(24 << 20, seed=5)
    work.put("big", content)
    connection = raw.Connection(server, receive_buffer=65536)
    handle = connection.open("/work/big")
    connection.send(raw.read_request(handle, 0, len(content)))
    first = connection.receive()  # the answer has begun
    server.process.send_signal(signal.SIGTERM)
    body = first.body
    while first.status == raw.OKSOFAR:
        first = connection.receive()
        body += first.body
    assert body == content
    assert server.process.wait(20) == 0


def test_upload_under_way_ends_before_the_server_does(own_sluice):
    server = own_sluice()
    work = server.workdir("work")
    connection = raw.Connection(server)
    handle = connection.open("/work/file", raw.NEW | raw.UPDATE)
    data = raw.write_request(handle, 0, b"x" * 1000000)
    connection.send(data[:500000])
    connection_2 = raw.Connection(server)
    server.process.send_signal(signal.SIGTERM)
    raw.wait_until(lambda: refused(server), what="end of accepting")
    connection.send(data[500000:])
    assert connection.answer().status == raw.OK
    connection.close()
    connection_2.close()
    assert server.process.wait(20) == 0
    assert (work / "file").stat().st_size == 1000000


def refused(server):
    try:
        socket.create_connection((server.host, server.port), timeout=5).close()
        return False
    except ConnectionRefusedError:
        return True


def test_stalled_client_does_not_stop_the_shutdown(own_sluice):
    server = own_sluice(settings='[net]\nshutdown_deadline = "1 s"\n')
    work = server.workdir("work")
    work.put("big")
    (work / "big").open("wb").truncate(64 << 20)
    stalled = raw.Connection(server, receive_buffer=4096)
    handle = stalled.open("/work/big")
    stalled.send(raw.read_request(handle, 0, 64 << 20))
    assert server.stop(10) == 0


def test_restart_on_the_same_port_at_once(own_sluice):
    server = own_sluice()
    connection = raw.Connection(server)
    port = server.port
    server.stop()
    connection.close()
    again = own_sluice(listen=f"127.0.0.1:{port}")
    with raw.Connection(again) as connection:
        assert connection.alive()


def test_client_rides_over_a_restart(own_sluice, tmp_path):
    """A file opened before a restart on the same port is read on by the real client, which logs in and opens it again."""
    from XRootD import client
    server = own_sluice()
    work = server.workdir("work")
    work.put("file", b"0123456789" * 1000)
    with client.File() as file:
        assert file.open(work.url("file"))[0].ok
        assert file.read(0, 10)[1] == b"0123456789"
        port = server.port
        server.stop()
        server.start(listen=f"127.0.0.1:{port}")
        status, data = file.read(10, 10, timeout=30)
        assert status.ok and data == b"0123456789", status.message


# -- errors at start --------------------------------------------------------------------------------------------------


@pytest.fixture
def place():
    path = servers.scratch()
    yield path
    servers.shutil.rmtree(path)


@pytest.fixture
def common(place):
    (place / "export").mkdir()
    (place / "data").mkdir()
    return ["--export", place / "export", "--data", place / "data"]


@pytest.mark.parametrize("which", ["--listen", "--http"])
def test_port_in_use(common, which):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ports = {"--listen": "127.0.0.1:0", "--http": "127.0.0.1:0", which: address}
        result = serve(*common, *[word for pair in ports.items() for word in pair])
    result.failed(address, "in use")
    assert "ready" not in result.out


def test_missing_export(place):
    serve("--export", place / "absent", "--data", place / "data", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0").failed("absent")


def test_export_is_a_file(place):
    (place / "file").write_bytes(b"")
    serve("--export", place / "file", "--data", place, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0").failed("file")


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:99999", "127.0.0.1:", "256.0.0.1:0"])
def test_wrong_address(common, address):
    serve(*common, "--listen", address, "--http", "127.0.0.1:0").failed(address)


def test_unknown_option(common):
    serve(*common, "--exprot", "/tmp").failed("exprot")


def test_unknown_setting_names_the_nearest(common, place):
    (place / "sluice.toml").write_text("[net]\nmax_conections = 5\n")
    serve(*common, "--config", place / "sluice.toml").failed("max_conections", "max_connections")


@pytest.mark.parametrize("text, word", [("[net]\nmax_connections = \"many\"\n", "max_connections"),
                                        ("[net]\nmax_connections = 0\n", "max_connections"),
                                        ("[xroot]\nidle_timeout = 5\n", "idle_timeout"),
                                        ("[net\n", "sluice.toml")])
def test_wrong_setting(common, place, text, word):
    (place / "sluice.toml").write_text(text)
    serve(*common, "--config", place / "sluice.toml").failed(word)


def test_missing_settings_file(common, place):
    serve(*common, "--config", place / "absent.toml").failed("absent.toml")


# -- accounts ---------------------------------------------------------------------------------------------------------


def warned(server):
    return re.search(r"level=warn .*is_root", server.log()) is not None


def test_whoever_started_it_is_served_and_root_is_warned(own_sluice, tmp_path):
    server = own_sluice(as_user=(os.geteuid(), os.getegid()))
    (tmp_path / "in").write_bytes(b"content")
    xrdcp(tmp_path / "in", server.url + "/file").ok()
    assert (server.root / "file").stat().st_uid == os.geteuid()
    assert warned(server) == (os.geteuid() == 0)


def test_other_users_are_not_warned(own_sluice):
    assert not warned(own_sluice())


def test_export_without_rights(own_sluice):
    server = own_sluice(start=False)
    server.root.chmod(0o000)
    if os.geteuid() == 0:
        os.chown(server.root, 0, 0)
    try:
        server.start()
    except RuntimeError as error:
        assert str(server.root) in str(error) or "ermission" in str(error)
        return
    xrdfs(server, "ls", "/").failed("[3010]")


# -- read-only --------------------------------------------------------------------------------------------------------


def test_read_only(own_sluice, tmp_path):
    server = own_sluice("--read-only")
    work = server.workdir("work")
    work.put("file", b"content")
    (tmp_path / "in").write_bytes(b"x")
    assert xrdcp("-s", work.url("file"), "-").ok().raw == b"content"
    xrdfs(server, "ls", "-l", "/work").ok()
    assert "adler32" in xrdfs(server, "query", "checksum", "/work/file").ok().out
    xrdcp(tmp_path / "in", work.url("new")).failed("[ERROR]")
    for command in (["rm", "/work/file"], ["mkdir", "/work/d"], ["mv", "/work/file", "/work/g"], ["truncate", "/work/file", "1"],
                    ["chmod", "/work/file", "rwxrwxrwx"], ["xattr", "/work/file", "set", "a=b"], ["rmdir", "/work"]):
        assert re.search(r"\[30(25|10)\]", xrdfs(server, *command).failed().all), command
    assert work.names() == ["file"]
    assert (work / "file").read_bytes() == b"content"
    assert "IsWritable" not in xrdfs(server, "stat", "/work/file").ok().out


# -- SIGHUP -----------------------------------------------------------------------------------------------------------


def test_sighup_changes_the_log_level(own_sluice):
    server = own_sluice(settings='[log]\nlevels = "info"\n')
    server.fetch("/healthz")  # a line for each request, at debug level
    assert not debug_lines(server)
    server.reload('[log]\nlevels = "debug"\n')

    def chatty():
        server.fetch("/healthz")
        return debug_lines(server)

    raw.wait_until(chatty, what="debug lines after SIGHUP")
    assert server.alive()


def debug_lines(server):
    return re.findall(r"level=debug|\"level\": ?\"debug\"", server.log())


def test_sighup_with_a_wrong_file_changes_nothing(own_sluice):
    server = own_sluice(settings='[log]\nlevels = "info"\n')
    server.reload('[log]\nlevles = "debug"\n')
    raw.wait_until(lambda: "levles" in server.log(), what="complaint about the wrong file")
    with raw.Connection(server) as connection:
        assert connection.alive()


# -- HTTP -------------------------------------------------------------------------------------------------------------


def test_health_and_readiness(sluice_server):
    assert sluice_server.fetch("/healthz")[0] == 200
    assert sluice_server.fetch("/readyz")[0] == 200
    assert sluice_server.fetch("/absent")[0] == 404


def test_http_settings_are_heeded(own_sluice):
    server = own_sluice(settings="[http]\nmax_connections = 1\n")
    host, port = server.http.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as first:
        first.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert first.recv(4096).startswith(b"HTTP/1.1 200")
        assert server.fetch("/healthz")[0] == 503


def test_not_ready_while_shutting_down(own_sluice):
    server = own_sluice()
    work = server.workdir("work")
    work.put("big")
    (work / "big").open("wb").truncate(64 << 20)
    stalled = raw.Connection(server, receive_buffer=4096)
    handle = stalled.open("/work/big")
    stalled.send(raw.read_request(handle, 0, 64 << 20))
    server.process.send_signal(signal.SIGTERM)

    def unready():
        try:
            return server.fetch("/readyz")[0] == 503
        except OSError:
            return True  # the port is closed: not ready either

    raw.wait_until(unready, what="readiness to end")


def test_metrics_count_requests(own_sluice):
    server = own_sluice()
    work = server.workdir("work")
    path = work.put("file", b"x" * 100000)
    with raw.Connection(server) as connection:
        handle = connection.open(path)
        for _ in range(7):
            connection.read(handle, 0, 1000)
        connection.call(raw.close_request(handle))
        metrics = samples(server)
    assert metrics['sluice_xroot_request_seconds_count{request="read"}'] == 7
    assert metrics['sluice_xroot_request_seconds_count{request="open"}'] == 1
    assert metrics["sluice_xroot_connections"] == 1
    # Bytes are added up now and then, not with each request.
    raw.wait_until(lambda: samples(server)["sluice_xroot_sent_bytes_total"] >= 7000, what="count of bytes")


def samples(server):
    status, text = server.fetch("/metrics")
    assert status == 200
    found = {}
    for line in text.splitlines():
        if line.startswith("#") or not line:
            assert re.match(r"# (HELP|TYPE|EOF|UNIT)", line) or not line, line
            continue
        match = re.fullmatch(r"([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)(?: \d+)?", line)
        assert match, line
        found[match.group(1)] = float(match.group(2))
    return found


def test_metrics_while_the_server_is_busy(sluice_server, sluice_dir, medium_file, tmp_path):
    sluice_dir.put("file", medium_file)
    results = []
    thread = threading.Thread(target=lambda: results.append(xrdcp(sluice_dir.url("file"), tmp_path / "out")))
    thread.start()
    for _ in range(20):
        assert samples(sluice_server)
    thread.join()
    results[0].ok()
    assert sha(tmp_path / "out") == sha(medium_file)


@pytest.mark.parametrize("data", [b"\0" * 1000, b"GET " + b"/" * 100000, b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 10000,
                                  b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n"])
def test_http_nonsense(sluice_server, data):
    host, port = sluice_server.http.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as peer:
        try:
            peer.sendall(data)
            answer = peer.recv(1000)
        except (ConnectionResetError, BrokenPipeError):
            answer = b""
    assert answer == b"" or re.match(rb"HTTP/1\.[01] [45]\d\d", answer)
    assert sluice_server.fetch("/healthz")[0] == 200


def test_xroot_clients_on_the_http_port_are_refused(sluice_server):
    host, port = sluice_server.http.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as peer:
        peer.sendall(raw.HELLO + raw.protocol_request())
        try:
            assert struct.pack(">ii", 0x520, 1) not in peer.recv(1000)
        except ConnectionResetError:
            pass


def test_orphan_subprocesses_do_not_remain(own_sluice):
    server = own_sluice()
    children = subprocess.run(["ps", "--ppid", str(server.pid), "-o", "pid="], capture_output=True, text=True).stdout
    assert children.strip() == ""
