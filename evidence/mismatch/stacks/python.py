"""Python's frameworks and serialisers: python.py PORT

Flask, Django, FastAPI and aiohttp listen on PORT and the three ports after it; see node.mjs for what they answer.
"""

import asyncio
import base64
import binascii
import html
import importlib.metadata
import io
import json
import logging
import platform
import sys
import threading
import urllib.parse
from wsgiref.simple_server import WSGIRequestHandler, make_server

import aiohttp.web
import django
import fastapi
import flask
import httpx
import orjson
import requests
import simplejson
import ujson
import uvicorn
import werkzeug.serving
import yarl
from django.conf import settings
from hubspot.utils.signature import Signature

port = int(sys.argv[1])
logging.disable(logging.CRITICAL)


def b64(value):
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def tried(**made):
    results = {}
    for name, make in made.items():
        try:
            results[name] = make()
        except Exception:
            pass
    return results


def urls(whole):
    """What code does to a URL whatever the framework is."""
    parts = urllib.parse.urlsplit(whole)
    base = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return dict(
        urlencode=lambda: f"{base}?{urllib.parse.urlencode(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))}",
        urlencodeNoBlank=lambda: f"{base}?{urllib.parse.urlencode(urllib.parse.parse_qsl(parts.query))}",
        urlencodeQuote=lambda: f"{base}?"
        + urllib.parse.urlencode(
            urllib.parse.parse_qsl(parts.query, keep_blank_values=True), quote_via=urllib.parse.quote
        ),
        urlencodeSorted=lambda: f"{base}?"
        + urllib.parse.urlencode(sorted(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))),
        unquote=lambda: urllib.parse.unquote(whole),
        unquotePlus=lambda: urllib.parse.unquote_plus(whole),
        quote=lambda: urllib.parse.quote(whole, safe=":/?&="),
        quoteQuery=lambda: f"{base}?{urllib.parse.quote(parts.query)}",
        yarl=lambda: str(yarl.URL(whole)),
        yarlHuman=lambda: yarl.URL(whole).human_repr(),
        yarlAdded=lambda: str(yarl.URL(whole).update_query(source="hubspot")),
        httpx=lambda: str(httpx.URL(whole)),
        httpxParams=lambda: str(httpx.URL(base, params=httpx.QueryParams(parts.query))),
        requests=lambda: requests.Request("GET", whole).prepare().url,
        requestsParams=lambda: requests.Request(
            "GET", base, params=urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
        )
        .prepare()
        .url,
        posixPath=lambda: whole.replace(parts.path, "/" + parts.path.strip("/") + "/"),
        noQuery=lambda: base,
        fragment=lambda: whole + "#/hubspot",
        htmlEscape=lambda: html.escape(whole),
    )


def bodies(parsed):
    return dict(
        dumps=lambda: b64(json.dumps(parsed)),
        str=lambda: b64(str(parsed)),
        sorted=lambda: b64(json.dumps(parsed, sort_keys=True)),
    )


app = flask.Flask(__name__)
app.json.sort_keys = True


@app.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@app.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def on_flask(path):
    request = flask.request
    request.get_data(cache=True)
    parsed = request.get_json(silent=True)
    made = urls(request.base_url + "?" + request.query_string.decode())
    made |= dict(
        url=lambda: request.url,
        baseUrl=lambda: request.base_url,
        fullPath=lambda: request.host_url.rstrip("/") + request.full_path,
        httpsFullPath=lambda: "https://" + request.host + request.full_path,
        args=lambda: request.base_url + "?" + urllib.parse.urlencode(request.args),
        argsMulti=lambda: request.base_url + "?" + urllib.parse.urlencode(list(request.args.items(multi=True))),
        path=lambda: "https://" + request.host + request.path + "?" + request.query_string.decode(),
    )
    made_bodies = bodies(parsed) | dict(
        jsonify=lambda: b64(flask.jsonify(parsed).get_data()),
        text=lambda: b64(str(request.get_data())),
        silent=lambda: b64(json.dumps(parsed if parsed is not None else {})),
        form=lambda: b64(urllib.parse.urlencode(request.form)),
    )
    cgi = [(k, v) for k, v in request.environ.items() if k.startswith(("HTTP_", "CONTENT_")) and isinstance(v, str)]
    return {"h": list(request.headers.items()), "c": cgi, "u": tried(**made), "b": tried(**made_bodies)}


settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", DEBUG=False, APPEND_SLASH=True)
django.setup()
from django.core.serializers.json import DjangoJSONEncoder  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import re_path  # noqa: E402


