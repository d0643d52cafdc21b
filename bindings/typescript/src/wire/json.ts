// JSON as TypeScript sees it: the types of plain values, their kinds and how text becomes one.
//
// Values are what `JSON.parse` gives, so its limits are this package's: a name made of digits alone
// ("7") comes before other names whatever the text said, and numbers are doubles.

import { DecodeError } from './error.js';

/** Any JSON value. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** Any JSON object. A member that is `undefined` is absent. */
export interface JsonObject {
  [member: string]: JsonValue | undefined;
}

/** The kinds of JSON values, as error messages name them. */
export type Kind = 'array' | 'boolean' | 'null' | 'number' | 'object' | 'string';

/** A JSON object that has not been checked yet. */
export type RawObject = Record<string, unknown>;

/** The kind of a JSON value; for what JSON cannot say (a function, `undefined`) what `typeof` says. */
export function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as Kind;
}

/** Whether a value is an object: no array, not `null`. */
export function isObject(value: unknown): value is RawObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Text to JSON value.
 *
 * @throws {@link DecodeError} whose reason starts with `invalid JSON`.
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DecodeError([], `invalid JSON: ${(error as Error).message}`);
  }
  if (/\\u[dD]/.test(text) && hasHalfPair(value)) {
    throw new DecodeError([], 'invalid JSON: half a surrogate pair');
  }
  return value;
}

/** `JSON.parse` lets half a surrogate pair through, which is no text; `JSON.stringify` escapes it. */
function hasHalfPair(value: unknown): boolean {
  return /(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(JSON.stringify(value));
}

/** A string in double quotes as messages show it, cut to its first 40 characters. */
export function quote(text: string): string {
  const characters = text.length > 40 ? [...text] : [];
  const shown = characters.length > 40 ? `${characters.slice(0, 40).join('')}…` : text;
  return JSON.stringify(shown);
}
