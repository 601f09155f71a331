// node run.mjs MODULE REQUEST…: each request is accepted, and refused with one byte of its body changed.

import { readFileSync } from 'node:fs';

const [path, ...requests] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(path));
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) {
  console.error('machines: wasm: the module needs', imports);
  process.exit(1);
}
const { buffer, judge, memory } = new WebAssembly.Instance(module, {}).exports;
const verdict = (bytes) => {
  new Uint8Array(memory.buffer, buffer(), bytes.length).set(bytes);
  return judge(bytes.length);
};

let wrong = requests.length === 0 ? 1 : 0;
for (const request of requests) {
  const bytes = readFileSync(request);
  const accepted = verdict(bytes);
  bytes[bytes.length - 5] ^= 1;
  const tampered = verdict(bytes);
  console.log(`machines: wasm: ${request}: ${accepted}, tampered ${tampered}`);
  if (accepted !== 0 || tampered !== 1) wrong += 1;
}
process.exit(wrong === 0 ? 0 : 1);
