// Node's frameworks and serialisers: node.mjs NODE_MODULES PORT
// Express, Fastify, Koa and Hono listen on PORT and the three ports after it. Each answers with the headers it saw, the
// URLs that code there builds, and the bodies that code there verifies. Lines of the standard input go to `bytes`.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join, resolve } from 'node:path';
import querystring from 'node:querystring';
import url from 'node:url';
import util from 'node:util';

const [modules, port] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), 'anything.js'));
const { Signature } = require('@hubspot/api-client');
const express = require('express');
const Fastify = require('fastify');
const Koa = require('koa');
const koaBody = require('koa-bodyparser');
const { Hono } = await import(require.resolve('hono').replace(/dist\/cjs\//, 'dist/'));
const { serve } = require('@hono/node-server');
const qs = require('qs');
const queryString = (await import(join(resolve(modules), 'query-string/index.js'))).default;
const bigJson = require('json-bigint');
const stable = require('fast-json-stable-stringify');

const b64 = (value) => Buffer.from(value).toString('base64');
const pairs = (raw) => raw.flatMap((name, at) => (at % 2 ? [] : [[name, raw[at + 1]]]));
const tried = (build) =>
  Object.fromEntries(
    Object.entries(build).flatMap(([name, make]) => {
      try {
        const value = make();
        return value === undefined ? [] : [[name, value]];
      } catch {
        return [];
      }
    }),
  );

// What code does to a URL whatever the framework is.
const urls = (origin, target) => {
  const whole = origin + target;
  const [path, query = ''] = target.split(/\?(.*)/s);
  return {
    raw: () => whole,
    path: () => origin + path,
    targetOnly: () => target,
    whatwg: () => new URL(whole).href,
    whatwgParams: () => `${origin}${path}?${new URL(whole).searchParams}`,
    whatwgSorted: () => {
      const one = new URL(whole);
      one.searchParams.sort();
      return one.href;
    },
    whatwgAppended: () => {
      const one = new URL(whole);
      one.searchParams.append('source', 'hubspot');
      return one.href;
    },
    whatwgHashed: () => Object.assign(new URL(whole), { hash: 'top' }).href,
    legacy: () => url.format(url.parse(whole)),
    legacyQuery: () => url.format({ ...url.parse(whole, true), search: undefined }),
    querystring: () => `${origin}${path}?${querystring.stringify(querystring.parse(query))}`,
    qs: () => `${origin}${path}?${qs.stringify(qs.parse(query))}`,
    qsSorted: () => `${origin}${path}?${qs.stringify(qs.parse(query), { sort: (a, b) => a.localeCompare(b) })}`,
    qs1738: () => `${origin}${path}?${qs.stringify(qs.parse(query), { format: 'RFC1738' })}`,
    queryString: () => `${origin}${path}?${queryString.stringify(queryString.parse(query))}`,
    decodeURI: () => decodeURI(whole),
    decodeURIComponent: () => decodeURIComponent(whole),
    encodeURI: () => encodeURI(whole),
    encodedTwice: () => `${origin}${path}?${query.split('&').map((p) => p.split('=').map(encodeURIComponent).join('=')).join('&')}`,
    unescape: () => unescape(whole),
    twice: () => `${whole}?${query}`,
    slash: () => `${origin}${path}/${query && `?${query}`}`,
    html: () => whole.replaceAll('&', '&amp;'),
  };
};

const bodies = (parsed) => ({
  stringify: () => b64(JSON.stringify(parsed)),
  pretty: () => b64(JSON.stringify(parsed, null, 2)),
  tabs: () => b64(JSON.stringify(parsed, null, '\t')),
  string: () => b64(String(parsed)),
  inspect: () => b64(util.inspect(parsed, { depth: 9, breakLength: Infinity })),
  stable: () => b64(stable(parsed)),
  sortedKeys: () => b64(JSON.stringify(parsed, Object.keys(parsed).sort())),
  form: () => b64(qs.stringify(parsed)),
});

const app = express();
app.use((req, res, next) => {
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    req.kept = Buffer.concat(chunks);
    next();
  });
});
app.use('/mounted', (req, res) => {
  res.json({ h: pairs(req.rawHeaders), u: tried(urls(`https://${req.get('host')}`, req.url)), b: {} });
});
app.use((req, res) => {
  const origin = `${req.protocol}://${req.get('host')}`;
  const more = {
    hostname: () => `${req.protocol}://${req.hostname}${req.originalUrl}`,
    reqQuery: () => `${origin}${req.path}?${new URLSearchParams(req.query)}`,
    reqQueryQs: () => `${origin}${req.path}?${qs.stringify(req.query)}`,
  };
  let parsed;
  try {
    parsed = JSON.parse(req.kept.toString());
  } catch {
    parsed = undefined;
  }
  // As express.json() leaves it: `undefined` without a body since Express 5, `{}` before.
  const all = { ...bodies(parsed), express4: () => b64(JSON.stringify(parsed ?? {})), template: () => b64(`${parsed && JSON.stringify(parsed)}`) };
  res.json({ h: pairs(req.rawHeaders), n: Object.entries(req.headers), u: tried({ ...urls(origin, req.originalUrl), ...more }), b: tried(all) });
});

