// Where in a value the decoder or the encoder is, and the sentences for what is wrong there.

import { DecodeError, type EncodeError, type Path } from './error.js';
import { kindOf, quote } from './json.js';

/** A place in a value, the revision it is read or written in, and the kind of error for it. */
export class Place {
  readonly path: (string | number)[];
  /** Whether the value was received, rather than set by a program. */
  readonly received: boolean;

  constructor(
    /** The revision, as its bit. */
    readonly revision: number,
    path: Path,
    private readonly failure: typeof DecodeError | typeof EncodeError,
  ) {
    this.path = [...path];
    this.received = failure === DecodeError;
  }

  /** Whether a set of revisions has this one. */
  within(revisions: number): boolean {
    return (revisions & this.revision) !== 0;
  }

  /** Ends the work: `reason` is what is wrong here, or with a member of what is here. */
  fail(reason: string, member?: string): never {
    throw new this.failure(member === undefined ? this.path : [...this.path, member], reason);
  }

  /** The value is not what the type says. */
  unexpected(expected: string, value: unknown): never {
    this.fail(`expected ${expected}, found ${kindOf(value)}`);
  }

  /** The value is not the one string, or none of the strings, that the type allows. */
  mismatch(allowed: readonly string[], value: unknown, member?: string): never {
    const expected = allowed.map((text) => JSON.stringify(text)).join(', ');
    const found = typeof value === 'string' ? quote(value) : kindOf(value);
    this.fail(
      `expected ${allowed.length === 1 ? '' : 'one of '}${expected}, found ${found}`,
      member,
    );
  }

  /** A member that the revision requires is not there. */
  missing(member: string): never {
    this.fail('required member is missing', member);
  }
}
