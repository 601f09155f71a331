"""Makes seen.jsonl and unseen.jsonl anew: generate.py WORK, where WORK holds what `generate` installed and compiled."""

import atexit
import base64
import gzip
import hashlib
import hmac
import json
import subprocess
import time
import urllib.parse
import zlib
from collections import Counter
from pathlib import Path

import compare
from harness import Recorder, Stack, add, default_headers, finish, free_ports, here, pick, plain_headers, running, see, send, shuffled, \
    signature_headers, signers, skipped, versions, wait_for, wire, work, kind_of
from originals import BODIES, SECRETS, URLS, original
from stacks import proxies

atexit.register(lambda: [process.kill() for process in running])

node = Stack("node", ["node", here / "stacks/node.mjs", work / "node/node_modules", "PORT"], ["express", "express-json", "fastify", "koa", "hono"])
python = Stack("python", [work / "python/bin/python", here / "stacks/python.py", "PORT"], ["flask", "django", "fastapi", "aiohttp"])
signers.extend([node, python])
php = Stack("php", ["php", here / "stacks/php.php"])
ruby = Stack("ruby", ["ruby", here / "stacks/ruby.rb", "PORT"], ["sinatra"])
go = Stack("go", [work / "go-stack", "PORT"], ["net/http"])
rust = Stack("rust", [work / "rust/debug/stack", "PORT"], ["axum"])
JARS = ":".join(f"/usr/share/java/{jar}.jar" for jar in ("gson", "jackson-core", "jackson-databind", "jackson-annotations"))
GSON = next(Path("/usr/share/java").glob("gson-*.jar")).stem.removeprefix("gson-")
java = Stack("java", ["java", "-cp", JARS, here / "stacks/Stack.java", GSON])
perl = Stack("perl", ["perl", here / "stacks/perl.pl"])
php.servers = {"php": free_ports(1)}
running.append(subprocess.Popen(["php", "-S", f"127.0.0.1:{php.servers['php']}", here / "stacks/php.php"], stderr=subprocess.DEVNULL))
wait_for(php.servers["php"])

# --- Frameworks: URLs -------------------------------------------------------------------------------------------------

GETS = [
    original("GET", url, "none")
    for url in """fetch fetch-more fetch-space fetch-plus card card-more card-empty card-space next percent quote parens tilde
    lower upper upper-space flag flag-equal trailing-amp double-amp repeat brackets path-escape path-at path-space path-unicode
    path-colon unsorted port port443 slash double query caps""".split()
]


def secure(uri):
    """As code has it that takes https from its configuration."""
    return "https://" + uri.removeprefix("http://") if uri.startswith("http://") else uri


def insecure(uri):
    """As code has it that sees http behind a proxy."""
    return uri.replace("https://", "http://", 1) if uri.startswith("https://") else uri


def framework_urls(stack, server, shared):
    """One case of each way to build a URL: of those `shared` by all servers of a stack each falls to one of them."""
    views = {}
    for o in GETS:
        views[o["name"]] = see(stack, server, o)
    habits = sorted({habit for view in views.values() if view for habit in view["u"]})
    for habit in habits:
        is_shared = habit in shared
        if is_shared and pick(f"{stack.name} {habit}", sorted(stack.servers)) != server:
            continue
        options = []
        for name in shuffled(f"{server} {habit}", views):
            o, view = GETS_BY_NAME[name], views[name]
            if not view or habit not in view["u"]:
                continue
            uri = view["u"][habit]
            if habit != "raw" and pick(f"{server} {habit} {name}", [True, False, True]):
                uri = secure(uri)
            causes, _ = compare.url(o["uri"], uri)
            if causes is None:
                skipped.append(f"{server} {habit}: {o['uri']} -> {uri}")
            elif causes and (habit == "raw" or causes != {"url-scheme"}):
                options.append((o, uri, frozenset(causes), view["h"]))
        for _ in range(1 if is_shared or habit == "raw" else 2):
            # What is rare so far goes first, so that no change is shown twenty times because many things cause it.
            options.sort(key=lambda option: used[option[2]])
            for o, uri, causes, headers in options:
                if add(kind_of(causes), f"{server} {habit}", o, uri=uri, headers=headers or None):
                    used[causes] += 1
                    break


used = Counter()
GETS_BY_NAME = {o["name"]: o for o in GETS}

NODE_SHARED = """path targetOnly whatwg whatwgParams whatwgSorted whatwgAppended whatwgHashed legacy legacyQuery querystring qs qsSorted
qs1738 queryString decodeURI decodeURIComponent encodeURI encodedTwice unescape twice slash html""".split()
PYTHON_SHARED = """urlencode urlencodeNoBlank urlencodeQuote urlencodeSorted unquote unquotePlus quote quoteQuery yarl yarlHuman yarlAdded
httpx httpxParams requests requestsParams posixPath noQuery fragment htmlEscape""".split()

for server in node.servers:
    framework_urls(node, server, NODE_SHARED)
for server in python.servers:
    framework_urls(python, server, PYTHON_SHARED)

for stack in (php, ruby, go, rust):
    for server in stack.servers:
        framework_urls(stack, server, ())


def changed_urls(stack):
    """One or two cases of each library that changes a URL."""
    for op in stack.urls:
        options = []
        for name in shuffled(f"{stack.name} {op}", GETS_BY_NAME):
            o = GETS_BY_NAME[name]
            uri = stack.change(op, o["uri"])
            if not uri:
                continue
            if pick(f"{stack.name} {op} {name}", [False, False, True]):
                uri = insecure(uri)
            causes, _ = compare.url(o["uri"], uri)
            if causes is None:
                skipped.append(f"{stack.name} {op}: {o['uri']} -> {uri}")
            elif causes and causes != {"url-scheme"}:
                options.append((o, uri, frozenset(causes)))
        for _ in range(2):
            options.sort(key=lambda option: used[option[2]])
            for o, uri, causes in options:
                if add(kind_of(causes), f"{stack.name} {op}", o, uri=uri):
                    used[causes] += 1
                    break


for stack in (php, ruby, go, java, rust, perl):
    changed_urls(stack)

# --- Nested routers, and the URL as it stands in HubSpot ------------------------------------------------------------------

