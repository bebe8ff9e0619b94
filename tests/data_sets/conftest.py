import contextlib
import functools
import http.server
import threading

import pytest


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Truncating(Quiet):
    """Promises the whole file and closes the connection in the middle."""

    def copyfile(self, source, outputfile):
        whole = source.read()
        outputfile.write(whole[: len(whole) // 2])


@contextlib.contextmanager
def served(folder, *, truncating=False):
    handler = functools.partial(Truncating if truncating else Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def serve():
    """Context manager: a web server that serves a folder (or breaks off); gives its address."""
    return served
