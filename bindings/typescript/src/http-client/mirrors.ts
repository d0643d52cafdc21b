// What headers repeat of a modern request, so that gateways can route it without reading it: its revision, method
// and name, and those arguments of a tool that its definition marks.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#request-metadata

import type { Diagnostics } from '../diagnostics.js';
import type { HeadersOf } from './exchange.js';
import { encodeHeader, HEADER } from '../headers.js';
import * as methods from '../protocol/methods.js';
import type { Method } from '../protocol/methods.js';
import { eraOf, isRevision } from '../protocol/revisions.js';
import { namedRevision } from '../revision.js';
import { mirroredIn, type Mirrored } from '../schema/mirrored.js';
import { isObject, type JsonObject } from '../wire/json.js';

/** The arguments that headers repeat, of those tools that mark any. */
export class Mirrors {
  readonly #marked = new Map<string, readonly Mirrored[]>();

  /** What the headers of a request say; nothing if it is no modern one. */
  headers(method: Method<unknown, unknown>, params: object | undefined): HeadersOf | undefined {
    const revision = namedRevision(params);
    if (typeof revision !== 'string' || !isRevision(revision) || eraOf(revision) === 'legacy') {
      return undefined;
    }
    const headers: Record<string, string> = {
      [HEADER.protocolVersion]: revision,
      [HEADER.method]: encodeHeader(method.name),
    };
    const given = params as Record<string, unknown>;
    const name = method.nameHeader === undefined ? undefined : given[method.nameHeader];
    if (typeof name !== 'string') return headers;
    headers[HEADER.name] = encodeHeader(name);
    if (method.name !== methods.callTool.name) return headers;
    for (const argument of this.#marked.get(name) ?? []) {
      const value = argument.valueIn(given.arguments);
      if (value !== undefined) {
        headers[HEADER.param + argument.header.toLowerCase()] = encodeHeader(value);
      }
    }
    return headers;
  }

  /**
   * Learns from a page of a list of tools. Takes those tools out of it that mark their arguments wrongly: they
   * cannot be called as they want to be.
   */
  learn(page: unknown, diagnostics: Diagnostics): void {
    if (!isObject(page) || !Array.isArray(page.tools)) return;
    page.tools = page.tools.filter((tool) => this.#takes(tool, diagnostics));
  }

  #takes(tool: unknown, diagnostics: Diagnostics): boolean {
    // What is no tool is for whoever decodes it.
    if (!isObject(tool) || typeof tool.name !== 'string') return true;
    this.#marked.delete(tool.name);
    if (!isObject(tool.inputSchema)) return true;
    try {
      const marked = mirroredIn(tool.inputSchema as JsonObject);
      if (marked.length > 0) this.#marked.set(tool.name, marked);
      return true;
    } catch (error) {
      const message = `tool ${tool.name} is left out: ${(error as Error).message}`;
      diagnostics({ level: 'warning', message });
      return false;
    }
  }
}
