// A client of HTTP for tests: it sends what it is told to, and shows what comes back.

import type { HttpService } from '../index.js';

const MODERN = '2026-07-28';

export const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
};

/** A response, its messages read. */
export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly messages: any[];
  readonly text: string;
}

export class HttpClient {
  /** What is sent with every request. */
  headers: Record<string, string> = {
    host: 'localhost',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };

  /** Where it is sent to. */
  path = '/mcp';

  constructor(private readonly service: Pick<HttpService, 'fetch'>) {}

  send(method: string, body?: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) {
    const request = new Request(`http://localhost${this.path}`, {
      method,
      headers: { ...this.headers, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
    return this.service.fetch(request);
  }

  async post(body: unknown, headers?: Record<string, string>): Promise<Seen> {
    return seen(await this.send('POST', body, headers));
  }

  /** A request of the modern era, with the headers that it needs. */
  async modern(method: string, params: Record<string, any> = {}, headers = {}): Promise<Seen> {
    const name = params.name ?? params.uri;
    return this.post(
      { jsonrpc: '2.0', id: 1, method, params: { _meta: META, ...params } },
      {
        'mcp-protocol-version': MODERN,
        'mcp-method': method,
        ...(name !== undefined && { 'mcp-name': name }),
        ...headers,
      },
    );
  }

  /** Opens a legacy session, which is the one of all that follows. */
  async initialize(protocolVersion: string): Promise<Seen> {
    const params = {
      protocolVersion,
      capabilities: { elicitation: {} },
      clientInfo: { name: 'raw', version: '1' },
    };
    const answer = await this.post({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
    this.headers['mcp-session-id'] = answer.headers.get('mcp-session-id') ?? '';
    await this.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return answer;
  }

  call(name: string, args: object = {}, id = 1): Promise<Seen> {
    return this.post({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name, arguments: args },
    });
  }
}

export async function seen(response: Response): Promise<Seen> {
  const { status, headers } = response;
  const text = await response.text();
  const isStream = headers.get('content-type') === 'text/event-stream';
  const messages = isStream
    ? eventsIn(text).flatMap(({ data }) => data)
    : text
      ? [JSON.parse(text)]
      : [];
  return { status, headers, messages, text };
}

/** The events of a text, the messages in them read. */
export function eventsIn(text: string): { id: string | undefined; data: any[] }[] {
  return text
    .split('\n\n')
    .filter((event) => event.includes('data:'))
    .map((event) => ({
      id: /^id: (.*)$/m.exec(event)?.[1],
      data: [...event.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data!)),
    }));
}

/** The events of a response as they come. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = '';

  constructor(response: Response) {
    this.#reader = response.body!.getReader();
  }

  /** The next event. */
  async next(): Promise<{ id: string | undefined; data: any[] } | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const [event] = eventsIn(this.#text.slice(0, end + 2));
        this.#text = this.#text.slice(end + 2);
        if (event !== undefined) return event;
        continue;
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += new TextDecoder().decode(value);
    }
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}
