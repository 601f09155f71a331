"""Runs the stacks, signs with HubSpot's SDKs, and collects the cases: what generate.py is written in."""

import base64
import hashlib
import json
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import compare

here = Path(__file__).resolve().parent
work = Path(sys.argv[1]).resolve()
AGENT = "HubSpot Connect 2.0"
cases, skipped, versions = [], [], {}


# --- Stacks -----------------------------------------------------------------------------------------------------------


def free_ports(count):
    """The first of so many free ports in a row."""
    for start in range(41000, 60000, 50):
        held = []
        try:
            for at in range(start, start + count):
                held.append(socket.socket())
                held[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                held[-1].bind(("127.0.0.1", at))
            return start
        except OSError:
            continue
        finally:
            for one in held:
                one.close()
    raise SystemExit("no free ports")


class Stack:
    """A program of stacks/: servers on ports of their own, and serialisers on its standard input."""

    def __init__(self, name, command, servers=(), cwd=None, env=None):
        self.name = name
        self.port = free_ports(max(len(servers), 1))
        self.servers = {server: self.port + at for at, server in enumerate(servers)}
        command = [str(part).replace("PORT", str(self.port)) for part in command]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(work / f"{name}.log", "w"), cwd=cwd, env=env
        )
        running.append(self.process)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{name} did not start: see {work / name}.log")
        hello = json.loads(line)
        versions.update(hello["versions"])
        self.ops, self.urls = hello["ops"], hello.get("urls", [])
        for port in self.servers.values():
            wait_for(port)

    def ask(self, **job):
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def apply(self, op, body):
        answer = self.ask(op=op, body=base64.b64encode(body).decode())
        return base64.b64decode(answer["out"]) if "out" in answer else None

    def change(self, op, url):
        answer = self.ask(op=op, url=url)
        return base64.b64decode(answer["out"]).decode() if "out" in answer else None


running = []


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


def wire(o, headers, target=None, host=None):
    """The request as HubSpot writes it."""
    _, name, port, path, query, _ = compare.split(o["uri"])
    target = target or (path or "/") + ("" if query is None else f"?{query}")
    host = host or (f"{name}:{port}" if port else name)
    lines = [f"{o['method']} {target} HTTP/1.1", f"Host: {host}"] + [f"{n}: {v}" for n, v in headers]
    return "\r\n".join(lines).encode() + b"\r\nConnection: close\r\n\r\n" + o["body"]


def plain_headers(o, content_type="application/json"):
    headers = [("User-Agent", AGENT), ("Accept", "*/*")]
    if o["body"]:
        headers += [("Content-Type", content_type), ("Content-Length", str(len(o["body"])))]
    return headers + signature_headers(o)


def signature_headers(o):
    """As HubSpot's SDK for Node computes them, held to its SDK for Python."""
    job = {"secret": o["secret"], "method": o["method"], "url": o["uri"], "body": o["body"].decode(), "timestamp": str(o["timestamp"])}
    key = json.dumps(job)
    if key not in signed:
        ours = [stack.ask(op="sign", **job) for stack in signers]
        if ours[0] != ours[1]:
            raise SystemExit(f"the SDKs disagree on {job}")
        signed[key] = ours[0]
    made, headers = signed[key], []
    for version in o["versions"]:
        if version == "v3":
            headers += [("X-HubSpot-Signature-v3", made["v3"]), ("X-HubSpot-Request-Timestamp", str(o["timestamp"]))]
        else:
            headers += [("X-HubSpot-Signature", made[version]), ("X-HubSpot-Signature-Version", version)]
    return headers


signed, signers = {}, []
V3_NAMES = ("x-hubspot-signature-v3", "x-hubspot-request-timestamp")


def send(port, request):
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request)
        data = b""
        while chunk := connection.recv(1 << 16):
            data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        whole = b""
        while body:
            size, _, body = body.partition(b"\r\n")
            size = int(size, 16)
            if not size:
                break
            whole, body = whole + body[:size], body[size + 2 :]
        body = whole
    return head, body


def see(stack, server, o, content_type="application/json", more=(), target=None, host=None):
    """What a server makes of a request; the ports of this run are put back to those of the public host."""
    head, body = send(stack.servers[server], wire(o, plain_headers(o, content_type) + list(more), target, host))
    try:
        return json.loads(body)
    except ValueError:
        return None