for stack, server, habit in [(node, "express", "raw"), (python, "fastapi", "scopePath"), (go, "net/http", "urlString"), (rust, "axum", "uri"), (rust, "axum", "captured"), (go, "net/http", "whole")]:
    for method, url, body in (("POST", "mounted", "batch-one"), ("GET", "mounted-query", "none"), ("PUT", "mounted-query", "fetch")):
        o = original(method, url, body)
        view = see(stack, server, o)
        uri = view and view["u"].get(habit)
        if not uri:
            continue
        endpoint = o["uri"].partition("?")[0] if pick(f"{server} {habit} {method}", [True, True, False]) else None
        lost, _ = compare.url(o["uri"], uri)
        if not lost or "url-prefix-lost" not in lost:
            continue
        if not endpoint and "url-path-only" not in lost:
            # Without the setting, no list of usual prefixes has this one.
            add("url-prefix-lost", f"{server} {habit}", o, uri=uri, headers=view["h"], recover="none")
        else:
            add("url-prefix-lost", f"{server} {habit}", o, uri=uri, headers=view["h"], endpoint=endpoint or o["uri"].partition("?")[0])

# --- Frameworks: bodies -----------------------------------------------------------------------------------------------

# What each way to write a body again is called; None for those that are JSON, of which comparing tells what is left.
PRINTED = {
    "string": "body-map-printed", "inspect": "body-map-printed", "str": "body-map-printed", "form": "body-form",
    "text": "body-printed", "bytes": "body-printed", "repr": "body-printed", "decoded": "body-latin1-twice",
    "rawBody": "body-placeholder", "twice": "body-json-twice", "literal": "body-printed", "buffer": "body-printed",
    "bufferInspect": "body-printed", "uint8": "body-printed", "uint8Object": "body-printed", "commas": "body-printed",
    "hex": "body-hex", "hexUpper": "body-hex", "hexlify": "body-hex", "base64": "body-base64", "base64url": "body-base64",
    "dataUrl": "body-base64", "b64": "body-base64", "b64mime": "body-base64", "b64url": "body-base64",
    "latin1": "body-latin1-twice", "cp1252": "body-latin1-twice", "toLatin1": "body-to-latin1", "ascii": "body-lossy",
    "asciiIgnore": "body-lossy", "lossy": "body-lossy", "utf16": "body-utf16", "utf16bom": "body-utf16", "utf16be": "body-utf16",
    "trim": "body-trimmed", "strip": "body-trimmed", "cut": "body-cut", "slice": "body-cut", "object": "body-map-printed",
    "formKey": "body-form", "uriComponent": "body-percent", "quote": "body-percent", "quotePlus": "body-percent",
    "html": "body-html", "htmlEscape": "body-html", "htmlNoQuote": "body-html", "crlf": "body-line-endings",
    "lf": "body-line-endings", "textMode": "body-line-endings", "splitlines": "body-line-endings", "strBytes": "body-printed",
    "reprText": "body-printed", "listBytes": "body-printed", "bytearray": "body-printed", "dumpsTwice": "body-json-twice",
    "dumpsThrice": "body-json-twice", "xmlchars": "body-html", "backslash": "body-printed", "sig": "body-bom", "sigCrlf": "body-bom",
    "payloadForm": "body-form", "nfd": "body-lossy", "orjsonNewline": "body-white-space", "newline": "body-white-space",
    "debug": "body-printed", "debugVec": "body-printed", "debugString": "body-printed", "toString": "body-map-printed",
    "debugValue": "body-map-printed", "printR": "body-map-printed", "varDump": "body-map-printed", "varExport": "body-map-printed",
    "serialize": "body-map-printed", "inspectString": "body-printed", "dump": "body-printed", "unpack": "body-printed",
    "bom": "body-bom", "percentV": "body-printed", "percentQ": "body-printed", "percentX": "body-hex", "mapV": "body-map-printed",
    "bytesJson": "body-base64", "arraysToString": "body-printed", "gzip64": "body-base64", "urlencode": "body-percent",
    "rawurlencode": "body-percent", "htmlspecialchars": "body-html", "utf8Encode": "body-latin1-twice", "cgiEscape": "body-html",
    "httpBuildQuery": "body-form", "quotemeta": "body-printed", "lossyAscii": "body-lossy", "hashInspect": "body-map-printed",
    "javaEscape": "body-printed", "goHtml": "body-html", "ucs2": "body-utf16", "escapeHtml": "body-html", "lines": "body-line-endings", "readLine": "body-line-endings", "readLineJoined": "body-line-endings",
    "chomp": "body-trimmed", "yaml": "body-map-printed", "escapeAscii": "body-printed", "escapeDebug": "body-printed", "addslashes": "body-printed",
    "debugOption": "body-printed", "debugVecPretty": "body-printed", "debugLossy": "body-printed", "bytesJsonArray": "body-printed",
    "gsonBytes": "body-printed", "percentHV": "body-printed", "jqUri": "body-percent", "jqBase64": "body-base64", "stripTags": "body-cut",
    "nl2crlf": "body-line-endings", "gsonTwice": "body-json-twice", "scrub": "body-lossy", "again": "body-lost",
}
# What is gone for good, whatever the body was.
LOST = {"string", "object", "cut", "slice", "ascii", "asciiIgnore", "lossy", "nfd", "toString", "mapV", "form", "httpBuildQuery", "lossyAscii", "stripTags", "scrub", "again"}
# Reversible in principle, but a grammar of its own; named by its shape is all that is asked.
SHAPE = {"str", "inspect", "printR", "varDump", "varExport", "serialize", "hashInspect", "debugValue", "formKey", "yaml", "debugOption", "percentHV", "quotemeta"}
# The ends of lines go, and not only their kind.
JOINED = {"splitlines", "readLine"}


