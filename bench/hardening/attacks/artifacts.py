"""Item 6: an artifact of 8 GB."""
import http.server
import threading
import time

from .attack import Asking, Attack, http1

GIGABYTES = 8
FORECAST = [("Cache-Control", "no-cache")]


class LargeFile(Attack):
    name, item, key = "artifact-file", "6", "viewer"
    about = f"a sparse file of {GIGABYTES} GB in the place of a model's artifact, and forecasts of that model"

    def prepare(self):
        folder = self.context.folder / "data" / "artifacts"
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert files, "the model has no artifact"
        for path in files:
            path.chmod(0o600)
            with path.open("r+b") as file:
                file.truncate(GIGABYTES << 30)

    def peer(self, counts, number):
        return Asking(counts, number, http1("GET", "/api/predictions/MSFT", [*self.headers(), *FORECAST]))


class LargeObject(Attack):
    name, item, key = "artifact-s3", "6", "viewer"
    about = f"an S3 server that announces {GIGABYTES} GB for a model's artifact, and forecasts of that model"
    port = 8972
    env = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}

    def prepare(self):
        host = self.context.network.host_address
        self.settings = (
            f'[artifacts]\nurl = "s3://bucket/closecast"\nendpoint = "http://{host}:{self.port}"\nregion = "us-east-1"\nallow_http = true\npath_style = true\n'
        )
        self.server = http.server.ThreadingHTTPServer((host, self.port), _S3)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def peer(self, counts, number):
        return Asking(counts, number, http1("GET", "/api/predictions/MSFT", [*self.headers(), *FORECAST]))

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class _S3(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if "list-type" in self.path:
            return self._empty(200)
        self.do_HEAD()
        try:
            for _ in range(16384):  # 1 GB at most, 60 MB a second
                self.wfile.write(bytes(65536))
                time.sleep(0.001)
        except OSError:
            pass
        self.close_connection = True

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", str(GIGABYTES << 30))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._empty(200)

    def do_DELETE(self):
        self._empty(204)

    def _empty(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("ETag", '"1"')
        self.end_headers()

    def log_message(self, *_):
        pass


ATTACKS = [LargeFile, LargeObject]