class Recorder:
    """What stands behind a proxy: it keeps each request as it arrives."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.last = None
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection:
            data = b""
            while b"\r\n\r\n" not in data:
                chunk = connection.recv(1 << 16)
                if not chunk:
                    return
                data += chunk
            head, _, body = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
            length = int(length[1]) if length else 0
            while len(body) < length:
                body += connection.recv(1 << 16)
            if b"transfer-encoding: chunked" in head.lower():
                while not body.endswith(b"0\r\n\r\n"):
                    body += connection.recv(1 << 16)
                plain, rest = b"", body
                while rest:
                    size, _, rest = rest.partition(b"\r\n")
                    plain, rest = plain + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
                body = plain
            try:
                self.last = (head.decode(), body)
            except UnicodeDecodeError:
                self.last = (head.decode("latin-1"), body)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


# --- Cases ------------------------------------------------------------------------------------------------------------


def default_headers(o):
    _, name, port, *_ = compare.split(o["uri"])
    return [("Host", f"{name}:{port}" if port else name)] + plain_headers(o)


def repeated(data):
    """A long text as its start, the part that repeats, how often, and its end."""
    text, middle = data.decode(), len(data) // 2
    for size in range(8, 400):
        unit = text[middle : middle + size]
        if text[middle + size : middle + 4 * size] == unit * 3:
            start = end = middle
            while text[start - size : start] == unit:
                start -= size
            while text[end : end + size] == unit:
                end += size
            return [text[:start], unit, (end - start) // size, text[end:]]
    raise SystemExit("a long body that does not repeat itself")


def text_or_base64(prefix, data):
    if len(data) > 1 << 16:
        return {prefix + "_repeated": repeated(data)}
    try:
        return {prefix: data.decode()}
    except UnicodeDecodeError:
        return {prefix + "64": base64.b64encode(data).decode()}


def add(kind, stack, o, *, uri=None, body=None, headers=None, method=None, secret=None, others=(), at=None, expect=(),
        recover=None, endpoint=None, either=(), part=None, previous=None):
    """One case. What differs in the URL is found by comparing; `expect` says what differs elsewhere.

    `either` are further sets of causes that say the same; `recover` is "proof", "shape" or "none".
    """
    uri = o["uri"] if uri is None else uri
    body_seen = o["body"] if body is None else body
    causes, how = compare.url(o["uri"], uri) if part is None else (set(part), "proof")
    label = f"{kind} {stack} {o['name']}"
    if causes is None:
        skipped.append(f"{label}: {o['uri']} -> {uri}")
        return False
    causes = causes | set(expect)
    if not causes or len(causes) > 3:
        return False
    either = list(either)
    if "url-ampersand" in causes and "=&" in re.sub(r"\w=", "", uri):
        # An empty parameter became one of an empty name: merged, or another one added.
        either.append(causes | {"url-query-added"})
    if {"url-prefix-lost", "url-double-slash"} <= causes:
        either.append(causes - {"url-double-slash"})
    if "v3" in o["versions"] and uri != o["uri"] and part is None:
        if compare.twelve_decoded(uri) == o["uri"] and not expect:
            # The verifier accepts the v3 signature of it, so only v2 is left to refuse it.
            o = {**o, "versions": ("v2",), "name": o["name"].replace("workflow", "v2")}
            headers = headers and [pair for pair in headers if pair[0].lower() not in V3_NAMES]
        elif compare.twelve_decoded(o["uri"]) == o["uri"]:
            less, _ = compare.url(o["uri"], compare.twelve_decoded(uri))
            if less and less | set(expect) != causes:
                either.append(less | set(expect))
    given = headers if headers is not None else default_headers(o)
    is_told = any(compare.split(o["uri"])[1].lower() in value.lower() for _, value in given)
    if "url-host" in causes and not is_told and not endpoint:
        # Nothing in the request tells the public host: only its setting could.
        if pick(f"endpoint {label}", [True, False]):
            endpoint = o["uri"].partition("?")[0]
        else:
            recover = "shape"
    order = ["proof", "shape", "none"]
    recover = max(recover or "proof", how, key=order.index)
    # What names this machine or one run of it says nothing about the request.
    shown = [[n, v.replace(socket.gethostname(), "proxy")] for n, v in given if n.lower() not in ("connection", "x-varnish")]
    one = {"id": None, "kind": kind, "stack": stack, "method": method or o["method"], "uri": uri, "headers": shown}
    one |= text_or_base64("body", body_seen)
    one |= {"secret": o["secret"] if secret is None else secret, "at": o["timestamp"] + 2000 if at is None else at}
    if others:
        one["others"] = list(others)
    if previous:
        one["previous"] = previous
    if endpoint:
        one["endpoint"] = endpoint
    sets = [sorted(causes)] + [sorted(e) for e in either]
    one["expected"] = [one_set for at, one_set in enumerate(sets) if one_set not in sets[:at]]
    one["recover"] = recover
    truth = {"method": o["method"], "uri": o["uri"], "versions": o["versions"], "timestamp": o["timestamp"]}
    if o["secret"] != one["secret"]:
        truth["secret"] = o["secret"]
    if body_seen != o["body"]:
        truth |= text_or_base64("body", o["body"])
    one["signed"] = truth
    name = re.sub(r"[^a-z0-9]+", "-", f"{kind} {stack} {o['name']}".lower()).strip("-")
    taken = sum(1 for other in cases if other["id"].partition("#")[0] == name)
    if any({**other, "id": 0, "stack": 0, "kind": 0} == {**one, "id": 0, "stack": 0, "kind": 0} for other in cases):
        return False
    one["id"] = f"{name}#{taken + 1}" if taken else name
    cases.append(one)
    return True


def pick(key, options):
    """A choice that depends on nothing but its key."""
    options = list(options)
    return options[int(hashlib.sha256(key.encode()).hexdigest(), 16) % len(options)] if options else None


def shuffled(key, options):
    return sorted(options, key=lambda option: hashlib.sha256(f"{key} {option}".encode()).digest())


def kind_of(causes):
    """Under which heading of the score a URL's change counts."""
    return "combined" if len(causes) > 1 else next(iter(causes)) if causes else "nothing"


def finish():
    """Ends what was started, and writes the two files: half of the cases each, by a hash of their names."""
    for process in running:
        process.terminate()
    for name, wanted in (("seen", 0), ("unseen", 1)):
        with open(here / f"{name}.jsonl", "w") as out:
            for one in cases:
                if hashlib.sha256(one["id"].encode()).digest()[0] % 2 == wanted:
                    out.write(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n")
    (here / "stacks.json").write_text(json.dumps(versions, indent=1, sort_keys=True) + "\n")
    (work / "skipped.txt").write_text("\n".join(skipped) + "\n")
    counts = {}
    for one in cases:
        counts.setdefault(one["recover"], []).append(one)
    print(f"{len(cases)} cases:", {name: len(list_) for name, list_ in counts.items()}, f"{len(skipped)} skipped")
