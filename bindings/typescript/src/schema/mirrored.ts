// Arguments that HTTP repeats in headers, so that gateways can route a call without reading it: found in a
// tool's input schema by the keyword `x-mcp-header`, once, when the tool is offered.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters

import { isObject, type JsonObject } from '../wire/json.js';

const KEYWORD = 'x-mcp-header';

/** Keywords whose members are schemas by names of the user's own, besides `properties`. */
const NAMED = ['$defs', 'definitions', 'patternProperties', 'dependentSchemas'];

/** Keywords that hold data: what looks like a schema there is none. */
const DATA = ['const', 'enum', 'default', 'examples'];

/** An argument that a header repeats. */
export class Mirrored {
  /** The argument as it is called in messages. */
  readonly shown: string;

  constructor(
    /** What follows `Mcp-Param-` in the header's name. */
    readonly header: string,
    private readonly path: readonly string[],
    private readonly kind: 'string' | 'integer' | 'boolean',
  ) {
    this.shown = path.join('.');
  }

  /**
   * What the header has to say of these arguments, before it is encoded; nothing if they do not give it, or
   * give what the tool does not take, which is for the tool to refuse.
   */
  valueIn(given: unknown): string | undefined {
    let value = given;
    for (const name of this.path) {
      value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    }
    const wanted = this.kind === 'integer' ? 'number' : this.kind;
    return typeof value === wanted ? String(value) : undefined;
  }

  /** Whether a header says what the arguments say: `42.0` is 42. */
  agrees(header: string, value: string): boolean {
    if (this.kind !== 'integer') return header === value;
    return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(header) && Number(header) === Number(value);
  }
}

/**
 * The arguments that headers repeat.
 *
 * @throws TypeError if the schema marks one that cannot be repeated: clients would leave the tool out of
 * their lists.
 */
export function mirroredIn(schema: JsonObject): Mirrored[] {
  if (schema[KEYWORD] !== undefined) {
    throw new TypeError(
      `${KEYWORD} stands beside the arguments: expected it in one of the properties`,
    );
  }
  const found: Mirrored[] = [];
  find(schema, [], true, found);
  for (const [index, one] of found.entries()) {
    const same = (other: Mirrored) => other.header.toLowerCase() === one.header.toLowerCase();
    const other = found.slice(0, index).find(same);
    if (other !== undefined)
      throw new TypeError(`${other.shown} and ${one.shown}: the same ${KEYWORD}`);
  }
  return found;
}

/** Looks through a schema. Only `properties` lead to a place where an argument can be repeated. */
function find(schema: unknown, path: readonly string[], isOpen: boolean, found: Mirrored[]): void {
  if (Array.isArray(schema)) return schema.forEach((part) => find(part, path, false, found));
  if (!isObject(schema)) return;
  if (schema[KEYWORD] !== undefined && path.length > 0) {
    if (!isOpen) {
      throw new TypeError(
        `${path.join('.')}: ${KEYWORD} is for arguments that \`properties\` alone lead to`,
      );
    }
    found.push(mirrored(schema[KEYWORD], schema.type, path));
  }
  for (const [keyword, part] of Object.entries(schema)) {
    if (DATA.includes(keyword)) continue;
    const isProperties = keyword === 'properties';
    if ((isProperties || NAMED.includes(keyword)) && isObject(part)) {
      for (const [name, member] of Object.entries(part)) {
        const below = isProperties ? [...path, name] : [...path, keyword, name];
        find(member, below, isOpen && isProperties, found);
      }
    } else {
      find(part, [...path, keyword], false, found);
    }
  }
}

function mirrored(name: unknown, type: unknown, path: readonly string[]): Mirrored {
  const at = path.join('.');
  if (typeof name !== 'string' || !/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
    throw new TypeError(
      `${at}: ${KEYWORD} is ${JSON.stringify(name)}: expected letters, digits and other characters that a ` +
        "header's name has",
    );
  }
  // One that may be null is not repeated when it is.
  const kinds = Array.isArray(type) ? type.filter((kind) => kind !== 'null') : [type];
  const [kind] = kinds;
  if (kinds.length === 1 && (kind === 'string' || kind === 'integer' || kind === 'boolean')) {
    return new Mirrored(name, path, kind);
  }
  throw new TypeError(`${at}: ${KEYWORD} is for a string, an integer or a boolean`);
}
