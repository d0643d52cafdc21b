// Events as the HTML standard has them: no input or output, and no word of MCP. What an event means, and
// when one is sent again, is for others to say. Here they are written; `sse/parser` reads them.

/** An event to be written. */
export interface OutgoingEvent {
  /** What a reader that comes back names as the last thing it has seen. */
  readonly id?: string;
  /** Milliseconds that a reader shall wait before it comes back. */
  readonly retry?: number;
  /** What is told; line breaks come back as LF. */
  readonly data: string;
}

/** A comment, which readers pass over and which keeps a connection from being taken for dead. */
export const COMMENT = ':\n\n';

/** The text of an event. An id that could not be read back, for a line break or a NUL in it, is left out. */
export function writeEvent({ id, retry, data }: OutgoingEvent): string {
  const withId = id === undefined || /[\r\n\0]/.test(id) ? '' : `id: ${id}\n`;
  const withRetry = retry === undefined ? '' : `retry: ${retry}\n`;
  const lines = /[\r\n]/.test(data) ? data.split(/\r\n|\r|\n/).join('\ndata: ') : data;
  return `${withId}${withRetry}data: ${lines}\n\n`;
}
