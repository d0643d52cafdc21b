// What handlers give back, beside plain values: content for the model, and whole results.

import type { CallToolResult } from '../protocol/types/tools.js';
import type { ContentBlock } from '../protocol/types/content.js';
import { isObject, type JsonObject } from '../wire/json.js';

/** A tool's result as it is to be sent, instead of a plain value that is made into one. */
export class ToolOutput {
  constructor(readonly result: CallToolResult) {}
}

/** Text for the model to read. */
export function text(text: string): ToolOutput {
  return content({ type: 'text', text });
}

/** Content for the model: text, images, sound, resources. */
export function content(...said: (string | ContentBlock)[]): ToolOutput {
  return new ToolOutput({ content: said.map(block) });
}

/** A block of content; a text is one of text. */
export function block(said: string | ContentBlock): ContentBlock {
  return typeof said === 'string' ? { type: 'text', text: said } : said;
}

/** A plain value as a result: structured, and its JSON as text. What is no object is its `result`. */
export function structured(value: unknown): CallToolResult {
  const structuredContent = (isObject(value) ? value : { result: value }) as JsonObject;
  return {
    content: [{ type: 'text', text: JSON.stringify(structuredContent) }],
    structuredContent,
  };
}

/** A failure that the model gets to read. */
export function failure(message: string): CallToolResult {
  return { content: [{ type: 'text', text: message }], isError: true };
}

/** Bytes as Base64, without what only some platforms have. */
export function base64(bytes: Uint8Array): string {
  const chunks: string[] = [];
  // `fromCharCode` takes its characters as arguments, of which there may not be too many.
  for (let start = 0; start < bytes.length; start += 0x8000) {
    chunks.push(String.fromCharCode(...bytes.subarray(start, start + 0x8000)));
  }
  return btoa(chunks.join(''));
}
