// Files that say which servers there are, and what a client is connected to for each. Needs Node.

import type { FileHandle } from 'node:fs/promises';

import type { Target } from '../client.js';
import { parseServers, type Entry } from './config.js';
import { McpError } from '../error.js';
import { http } from '../http-client.js';
import * as LIMITS from '../protocol/limits.js';
import { spawn } from '../stdio/child.js';
import { quote } from '../wire/json.js';

/**
 * Reads a file of servers, as desktop programs write it: `await clients(await readConfig('servers.json'))`.
 *
 * A server has a `command` with `args`, `env` (added to this program's environment) and `cwd`, or a `url` with
 * `headers`. Its `type` may say which (`stdio`, `http`, `streamable-http`) where both are given. What is wrong
 * with one server is told when it is connected to.
 *
 * @throws McpError of kind `setup` if it cannot be read, is larger than `maxConfig`, is no JSON, or has no
 * `mcpServers`.
 */
export async function readConfig(path: string): Promise<Record<string, Target>> {
  return parseConfig(path, await textOf(path));
}

/**
 * The same for a text; errors call it by the name.
 *
 * @throws McpError of kind `setup` if it is no JSON, or has no `mcpServers`.
 */
export function parseConfig(name: string, text: string): Record<string, Target> {
  const servers = parseServers(name, text).map(([server, entry]) => {
    const wrong = (what: string) =>
      new McpError('setup', `${name}: server ${quote(server)}: ${what}`);
    return [server, targetOf(entry, wrong)] as const;
  });
  return Object.fromEntries(servers);
}

async function textOf(path: string): Promise<string> {
  const most = LIMITS.maxConfig;
  let file: FileHandle | undefined;
  try {
    const { open } = await import('node:fs/promises');
    file = await open(path);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(most + 1) });
    if (bytesRead > most) {
      throw new McpError('setup', `larger than the limit of ${most} bytes (maxConfig)`);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } catch (cause) {
    throw new McpError('setup', `${path}: ${(cause as Error).message}`, { cause });
  } finally {
    await file?.close();
  }
}

function targetOf(entry: Entry | McpError, wrong: (what: string) => McpError): Target {
  if (entry instanceof McpError) return unconnectable(entry);
  if (entry.kind === 'command') {
    const { command, args, env, cwd } = entry;
    return spawn(command, args, {
      env: { ...process.env, ...env },
      ...(cwd !== undefined && { cwd }),
    });
  }
  try {
    return http(entry.url, { headers: entry.headers });
  } catch (error) {
    return unconnectable(wrong((error as Error).message));
  }
}

/** What fails when it is connected to. */
function unconnectable(error: McpError): Target {
  return {
    connect() {
      throw error;
    },
  };
}
