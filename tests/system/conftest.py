# SPDX-License-Identifier: Apache-2.0
# Who vouches for whom, a fresh one for each file of tests that asks: a certificate authority, the server's certificate, a Kerberos
# realm.

import kdc
import pki
import pytest


@pytest.fixture(scope="module")
def authority(session_dir):
    return pki.Authority(session_dir)


@pytest.fixture(scope="module")
def host(authority):
    return authority.host()


@pytest.fixture(scope="module")
def realm():
    running = kdc.Kdc()
    try:
        yield running.start()
    finally:
        running.remove()