// The same with the real parsers, on paths of their own.
const parsing = express();
parsing.use(express.json({ strict: false, limit: '8mb' }), express.text({ type: 'text/plain' }), express.raw({ type: 'application/octet-stream' }));
parsing.use((req, res) => {
  const raw = req.body;
  const all = Buffer.isBuffer(raw)
    ? { stringify: () => b64(JSON.stringify(raw)), string: () => b64(String(raw)) }
    : { ...bodies(raw), template: () => b64(`${JSON.stringify(raw)}`), express4: () => b64(JSON.stringify(raw ?? {})) };
  res.json({ h: pairs(req.rawHeaders), n: Object.entries(req.headers), u: tried(urls(`${req.protocol}://${req.get('host')}`, req.originalUrl)), b: tried(all) });
});

const fastify = Fastify({ trustProxy: false, bodyLimit: 8 << 20, ignoreTrailingSlash: true });
fastify.all('/*', (req, reply) => {
  const origin = `${req.protocol}://${req.host ?? req.headers.host}`;
  const more = {
    hostname: () => `${req.protocol}://${req.hostname}${req.url}`,
    query: () => `${origin}${req.url.split('?')[0]}?${new URLSearchParams(req.query)}`,
    route: () => `https://${req.headers.host}/${req.params['*']}`,
  };
  return reply.send({
    h: pairs(req.raw.rawHeaders),
    n: Object.entries(req.headers),
    u: tried({ ...urls(origin, req.url), ...more }),
    b: tried({ ...bodies(req.body), nullish: () => b64(JSON.stringify(req.body ?? null)) }),
  });
});

const koa = new Koa();
koa.use(koaBody({ enableTypes: ['json', 'text'], strict: false, jsonLimit: '8mb', textLimit: '8mb' }));
koa.use((ctx) => {
  const more = {
    href: () => ctx.href,
    origin: () => `${ctx.protocol}://${ctx.host}${ctx.path}`,
    query: () => `${ctx.protocol}://${ctx.host}${ctx.path}?${new URLSearchParams(ctx.query)}`,
    url: () => ctx.URL.href,
    https: () => `https://${ctx.hostname}${ctx.url}`,
  };
  ctx.body = {
    h: pairs(ctx.req.rawHeaders),
    n: Object.entries(ctx.headers),
    u: tried({ ...urls(`${ctx.protocol}://${ctx.host}`, ctx.url), ...more }),
    b: tried({ ...bodies(ctx.request.body), rawBody: () => b64(ctx.request.rawBody ?? '{}') }),
  };
});

const hono = new Hono();
hono.all('*', async (c) => {
  const text = await c.req.text();
  const parsed = text ? JSON.parse(text) : undefined;
  const one = new URL(c.req.url);
  const more = {
    reqUrl: () => c.req.url,
    path: () => `https://${one.host}${c.req.path}`,
    query: () => `${one.origin}${c.req.path}?${new URLSearchParams(c.req.query())}`,
    queries: () => `https://${one.host}${one.pathname}?${Object.entries(c.req.queries()).flatMap(([k, v]) => v.map((w) => `${k}=${encodeURIComponent(w)}`)).join('&')}`,
  };
  return c.json({ h: [...c.req.raw.headers], u: tried({ ...urls(one.origin, one.pathname + one.search), ...more }), b: tried(bodies(parsed)) });
});

