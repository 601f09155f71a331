// node run.mjs MODULE REQUEST…: each request is accepted, and refused with one byte of its body changed. A module that takes
// the time from here also refuses a v3 request that is too old.

import { readFileSync } from 'node:fs';

const [path, ...requests] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(path));
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) {
  console.error('machines: wasm: the module needs', imports);
  process.exit(1);
}
const { buffer, judge, memory } = new WebAssembly.Instance(module, {}).exports;
const takesTime = judge.length === 2;
const verdict = (bytes, now) => {
  new Uint8Array(memory.buffer, buffer(), bytes.length).set(bytes);
  return takesTime ? judge(bytes.length, now) : judge(bytes.length);
};

let wrong = requests.length === 0 ? 1 : 0;
for (const request of requests) {
  const bytes = readFileSync(request);
  const now = BigInt(bytes.toString().split('\n')[1]);
  const accepted = verdict(bytes, now);
  const stale = takesTime ? verdict(bytes, now + 300_001n) : undefined;
  bytes[bytes.length - 5] ^= 1;
  const tampered = verdict(bytes, now);
  const staleExpected = takesTime ? Number(request.endsWith('v3')) : undefined;
  console.log(
    `machines: wasm: ${request}: ${accepted}, tampered ${tampered}` + (takesTime ? `, too old ${stale}` : ''),
  );
  if (accepted !== 0 || tampered !== 1 || stale !== staleExpected) wrong += 1;
}
process.exit(wrong === 0 ? 0 : 1);
