// The reading half: bytes in pieces of any size to whole events. A piece may end within a character, between
// CR and LF, or within the byte order mark. Data is handed on as bytes: that it is UTF-8 is for its reader to see.

/** How much of an event that is too long is kept, to find out what it was about. */
const BEGINNING = 1024;

/** How much longer a line of data is than its data: a byte order mark and `data: `. */
const AROUND = 9;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;

/** What comes out of a stream. */
export type StreamItem =
  /** An event. One without data is none, as the standard has it; its id counts all the same. */
  | { readonly kind: string; readonly data: Uint8Array }
  /** An event that was longer than allowed and was dropped: how its data began. What follows it is read on. */
  | { readonly kind: undefined; readonly beginning: Uint8Array };

/** A reader of one stream, piece by piece. An event that has no end when the stream ends is none. */
export class EventParser {
  readonly #limit: number;
  /** What was read of a line that has no end yet, and its length. */
  #begun: Uint8Array[] = [];
  #begunLength = 0;
  /** The lines of data so far, and their length with an LF behind each. */
  #data: Uint8Array[] = [];
  #dataLength = 0;
  #kind = '';
  #id: string | undefined;
  #lastEventId = '';
  #retry: number | undefined;
  /** No line has been read yet: the byte order mark may come. */
  #fresh = true;
  /** The last byte was a CR: an LF that follows belongs to it. */
  #afterCr = false;
  /** The event is too long: what is left of it is passed over. */
  #skipping = false;

  /** @param limit Most bytes of an event's data. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The id of the last event that came with one, for `Last-Event-ID`; empty if none did. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** Milliseconds that the sender wants a reader to wait before it comes back. */
  get retry(): number | undefined {
    return this.#retry;
  }

  /** How many bytes are kept of what is not complete. */
  get held(): number {
    return this.#dataLength + this.#begunLength;
  }

  /** Takes the next piece; gives the events that end in it. */
  feed(piece: Uint8Array): StreamItem[] {
    const items: StreamItem[] = [];
    let from = 0;
    let cr = piece.indexOf(CR);
    while (from < piece.length) {
      const follows = this.#afterCr && piece[from] === LF;
      this.#afterCr = false;
      if (follows) {
        from++;
        continue;
      }
      if (cr >= 0 && cr < from) cr = piece.indexOf(CR, from);
      const lf = piece.indexOf(LF, from);
      const end = cr < 0 || (lf >= 0 && lf < cr) ? lf : cr;
      if (end < 0) {
        this.#extend(piece.subarray(from), items);
        break;
      }
      this.#afterCr = end === cr;
      this.#endLine(piece.subarray(from, end), items);
      from = end + 1;
    }
    return items;
  }

  /** A line is complete, of which this is the last part. */
  #endLine(part: Uint8Array, items: StreamItem[]): void {
    if (this.#begunLength === 0) return this.#line(part, items);
    this.#extend(part, items);
    const line = joined(this.#begun, this.#begunLength);
    this.#begun = [];
    this.#begunLength = 0;
    this.#line(line, items);
  }

  /** Keeps a part of a line. Of what is passed over one byte is enough to know that the line is not empty. */
  #extend(part: Uint8Array, items: StreamItem[]): void {
    if (part.length === 0) return;
    if (!this.#skipping && this.#isTooLong(this.#begunLength + part.length)) {
      const beginning = [...this.#begun, part.subarray(0, BEGINNING)];
      const line = joined(beginning, this.#begunLength + Math.min(part.length, BEGINNING));
      this.#giveUp(field(line)[1], items);
    }
    // A copy where little is kept of much: the rest is not to be held on to.
    const kept = this.#skipping ? part.slice(0, this.#begunLength === 0 ? 1 : 0) : part;
    if (kept.length > 0) this.#begun.push(kept);
    this.#begunLength += kept.length;
  }

  /**
   * Whether a line of so many bytes leaves no room for its data. It is asked of lines that are not complete and
   * of those that are, so that it does not matter in which pieces they came.
   */
  #isTooLong(line: number): boolean {
    return this.#dataLength + line > this.#limit + AROUND;
  }

  /** Reports that the event is too long, and keeps none of it. */
  #giveUp(rest: Uint8Array, items: StreamItem[]): void {
    const all = joined([...withLineEnds(this.#data), rest], this.#dataLength + rest.length);
    items.push({ kind: undefined, beginning: all.slice(0, BEGINNING) });
    this.#skipping = true;
    this.#data = [];
    this.#begun = [];
    this.#dataLength = this.#begunLength = 0;
  }

  #line(whole: Uint8Array, items: StreamItem[]): void {
    const fresh = this.#fresh;
    this.#fresh = false;
    if (!this.#skipping && this.#isTooLong(whole.length))
      return this.#giveUp(field(whole)[1], items);
    const line = fresh && isMarked(whole) ? whole.subarray(3) : whole;
    if (line.length === 0) return this.#end(items);
    if (this.#skipping) return;
    const [name, value] = field(line);
    if (name === 'data') {
      if (this.#dataLength + value.length > this.#limit) return this.#giveUp(value, items);
      this.#data.push(value);
      this.#dataLength += value.length + 1;
    } else if (name === 'event') {
      this.#kind = text(value);
    } else if (name === 'id' && !value.includes(0)) {
      this.#id = text(value);
    } else if (name === 'retry' && /^\d+$/.test(text(value))) {
      const retry = Number(text(value));
      // What is beyond any clock was not meant.
      if (Number.isSafeInteger(retry)) this.#retry = retry;
    }
  }

  /** An empty line: the event is complete. */
  #end(items: StreamItem[]): void {
    this.#lastEventId = this.#id ?? this.#lastEventId;
    const kind = this.#kind === '' ? 'message' : this.#kind;
    const lines = this.#data;
    // The LF behind the last line separates nothing.
    const length = this.#dataLength - 1;
    const isEvent = !this.#skipping && lines.length > 0;
    this.#id = undefined;
    this.#kind = '';
    this.#data = [];
    this.#dataLength = 0;
    this.#skipping = false;
    if (!isEvent) return;
    const data = lines.length === 1 ? lines[0]! : joined(withLineEnds(lines), length);
    items.push({ kind, data });
  }
}

const BREAK = Uint8Array.of(LF);

function withLineEnds(lines: Uint8Array[]): Uint8Array[] {
  return lines.flatMap((line) => [line, BREAK]);
}

/** As much of these pieces, one after the other, as this length has room for. */
function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1 && pieces[0]!.length === length) return pieces[0]!;
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    if (at >= length) break;
    const part = piece.subarray(0, length - at);
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A line's name and value. A comment has the empty name; the names that mean something are short. */
function field(line: Uint8Array): [name: string, value: Uint8Array] {
  const colon = line.indexOf(COLON);
  if (colon < 0) return [text(line.subarray(0, 8)), line.subarray(line.length)];
  const value = line.subarray(colon + (line[colon + 1] === SPACE ? 2 : 1));
  return [colon > 8 ? '' : text(line.subarray(0, colon)), value];
}

function isMarked(line: Uint8Array): boolean {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