def body_case(stack, op, o, seen, headers=None, uri=None, kind=None):
    """A body that was written again, if that changes it and can be judged."""
    signed_text = o["body"].decode()
    if seen is None or seen == o["body"]:
        return False
    cause, either = PRINTED.get(op), []
    if seen in (b"{}", b"null", b"undefined", b'""', b"None", b"[]", b"[object Object]") and not o["body"]:
        cause, how = "body-placeholder", "proof"
    elif not o["body"]:
        cause, how, either = "body-placeholder", "proof", [["body-printed"]]
    elif seen.strip() == o["body"]:
        cause, how = "body-white-space", "proof"
    elif seen == o["body"].strip():
        cause, how = "body-trimmed", "proof"
    elif seen in (b"null", b"undefined", b"{}", b"[]", b"") and o["body"]:
        cause, how = ("body-lost" if not seen else "body-placeholder"), "shape"
    elif cause:
        how = "shape" if op in LOST | SHAPE else "proof"
        if cause == "body-to-latin1" and b"?" in seen and b"?" not in o["body"]:
            cause, how = "body-lossy", "shape"
        if cause == "body-latin1-twice" and "\ufffd".encode() in seen:
            cause, how = "body-lossy", "shape"
        if op in JOINED or stack == "go" and op == "hex":
            how = "shape"
    else:
        try:
            if json.loads(seen) == signed_text and not signed_text.startswith('"'):
                return add(kind or "body-json-twice", f"{stack} {op}", o, uri=uri, body=seen, expect={"body-json-twice"}, headers=headers)
            if seen.startswith(b'{"type":"Buffer"'):
                cause, how = "body-printed", "proof"
            else:
                cause, how = "body-json", compare.json_body(signed_text, seen.decode())
        except ValueError:
            skipped.append(f"{stack} {op}: {o['body'][:90]} -> {seen[:90]}")
            return False
    expect = {cause}
    if op == "sigCrlf" and b"\n" in o["body"]:
        expect, how = {"body-bom", "body-line-endings"}, "proof"
    if how == "shape" and cause in ("body-map-printed", "body-form"):
        either = [["body-json"]]
    if cause in ("body-json", "body-line-endings") and signed_text != signed_text.rstrip() and seen == seen.rstrip():
        # The newline at the end went too, and it is as true to say so.
        either.append([cause, "body-trimmed"])
        if op in JOINED:
            either.append(["body-json", "body-trimmed"])
    if op == "formKey":
        either.append(["body-percent"])
    around = compare.url(o["uri"], uri or o["uri"])[0] or set()
    either = [set(other) | around for other in either]
    return add(kind or cause, f"{stack} {op}", o, uri=uri, body=seen, expect=expect, recover=how, headers=headers, either=either)


POSTS = [original("POST", "plain", body) for body in BODIES if body != "none"]
POSTS_BY_NAME = {o["name"]: o for o in POSTS}
OTHER_URLS = ["plain", "fetch", "webhooks", "query", "usual", "port"]


def serialisers(stack, ops=None):
    """One or two cases of each serialiser, on bodies that it changes; now and then with http for https."""
    for op in ops or stack.ops:
        wanted = 2 if op not in PRINTED and op not in ("chunks", "toWellFormed") else 1
        for name in sorted(shuffled(f"{stack.name} {op}", POSTS_BY_NAME), key=lambda name: used[name]):
            o = POSTS_BY_NAME[name]
            url = pick(f"{op} {name}", OTHER_URLS)
            body = name.split()[2]
            o = original(pick(f"{name} {op} method", ["POST", "POST", "POST", "PUT", "PATCH"]) if url == "fetch" else "POST", url, body)
            seen = stack.apply(op, o["body"])
            with_http = pick(f"http {op} {name}", [False, False, False, True])
            uri = insecure(o["uri"]) if with_http else None
            if body_case(stack.name, op, o, seen, uri=uri, kind="combined" if with_http else None):
                used[name] += 1
                wanted -= 1
            if not wanted:
                break


def framework_bodies(stack, server, habits, content_type="application/json"):
    """One case of each way in which code behind the server's own body parser writes the body again."""
    for habit in habits:
        for name in shuffled(f"{server} {habit} {content_type}", POSTS_BY_NAME):
            o = POSTS_BY_NAME[name]
            view = see(stack, server, o, content_type)
            if not view or habit not in view["b"]:
                continue
            seen = base64.b64decode(view["b"][habit])
            raw_uri = view["u"].get("raw") or o["uri"]
            uri = raw_uri if pick(f"{server} {habit} http", [False, True, False]) else o["uri"]
            both = compare.url(o["uri"], uri)[0]
            view["h"] = view["h"] or None
            if body_case(server, habit, o, seen, headers=view["h"], uri=uri, kind="combined" if both else None):
                break


def without_body(stack, server, habits):
    """A request without a body, for which code makes one up."""
    for habit, method, url in habits:
        o = original(method, url, "none")
        view = see(stack, server, o)
        if view and habit in view["b"]:
            view["h"] = view["h"] or None
            seen = base64.b64decode(view["b"][habit])
            uri = view["u"].get("raw") or o["uri"]
            uri = uri if pick(f"{server} {habit} {url}", [False, True]) else o["uri"]
            body_case(server, habit, o, seen, headers=view["h"], uri=uri)


for stack in (node, python, php, ruby, go, java, rust, perl):
    serialisers(stack)
for server, habits in {
    "express-json": ["pretty", "string", "stable", "tabs"], "fastify": ["stringify", "inspect"], "koa": ["stringify", "form", "string"], "hono": ["pretty", "sortedKeys"],
}.items():
    framework_bodies(node, server, habits)
framework_bodies(node, "express-json", ["stringify"], "application/octet-stream")
framework_bodies(node, "express-json", ["stringify", "string"], "text/plain")
framework_bodies(node, "koa", ["stringify"], "text/plain")
for server, habits in {
    "flask": ["dumps", "jsonify", "text", "sorted"], "django": ["encoder", "jsonResponse", "bytes", "decoded", "str"],
    "fastapi": ["jsonResponse", "orjson", "repr", "dumps"], "aiohttp": ["dumps", "bytes", "sorted"],
}.items():
    framework_bodies(python, server, habits)
framework_bodies(php, "php", ["encode", "symfonyContent", "emptyPost"])
framework_bodies(ruby, "sinatra", ["toJson", "hashInspect", "again"])
framework_bodies(go, "net/http", ["marshal", "percentV", "again"])
framework_bodies(rust, "axum", ["debug", "debugLossy", "json"])
without_body(php, "php", [("encode", "GET", "card"), ("emptyPost", "GET", "fetch"), ("emptyPost", "DELETE", "query")])
without_body(ruby, "sinatra", [("toJson", "GET", "fetch"), ("pretty", "GET", "card")])
without_body(go, "net/http", [("percentV", "GET", "fetch")])
without_body(rust, "axum", [("debug", "GET", "card"), ("debugLossy", "DELETE", "fetch")])
without_body(node, "express-json", [("express4", "GET", "fetch"), ("express4", "DELETE", "fetch"), ("template", "GET", "card")])
without_body(node, "fastify", [("nullish", "GET", "fetch-more"), ("nullish", "DELETE", "query")])
without_body(node, "koa", [("stringify", "GET", "card-more"), ("stringify", "DELETE", "fetch")])
without_body(python, "flask", [("silent", "GET", "card"), ("text", "GET", "fetch"), ("str", "DELETE", "fetch")])
without_body(python, "django", [("encoder", "GET", "card"), ("bytes", "GET", "fetch"), ("str", "GET", "unsorted")])
without_body(python, "fastapi", [("jsonResponse", "DELETE", "fetch"), ("bytes", "GET", "next")])

