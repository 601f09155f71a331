"""nginx, HAProxy, Caddy, Apache and Varnish in front of one backend: each habit of their configurations on a port of its own."""

import re
import subprocess

NGINX = {
    # Plain, and with the Host that nginx sends unless it is told otherwise.
    "plain": "location / { proxy_pass http://up; }",
    "host": "location / { proxy_set_header Host $host; proxy_pass http://up; }",
    "hostPort": "location / { proxy_set_header Host $host:$server_port; proxy_pass http://up; }",
    "forwarded": "location / { proxy_set_header X-Forwarded-Host $host; proxy_set_header X-Forwarded-Proto https;"
    " proxy_set_header X-Forwarded-For $remote_addr; proxy_pass http://up; }",
    "original": "location /hubspot/ { proxy_set_header Host $http_host; proxy_set_header X-Original-URI $request_uri;"
    " proxy_pass http://up/; }",
    "strip": "location /prod/ { proxy_set_header Host $http_host; proxy_pass http://up/; }",
    "stripApi": "location /api/ { proxy_set_header Host $http_host; proxy_pass http://up/; }",
    "stripWebhooks": "location /webhooks/ { proxy_set_header Host $http_host; proxy_pass http://up/; }",
    "stripZeta": "location /zeta-service/ { proxy_set_header Host $http_host; proxy_pass http://up/; }",
    "stripTwo": "location /prod/api/v1/ { proxy_set_header Host $http_host; proxy_pass http://up/; }",
    "stripWrong": "location /hubspot { proxy_set_header Host $http_host; proxy_pass http://up/; }",
    "added": "location / { proxy_set_header Host $http_host; proxy_pass http://up/internal/; }",
    "addedApi": "location / { proxy_set_header Host $http_host; proxy_pass http://up/api/; }",
    "rewrite": "location / { proxy_set_header Host $http_host; rewrite ^/hubspot/(.*)$ /hooks/$1 break; proxy_pass http://up; }",
    "rewriteQuery": "location / { proxy_set_header Host $http_host; rewrite ^(.*)$ /index.php?path=$1 break; proxy_pass http://up; }",
    "rewriteNoQuery": "location / { proxy_set_header Host $http_host; rewrite ^(.*)$ $1? break; proxy_pass http://up; }",
    "uri": "location / { proxy_set_header Host $http_host; proxy_pass http://up$uri; }",
    "uriArgs": "location / { proxy_set_header Host $http_host; proxy_pass http://up$uri$is_args$args; }",
    "requestUriArgs": "location / { proxy_set_header Host $http_host; proxy_pass http://up$request_uri$is_args$args; }",
    "requestUriQuestion": "location / { proxy_set_header Host $http_host; proxy_pass http://up$request_uri?$args; }",
    "addsParameter": "location / { proxy_set_header Host $http_host; set $args $args&source=edge; proxy_pass http://up; }",
    "merge": "location /hubspot/ { proxy_set_header Host $http_host; proxy_pass http://up/hubspot/; }",
    "slash": "location / { proxy_set_header Host $http_host; rewrite ^(.*[^/])$ $1/ break; proxy_pass http://up; }",
    "noSlash": "location / { proxy_set_header Host $http_host; rewrite ^(.*)/$ $1 break; proxy_pass http://up; }",
    "dropsSignature": "location / { proxy_set_header Host $http_host; proxy_set_header X-HubSpot-Signature-v3 ''; proxy_pass http://up; }",
    "dropsTime": "location / { proxy_set_header Host $http_host; proxy_set_header X-HubSpot-Request-Timestamp ''; proxy_pass http://up; }",
    "dropsAll": "location / { proxy_set_header Host $http_host; proxy_pass_request_headers off; proxy_pass http://up; }",
    "quotes": """location / { proxy_set_header Host $http_host; proxy_set_header X-HubSpot-Signature-v3 '"$http_x_hubspot_signature_v3"'; proxy_pass http://up; }""",
    "prefixes": "location / { proxy_set_header Host $http_host; proxy_set_header X-HubSpot-Signature-v3 'sha256=$http_x_hubspot_signature_v3'; proxy_pass http://up; }",
    "swaps": "location / { proxy_set_header Host $http_host; proxy_set_header X-HubSpot-Signature $http_x_hubspot_signature_v3;"
    " proxy_set_header X-HubSpot-Signature-v3 ''; proxy_pass http://up; }",
    "toGet": "location / { proxy_set_header Host $http_host; proxy_method POST; proxy_pass http://up; }",
    "noBody": "location / { proxy_set_header Host $http_host; proxy_pass_request_body off; proxy_set_header Content-Length ''; proxy_pass http://up; }",
    "auth": "location / { proxy_set_header Host $http_host; proxy_set_header X-Original-URI $request_uri; proxy_set_header X-Original-Method $request_method;"
    " proxy_set_header Content-Length ''; proxy_pass_request_body off; proxy_pass http://up/auth; }",
}

