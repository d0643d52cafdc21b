// Private keys as PEM texts: which kind one is, and the form that WebCrypto takes (PKCS #8) of those that older tools
// write (PKCS #1 for RSA, SEC 1 for elliptic curves).
// https://www.rfc-editor.org/rfc/rfc5208.html#section-5

export type KeyKind = 'RSA' | 'P-256' | 'P-384' | 'Ed25519';

/** A key in PKCS #8, and its kind. */
export interface Pkcs8 {
  readonly kind: KeyKind;
  readonly der: Uint8Array<ArrayBuffer>;
}

/** The names of the algorithms, as DER has them. */
const RSA = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256 = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384 = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
const ED25519 = [0x06, 0x03, 0x2b, 0x65, 0x70];
const NULL = [0x05, 0x00];
const VERSION = [0x02, 0x01, 0x00];

/** How many bytes of a key say what it is; the rest is the key. */
const HEAD = 64;

const SEQUENCE = 0x30;
const OCTETS = 0x04;

/** The first private key of a PEM text; nothing if there is none of a kind that is known here. */
export function pkcs8Of(pem: string): Pkcs8 | undefined {
  const [, label, body] =
    /-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([A-Za-z0-9+/=\s]*)-----END \1-----/.exec(pem) ?? [];
  const der = bytesOf(body);
  if (der === undefined) return undefined;
  if (label === 'RSA PRIVATE KEY') return { kind: 'RSA', der: wrapped([...RSA, ...NULL], der) };
  if (label === 'EC PRIVATE KEY') {
    // The curve stands behind the key, which is as long as the curve wants.
    const curve = has(der, P256) ? P256 : has(der, P384) ? P384 : undefined;
    if (curve === undefined) return undefined;
    return { kind: curve === P256 ? 'P-256' : 'P-384', der: wrapped([...EC, ...curve], der) };
  }
  const head = der.subarray(0, HEAD);
  const kinds: [KeyKind, number[]][] = [
    ['RSA', RSA],
    ['P-256', P256],
    ['P-384', P384],
    ['Ed25519', ED25519],
  ];
  const [kind] = kinds.find(([, name]) => has(head, name)) ?? [];
  return kind && { kind, der };
}

function bytesOf(body: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  try {
    if (body === undefined) return undefined;
    return Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function wrapped(algorithm: number[], key: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts = [...VERSION, ...tagged(SEQUENCE, algorithm), ...tagged(OCTETS, key)];
  return Uint8Array.from(tagged(SEQUENCE, parts));
}

/** A value of DER: its tag, its length, and itself. */
function tagged(tag: number, value: ArrayLike<number>): number[] {
  const { length } = value;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return [tag, ...size, ...Array.from(value)];
}

function has(bytes: Uint8Array, part: number[]): boolean {
  return bytes.some((_, at) => part.every((byte, i) => bytes[at + i] === byte));
}