# --- Proxies ----------------------------------------------------------------------------------------------------------

recorder = Recorder()
ports = proxies.start(work, free_ports, recorder.port, running, versions, wait_for)
PROXIED = {"POST": "batch-one", "GET": "none"}


def through(proxy, habit, o, more=()):
    """What the service behind a proxy sees: target, headers and body; the backend's own port is put to a usual one."""
    recorder.last = None
    send(ports[proxy][habit], wire(o, plain_headers(o) + list(more)))
    if recorder.last is None:
        return None
    head, body = recorder.last
    first, *lines = head.split("\r\n")
    method, rest = first.split(" ", 1)
    target = rest.rsplit(" ", 1)[0]
    text = lambda value: value.replace(f"127.0.0.1:{recorder.port}", "127.0.0.1:8080").replace(f":{recorder.port}", ":8080").replace(
        f":{ports[proxy][habit]}", ":8443").replace("http://up", "http://127.0.0.1:8080")
    headers = [(name, text(value.strip())) for name, value in (line.split(":", 1) for line in lines)]
    host = next((value for name, value in headers if name.lower() == "host"), "")
    return method, target, headers, body, host


def with_plus(method, url, body, scheme):
    """A request whose v3 signature has a `+`."""
    tries = (original(method, url, body, scheme, salt) for salt in range(100))
    return next(o for o in tries if "+" in dict(signature_headers(o))["X-HubSpot-Signature-v3"])


def proxied(proxy, habit, url, *, naive=None, method=None, body=None, kind=None, scheme=None, **more):
    """A case behind a proxy. `naive` code builds the URL from the connection; other code has the public one configured."""
    method = method or ("GET" if "?" in URLS[url] and "empty" not in url else "POST")
    o = original(method, url, body or PROXIED.get(method, "fetch"), scheme)
    if "header-plus" in more.get("expect", ()):
        o = with_plus(o["method"], url, body or PROXIED[method], scheme)
    seen = through(proxy, habit, o)
    if seen is None:
        skipped.append(f"{proxy} {habit} {url}: nothing arrived")
        return
    method, target, headers, body, host = seen
    name = f"{proxy} {habit}"
    if naive is None:
        naive = pick(f"{name} {url}", [False, False, True])
    public = o["uri"].split("/")[2]
    uri = f"http://{host}{target}" if naive else f"https://{public}{target}"
    if body != o["body"] and "expect" not in more:
        more["expect"] = {"body-lost"}
    if not add(kind or kind_of(compare.url(o["uri"], uri)[0] or {"rewritten"}), name, o, uri=uri, headers=headers, body=body, method=method, **more):
        if compare.url(o["uri"], uri)[0] is not None:
            skipped.append(f"{name} {url}: unchanged or too much: {uri}")


for proxy in ports:
    proxied(proxy, "plain", "plain", naive=True)
    proxied(proxy, "plain", pick(proxy, ["fetch-more", "card", "query"]), naive=True)
proxied("nginx", "host", "port", naive=True)
proxied("nginx", "hostPort", "fetch", naive=True)
proxied("nginx", "forwarded", "card", naive=True)
proxied("nginx", "forwarded", "plain", naive=True)
proxied("nginx", "original", "plain", naive=False, either=[["url-rewritten"]])
proxied("nginx", "original", "query", naive=True, either=[["url-rewritten", "url-scheme"]])
for habit, url in [("strip", "execute-api"), ("stripApi", "usual"), ("stripWebhooks", "webhooks"),
                   ("stripTwo", "deep"), ("stripWrong", "plain"), ("stripWrong", "query"), ("added", "plain"), ("addedApi", "fetch"), ("addedApi", "one"),
                   ("rewriteNoQuery", "fetch"), ("requestUriArgs", "fetch-more"), ("requestUriArgs", "card-space"), ("requestUriQuestion", "query"),
                   ("addsParameter", "card"), ("addsParameter", "fetch-space"), ("merge", "double"), ("slash", "plain"), ("slash", "fetch"), ("noSlash", "slash"),
                   ("uri", "path-at"), ("uri", "path-unicode"), ("uri", "card"), ("uriArgs", "path-colon"), ("uriArgs", "fetch-space"), ("uriArgs", "path-space")]:
    proxied("nginx", habit, url)
proxied("nginx", "stripZeta", "unusual", naive=False, endpoint=URLS["unusual"])
proxied("nginx", "stripZeta", "unusual", naive=True, endpoint=URLS["unusual"])
proxied("nginx", "rewrite", "plain", part={"url-rewritten"}, recover="none", naive=False, kind="url-rewritten")
proxied("nginx", "rewriteQuery", "plain", part={"url-rewritten"}, naive=False, kind="url-rewritten")
proxied("nginx", "rewriteQuery", "query", part={"url-rewritten"}, naive=False, kind="url-rewritten")
proxied("nginx", "auth", "plain", part={"url-rewritten"}, expect={"body-lost"}, recover="shape", naive=False, kind="combined")
proxied("nginx", "auth", "fetch", part={"url-rewritten"}, naive=False, kind="url-rewritten")
proxied("nginx", "noBody", "plain", naive=False, expect={"body-lost"}, recover="shape", kind="body-lost")
proxied("nginx", "noBody", "fetch", method="PUT", naive=True, expect={"body-lost"}, recover="shape", kind="combined")
proxied("nginx", "dropsSignature", "fetch", naive=True, scheme="workflow")
proxied("nginx", "dropsTime", "plain", naive=False, expect={"header-missing"}, recover="shape", kind="header-missing")
proxied("nginx", "dropsAll", "fetch", naive=False, expect={"header-none"}, recover="shape", kind="header-none")
proxied("nginx", "quotes", "plain", naive=False, expect={"header-quoted"}, kind="header-quoted", scheme="v3")
proxied("nginx", "quotes", "fetch", naive=True, expect={"header-quoted"}, kind="combined", scheme="v3")
proxied("nginx", "prefixes", "plain", naive=False, expect={"header-prefixed"}, kind="header-prefixed", scheme="v3")
proxied("nginx", "swaps", "plain", naive=False, expect={"header-swapped"}, kind="header-swapped", scheme="v3", either=[["header-missing"], ["header-base64", "scheme-version"]])
proxied("nginx", "swaps", "fetch", naive=False, expect={"header-swapped"}, kind="header-swapped", scheme="workflow", either=[["header-missing"], ["header-base64", "scheme-version"]])
for method in ("PUT", "DELETE", "PATCH"):
    proxied("nginx", "toGet", "fetch", method=method, body="none" if method == "DELETE" else "fetch", naive=False, expect={"method-assumed"}, kind="method-assumed")