def on_django(request):
    raw = request.body
    parsed = json.loads(raw) if raw else None
    made = urls(request.build_absolute_uri()) | dict(
        absolute=lambda: request.build_absolute_uri(),
        fullPath=lambda: "https://" + request.get_host() + request.get_full_path(),
        path=lambda: request.build_absolute_uri(request.path),
        getUrlencode=lambda: request.build_absolute_uri(request.path) + "?" + request.GET.urlencode(),
        pathInfo=lambda: "https://" + request.get_host() + request.path_info + "?" + request.META["QUERY_STRING"],
    )
    made_bodies = bodies(parsed) | dict(
        encoder=lambda: b64(json.dumps(parsed, cls=DjangoJSONEncoder)),
        jsonResponse=lambda: b64(JsonResponse(parsed, safe=False).content),
        bytes=lambda: b64(str(raw)),
        decoded=lambda: b64(raw.decode("latin-1")),
    )
    cgi = [(k, v) for k, v in request.META.items() if k.startswith(("HTTP_", "CONTENT_")) and isinstance(v, str)]
    answer = {"h": list(request.headers.items()), "c": cgi, "u": tried(**made), "b": tried(**made_bodies)}
    return JsonResponse(answer)


urlpatterns = [re_path(".*", on_django)]

api = fastapi.FastAPI()
mounted = fastapi.FastAPI()


async def on_starlette(request: fastapi.Request):
    raw = await request.body()
    parsed = json.loads(raw) if raw else None
    made = urls(str(request.url)) | dict(
        url=lambda: str(request.url),
        httpsPath=lambda: f"https://{request.url.netloc}{request.url.path}?{request.url.query}",
        scopePath=lambda: f"https://{request.url.netloc}{request.scope['path']}?{request.scope['query_string'].decode()}",
        params=lambda: f"https://{request.url.netloc}{request.url.path}?{request.query_params}",
        included=lambda: str(request.url.include_query_params(source="hubspot")),
        https=lambda: str(request.url.replace(scheme="https")),
        hostname=lambda: f"https://{request.url.hostname}{request.url.path}?{request.url.query}",
    )
    made_bodies = bodies(parsed) | dict(
        jsonResponse=lambda: b64(fastapi.responses.JSONResponse(parsed).body),
        orjson=lambda: b64(orjson.dumps(parsed)),
        bytes=lambda: b64(str(raw)),
        repr=lambda: b64(repr(raw)),
    )
    headers = [(k.decode(), v.decode("latin-1")) for k, v in request.headers.raw]
    printed = [(str(k), str(v)) for k, v in request.headers.raw]
    return fastapi.responses.JSONResponse(
        {"h": headers, "p": printed, "u": tried(**made), "b": tried(**made_bodies)}
    )


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
mounted.add_api_route("/{path:path}", on_starlette, methods=METHODS)
api.mount("/mounted", mounted)
api.add_api_route("/{path:path}", on_starlette, methods=METHODS)


async def on_aiohttp(request):
    raw = await request.read()
    parsed = json.loads(raw) if raw else None
    made = urls(str(request.url)) | dict(
        url=lambda: str(request.url),
        relUrl=lambda: f"https://{request.host}{request.rel_url}",
        pathQs=lambda: f"https://{request.host}{request.path_qs}",
        path=lambda: f"https://{request.host}{request.path}?{request.query_string}",
        query=lambda: f"https://{request.host}{request.raw_path.split('?')[0]}?{urllib.parse.urlencode(request.query)}",
    )
    made_bodies = bodies(parsed) | dict(bytes=lambda: b64(str(raw)))
    return aiohttp.web.json_response(
        {"h": list(request.headers.items()), "u": tried(**made), "b": tried(**made_bodies)}
    )


def serve_aiohttp(at):
    async def main():
        server = aiohttp.web.Application(client_max_size=8 << 20)
        server.router.add_route("*", "/{path:.*}", on_aiohttp)
        runner = aiohttp.web.AppRunner(server)
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "127.0.0.1", at).start()
        await asyncio.Event().wait()

    asyncio.run(main())


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


