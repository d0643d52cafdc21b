// What HTTP repeats of a message in headers: their names, and texts as header values and back. Which
// headers a message needs, and whether they agree with it, is for its sender and its receiver to see.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#request-metadata

/** The names of headers, as the receiver looks them up. */
export const HEADER = {
  /** The revision of a request. */
  protocolVersion: 'mcp-protocol-version',
  /** The method of a request. */
  method: 'mcp-method',
  /** What a request is about: the name of a tool or a prompt, the address of a resource. */
  name: 'mcp-name',
  /** How the names of headers that repeat an argument of a tool begin. */
  param: 'mcp-param-',
  /** A legacy session. */
  sessionId: 'mcp-session-id',
  /** What a reader of a legacy stream has seen last. */
  lastEventId: 'last-event-id',
} as const;

const BEFORE = '=?base64?';
const BEHIND = '?=';

/** A text as the value of a header: as it is, or in Base64 where a header could not carry it. */
export function encodeHeader(text: string): string {
  const isPlain = /^[ -~]*$/.test(text) && text.trim() === text && enclosed(text) === undefined;
  return isPlain ? text : `${BEFORE}${base64(new TextEncoder().encode(text))}${BEHIND}`;
}

/**
 * The text that the value of a header stands for.
 *
 * @throws TypeError that says what is wrong with it, to be read after the header's name.
 */
export function decodeHeader(value: string): string {
  const strange = /[^\t -~]/.exec(value);
  if (strange !== null) {
    const byte = strange[0].charCodeAt(0).toString(16).padStart(2, '0');
    throw new TypeError(
      `byte ${strange.index} is 0x${byte}: expected visible ASCII, or Base64 as ${BEFORE}…${BEHIND}`,
    );
  }
  const encoded = enclosed(value);
  if (encoded === undefined) return value;
  const bytes = fromBase64(encoded);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new TypeError('Base64 of what is not UTF-8');
  }
}

function enclosed(text: string): string | undefined {
  const isEnclosed =
    text.startsWith(BEFORE) &&
    text.endsWith(BEHIND) &&
    text.length >= BEFORE.length + BEHIND.length;
  return isEnclosed ? text.slice(BEFORE.length, -BEHIND.length) : undefined;
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** `atob` passes over missing padding and bits that are left over, which no two readers take alike. */
function fromBase64(text: string): Uint8Array {
  try {
    const binary = atob(text);
    if (btoa(binary) === text) return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  } catch {
    // Said below.
  }
  throw new TypeError('wrong Base64: expected the standard alphabet with its padding');
}
