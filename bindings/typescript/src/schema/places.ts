// Where the parts of a JSON Schema are: its resources (`$id`), its anchors, and what a `$ref` means. Everything is
// found within the schema; nothing is ever fetched.
// https://json-schema.org/draft/2020-12/json-schema-core#section-8

import { isObject } from '../wire/json.js';

/** Keywords whose value is a schema, or a list of schemas; the last two are of older drafts. */
const WITHIN = new Set([
  'additionalProperties',
  'allOf',
  'anyOf',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'oneOf',
  'prefixItems',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
  'additionalItems',
  'extends',
]);

/** Keywords whose value has schemas as its members. */
const AMONG = new Set([
  '$defs',
  'definitions',
  'dependentSchemas',
  'patternProperties',
  'properties',
]);

/** A schema with keywords; `true` and `false` are schemas, too. */
type Keywords = Readonly<Record<string, unknown>>;

/** A schema that has an address of its own. */
interface Resource {
  address: string;
  readonly root: Keywords;
  readonly anchors: Map<string, Keywords>;
}

/** The parts of one schema. */
export class Places {
  readonly #resources: Resource[];
  /** The resource that a part belongs to. */
  readonly #home = new Map<object, Resource>();
  readonly #dynamic = new Map<string, Keywords[]>();

  constructor(schema: Keywords) {
    const whole: Resource = { address: '', root: schema, anchors: new Map() };
    this.#resources = [whole];
    const rest: (readonly [Keywords, Resource])[] = [[schema, whole]];
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      const [part, around] = next;
      if (this.#home.has(part)) continue;
      const resource = this.#note(part, around);
      for (const inner of partsOf(part)) rest.push([inner, resource]);
    }
  }

  /**
   * What a reference in a part means.
   *
   * @throws TypeError if it is nowhere in the schema.
   */
  find(from: Keywords, reference: string): unknown {
    const home = this.#home.get(from) ?? this.#resources[0]!;
    const hash = reference.indexOf('#');
    const address = hash < 0 ? reference : reference.slice(0, hash);
    const resource = address === '' ? home : this.#at(joined(home.address, address), reference);
    const fragment = decoded(hash < 0 ? '' : reference.slice(hash + 1));
    let found: unknown;
    if (fragment === '') found = resource.root;
    else if (fragment?.startsWith('/')) found = pointed(resource.root, fragment);
    else if (fragment !== undefined) found = resource.anchors.get(fragment);
    if (found === undefined) {
      throw new TypeError(`${reference} refers to nothing in this schema`);
    }
    return found;
  }

  /**
   * What a `$dynamicRef` means, where that does not depend on how one got there.
   *
   * @throws TypeError if it does, or is nowhere in the schema.
   */
  findDynamic(from: Keywords, reference: string): unknown {
    const anchored = reference.startsWith('#') ? this.#dynamic.get(reference.slice(1)) : undefined;
    if (anchored === undefined) return this.find(from, reference);
    if (anchored.length === 1) return anchored[0];
    throw new TypeError(`${reference} has several anchors, which is not supported: use $ref`);
  }

  #at(address: string, reference: string): Resource {
    const found = this.#resources.find((resource) => resource.address === address);
    if (found !== undefined) return found;
    throw new TypeError(
      `${reference} is not in this schema, and nothing is fetched: put it under $defs`,
    );
  }

  /** Notes a part; gives the resource that it belongs to. */
  #note(part: Keywords, around: Resource): Resource {
    const { $id, $anchor, $dynamicAnchor } = part;
    let resource = around;
    if (typeof $id === 'string') {
      const address = joined(around.address, $id.split('#')[0]!);
      if (part === this.#resources[0]!.root) {
        around.address = address;
      } else {
        resource = { address, root: part, anchors: new Map() };
        this.#resources.push(resource);
      }
    }
    this.#home.set(part, resource);
    if (typeof $anchor === 'string') resource.anchors.set($anchor, part);
    if (typeof $dynamicAnchor === 'string') {
      resource.anchors.set($dynamicAnchor, part);
      this.#dynamic.set($dynamicAnchor, [...(this.#dynamic.get($dynamicAnchor) ?? []), part]);
    }
    return resource;
  }
}

function partsOf(schema: Keywords): Keywords[] {
  const parts: unknown[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (AMONG.has(keyword) && isObject(value)) parts.push(...Object.values(value));
    else if (WITHIN.has(keyword)) parts.push(...(Array.isArray(value) ? value : [value]));
  }
  return parts.filter(isObject);
}

/** What a JSON Pointer leads to. */
function pointed(whole: unknown, pointer: string): unknown {
  let found = whole;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const isThere = typeof found === 'object' && found !== null && Object.hasOwn(found, name);
    found = isThere ? Reflect.get(found as object, name) : undefined;
  }
  return found;
}

/** An address in the place of another: enough of RFC 3986 for schemas that come in one file. */
function joined(base: string, address: string): string {
  if (address === '') return base;
  if (base === '' || /^[^/?]*:/.test(address)) return address;
  const [, start, path] = /^([^/]*:\/\/[^/]*|[^/]*)(.*)$/s.exec(base)!;
  if (address.startsWith('/')) return `${start}${address}`;
  const slash = path!.lastIndexOf('/');
  return slash < 0 ? `${base}/${address}` : `${start}${path!.slice(0, slash + 1)}${address}`;
}

function decoded(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}
