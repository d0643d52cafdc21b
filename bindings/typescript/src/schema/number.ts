// Numbers as they are written, so that 0.3 is a multiple of 0.1; and JSON in the one spelling in which equal values
// are equal texts.

import { isObject } from '../wire/json.js';

/** Whether a number is a whole number of steps. Both are taken as the decimals that they are written as. */
export function isMultiple(value: number, step: number): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(step)) return value % step === 0;
  if (!Number.isFinite(value)) return false;
  const [a, b] = [decimal(value), decimal(step)];
  const least = Math.min(a.exponent, b.exponent);
  const lift = ({ mantissa, exponent }: Decimal) => mantissa * 10n ** BigInt(exponent - least);
  return lift(a) % lift(b) === 0n;
}

interface Decimal {
  readonly mantissa: bigint;
  readonly exponent: number;
}

function decimal(value: number): Decimal {
  const [, sign, whole, fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(String(value))!;
  return {
    mantissa: BigInt(`${sign}${whole}${fraction}`),
    exponent: Number(power) - fraction.length,
  };
}

/** A number as people write it: integers with all of their digits. */
export function shownNumber(value: number): string {
  return Number.isInteger(value) ? String(BigInt(value)) : String(value);
}

/** JSON with members by name, so that equal values are equal texts. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isObject(value)) return value === 0 ? '0' : String(JSON.stringify(value));
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join()}}`;
}
