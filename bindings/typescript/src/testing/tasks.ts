// A client that has declared the extension of tasks, as text on the wire.

import type { Server } from '../index.js';
import { pair } from '../transport.js';
import { RawPeer } from './raw-peer.js';
import { sleep, type VirtualTime } from './virtual-time.js';

export const EXTENSION = 'io.modelcontextprotocol/tasks';

/** The `_meta` of a request of a client that can do this. */
export function meta(capabilities: object) {
  return {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
}

/** The `_meta` of a client that has declared the extension, and can be asked. */
export const DECLARED = meta({ elicitation: {}, extensions: { [EXTENSION]: {} } });

export class TaskClient {
  readonly peer: RawPeer;
  readonly #time: VirtualTime;

  constructor(server: Server, time: VirtualTime) {
    const [here, there] = pair();
    server.connect(there);
    this.peer = new RawPeer(here);
    this.#time = time;
  }

  /** The response to a request, time passing until it is there. */
  ask(method: string, params: object, capabilities: object = DECLARED): Promise<any> {
    return this.#time.until(this.peer.ask(method, { ...params, _meta: capabilities }));
  }

  /** The result of a call. */
  async call(tool: string, more: object = {}): Promise<any> {
    return (await this.ask('tools/call', { name: tool, arguments: {}, ...more })).result;
  }

  /** Calls a tool that becomes a task; gives its id. */
  async begin(tool: string): Promise<string> {
    const created = await this.call(tool);
    if (created?.resultType !== 'task') throw new Error(`no task: ${JSON.stringify(created)}`);
    return created.taskId as string;
  }

  async get(id: string): Promise<any> {
    return (await this.ask('tasks/get', { taskId: id })).result;
  }

  /** Looks at a task again and again until it is as wanted. */
  async till(id: string, status: string): Promise<any> {
    for (let looks = 0; looks < 10_000; looks += 1) {
      const task = await this.get(id);
      if (task?.status === status) return task;
      await this.#time.until(sleep(250), 250);
    }
    throw new Error(`the task does not become ${status}`);
  }

  update(id: string, inputResponses: object): Promise<any> {
    return this.ask('tasks/update', { taskId: id, inputResponses });
  }

  cancel(id: string): Promise<any> {
    return this.ask('tasks/cancel', { taskId: id });
  }
}

/** A form that was filled in. */
export function filled(content: object) {
  return { action: 'accept', content };
}
