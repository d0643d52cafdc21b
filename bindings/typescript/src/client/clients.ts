// Several servers at once, whose tools stand in one list: `get_forecast` of the server `weather` is
// `weather_get_forecast`. A server that fails takes down no other.

import {
  connect,
  type Client,
  type ClientOptions,
  type Target,
  type ToolResult,
} from '../client.js';
import type { CallOptions } from './session.js';
import { McpError } from '../error.js';
import type { Tool } from '../protocol/types/tools.js';
import type { Offering } from '../registry/offers.js';
import type { Infer, StandardSchema } from '../schema.js';
import { quote, type JsonValue } from '../wire/json.js';

/** Servers by name, and what a client is connected to for each. */
export type Servers = Readonly<Record<string, Target>>;

/** What several servers have of a kind. */
export interface Listed<Item> {
  /** What there is, server after server. */
  readonly items: readonly Item[];
  /** The servers that could not be asked, and why. */
  readonly failed: ReadonlyMap<string, unknown>;
}

/**
 * Connects to several servers at the same time. One that cannot be connected to is among the
 * {@link Clients.failed}.
 *
 * @param options Those of all clients, or what gives each its own by the server's name.
 * @throws McpError of kind `setup` if a tool's name would not tell which server it belongs to.
 */
export async function clients<S extends Servers>(
  servers: S,
  options: ClientOptions | ((server: string) => ClientOptions) = {},
): Promise<Clients<S>> {
  const names = Object.keys(servers);
  requireUnambiguous(names);
  const optionsOf = (name: string) => (typeof options === 'function' ? options(name) : options);
  const connecting = names.map(async (name) =>
    connect(Reflect.get(servers, name) as Target, optionsOf(name)),
  );
  const settled = await Promise.allSettled(connecting);
  const connected = new Map<string, Client>();
  const failed = new Map<string, unknown>();
  for (const [place, name] of names.entries()) {
    const result = settled[place]!;
    if (result.status === 'fulfilled') connected.set(name, result.value);
    else failed.set(name, result.reason);
  }
  return new Clients(connected, failed);
}

/** The server's type behind what a client is connected to, where it is known. */
type ServerOf<T> = T extends Offering ? T : Offering;

/** Connections to several servers. */
export class Clients<S extends Servers = Servers> implements AsyncDisposable {
  /** The servers that could not be connected to, and why. */
  readonly failed: ReadonlyMap<string, unknown>;
  readonly #clients: ReadonlyMap<string, Client>;

  /** @internal They come from {@link clients}. */
  constructor(clients: ReadonlyMap<string, Client>, failed: ReadonlyMap<string, unknown>) {
    this.#clients = clients;
    this.failed = failed;
  }

  /** The connections, by the servers' names. */
  [Symbol.iterator](): IterableIterator<[string, Client]> {
    return this.#clients.entries();
  }

  /** The connection to the server of this name, for all that is not said here. */
  get<Name extends keyof S & string>(server: Name): Client<ServerOf<S[Name]>> | undefined {
    return this.#clients.get(server) as Client<ServerOf<S[Name]>> | undefined;
  }

  /** The tools of all servers, each under `server_tool`. */
  async tools(options?: CallOptions): Promise<Listed<Tool>> {
    const asked = [...this.#clients].map(async ([server, client]) => {
      const tools = await client.listTools(options);
      return tools.map((tool) => ({ ...tool, name: `${server}_${tool.name}` }));
    });
    const settled = await Promise.allSettled(asked);
    const items: Tool[] = [];
    const failed = new Map<string, unknown>();
    for (const [place, server] of [...this.#clients.keys()].entries()) {
      const result = settled[place]!;
      if (result.status === 'fulfilled') items.push(...result.value);
      else failed.set(server, result.reason);
    }
    return { items, failed };
  }

  /**
   * Calls the tool `server_tool`, as {@link Client.call} does.
   *
   * @throws McpError of kind `setup` if there is no such server, or what a call throws.
   */
  call<const Output extends StandardSchema<any, any>>(
    name: string,
    args: object,
    options: CallOptions & { readonly output: Output },
  ): Promise<Infer<Output>>;
  call(name: string, args?: object, options?: CallOptions): Promise<unknown>;
  async call(
    name: string,
    args: object = {},
    options: CallOptions & { readonly output?: StandardSchema } = {},
  ): Promise<unknown> {
    const { client, tool } = this.#find(name);
    return client.call(tool, args, options);
  }

  /**
   * Calls the tool `server_tool` and gives its whole result, as {@link Client.callTool} does.
   *
   * @throws McpError of kind `setup` if there is no such server, or what a call throws.
   */
  async callTool<Structured = JsonValue>(
    name: string,
    args: object = {},
    options?: CallOptions,
  ): Promise<ToolResult<Structured>> {
    const { client, tool } = this.#find(name);
    return client.callTool(tool, args, options);
  }

  /** Closes all connections; resolves when nothing of them is left. */
  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #find(name: string): { readonly client: Client; readonly tool: string } {
    for (const [server, client] of this.#clients) {
      const tool = toolOf(server, name);
      if (tool !== undefined) return { client, tool };
    }
    throw new McpError(
      'setup',
      `no server is connected to that has the tool ${quote(name)}: expected the name of one of them, an ` +
        `underscore and the tool's name; they are ${[...this.#clients.keys()].join(', ')}`,
    );
  }
}

/** The name of a tool at its server, if it is one of this server's. */
function toolOf(server: string, name: string): string | undefined {
  return name.startsWith(`${server}_`) ? name.slice(server.length + 1) : undefined;
}

/** A tool of one server must not be one of another's: `a_b_c` where there are `a` and `a_b`. */
function requireUnambiguous(names: readonly string[]): void {
  for (const one of names) {
    const other = names.find((name) => toolOf(one, name) !== undefined);
    if (other === undefined) continue;
    const both = `the names of the servers ${quote(one)} and ${quote(other)}`;
    throw new McpError('setup', `${both} do not tell their tools apart: rename one of them`);
  }
}
