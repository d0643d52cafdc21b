// Lists that come in pages: one item after the other as they come, or all at once. A page is asked for when it
// is needed. The same cursor again is the end.

import { McpError } from '../error.js';
import * as LIMITS from '../protocol/limits.js';

/** What a server has of a kind, page by page. */
export async function* items<Page extends { nextCursor?: string }, Item>(
  load: (params: { cursor?: string }) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[],
): AsyncGenerator<Item, undefined> {
  let cursor: string | undefined;
  for (let asked = 0; asked < LIMITS.maxPages; asked++) {
    const page = await load(cursor === undefined ? {} : { cursor });
    yield* itemsOf(page);
    const { nextCursor } = page;
    if (nextCursor === undefined || nextCursor === cursor) return undefined;
    cursor = nextCursor;
  }
  const what = `the list has more pages than the limit of ${LIMITS.maxPages} (maxPages)`;
  throw new McpError('decode', what);
}

/** All of them. */
export async function gathered<Item>(all: AsyncIterable<Item>): Promise<Item[]> {
  const gathered: Item[] = [];
  for await (const item of all) gathered.push(item);
  return gathered;
}
