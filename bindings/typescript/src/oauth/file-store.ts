// Tokens and registrations in files. Node only.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { TokenStore } from './store.js';

/**
 * Keeps things in files of a folder that, on Unix, nobody but the user may read (0600). They are not encrypted: where
 * the system has a keychain, a `TokenStore` of your own is better.
 */
export class FileStore implements TokenStore {
  readonly #folder: string;

  /** Keeps them in this folder, which is made if it is not there. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async load(key: string): Promise<string | undefined> {
    const place = this.#place(key);
    try {
      return await readFile(place, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw told(place, error);
    }
  }

  async save(key: string, value: string | undefined): Promise<void> {
    const place = this.#place(key);
    try {
      if (value === undefined) await rm(place, { force: true });
      else await write(this.#folder, place, value);
    } catch (error) {
      throw told(place, error);
    }
  }

  /** A file a key: its name is a digest, since keys are addresses. */
  #place(key: string): string {
    return join(this.#folder, `${createHash('sha256').update(key).digest('hex')}.json`);
  }
}

/** Writes beside the file and puts it in its place, so that there is never half of one. */
async function write(folder: string, place: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const beside = `${place}.${randomUUID()}`;
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, place);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

function told(place: string, error: unknown): Error {
  return new Error(`the token store ${place}: ${(error as Error).message}`);
}