const bytes = {
  stringify: (body) => JSON.stringify(JSON.parse(body)),
  pretty: (body) => JSON.stringify(JSON.parse(body), null, 2),
  pretty4: (body) => JSON.stringify(JSON.parse(body), null, 4),
  twice: (body) => JSON.stringify(body.toString()),
  literal: (body) => util.inspect(body.toString(), { maxStringLength: null }),
  buffer: (body) => JSON.stringify(body),
  bufferInspect: (body) => util.inspect(body, { maxArrayLength: null }),
  uint8: (body) => JSON.stringify(Array.from(body)),
  uint8Object: (body) => JSON.stringify(new Uint8Array(body)),
  commas: (body) => String(new Uint8Array(body)),
  hex: (body) => body.toString('hex'),
  base64: (body) => body.toString('base64'),
  base64url: (body) => body.toString('base64url'),
  dataUrl: (body) => `data:application/json;base64,${body.toString('base64')}`,
  latin1: (body) => Buffer.from(body.toString('latin1'), 'utf8'),
  toLatin1: (body) => Buffer.from(body.toString(), 'latin1'),
  ascii: (body) => body.toString('ascii'),
  utf16: (body) => Buffer.from(body.toString(), 'utf16le'),
  utf16bom: (body) => Buffer.from(`\ufeff${body}`, 'utf16le'),
  trim: (body) => body.toString().trim(),
  cut: (body) => body.subarray(0, 256),
  bigint: (body) => bigJson.stringify(bigJson.parse(body.toString())),
  stable: (body) => stable(JSON.parse(body)),
  reviver: (body) => JSON.stringify(JSON.parse(body, (_, v) => (v === null ? undefined : v))),
  trimmed: (body) => JSON.stringify(JSON.parse(body, (_, v) => (typeof v === 'string' ? v.trim() : v))),
  sortedKeys: (body) => {
    const sort = (v) =>
      Array.isArray(v) ? v.map(sort)
      : v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, w]) => [k, sort(w)]))
      : v;
    return JSON.stringify(sort(JSON.parse(body)));
  },
  object: (body) => String(JSON.parse(body)),
  inspect: (body) => util.inspect(JSON.parse(body), { depth: 9 }),
  form: (body) => qs.stringify(JSON.parse(body)),
  formKey: (body) => querystring.stringify(querystring.parse(body.toString())),
  uriComponent: (body) => encodeURIComponent(body.toString()),
  html: (body) => body.toString().replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]),
  toWellFormed: (body) => body.toString('utf8'),
  chunks: (body) => [body.subarray(0, 61).toString(), body.subarray(61).toString()].join(''),
  crlf: (body) => body.toString().replace(/\n/g, '\r\n'),
  lf: (body) => body.toString().replace(/\r\n/g, '\n'),
  json5: (body) => JSON.stringify(JSON.parse(body)).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
};

const start = Number(port);
const ready = [
  new Promise((done) => app.listen(start, '127.0.0.1', done)),
  new Promise((done) => parsing.listen(start + 1, '127.0.0.1', done)),
  fastify.listen({ port: start + 2, host: '127.0.0.1' }),
  new Promise((done) => koa.listen(start + 3, '127.0.0.1', done)),
  new Promise((done) => serve({ fetch: hono.fetch, port: start + 4, hostname: '127.0.0.1' }, done)),
];
await Promise.all(ready);
const version = (name) => JSON.parse(require('node:fs').readFileSync(join(resolve(modules), name, 'package.json'))).version;
const packages = ['@hubspot/api-client', 'express', 'fastify', 'koa', 'hono', 'qs', 'query-string', 'json-bigint'];
console.log(JSON.stringify({ versions: { node: process.versions.node, ...Object.fromEntries(packages.map((p) => [p, version(p)])) }, ops: Object.keys(bytes) }));
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const job = JSON.parse(line);
  const { op, body } = job;
  if (op === 'sign') {
    const { method, url: uri, secret, body: requestBody, timestamp } = job;
    const sign = (version) =>
      Signature.getSignature(method, version, { url: uri, signature: '', clientSecret: secret, requestBody, timestamp: Number(timestamp) });
    console.log(JSON.stringify({ v1: sign('v1'), v2: sign('v2'), v3: sign('v3') }));
    continue;
  }
  let out;
  try {
    out = { out: Buffer.from(bytes[op](Buffer.from(body, 'base64'))).toString('base64') };
  } catch (error) {
    out = { error: String(error) };
  }
  console.log(JSON.stringify(out));
}
process.exit(0);
