# SPDX-License-Identifier: Apache-2.0
"""The parts of bench/peer.py: which cases there are, how servers are run, how a case is measured and shown."""