proxied("nginx", "toGet", "card", method="GET", naive=False, expect={"method-assumed"}, kind="method-assumed")

proxied("haproxy", "forwarded", "fetch", naive=True)
proxied("haproxy", "forwarded", "plain", naive=True)
for habit, url in [("strip", "usual"), ("stripTold", "unusual"), ("added", "plain"), ("added", "fetch"), ("adds", "fetch"), ("adds", "card-more"), ("normalSort", "fetch"),
                   ("normalSort", "unsorted"), ("normalSlash", "double"), ("normalCase", "lower"), ("normalDecode", "tilde")]:
    proxied("haproxy", habit, url)
for habit, cause, scheme in [("twice", "header-doubled", "v3"), ("twiceTime", "header-doubled", "workflow"), ("urlDecoded", "header-plus", "v3"), ("hex", "header-hex", "v3"),
                             ("upper", "header-case", "v2"), ("urlSafe", "header-alphabet", "v3"), ("cut", "header-cut", "v3"), ("json", "header-quoted", "v3"),
                             ("percent", "header-percent", "v3"), ("seconds", "time-seconds", "v3"), ("label", "scheme-version", "v2"), ("dropLabel", "scheme-version", "v1")]:
    for url in ("plain", pick(habit, ["fetch", "query", "card"])):
        recover = "shape" if cause == "header-cut" else None
        extra = {"either": [["header-hex", "header-case"]]} if habit == "hex" else {"either": [["scheme-label"], ["scheme-version"]]} if "scheme" in cause else {"either": [["time-seconds"], ["time-printed"]]} if habit == "seconds" else {}
        proxied("haproxy", habit, url, naive=False, expect={cause}, kind=cause, scheme=scheme, recover=recover, **extra)
for method in ("PUT", "PATCH"):
    proxied("haproxy", "method", "fetch", method=method, body="fetch-ascii", naive=False, expect={"method-assumed"}, kind="method-assumed", scheme="v3")

for habit, url in [("stripPath", "plain"), ("stripPath", "query"), ("stripProd", "execute-api"), ("rewrite", "plain"), ("upstreamHost", "fetch"), ("slash", "plain"), ("slash", "query"),
                   ("replace", "fetch"), ("stripSuffix", "slash")]:
    proxied("caddy", habit, url)
proxied("caddy", "tryFiles", "query", part={"url-rewritten"}, recover="shape", naive=False, kind="url-rewritten")
proxied("caddy", "method", "fetch", method="PUT", body="fetch", naive=True, expect={"method-assumed"}, kind="combined")
proxied("caddy", "dropTime", "fetch", naive=False, expect={"header-missing"}, recover="shape", kind="header-missing")
proxied("caddy", "gone", "plain", naive=False, expect={"header-none"}, recover="shape", kind="header-none")

for habit, url in [("preserve", "plain"), ("preserve", "fetch-space"), ("strip", "usual"), ("stripHubspot", "plain"), ("stripHubspot", "query"), ("doubleSlash", "plain"),
                   ("frontNoArgs", "fetch"), ("decoded", "path-at"), ("decoded", "path-space"), ("rewrite", "path-at"), ("rewrite", "path-colon"), ("rewriteB", "path-space"), ("rewriteB", "path-unicode"),
                   ("adds", "fetch"), ("adds", "card-space"), ("slash", "plain"), ("slash", "card"), ("merge", "double")]:
    proxied("apache", habit, url)
for url in ("plain", "query", "fetch"):
    proxied("apache", "front", url, part={"url-rewritten"}, naive=False, kind="url-rewritten")
proxied("apache", "unset", "fetch", naive=True)
proxied("apache", "append", "plain", naive=False, expect={"header-joined"}, kind="header-joined", scheme="v3", either=[["header-doubled"]])
proxied("apache", "append", "fetch", naive=False, expect={"header-joined"}, kind="header-joined", scheme="workflow", either=[["header-doubled"]])

for habit, url in [("sorted", "fetch"), ("sorted", "unsorted"), ("sorted", "card"), ("noQuery", "fetch"), ("tracking", "fetch"), ("noSlash", "slash"), ("strip", "plain"), ("host", "fetch"), ("host", "plain"),
                   ("hostPort", "port"), ("www", "plain"), ("www", "fetch"), ("amp", "trailing-amp"), ("amp", "empty-query")]:
    proxied("varnish", habit, url, naive=habit in ("host", "hostPort", "www") or None)

# --- Secrets, as commands and tools leave them ---------------------------------------------------------------------------