BYTES = dict(
    dumps=lambda b: json.dumps(json.loads(b)),
    dumpsUnicode=lambda b: json.dumps(json.loads(b), ensure_ascii=False),
    dumpsCompact=lambda b: json.dumps(json.loads(b), separators=(",", ":")),
    dumpsIndent=lambda b: json.dumps(json.loads(b), indent=4),
    dumpsIndent2=lambda b: json.dumps(json.loads(b), indent=2, ensure_ascii=False),
    dumpsSorted=lambda b: json.dumps(json.loads(b), sort_keys=True, separators=(",", ":")),
    dumpsSortedSpaced=lambda b: json.dumps(json.loads(b), sort_keys=True),
    simplejson=lambda b: simplejson.dumps(simplejson.loads(b)),
    simplejsonHtml=lambda b: simplejson.dumps(simplejson.loads(b), for_json=True, cls=simplejson.JSONEncoderForHTML),
    orjson=lambda b: orjson.dumps(orjson.loads(b)),
    orjsonSorted=lambda b: orjson.dumps(orjson.loads(b), option=orjson.OPT_SORT_KEYS),
    orjsonIndent=lambda b: orjson.dumps(orjson.loads(b), option=orjson.OPT_INDENT_2),
    orjsonNewline=lambda b: orjson.dumps(orjson.loads(b), option=orjson.OPT_APPEND_NEWLINE),
    ujson=lambda b: ujson.dumps(ujson.loads(b)),
    ujsonPlain=lambda b: ujson.dumps(ujson.loads(b), escape_forward_slashes=False, ensure_ascii=False),
    ujsonHtml=lambda b: ujson.dumps(ujson.loads(b), encode_html_chars=True),
    requestsJson=lambda b: requests.Request("POST", "http://h", json=json.loads(b)).prepare().body,
    httpxJson=lambda b: httpx.Request("POST", "http://h", json=json.loads(b)).read(),
    str=lambda b: str(json.loads(b)),
    strBytes=lambda b: str(b),
    reprText=lambda b: repr(b.decode()),
    listBytes=lambda b: str(list(b)),
    bytearray=lambda b: str(bytearray(b)),
    hex=lambda b: b.hex(),
    hexUpper=lambda b: b.hex(" ").upper(),
    hexlify=lambda b: binascii.hexlify(b),
    b64=lambda b: base64.b64encode(b),
    b64mime=lambda b: base64.encodebytes(b),
    b64url=lambda b: base64.urlsafe_b64encode(b),
    dumpsTwice=lambda b: json.dumps(b.decode()),
    dumpsThrice=lambda b: json.dumps(json.dumps(b.decode())),
    latin1=lambda b: b.decode("latin-1").encode("utf-8"),
    cp1252=lambda b: b.decode("cp1252", "replace").encode("utf-8"),
    toLatin1=lambda b: b.decode().encode("latin-1", "replace"),
    ascii=lambda b: b.decode().encode("ascii", "replace"),
    asciiIgnore=lambda b: b.decode().encode("ascii", "ignore"),
    xmlchars=lambda b: b.decode().encode("ascii", "xmlcharrefreplace"),
    backslash=lambda b: b.decode().encode("ascii", "backslashreplace"),
    sig=lambda b: b.decode().encode("utf-8-sig"),
    sigCrlf=lambda b: b.decode().replace("\n", "\r\n").encode("utf-8-sig"),
    utf16=lambda b: b.decode().encode("utf-16"),
    utf16be=lambda b: b.decode().encode("utf-16-be"),
    strip=lambda b: b.strip(),
    splitlines=lambda b: b"".join(b.splitlines()),
    textMode=lambda b: io.TextIOWrapper(io.BytesIO(b), newline=None).read(),
    htmlEscape=lambda b: html.escape(b.decode()),
    htmlNoQuote=lambda b: html.escape(b.decode(), quote=False),
    quotePlus=lambda b: urllib.parse.quote_plus(b),
    quote=lambda b: urllib.parse.quote(b),
    payloadForm=lambda b: urllib.parse.urlencode({"payload": b.decode()}),
    parseQs=lambda b: json.dumps(urllib.parse.parse_qs(b.decode())),
    pop=lambda b: json.dumps(
        (lambda v: [{k: w for k, w in e.items() if k != "attemptNumber"} for e in v] if isinstance(v, list) else v)(
            json.loads(b)
        ),
        separators=(",", ":"),
    ),
    nfd=lambda b: __import__("unicodedata").normalize("NFD", b.decode()),
    lossy=lambda b: b[: len(b) // 2].decode("ascii", "replace") + b[len(b) // 2 :].decode("utf-8", "replace"),
    slice=lambda b: b[:-1],
)

threads = [
    lambda: werkzeug.serving.make_server("127.0.0.1", port, app, threaded=True).serve_forever(),
    lambda: make_server("127.0.0.1", port + 1, get_wsgi_application(), handler_class=Quiet).serve_forever(),
    lambda: uvicorn.Server(uvicorn.Config(api, "127.0.0.1", port + 2, log_level="critical")).run(),
    lambda: serve_aiohttp(port + 3),
]
for run in threads:
    threading.Thread(target=run, daemon=True).start()

names = "hubspot-api-client flask werkzeug django fastapi starlette uvicorn aiohttp yarl httpx requests simplejson orjson ujson".split()
versions = {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in names}
print(json.dumps({"versions": versions, "ops": list(BYTES)}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    if job["op"] == "sign":
        sign = lambda version: Signature.get_signature(
            job["secret"], job["body"], version, job["url"], job["method"], job["timestamp"]
        )
        print(json.dumps({version: sign(version) for version in ("v1", "v2", "v3")}), flush=True)
        continue
    try:
        answer = {"out": b64(BYTES[job["op"]](base64.b64decode(job["body"])))}
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
