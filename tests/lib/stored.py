# SPDX-License-Identifier: Apache-2.0
# A directory of a storage system with the face of a directory of the disk: everything goes through the door, by the
# bindings of the real client where they tell enough.

import os
import shutil
import stat
import threading
from pathlib import Path, PurePosixPath

import rawxroot
import servers
from XRootD import client
from XRootD.client.flags import DirListFlags, MkDirFlags, OpenFlags

NOT_FOUND = 3011
UNDER_WAY = 64  # requests at the same time


def must(answer):
    """The value of a (status, value) pair that must be a success."""
    status, value = answer
    assert status.ok, status.message
    return value


class StoredPath(os.PathLike):
    """What tests use of pathlib.Path, for a name in the catalogue."""

    def __init__(self, work, path):
        self.work = work
        self.path = path
        self.name = PurePosixPath(path).name

    def __repr__(self):
        return f"{self.work.server.name}:{self.path}"

    def __truediv__(self, name):
        return StoredPath(self.work, f"{self.path}/{name}")

    @property
    def parent(self):
        return StoredPath(self.work, str(PurePosixPath(self.path).parent))

    @property
    def url(self):
        return f"{self.work.server.url}{self.path}"

    def fields(self):
        """id, size, flags, three times, mode, owner and group as the door tells them."""
        with rawxroot.Connection(self.work.server) as connection:
            return connection.stat(self.path)

    def stat(self):
        number, size, flags, modified, changed, accessed, mode = self.fields()[:7]
        kind = stat.S_IFDIR if int(flags) & rawxroot.IS_DIRECTORY else stat.S_IFREG
        return os.stat_result((kind | int(mode, 8), int(number), 0, 1, 0, 0, int(size), int(accessed), int(modified), int(changed)))

    def _is(self, kind):
        try:
            return kind(self.stat().st_mode)
        except rawxroot.XrootError as error:
            assert error.code == NOT_FOUND, error
            return False

    def exists(self):
        return self._is(lambda mode: True)

    def is_dir(self):
        return self._is(stat.S_ISDIR)

    def is_file(self):
        return self._is(stat.S_ISREG)

    def owner(self):
        return self.fields()[7]

    def group(self):
        return self.fields()[8]

    def read_bytes(self):
        with client.File() as file:
            must(file.open(self.url, OpenFlags.READ))
            return must(file.read())

    def write_bytes(self, data):
        with client.File() as file:
            must(file.open(self.url, OpenFlags.DELETE | OpenFlags.UPDATE | OpenFlags.MAKEPATH))
            must(file.write(data))
            must(file.close())

    def unlink(self):
        must(self.work.fs.rm(self.path))

    def iterdir(self):
        return [self / entry.name for entry in must(self.work.fs.dirlist(self.path, DirListFlags.NONE))]

    def __fspath__(self):
        """A copy of what is there now, for who can only open a local file; it lasts as long as the test."""
        copy = self.work.new_copy()
        must(self.work.fs.copy(self.url, str(copy), force=True))
        return str(copy)


class StoredWorkDir(servers.WorkDir):
    """A directory in the namespace of a storage system that belongs to one test."""

    def make_top(self):
        self.fs = client.FileSystem(self.server.url)
        self.copies = []
        must(self.fs.mkdir(self.path, MkDirFlags.MAKEPATH, 0o755))  # another door may have made it
        return StoredPath(self, self.path)

    def new_copy(self):
        self.copies.append(servers.scratch(self.server.home, "copy-"))
        return self.copies[-1] / "file"

    def close(self):
        for folder in self.copies:
            shutil.rmtree(folder)

    def put(self, name, data=b"", mode=0o644):
        if isinstance(data, Path):
            must(self.fs.copy(str(data), self.url(name), force=True))
        else:
            (self / name).write_bytes(data)
        return self._with_mode(name, mode, 0o644)

    def mkdir(self, name, mode=0o755):
        must(self.fs.mkdir(self.remote(name), mode=0o755))
        return self._with_mode(name, mode, 0o755)

    def _with_mode(self, name, mode, made):
        if mode != made:
            must(self.fs.chmod(self.remote(name), mode))
        return self.remote(name)

    def put_zeros(self, name, size):
        with client.File() as file:
            must(file.open(self.url(name), OpenFlags.NEW | OpenFlags.UPDATE))
            must(file.truncate(size))
            must(file.close())
        return self.remote(name)

    def crowd(self, names):
        # Directories: a file would take three requests and a place at a pool.
        free, failures = threading.Semaphore(UNDER_WAY), []

        def made(status, _value, _hosts):
            if not status.ok:
                failures.append(status.message)
            free.release()

        for name in names:
            free.acquire()
            must((self.fs.mkdir(self.remote(name), mode=0o755, callback=made), None))
        for _ in range(UNDER_WAY):
            free.acquire()
        assert not failures, failures[:3]
