// Strings, numbers, constants and enumerations: what has no parts. Decoder and encoder check alike.

import type { EnumShape, ScalarShape } from './codec.js';
import { kindOf } from './json.js';
import type { Place } from './place.js';

/** Fails at the place if the value is not what the shape says. */
export function checkScalar(shape: ScalarShape, value: unknown, place: Place): void {
  switch (shape.kind) {
    case 'string':
    case 'boolean':
      if (typeof value !== shape.kind) place.unexpected(shape.kind, value);
      return;
    case 'exact':
      if (typeof value !== 'number') place.unexpected('number', value);
      return checkExact(value, place);
    case 'integer':
      if (typeof value !== 'number') place.unexpected('integer', value);
      if (value % 1 !== 0 && Number.isFinite(value)) place.unexpected('integer', value);
      // A bound says more than that the number is too large to be exact.
      checkBounds(shape.min, shape.max, value, place);
      return checkExact(value, place);
    case 'number':
      if (typeof value !== 'number') place.unexpected('number', value);
      if (!Number.isFinite(value)) place.fail('number out of range');
      return checkBounds(shape.min, shape.max, value, place);
    case 'literal':
      if (value !== shape.value) refuseLiteral(shape.value, value, place);
      return;
    case 'enum':
      if (typeof value !== 'string' || !shape.values.includes(value) || !has(shape, value, place)) {
        place.mismatch(
          shape.values.filter((name) => has(shape, name, place)),
          value,
        );
      }
  }
}

/** Beyond ±(2^53 − 1) `JSON.parse` rounds integers, and what it made of 1e999 is none. */
function checkExact(value: number, place: Place): void {
  if (value % 1 !== 0 ? !Number.isFinite(value) : !Number.isSafeInteger(value)) {
    place.fail('integer out of range');
  }
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

function has(shape: EnumShape, name: string, place: Place): boolean {
  return !Object.hasOwn(shape.known, name) || place.within(shape.known[name]!);
}
