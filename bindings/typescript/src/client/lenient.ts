// Lists with items that are wrong: those are set aside and told to the diagnostics, and the rest is usable. A
// strict client has the whole list refused instead.

import type { Diagnostics } from '../diagnostics.js';
import * as methods from '../protocol/methods.js';
import type { Method } from '../protocol/methods.js';
import { Prompt } from '../protocol/types/prompts.js';
import { Resource, ResourceTemplate } from '../protocol/types/resources.js';
import { Tool } from '../protocol/types/tools.js';
import type { Codec } from '../wire/codec.js';
import { decode } from '../wire/decoder.js';
import { DecodeError } from '../wire/error.js';
import { isObject, quote } from '../wire/json.js';

/** Where the items of a list stand, and what each is. */
interface List {
  readonly member: string;
  readonly item: Codec<unknown>;
}

const LISTS: ReadonlyMap<string, List> = new Map([
  [methods.listTools.name, { member: 'tools', item: Tool as Codec<unknown> }],
  [methods.listResources.name, { member: 'resources', item: Resource as Codec<unknown> }],
  [
    methods.listResourceTemplates.name,
    { member: 'resourceTemplates', item: ResourceTemplate as Codec<unknown> },
  ],
  [methods.listPrompts.name, { member: 'prompts', item: Prompt as Codec<unknown> }],
]);

/**
 * Reads a result; of a list what is right in it.
 *
 * @param revision The revision, as its bit.
 * @throws DecodeError if it is wrong in another way than by its items.
 */
export function read<Result>(
  method: Method<unknown, Result>,
  result: unknown,
  revision: number,
  diagnostics: Diagnostics,
): Result {
  const list = LISTS.get(method.name);
  const items = list !== undefined && isObject(result) ? result[list.member] : undefined;
  if (!Array.isArray(items)) return decode(method.result!, result, revision, ['result']);
  const { member, item } = list!;
  const envelope = result as Record<string, unknown>;
  // Each is checked once, since that changes it; so the rest is checked with the list left empty.
  envelope[member] = [];
  const read = decode(method.result!, result, revision, ['result']);
  envelope[member] = items.filter((value: unknown, place) => {
    try {
      decode(item, value, revision);
      return true;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const name = isObject(value) && typeof value.name === 'string' ? ` ${quote(value.name)}` : '';
      const message = `${method.name}: ${member}[${place}]${name} is set aside: ${error.message}`;
      diagnostics({ level: 'warning', message });
      return false;
    }
  });
  return read;
}
