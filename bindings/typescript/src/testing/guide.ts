// The guide, as tests read it.

import { readFileSync } from 'node:fs';

/** The folder of the guide's pages. */
export const GUIDE = new URL('../../../../docs/guide/typescript/', import.meta.url);

/** A block of code on a page. */
export interface Block {
  /** The line of the page on which its fence stands, counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** The blocks of a page in this language. */
export function blocksOf(page: string, language: string): Block[] {
  const text = readFileSync(new URL(page, GUIDE), 'utf8');
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map((found) => ({
      line: text.slice(0, found.index).split('\n').length,
      text: found[2]!,
    }));
}
