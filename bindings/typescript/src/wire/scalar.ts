// Strings, numbers, constants and enumerations: what has no parts. Decoder and encoder check alike.

import type { ScalarShape } from './codec.js';
import { kindOf } from './json.js';
import type { Place } from './place.js';

/** Fails at the place if the value is not what the shape says. */
export function checkScalar(shape: ScalarShape, value: unknown, place: Place): void {
  switch (shape.kind) {
    case 'string':
    case 'boolean':
      if (typeof value !== shape.kind) place.unexpected(shape.kind, value);
      return;
    case 'integer':
      return checkInteger(shape.min, shape.max, value, place);
    case 'number':
      if (typeof value !== 'number') place.unexpected('number', value);
      if (!Number.isFinite(value)) place.fail('number out of range');
      return checkBounds(shape.min, shape.max, value, place);
    case 'literal':
      if (value !== shape.value) refuseLiteral(shape.value, value, place);
      return;
    case 'enum':
      if (typeof value !== 'string' || !place.within(revisionsOf(shape.values, value))) {
        place.mismatch(namesIn(shape.values, place), value);
      }
  }
}

function checkInteger(min: number, max: number, value: unknown, place: Place): void {
  if (typeof value !== 'number') place.unexpected('integer', value);
  if (!Number.isSafeInteger(value)) {
    // What `JSON.parse` rounded, 1e999 included, was an integer or cannot be told from one.
    const inexact = Number.isInteger(value) || !Number.isFinite(value);
    inexact ? place.fail('integer out of range') : place.unexpected('integer', value);
  }
  checkBounds(min, max, value, place);
}

function checkBounds(min: number, max: number, value: number, place: Place): void {
  if (value < min) place.fail(`must be at least ${min}`);
  if (value > max) place.fail(`must be at most ${max}`);
}

function refuseLiteral(expected: string | number, value: unknown, place: Place): never {
  if (typeof expected === 'string') place.mismatch([expected], value);
  const found = typeof value === 'number' ? 'another number' : kindOf(value);
  place.fail(`expected ${expected}, found ${found}`);
}

type Values = Readonly<Record<string, number>>;

function revisionsOf(values: Values, name: string): number {
  return Object.hasOwn(values, name) ? values[name]! : 0;
}

function namesIn(values: Values, place: Place): string[] {
  return Object.keys(values).filter((name) => place.within(revisionsOf(values, name)));
}