HAPROXY = {
    "plain": "",
    "forwarded": "option forwardfor\n  http-request set-header X-Forwarded-Proto https\n  http-request set-header X-Forwarded-Host %[req.hdr(host)]\n  http-request set-header Host backend.internal",
    "strip": "http-request replace-path /api(/.*)? \\1",
    "stripTold": "http-request set-header X-Forwarded-Prefix /zeta-service\n  http-request replace-path /zeta-service(/.*)? \\1",
    "added": "http-request set-path /hooks%[path]",
    "adds": "http-request set-query %[query]&source=edge if { query -m found }",
    "normalSort": "http-request normalize-uri query-sort-by-name",
    "normalSlash": "http-request normalize-uri path-merge-slashes",
    "normalCase": "http-request normalize-uri percent-to-uppercase",
    "normalDecode": "http-request normalize-uri percent-decode-unreserved",
    "twice": "http-request add-header X-HubSpot-Signature-v3 %[req.hdr(x-hubspot-signature-v3)]",
    "twiceTime": "http-request add-header X-HubSpot-Request-Timestamp %[req.hdr(x-hubspot-request-timestamp)]",
    "label": "http-request set-header X-HubSpot-Signature-Version v1",
    "dropLabel": "http-request del-header X-HubSpot-Signature-Version",
    "method": "http-request set-method POST",
    "urlDecoded": "http-request set-header X-HubSpot-Signature-v3 %[req.hdr(x-hubspot-signature-v3),url_dec(1)]",
    "hex": "http-request set-header X-HubSpot-Signature-v3 %[req.hdr(x-hubspot-signature-v3),b64dec,hex]",
    "upper": "http-request set-header X-HubSpot-Signature %[req.hdr(x-hubspot-signature),upper]",
    "urlSafe": "http-request set-header X-HubSpot-Signature-v3 %[req.hdr(x-hubspot-signature-v3),b64dec,ub64enc]",
    "cut": "http-request set-header X-HubSpot-Signature-v3 %[req.hdr(x-hubspot-signature-v3),bytes(0,40)]",
    "json": 'http-request set-header X-HubSpot-Signature-v3 \\"%[req.hdr(x-hubspot-signature-v3)]\\"',
    "seconds": "http-request set-header X-HubSpot-Request-Timestamp %[req.hdr(x-hubspot-request-timestamp),div(1000)]",
    "percent": "http-request set-header X-HubSpot-Signature-v3 %[req.hdr(x-hubspot-signature-v3),url_enc]",
}

CADDY = {
    "plain": "reverse_proxy localhost:BACKEND",
    "stripPath": "handle_path /hubspot/* {\n reverse_proxy localhost:BACKEND\n }",
    "stripProd": "handle_path /prod/* {\n reverse_proxy localhost:BACKEND\n }",
    "rewrite": "rewrite * /webhook{uri}\n reverse_proxy localhost:BACKEND",
    "upstreamHost": "reverse_proxy localhost:BACKEND {\n header_up Host {upstream_hostport}\n }",
    "tryFiles": "rewrite * /index.php?{query}\n reverse_proxy localhost:BACKEND",
    "slash": "uri path_regexp (.+[^/])$ $1/\n reverse_proxy localhost:BACKEND",
    "replace": "uri replace %40 @\n reverse_proxy localhost:BACKEND",
    "stripSuffix": "uri strip_suffix /\n reverse_proxy localhost:BACKEND",
    "method": "method POST\n reverse_proxy localhost:BACKEND",
    "dropTime": "reverse_proxy localhost:BACKEND {\n header_up -X-HubSpot-Request-Timestamp\n }",
    "gone": "reverse_proxy localhost:BACKEND {\n header_up -X-HubSpot-*\n }",
}

