// Signs a request a line with HubSpot's own code, from the packages that `check` installed.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const packages = new URL('../target/node/', import.meta.url);
const { Signature } = createRequire(packages)('@hubspot/api-client');
// Not exported by the package, hence the path.
const proxy = await import(new URL('node_modules/@hubspot/ui-extensions-dev-server/dist/lib/proxy/signing.js', packages));

const signers = {
  NodeSdk({ secret, method, url, body, timestamp }) {
    const sign = (version) =>
      Signature.getSignature(method, version, { clientSecret: secret, requestBody: body, url, timestamp, signature: '' });
    const headers = {
      'X-HubSpot-Signature': sign('v2'),
      'X-HubSpot-Signature-Version': 'v2',
      'X-HubSpot-Signature-v3': sign('v3'),
      'X-HubSpot-Request-Timestamp': timestamp,
    };
    return { headers, body };
  },
  // Takes the body as a value and prints it itself; the time is its own.
  DevelopmentProxy({ secret, method, url, body }) {
    process.env.CLIENT_SECRET = secret;
    const requestBody = body === '' ? undefined : JSON.parse(body);
    return { headers: proxy.getSignatureHeaders({ method, url, requestBody }), body: proxy.formatForSigning(requestBody) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(JSON.stringify(signers[request.signer](request)));
}
