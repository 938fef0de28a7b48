"""A receiver for pollhook in Python (3.9 or newer), without dependencies. docs/receivers.md says why it is as it is.

    WEBHOOK_SECRET='whsec_…' PORT=9000 python3 receiver.py
"""

import base64
import hmac
import json
import os
import re
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LARGEST_BODY = 10_000_000
TOLERANCE = 5 * 60  # seconds that clocks may differ


def key_of(secret):
    return base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()


# Several secrets, separated by blanks, while they are rotated.
KEYS = [key_of(secret) for secret in os.environ.get("WEBHOOK_SECRET", "").split()]
if not KEYS:
    sys.exit("set WEBHOOK_SECRET")

INBOX = Path(os.environ.get("INBOX", "inbox"))
DONE = INBOX / "done"
DONE.mkdir(parents=True, exist_ok=True)
arrived = threading.Event()
storing = threading.Lock()


def handle(event):
    """What to do with an event: the part that is yours. What raises is tried again."""
    print(f"handled {event['type']} {event['data']['key']} {event['data']['sequence']}", flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds that a silent connection is kept

    def do_POST(self):
        try:
            size = int(self.headers.get("content-length", 0))
            if not 0 <= size <= LARGEST_BODY:
                return self.answer(413, close=True)
            body = self.rfile.read(size)  # the raw bytes: they are signed, not what a parser makes of them
            problem = verify(self.headers, body)
            if problem:
                return self.answer(401, problem)
            store(self.headers["webhook-id"], body)
            self.answer(204)  # it is on disk: acknowledge, and work later
            arrived.set()
        except Exception:
            traceback.print_exc()
            self.answer(500, close=True)  # pollhook sends it again

    do_PUT = do_PATCH = do_POST

    def answer(self, status, text="", close=False):
        self.send_response(status)
        if close:
            self.send_header("connection", "close")
        if status != 204:
            self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def verify(headers, body):
    """What is wrong with a message, or None."""
    id, timestamp, signatures = (headers.get(f"webhook-{name}") for name in ("id", "timestamp", "signature"))
    if not (id and timestamp and signatures):
        return "a webhook- header is missing"
    if not re.fullmatch(r"\d{1,12}", timestamp) or abs(time.time() - int(timestamp)) > TOLERANCE:
        return "the timestamp is too old or too new"
    for key in KEYS:
        digest = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, "sha256")
        expected = b"v1," + base64.b64encode(digest)
        # As bytes: compare_digest refuses text beyond ASCII.
        if any(hmac.compare_digest(given.encode(), expected) for given in signatures.split(" ")):
            return None
    return "the signature does not match"


def store(id, body):
    """Keeps an event durably, once: the same event always has the same name."""
    sequence = json.loads(body)["data"]["sequence"]
    name = f"{sequence:015d}-{re.sub(r'[^A-Za-z0-9_-]', '', id)}.json"
    with storing:
        if (INBOX / name).exists() or (DONE / name).exists():
            return
        part = INBOX / f"{name}.part"
        with part.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        part.rename(INBOX / name)


def work():
    """Handles what is in the inbox, in the order of the sequence, for ever."""
    while True:
        names = sorted(INBOX.glob("*.json"))
        try:
            for file in names:
                handle(json.loads(file.read_bytes()))
                file.rename(DONE / file.name)
        except Exception:
            traceback.print_exc()  # it will be tried again
            time.sleep(5)
        if not names:
            arrived.wait()
            arrived.clear()


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 9000))), Receiver)
print(f"listening on {server.server_port}", flush=True)
threading.Thread(target=work, daemon=True).start()
server.serve_forever()
