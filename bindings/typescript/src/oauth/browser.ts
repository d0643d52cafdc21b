// The system's browser as a user agent, and this machine as the place to come back to. Node only.

import { spawn } from 'node:child_process';

import type { Awaitable } from '../awaitable.js';
import { Receiver } from './redirect.js';
import type { UserAgent, Visit } from './user-agent.js';

/** What can be said of a {@link Browser}. */
export interface BrowserOptions {
  /**
   * Waits at this port, where an authorization server takes no other: users come back to
   * `http://127.0.0.1:<port>/callback`. A registration that is kept can be used by the next run then, too. If not set,
   * a free one: the same each time, if it still is.
   */
  port?: number;
  /** Opens addresses so: to show them instead, on a machine without a browser. */
  open?: (address: string) => Awaitable<void>;
}

/** Opens the system's browser, and waits on a port of this machine for the user to come back. */
export class Browser implements UserAgent {
  readonly #port: number;
  readonly #open: (address: string) => Awaitable<void>;
  /** The port that was free the last time. */
  #last = 0;

  constructor({ port = 0, open = openInBrowser }: BrowserOptions = {}) {
    this.#port = port;
    this.#open = open;
  }

  /** Makes ready for one visit; see {@link UserAgent}. */
  async begin(signal: AbortSignal): Promise<Visit> {
    const receiver = await this.#receiver(signal);
    this.#last = receiver.port;
    return {
      redirectUri: receiver.redirectUri,
      show: async (address) => {
        // The last one: an endpoint's address may have brought its own.
        const state = new URL(address).searchParams.getAll('state').at(-1) ?? '';
        const back = receiver.receive(state);
        await this.#open(address);
        return back;
      },
    };
  }

  /**
   * Where the user comes back to. It stays what it was, so that the client need not be registered anew: it would be
   * another one then, and a server may keep a session for the one that opened it alone.
   */
  async #receiver(signal: AbortSignal): Promise<Receiver> {
    const wanted = this.#port === 0 ? this.#last : this.#port;
    try {
      return await Receiver.bind(wanted, signal);
    } catch (error) {
      if (this.#port === 0 && wanted !== 0) return Receiver.bind(0, signal);
      throw new Error(`port ${wanted} of this machine: ${(error as Error).message}`);
    }
  }
}

/** The command of each system that opens an address as the user would; no shell reads the address. */
function openInBrowser(address: string): Promise<void> {
  const [command, ...words] =
    process.platform === 'darwin'
      ? ['open']
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler']
        : ['xdg-open'];
  return new Promise((resolve, reject) => {
    const child = spawn(command!, [...words, address], { stdio: 'ignore', detached: true });
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
    child.once('error', (error) => {
      // Without the address, which `spawn` has in its error: the visit's state is in it.
      const why = (error as NodeJS.ErrnoException).code ?? 'unknown';
      reject(
        new Error(
          `no browser could be opened (${command}: ${why}); show the address yourself with the option \`open\``,
        ),
      );
    });
  });
}
