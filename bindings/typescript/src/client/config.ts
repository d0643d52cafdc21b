// Texts that say which servers there are, as desktop programs write them:
// `{"mcpServers": {"weather": {"command": …}}}`. Members that are not known are passed over; what is wrong with
// one server is no matter of the others.

import { McpError } from '../error.js';
import { DecodeError } from '../wire/error.js';
import { isObject, kindOf, parseJson, quote, type RawObject } from '../wire/json.js';

/** Where a server is. */
export type Entry =
  | {
      readonly kind: 'command';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string | undefined;
    }
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
    };

/**
 * The servers of a text, by name, and of those that are wrong what is.
 *
 * @param name What errors call the text.
 * @throws McpError of kind `setup` if it is no JSON, or has no `mcpServers`.
 */
export function parseServers(name: string, text: string): [string, Entry | McpError][] {
  const wrong = (what: string) => new McpError('setup', `${name}: ${what}`);
  const servers = told(wrong, () => {
    const { mcpServers } = objectOf(parseJson(text), '');
    if (mcpServers === undefined) throw new DecodeError(['mcpServers'], MISSING);
    return objectOf(mcpServers, 'mcpServers');
  });
  if (servers instanceof McpError) throw servers;
  return Object.entries(servers).map(([server, value]) => {
    const wrongWithIt = (what: string) => wrong(`server ${quote(server)}: ${what}`);
    return [server, told(wrongWithIt, () => entryOf(value))];
  });
}

const MISSING = 'required member is missing';

/** What a reading gives, or the error that it ends with in these words. */
function told<T>(wrong: (what: string) => McpError, read: () => T): T | McpError {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return wrong(error.message);
    throw error;
  }
}

function entryOf(value: unknown): Entry {
  const all = objectOf(value, '');
  const type = all.type === undefined ? undefined : textOf(all.type, 'type');
  const required = (member: string) => {
    if (all[member] !== undefined) return textOf(all[member], member);
    if (type !== undefined) throw new DecodeError([member], MISSING);
    throw new DecodeError([], 'expected one of the members "command", "url"');
  };
  if (!isByCommand(type, all)) {
    return { kind: 'url', url: required('url'), headers: textsOf(all.headers, 'headers') };
  }
  return {
    kind: 'command',
    command: required('command'),
    args: listOf(all.args, 'args'),
    env: textsOf(all.env, 'env'),
    cwd: all.cwd === undefined ? undefined : textOf(all.cwd, 'cwd'),
  };
}

function isByCommand(type: string | undefined, all: RawObject): boolean {
  switch (type) {
    case undefined:
      return all.command !== undefined || all.url === undefined;
    case 'stdio':
      return true;
    case 'http':
    case 'streamable-http':
    case 'streamableHttp':
      return false;
    default:
      throw new DecodeError(['type'], `expected "stdio" or "http", found ${quote(type)}`);
  }
}

function objectOf(value: unknown, place: string): RawObject {
  return isObject(value) ? value : unexpected('object', value, place);
}

function textOf(value: unknown, place: string): string {
  return typeof value === 'string' ? value : unexpected('string', value, place);
}

function textsOf(value: unknown = {}, place: string): Record<string, string> {
  const texts = Object.entries(objectOf(value, place)).map(
    ([name, text]) => [name, textOf(text, `${place}.${name}`)] as const,
  );
  return Object.fromEntries(texts);
}

function listOf(value: unknown = [], place: string): string[] {
  if (!Array.isArray(value)) return unexpected('array', value, place);
  return value.map((item: unknown, index) => textOf(item, `${place}[${index}]`));
}

function unexpected(kind: string, value: unknown, place: string): never {
  const path = place === '' ? [] : [place];
  throw new DecodeError(path, `expected ${kind}, found ${kindOf(value)}`);
}
