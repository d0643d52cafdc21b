// The codec mode: messages through the generated code alone, one JSON line in, one out.

import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';

import {
  decode,
  DecodeError,
  definition,
  encode,
  EncodeError,
  parseJson,
} from '../../../bindings/typescript/dist/bundled/protocol.js';

/** Decodes and encodes again what a line asks for; the answer, as a line. */
function answer(line) {
  try {
    const { type, revision, json } = parseJson(line);
    const found = definition(revision, type);
    if (found === undefined) return refusal('', `no type ${type} in ${revision}`);
    const value = decode(found.codec, json, found.revision);
    return `{"ok":true,"json":${encode(found.codec, value, found.revision)}}`;
  } catch (error) {
    if (error instanceof DecodeError || error instanceof EncodeError) {
      return refusal(error.path, error.reason);
    }
    throw error;
  }
}

function refusal(path, message) {
  return JSON.stringify({ ok: false, error: { path, message } });
}

for await (const line of createInterface({ input: stdin, crlfDelay: Infinity })) {
  if (line.trim() !== '') stdout.write(`${answer(line)}\n`);
}
