# SPDX-License-Identifier: Apache-2.0
# A Kerberos realm of one's own: Debian's krb5kdc on a port of the loopback, with its database, keytabs and caches in a folder.
# Whoever is to use it gets `environment`.

import os
import shutil
import socket
import subprocess
import time

import servers

REALM = "TEST.SLUICE"


class Kdc:
    def __init__(self, realm=REALM):
        self.realm = realm
        self.home = servers.scratch(prefix="sluice-kdc-")
        self.port = servers.free_port()
        self.environment = {
            "KRB5_CONFIG": str(self.home / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.home / "kdc.conf"),
            "KRB5RCACHENAME": f"file2:{self.home}/replays",
        }
        self.process = None

    def start(self):
        (self.home / "krb5.conf").write_text(
            f"[libdefaults]\n default_realm = {self.realm}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n rdns = false\n"
            f" dns_canonicalize_hostname = false\n udp_preference_limit = 1\n forwardable = true\n"
            f" extra_addresses = 127.0.0.1\n"  # for tickets with addresses (kinit -a): the KDC itself is asked from there
            f"[realms]\n {self.realm} = {{\n  kdc = 127.0.0.1:{self.port}\n }}\n")
        (self.home / "kdc.conf").write_text(
            f"[kdcdefaults]\n kdc_listen = 127.0.0.1:{self.port}\n kdc_tcp_listen = 127.0.0.1:{self.port}\n"
            f"[realms]\n {self.realm} = {{\n  database_name = {self.home}/principal\n  key_stash_file = {self.home}/stash\n"
            f"  acl_file = {self.home}/acl\n  max_life = 1h\n  supported_enctypes = aes256-cts:normal\n }}\n")
        self._run("/usr/sbin/kdb5_util", "create", "-s", "-P", "master of the test")
        # -n: stays in the foreground, a child of ours that ends with us.
        with open(self.home / "kdc.log", "ab") as log:
            self.process = subprocess.Popen(["/usr/sbin/krb5kdc", "-n", "-r", self.realm, "-P", str(self.home / "pid")],
                                            stdout=log, stderr=log, env={**os.environ, **self.environment})
        deadline = time.monotonic() + servers.START_SECONDS
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            assert self.process.poll() is None and time.monotonic() < deadline, (self.home / "kdc.log").read_text()
            time.sleep(0.02)

    def remove(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, *command, stdin=None):
        done = subprocess.run(list(map(str, command)), env={**os.environ, **self.environment}, input=stdin, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def _admin(self, query):
        return self._run("/usr/sbin/kadmin.local", "-r", self.realm, "-q", query)

    def service(self, principal, keytab=None):
        """A service and the file of its key, for the servers' account to read; `keytab` may have those of others already."""
        keytab = keytab or self.home / (principal.replace("/", "_") + ".keytab")
        self._admin(f"addprinc -randkey {principal}")
        self._admin(f"ktadd -k {keytab} {principal}")
        return servers.give(keytab)

    def forget(self, principal):
        """Nobody gets tickets for it any more."""
        self._admin(f"delprinc -force {principal}")

    def user(self, name, *options):
        """A cache with the user's ticket, as kinit makes it; its name stands in KRB5CCNAME."""
        cache = self.home / f"cache_{name.replace('/', '_')}"
        if f"{name}@{self.realm}" not in self._admin("listprincs").split():
            self._admin(f"addprinc -pw secret-of-{name} {name}")
        self._run("/usr/bin/kinit", "-c", cache, *options, name, stdin=f"secret-of-{name}\n".encode())
        return f"FILE:{cache}"