APACHE = {
    "plain": "ProxyPass / http://127.0.0.1:BACKEND/",
    "preserve": "ProxyPreserveHost On\nProxyPass / http://127.0.0.1:BACKEND/",
    "strip": "ProxyPreserveHost On\nProxyPass /api/ http://127.0.0.1:BACKEND/",
    "stripHubspot": "ProxyPreserveHost On\nProxyPass /hubspot/ http://127.0.0.1:BACKEND/",
    "doubleSlash": "ProxyPreserveHost On\nProxyPass /hubspot http://127.0.0.1:BACKEND/hubspot/",
    "front": "ProxyPreserveHost On\nRewriteEngine On\nRewriteRule ^/(.*)$ http://127.0.0.1:BACKEND/index.php?route=$1 [P,QSA]",
    "frontNoArgs": "ProxyPreserveHost On\nRewriteEngine On\nRewriteRule ^/(.*)$ http://127.0.0.1:BACKEND/$1 [P,QSD]",
    "decoded": "ProxyPreserveHost On\nRewriteEngine On\nRewriteRule ^/(.*)$ http://127.0.0.1:BACKEND/$1 [P,NE]",
    "rewrite": "ProxyPreserveHost On\nRewriteEngine On\nRewriteRule ^/(.*)$ http://127.0.0.1:BACKEND/$1 [P]",
    "rewriteB": "ProxyPreserveHost On\nRewriteEngine On\nRewriteRule ^/(.*)$ http://127.0.0.1:BACKEND/$1 [P,B]",
    "adds": "ProxyPreserveHost On\nRewriteEngine On\nRewriteRule ^/(.*)$ http://127.0.0.1:BACKEND/$1?source=edge [P,QSA]",
    "slash": "ProxyPreserveHost On\nRewriteEngine On\nRewriteRule ^/(.*[^/])$ http://127.0.0.1:BACKEND/$1/ [P]",
    "merge": "ProxyPreserveHost On\nMergeSlashes On\nProxyPass /hubspot http://127.0.0.1:BACKEND/hubspot",
    "unset": "ProxyPreserveHost On\nRequestHeader unset X-HubSpot-Signature-v3\nProxyPass / http://127.0.0.1:BACKEND/",
    "append": "ProxyPreserveHost On\nRequestHeader append X-HubSpot-Signature-v3 expr=%{req:X-HubSpot-Signature-v3}\nProxyPass / http://127.0.0.1:BACKEND/",
}

VARNISH = {
    "plain": "",
    "sorted": "set req.url = std.querysort(req.url);",
    "lower": "set req.url = std.tolower(req.url);",
    "noQuery": 'set req.url = regsub(req.url, "\\?.*$", "");',
    "tracking": 'set req.url = regsuball(req.url, "(userEmail|utm_source)=[^&]*&?", "");',
    "noSlash": 'set req.url = regsub(req.url, "/$", "");',
    "strip": 'set req.url = regsub(req.url, "^/hubspot", "");',
    "host": 'set req.http.host = "origin.internal";',
    "hostPort": 'set req.http.host = regsub(req.http.host, ":.*", "");',
    "www": 'set req.http.host = "www." + req.http.host;',
    "amp": 'set req.url = regsub(req.url, "[?&]+$", "");',
    "both": "std.collect(req.http.X-HubSpot-Signature-v3);",
}


