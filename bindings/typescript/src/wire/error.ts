// The two errors of this room. Both say where and what; neither knows a message or a method.

/** Where a value is: names of members and indices of elements, from the whole to the part. */
export type Path = readonly (string | number)[];

/** A JSON Pointer (RFC 6901): `/content/0/type`; `""` is the whole. */
export function pointer(path: Path): string {
  return path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** A path as people read it: `content[0].type`. */
export function dotted(path: Path): string {
  return path
    .map((step, depth) => (typeof step === 'number' ? `[${step}]` : depth > 0 ? `.${step}` : step))
    .join('');
}

/** A value that does not fit its type. `message` is the path, dotted, and the reason together. */
abstract class WireError extends Error {
  /** Where it is, as a JSON Pointer; `""` is the whole. */
  readonly path: string;
  /** What is wrong there: `expected object, found array`. */
  readonly reason: string;

  constructor(path: Path, reason: string) {
    super(path.length > 0 ? `${dotted(path)}: ${reason}` : reason);
    this.path = pointer(path);
    this.reason = reason;
  }
}

/** What was received is not what the type says in that revision. */
export class DecodeError extends WireError {
  override readonly name = 'DecodeError';
}

/** What a program wants to send is not what the type says in that revision. */
export class EncodeError extends WireError {
  override readonly name = 'EncodeError';
}
