// Times the helper of HubSpot's Node SDK (npm `@hubspot/api-client`) on the inputs of src/lib.rs.
// Prints lines of `scheme,bytes,case,nanoseconds,`.
import { createRequire } from 'node:module';
const { Signature } = createRequire(process.cwd() + '/')('@hubspot/api-client');

const clientSecret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
const url = 'https://hooks.example.com/hubspot?tenant=7';

for (const signatureVersion of ['v1', 'v2', 'v3']) {
  for (const size of [200, 1024, 16 * 1024, 1024 * 1024]) {
    const requestBody = 'a'.repeat(size);
    const timestamp = Date.now();
    const request = { signatureVersion, clientSecret, method: 'POST', url, requestBody, timestamp };
    request.signature = Signature.getSignature('POST', signatureVersion, { ...request, signature: '' });
    const batch = size > 100_000 ? 5 : 500;
    let best = Infinity;
    for (let round = 0; round < 25; round += 1) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < batch; i += 1) {
        if (!Signature.isValid(request)) throw new Error('refused');
      }
      best = Math.min(best, Number(process.hrtime.bigint() - start) / batch);
    }
    console.log(`${signatureVersion},${size},HubSpot's Node SDK,${best.toFixed(0)},`);
  }
}