def start(work, free_ports, backend, running, versions, wait_for):
    """Starts all of them; returns the port of each configuration by proxy and name."""
    ports = {}

    def spawn(name, command):
        running.append(subprocess.Popen(command, stdout=open(work / f"{name}.log", "w"), stderr=subprocess.STDOUT))

    def version(name, command, pattern):
        found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
        versions[name] = re.search(pattern, found)[1]

    def numbered(name, configurations):
        first = free_ports(len(configurations))
        ports[name] = {habit: first + at for at, habit in enumerate(configurations)}
        return [(first + at, text.replace("BACKEND", str(backend))) for at, text in enumerate(configurations.values())]

    folder = work / "proxies"
    folder.mkdir(exist_ok=True)
    (folder / "empty").mkdir(exist_ok=True)

    servers = [f"server {{ listen 127.0.0.1:{port}; {text} }}" for port, text in numbered("nginx", NGINX)]
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.err; events {{}}\n"
        f"http {{ access_log off; resolver 127.0.0.1; {temporary} upstream up {{ server 127.0.0.1:{backend}; }}\n"
        + "\n".join(servers) + "\n}\n"
    )
    spawn("nginx", ["nginx", "-e", f"{folder}/nginx.err", "-c", f"{folder}/nginx.conf"])
    version("nginx", ["nginx", "-v"], r"nginx/([\d.]+)")
    wait_for(ports["nginx"]["plain"])

    parts = [
        f"listen l{port}\n  bind 127.0.0.1:{port}\n  {text}\n  server s 127.0.0.1:{backend}" for port, text in numbered("haproxy", HAPROXY)
    ]
    (folder / "haproxy.cfg").write_text(
        "global\n  expose-experimental-directives\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n"
        + "\n".join(parts) + "\n"
    )
    spawn("haproxy", ["haproxy", "-db", "-f", f"{folder}/haproxy.cfg"])
    version("haproxy", ["haproxy", "-v"], r"version ([\d.]+)")
    wait_for(ports["haproxy"]["plain"])

    sites = [f"http://:{port} {{\n bind 127.0.0.1\n {text}\n}}" for port, text in numbered("caddy", CADDY)]
    (folder / "Caddyfile").write_text("{\n admin off\n auto_https off\n}\n" + "\n".join(sites) + "\n")
    spawn("caddy", ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"])
    version("caddy", ["caddy", "version"], r"v?([\d.]+)")
    wait_for(ports["caddy"]["plain"])

    modules = "mpm_event authz_core proxy proxy_http rewrite headers"
    load = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules.split())
    hosts = [
        f"Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>\nAllowEncodedSlashes NoDecode\n{text}\n</VirtualHost>"
        for port, text in numbered("apache", APACHE)
    ]
    (folder / "apache.conf").write_text(
        f"ServerRoot {folder}\nServerName localhost\nPidFile {folder}/apache.pid\nErrorLog {folder}/apache.err\n{load}\n" + "\n".join(hosts) + "\n"
    )
    spawn("apache", ["apache2", "-DFOREGROUND", "-f", f"{folder}/apache.conf"])
    version("apache", ["apache2", "-v"], r"Apache/([\d.]+)")
    wait_for(ports["apache"]["plain"])

    first = free_ports(len(VARNISH))
    ports["varnish"] = {habit: first + at for at, habit in enumerate(VARNISH)}
    choices = "\n".join(f'if (local.socket == "p{port}") {{ {VARNISH[habit]} }}' for habit, port in ports["varnish"].items())
    (folder / "varnish.vcl").write_text(
        f'vcl 4.1;\nimport std;\nbackend default {{ .host = "127.0.0.1"; .port = "{backend}"; }}\n'
        f"sub vcl_recv {{\n{choices}\nreturn (pass);\n}}\n"
    )
    listens = [part for port in ports["varnish"].values() for part in ("-a", f"p{port}=127.0.0.1:{port}")]
    spawn("varnish", ["varnishd", "-F", "-n", f"{folder}/varnish", "-f", f"{folder}/varnish.vcl", "-j", "none", *listens])
    version("varnish", ["varnishd", "-V"], r"varnish-([\d.]+)")
    wait_for(ports["varnish"]["plain"])
    return ports
