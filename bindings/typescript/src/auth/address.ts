// Addresses: which ones may be asked (HTTPS; HTTP on this machine alone), and when two of them name one resource.

/**
 * An address that may be asked, or named to clients.
 *
 * @throws TypeError that says what is wrong with it and what to do.
 */
export function checked(what: string, text: string): URL {
  const wrong = (why: string) => new TypeError(`${what} ${JSON.stringify(text)}: ${why}`);
  if (text.includes('#')) {
    throw wrong('an address with a fragment is not allowed; leave out what begins with "#"');
  }
  // The parser of URLs mends what is no address: backslashes, spaces, slashes that are missing.
  if (text === '' || !/^[!-[\]-~]*$/.test(text)) {
    throw wrong('expected an address such as https://host: found characters that none has');
  }
  const [, scheme, authority] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?]+)/.exec(text) ?? [];
  if (scheme === undefined || authority === undefined) {
    throw wrong('expected an absolute address such as https://host');
  }
  if (authority.includes('@')) {
    throw wrong('an address with a user in it is not allowed; leave out what ends with "@"');
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong('expected an address such as https://host: this is none');
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return url;
  if (url.protocol !== 'http:') throw wrong('expected https');
  throw wrong('plain http is for addresses of this machine alone; use https');
}

/** Whether an address is one of this machine, as its own programs name it: plain HTTP will do there. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** Names and numbers of this machine, as the parser of URLs spells them. */
const THIS_MACHINE = [
  /^(.+\.)?localhost\.?$/,
  /^(127|0)(\.\d+){3}$/,
  /^\[::1?\]$/,
  /^\[::ffff:(7f[\da-f]{2}|[\da-f]{0,2}):[\da-f]{1,4}\]$/,
];

/** Whether an address leads to this machine, however it is written: nobody elsewhere has a say in what is asked of it. */
export function isThisMachine({ hostname }: URL): boolean {
  return THIS_MACHINE.some((own) => own.test(hostname));
}

/**
 * Whether two identifiers name one resource. Scheme and host may differ in case, and a host alone may end with a
 * slash; everything else counts as it stands.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#canonical-server-uri
 */
export function sameResource(one: string, other: string): boolean {
  return one === other || canonical(one) === canonical(other);
}

function canonical(text: string): string {
  const [, scheme, authority, rest] = /^([^:/?#]*):\/\/([^/?#]*)(.*)$/s.exec(text) ?? [];
  if (scheme === undefined) return text;
  const path = rest === '/' ? '' : rest;
  return `${scheme.toLowerCase()}://${authority!.toLowerCase()}${path}`;
}

/** An address with `/.well-known/<name>` before its path, as RFC 8414 and RFC 9728 have it. */
export function wellKnown({ origin, pathname, search }: URL, name: string): string {
  return `${origin}/.well-known/${name}${trimmed(pathname)}${search}`;
}

/** A path without the slashes at its end. */
export function trimmed(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}