def shell(command, secret, second=""):
    """What a command makes of the secret in $S."""
    made = subprocess.run(["bash", "-c", command], env={"S": secret, "T": second, "PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, check=True)
    return made.stdout.decode()


WHITE, QUOTED, BASE64 = "secret-white-space", "secret-quoted", "secret-base64"
for what, command, cause, either in [
    ("echo", 'echo "$S"', WHITE, []),
    ("printf CRLF", "printf '%s\\r\\n' \"$S\"", WHITE, []),
    ("cut of a table", "printf 'secret | %s | x' \"$S\" | cut -d'|' -f2 | tr -d '\\n'", WHITE, []),
    ("jq -n", "jq -n --arg s \"$S\" '$s' | tr -d '\\n'", QUOTED, []),
    ("jq with newline", "jq -n --arg s \"$S\" '$s'", QUOTED, [[WHITE], [QUOTED, WHITE]]),
    ("env file in single quotes", "printf \"X='%s'\\n\" \"$S\" | cut -d= -f2 | tr -d '\\n'", QUOTED, []),
    ("typographic quotes", "printf '“%s”' \"$S\"", QUOTED, []),
    ("env | grep", "env | grep ^S= | tr -d '\\n'", "secret-assignment", []),
    ("env file line", "printf 'HUBSPOT_CLIENT_SECRET=%s' \"$S\"", "secret-assignment", []),
    ("export line", "printf 'export HUBSPOT_SECRET=\"%s\"' \"$S\"", "secret-assignment", [[QUOTED, "secret-assignment"]]),
    ("YAML line", "printf 'client_secret: %s' \"$S\"", "secret-assignment", [["secret-assignment", WHITE]]),
    ("authorization header", "printf 'Bearer %s' \"$S\"", "secret-bearer", []),
    ("tr a-z A-Z", "printf %s \"$S\" | tr a-z A-Z", "secret-case", []),
    ("base64", "printf %s \"$S\" | base64 | tr -d '\\n'", BASE64, []),
    ("base64 -w 20", "printf %s \"$S\" | base64 -w 20", BASE64, [[BASE64, WHITE]]),
    ("echo | base64", 'echo "$S" | base64', BASE64, [[BASE64, WHITE]]),
    ("base64 without padding", "printf '%s ' \"$S\" | base64 | tr -d '=\\n'", BASE64, [[BASE64, WHITE]]),
    ("byte-order mark", "printf '\\xef\\xbb\\xbf%s' \"$S\"", "secret-invisible", []),
    ("byte-order mark and CRLF", "printf '\\xef\\xbb\\xbf%s\\r\\n' \"$S\"", "secret-invisible", [["secret-invisible", WHITE]]),
    ("zero-width space", "printf '%s\\xe2\\x80\\x8b' \"$S\"", "secret-invisible", []),
    ("word joiner", "printf '\\xe2\\x81\\xa0%s' \"$S\"", "secret-invisible", []),
    ("no-break space", "printf '%s\\xc2\\xa0' \"$S\"", WHITE, [["secret-invisible"]]),
    ("two with a comma", 'printf "%s,%s" "$T" "$S"', "secret-several", []),
    ("two lines", 'printf "%s\\n%s\\n" "$S" "$T"', "secret-several", [["secret-several", WHITE]]),
    ("two with a semicolon", 'printf "%s; %s" "$S" "$T"', "secret-several", []),
]:
    for url, body in (("plain", "batch-one"), ("fetch", pick(what, ["fetch", "none", "fetch-ascii"]))):
        o = original("GET" if body == "none" else "POST", url, body)
        second = SECRETS[(SECRETS.index(o["secret"]) + 1) % len(SECRETS)]
        with_http = url == "fetch" and pick(f"{what} http", [True, False])
        uri = insecure(o["uri"]) if with_http else None
        more = [set(other) | ({"url-scheme"} if with_http else set()) for other in either]
        add("combined" if with_http else cause, what, o, uri=uri, secret=shell(command, o["secret"], second), expect={cause}, either=more)

for what, made, cause in [
    ("access token", "pat-na1-0d5f7c3e-9b1a-4c8d-a2f6-7e3b90c41d58", "secret-token"),
    ("unset variable", "", "secret-empty"),
    ("JavaScript's undefined", "undefined", "secret-placeholder"),
    ("Compose without the variable", "${HUBSPOT_CLIENT_SECRET}", "secret-placeholder"),
    ("README's placeholder", "<your-client-secret>", "secret-placeholder"),
    ("Helm template", "{{ .Values.hubspot.clientSecret }}", "secret-placeholder"),
    ("changeme", "changeme", "secret-placeholder"),
    ("cut when pasted", "6f0d3b1e-8c52-4a97-b3e4-1d7a90c5f2", "secret-shape"),
    ("app id", "54321", "secret-shape"),
]:
    o = original("POST", pick(what, ["plain", "fetch", "query"]), pick(what, ["batch-one", "action-small", "fetch-ascii"]))
    add(cause, what, o, secret=made, expect={cause}, recover="shape", either=[["secret-shape"]] if cause == "secret-placeholder" else [])

for number, (url, body) in enumerate([("plain", "batch"), ("fetch", "fetch"), ("card", "none"), ("port", "workflow")]):
    o = original("GET" if body == "none" else "POST", url, body)
    others = [secret for secret in SECRETS if secret != o["secret"]]
    uri = insecure(o["uri"]) if number % 2 else None
    add("combined" if uri else "secret-other", "another app's", o, uri=uri, secret=others[0], others=[o["secret"]], expect={"secret-other"})
for url, body in [("plain", "batch-merge"), ("card-more", "none")]:
    o = original("GET" if body == "none" else "POST", url, body)
    add("secret-other", "another app's, not given", o, secret=SECRETS[SECRETS.index(o["secret"]) - 1], expect={"secret-other"}, recover="none")

# --- Headers, as frameworks hand them out --------------------------------------------------------------------------------


def hubspot_only(pairs, change):
    return [(name, change(name, value)) if "hubspot" in name.lower().replace("_", "-") else (name, value) for name, value in pairs]


def header_case(cause, what, o, headers, **more):
    add("combined" if more.get("uri") else cause, what, o, headers=headers, expect={cause}, **more)


for server, url, body in [("flask", "plain", "batch-one"), ("django", "fetch", "fetch")]:
    o = original("POST", url, body)
    header_case("header-renamed", f"{server} environ", o, see(python, server, o)["c"], either=[["header-none"]])
for stack, server, url, body in [(php, "php", "plain", "batch"), (ruby, "sinatra", "query", "action-small")]:
    o = original("POST", url, body)
    header_case("header-renamed", f"{server} $_SERVER" if stack is php else f"{server} env", o, see(stack, server, o)["c"], either=[["header-none"]])
for stack, server, what, url, body in [(rust, "axum", "{:?} of HeaderValue", "plain", "batch-one"), (rust, "axum", "{:?} of HeaderValue", "fetch", "fetch")]:
    o = original("POST", url, body, "v3")
    printed = dict(see(stack, server, o)["p"])
    made = hubspot_only(default_headers(o), lambda n, v: printed[n.lower()] if n.endswith("v3") else v)
    header_case("header-quoted", f"{server} {what}", o, made)
for server, url, body, scheme in [("express", "plain", "batch", "v3"), ("express-json", "plain", "workflow", "v2"), ("koa", "fetch", "fetch-ascii", "v3"), ("koa", "webhooks", "action", "v2"),
                                  ("fastify", "query", "action", "workflow")]:
    o = original("POST", url, body, scheme)
    for name, value in signature_headers(o):
        if scheme != "workflow" or name in ("X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"):
            joined = see(node, server, o, more=[(name, value)])["n"]
            others = {"Timestamp": "time-printed", "Version": "scheme-label"}
            header_case("header-joined", f"{server} req.headers", o, joined, either=[["header-doubled"]] + [set_ for end, other in others.items() if name.endswith(end) for set_ in ([other], ["header-doubled", other])])
for url, body, scheme in [("plain", "batch-one", "v3"), ("card", "none", "v2"), ("fetch", "fetch", "v3")]:
    o = original("GET" if body == "none" else "POST", url, body, scheme)
    for name, value in signature_headers(o)[:2]:
        header_case("header-doubled", "aiohttp headers.items()", o, see(python, "aiohttp", o, more=[(name, value)])["h"])
for what, cause, change, scheme in [
    ("str(bytes)", "header-quoted", lambda n, v: str(v.encode()), "v3"),
    ("json.dumps", "header-quoted", lambda n, v: json.dumps(v), "v2"),
    ("repr", "header-quoted", lambda n, v: repr(v), "workflow"),
    ("a copied line", "header-padded", lambda n, v: f"{v}\r", "v3"),
    ("quote", "header-percent", lambda n, v: urllib.parse.quote(v, safe=""), "v3"),
    ("binascii.hexlify", "header-hex", lambda n, v: base64.b64decode(v).hex() if "v3" in n else v, "v3"),
    ("b64encode of the digest", "header-base64", lambda n, v: base64.b64encode(bytes.fromhex(v)).decode() if len(v) == 64 else v, "v2"),
    ("upper()", "header-case", lambda n, v: v.upper() if len(v) == 64 else v, "v2"),
    ("urlsafe_b64encode", "header-alphabet", lambda n, v: base64.urlsafe_b64encode(base64.b64decode(v)).decode() if "v3" in n.lower() else v, "v3"),
    ("rstrip('=')", "header-alphabet", lambda n, v: v.rstrip("="), "v3"),
    ("a 40-character column", "header-cut", lambda n, v: v[:40], "v2"),
    ("sha256=", "header-prefixed", lambda n, v: f"sha256={v}" if "Signature" in n and len(v) > 40 else v, "v2"),
    ("v3=", "header-prefixed", lambda n, v: f"v3={v}" if "v3" in n else v, "v3"),
]:
    for url, body in (("plain", "batch-one"), pick(what, [("fetch", "fetch"), ("card", "none")])):
        o = original("GET" if body == "none" else "POST", url, body, scheme)
        if what == "urlsafe_b64encode":
            o = with_plus(o["method"], url, body, scheme)
        untouched = ("Version", "Timestamp")
        made = hubspot_only(default_headers(o), lambda n, v: v if n.endswith(untouched) else change(n, v))
        uri = insecure(o["uri"]) if url != "plain" and cause != "header-cut" else None
        header_case(cause, what, o, made, uri=uri, recover="shape" if cause == "header-cut" else None)
for form, url in [("plus", "plain"), ("plus", "fetch")]:
    o = with_plus("POST", url, "fetch-ascii", "v3")
    made = hubspot_only(default_headers(o), lambda n, v: urllib.parse.unquote_plus(v))
    header_case("header-plus", "unquote_plus", o, made, uri=insecure(o["uri"]) if url == "fetch" else None)

# --- Time, method and scheme ---------------------------------------------------------------------------------------------


def with_time(o, change):
    return [(n, change(v) if n.endswith("Timestamp") else v) for n, v in default_headers(o)]


for what, change, cause, recover in [
    ("int(t) // 1000", lambda t: str(int(t) // 1000), "time-seconds", None),
    ("float(t)", lambda t: str(float(t)), "time-float", None),
    ("Number(t).toExponential()", lambda t: f"{int(t):.12e}", "time-float", "shape"),
    ("datetime.isoformat", lambda t: time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(t) // 1000)) + f".{int(t) % 1000:03}Z", "time-printed", "shape"),
    ("a comma for thousands", lambda t: f"{int(t):,}", "time-printed", "shape"),
]:
    for url, body, scheme in (("plain", "batch", "v3"), ("fetch", "fetch", "v3"), ("card", "none", "v3")):
        o = original("GET" if body == "none" else "POST", url, body, scheme)
        uri = insecure(o["uri"]) if url == "fetch" else None
        either = [[other] + (["url-scheme"] if uri else []) for other in ("time-printed",)] if recover else []
        add("combined" if uri else cause, what, o, uri=uri, headers=with_time(o, change), expect={cause}, recover=recover, either=either)
for seen in ("dumps", "dumpsIndent"):
    o = original("POST", "plain", "batch-unicode", "v3")
    add("combined", f"int(t) // 1000, python {seen}", o, body=python.apply(seen, o["body"]), headers=with_time(o, lambda t: str(int(t) // 1000)), expect={"time-seconds", "body-json"})
for number, late in enumerate((3, 41, 870, 2213, 17004, 44810, 59050)):
    for url, body, scheme in (("plain", "batch-one", "v3"), ("fetch-more", "fetch", "v3")):
        o = original("POST", url, body, scheme, f"late {late}")
        uri = insecure(o["uri"]) if (number + len(url)) % 2 else None
        add("combined" if uri else "time-own-clock", "Date.now()", o, uri=uri, headers=with_time(o, lambda t: str(int(t) + late)), at=o["timestamp"] + late + 2, expect={"time-own-clock"})
for url, body, scheme, later, cause in [
    ("plain", "batch", None, 1_200_000, "time-stale"), ("fetch", "fetch", None, 301_000, "time-stale"), ("card", "none", "v3", 86_400_000, "time-stale"),
    ("plain", "workflow", None, -600_000, "time-future"), ("fetch", "fetch-ascii", "v3", -61_001, "time-future"),
]:
    for uri in (False, True):
        o = original("GET" if body == "none" else "POST", url, body, scheme)
        add("combined" if uri else cause, "a queue" if later > 0 else "a clock", o, uri=insecure(o["uri"]) if uri else None, at=o["timestamp"] + later, expect={cause})
for method, url, body, scheme in [("POST", "plain", "batch-one", "v3"), ("PATCH", "fetch", "fetch", "workflow"), ("GET", "card", "none", "v2"), ("DELETE", "fetch-more", "none", "workflow")]:
    o = original(method, url, body, scheme)
    for seen in (method.lower(), method.capitalize()):
        uri = insecure(o["uri"]) if seen != method.lower() else None
        add("combined" if uri else "method-case", "request.method.lower()", o, uri=uri, method=seen, expect={"method-case"})


def mock(key, text, hashed, encode):
    digest = hmac.new(key.encode(), text, hashlib.sha256).digest() if hashed == "hmac" else hashlib.sha256(key.encode() + text).digest()
    return digest.hex() if encode == "hex" else base64.b64encode(digest).decode()


for what, cause, versions_, make in [
    ("HMAC for v2", "scheme-hmac-for-hash", "v2", lambda o: mock(o["secret"], f"{o['method']}{o['uri']}".encode() + o["body"], "hmac", "hex")),
    ("HMAC for v1", "scheme-hmac-for-hash", "v1", lambda o: mock(o["secret"], o["body"], "hmac", "hex")),
    ("SHA-256 for v3", "scheme-hash-for-hmac", "v3", lambda o: mock(o["secret"], f"{o['method']}{o['uri']}".encode() + o["body"] + str(o["timestamp"]).encode(), "hash", "base64")),
    ("v3 without the timestamp", "time-left-out", "v3", lambda o: mock(o["secret"], f"{o['method']}{o['uri']}".encode() + o["body"], "hmac", "base64")),
    ("v3 of the body", "scheme-body-only", "v3", lambda o: mock(o["secret"], o["body"], "hmac", "base64")),
    ("v3 in hex", "header-hex", "v3", lambda o: mock(o["secret"], f"{o['method']}{o['uri']}".encode() + o["body"] + str(o["timestamp"]).encode(), "hmac", "hex")),
]:
    for url, body in (("plain", "batch-one"), ("fetch", "fetch")):
        o = original("POST", url, body, versions_)
        made = make(o)
        headers = [(n, made if n in ("X-HubSpot-Signature", "X-HubSpot-Signature-v3") else v) for n, v in default_headers(o)]
        add(cause, f"a mock: {what}", o, headers=headers, expect={cause}, either=[["scheme-body-only", "time-left-out"]] if cause == "scheme-body-only" else [])
for url, body in (("plain", "batch"), ("webhooks", "batch-unicode")):
    o = original("POST", url, body, "v1")
    add("scheme-below", "v1 alone", o, expect={"scheme-below"})
    o = original("POST", url, body, "v2")
    label = [(n, v) for n, v in default_headers(o) if not n.endswith("Version")] + [("X-HubSpot-Signature-Version", "2")]
    add("scheme-label", "a label that is a number", o, headers=label, expect={"scheme-label"}, either=[["scheme-version"]])

# --- Hosts, and bodies as gateways deliver them -----------------------------------------------------------------------------

for url, seen_host, host in [("fetch", "hooks.example.com", None), ("plain", "staging.example.com", None), ("tunnel", "9f8e7d6c.ngrok.example", None), ("www", "example.com", None),
                             ("plain", "www.hooks.example.com", None), ("idn", "bücher.example", "bücher.example"), ("idn", "bücher.example", None)]:
    o = original("POST", url, "fetch" if url == "fetch" else "batch-one")
    headers = [("Host", host or value) if name == "Host" else (name, value) for name, value in default_headers(o)]
    public = o["uri"].split("/")[2]
    add("url-host", "a configured host", o, uri=o["uri"].replace(public, seen_host), headers=headers)
for method, body in (("POST", "fetch"), ("GET", "none")):
    o = original(method, "local", body)
    for seen in ("https://api.example.com/api/deal", "https://localhost:3000/api/deal"):
        uri = o["uri"].replace("http://localhost:3000/api/deal", seen)
        add("url-local", "the development proxy", o, uri=uri, part={"url-local"}, either=[["url-host", "url-scheme"], ["url-scheme"]])
o = original("POST", "fetch", "fetch")
for name, squeeze, recover in [("gzip", lambda b: gzip.compress(b, mtime=0), None), ("deflate", zlib.compress, None)]:
    for with_name in (True, False):
        headers = default_headers(o) + ([("Content-Encoding", name)] if with_name else [])
        add("body-compressed", f"{name}{' with' if with_name else ' without'} Content-Encoding", o, body=squeeze(o["body"]), headers=headers, expect={"body-compressed"}, recover=None if name == "gzip" else "shape", either=[["~body"]])
for url, body in (("execute-api", "batch-unicode"), ("fetch", "fetch")):
    o = original("POST", url, body)
    seen, public, stage = base64.b64encode(o["body"]), o["uri"].split("/")[2], "abc123.execute-api.eu-west-1.amazonaws.com"
    add("body-base64", "an API gateway", o, body=seen, expect={"body-base64"})
    headers = [("X-Forwarded-Host", public)] + default_headers(o)
    add("combined", "an API gateway, Host forwarded", o, uri=o["uri"].replace(public, stage), body=seen, headers=headers, expect={"body-base64"})
for method, url, body in (("POST", "plain", "batch-one"), ("PUT", "fetch", "fetch"), ("POST", "webhooks", "batch")):
    o = original(method, url, body)
    add("body-lost", "a stream that was read before", o, body=b"", expect={"body-lost"}, recover="shape")
for what, newline in (("a newline of the editor", b"\n"), ("PowerShell's newline", b"\r\n")):
    add("body-white-space", what, original("POST", "plain", "batch-one"), body=BODIES["batch-one"] + newline, expect={"body-white-space"})
for url in ("plain", "query"):
    o = original("POST", url, "multiline")
    add("combined", "python sigCrlf", o, body=python.apply("sigCrlf", o["body"]), expect={"body-bom", "body-line-endings"})

# --- Long bodies ---------------------------------------------------------------------------------------------------------

for what, op, size, with_http in [("python", "dumps", 1 << 20, False), ("python", "dumps", 4_100_000, True), ("node", "pretty", 1 << 19, False), ("python", "ujson", 3 << 20, False),
                                  ("python", "sig", 2 << 20, False), ("node", "twice", 1 << 20, True), ("python", "b64", 3 << 20, False)]:
    o = original("POST", "plain", "batch-one")
    unit = '{"eventId":100,"objectId":7101,"propertyValue":"Zo\u00eb a/b c","rank":12},'
    while len(unit.encode()) % 3:
        unit = unit.replace(' c"', ' cc"', 1) if ' c"' in unit else unit.replace('cc"', 'ccc"', 1)
    start = '[{"eventId":99,"objectId":7100},'
    start += " " * (-len(start) % 3) if op == "b64" else ""
    o["body"] = (start + unit * (size // len(unit.encode())) + '{"eventId":101}]').encode()
    o["name"] = f"long {size} {op}"
    seen = (python if what == "python" else node).apply(op, o["body"])
    cause = PRINTED.get(op, "body-json")
    uri = insecure(o["uri"]) if with_http else None
    add("body-long", f"{what} {op}", o, uri=uri, body=seen, expect={cause})

finish()
