// HubSpot's Node helper and the signer of its development proxy on the cases of the standard input.
// node peers.mjs NODE_MODULES helper|proxy ANSWERS

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, peer, answersPath] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), 'anything.js'));
const { Signature } = require('@hubspot/api-client');
// Not among the package's exports, hence by its path.
const proxy = await import(
  pathToFileURL(join(resolve(modules), '@hubspot/ui-extensions-dev-server/dist/lib/proxy/signing.js'))
);

let now = 0;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length ? args : [now]));
  }
  static now() {
    return now;
  }
};

const answers = createWriteStream(answersPath);
const count = { cases: 0, verdicts: 0, disagreements: 0, wrong: 0 };
const expect = (right, what, subject) => {
  count.verdicts += 1;
  if (!right) {
    count.wrong += 1;
    if (count.wrong < 20) console.error(`${peer}: ${what}: ${JSON.stringify(subject).slice(0, 300)}`);
  }
};

const schemes = { helper: ['v1', 'v2', 'v3'], proxy: ['v2', 'v3'] }[peer];
const compute = (version, { method, uri, ...options }) =>
  peer === 'proxy'
    ? proxy.sign[version]({ method, url: uri, signature: '', ...options })
    : Signature.getSignature(method, version, { url: uri, signature: '', ...options });

const damaged = (signature, number) => {
  const at = number % 40;
  return signature.slice(0, at) + (signature[at] === '0' ? '1' : '0') + signature.slice(at + 1);
};

const onCase = (test) => {
  now = Number(test.timestamp);
  const { method, uri, timestamp } = test;
  const options = { clientSecret: test.secret, requestBody: test.body, timestamp };
  const answer = {};
  for (const version of schemes) {
    answer[version] = compute(version, { method, uri, ...options });
    expect(answer[version] === test[version], `${version} differs`, test);
    if (peer === 'helper') {
      const isValid = (signature) =>
        Signature.isValid({ ...options, method, url: uri, signatureVersion: version, signature });
      expect(isValid(test[version]) === true, `${version} not accepted`, test);
      expect(isValid(damaged(test[version], count.cases)) === false, `${version} accepted although damaged`, test);
    }
  }
  if (peer === 'proxy') {
    // As the proxy does it: the body a value, the clock its own, the secret from the environment. Variables end at NUL.
    if (!test.secret.includes('\0')) {
      process.env.CLIENT_SECRET = test.secret;
      const value = method === 'GET' ? undefined : { text: test.body, list: [null, 1.5, true, test.uri] };
      answer.headers = Object.entries(proxy.getSignatureHeaders({ method, url: uri, requestBody: value })).map(
        ([name, value]) => [name, String(value)],
      );
      answer.formatted_body = proxy.formatForSigning(value);
    }
  }
  count.cases += 1;
  return answers.write(`${JSON.stringify(answer)}\n`);
};

const onDisagreement = (test) => {
  if (peer === 'proxy') return; // it signs and never verifies
  now = test.now;
  let verdict;
  try {
    const accepted = Signature.isValid({
      signature: test.signature,
      clientSecret: test.secret,
      requestBody: Buffer.from(test.body),
      url: test.uri,
      method: test.method,
      signatureVersion: test.version,
      timestamp: test.timestamp ?? undefined,
    });
    verdict = accepted ? 'accept' : 'refuse';
  } catch {
    verdict = 'error';
  }
  count.disagreements += 1;
  expect(verdict === test.node, `${test.name}: ${verdict}`, test);
};

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const test = JSON.parse(line);
  if (test.name) onDisagreement(test);
  else if (onCase(test) === false) await once(answers, 'drain');
}
answers.end();
await once(answers, 'finish');
console.log(
  `reference: ${peer}: ${count.cases} cases, ${count.disagreements} documented disagreements, ` +
    `${count.verdicts} comparisons, ${count.wrong} wrong`,
);
process.exit(count.wrong === 0 && count.cases > 0 ? 0 : 1);
