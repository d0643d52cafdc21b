// The header `WWW-Authenticate`, read: what a server wants that refuses a request.
// https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1, https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1

import { words } from './scopes.js';

/** What a server says about access tokens. What it says about other credentials is passed over. */
export interface Challenge {
  bearer: boolean;
  dpop: boolean;
  error?: string;
  scopes: string[];
  resourceMetadata?: string;
}

/** The challenges of an answer. Several headers come as one text here, with commas between, as they may. */
export function challengeOf(headers: Headers): Challenge {
  return readChallenge(headers.get('www-authenticate') ?? '');
}

export function readChallenge(text: string): Challenge {
  const found: Challenge = { bearer: false, dpop: false, scopes: [] };
  let scheme = '';
  for (const { name, value } of parts(text)) {
    if (value !== undefined) {
      if (scheme === 'bearer' || scheme === 'dpop') put(found, name, value);
      continue;
    }
    scheme = name;
    found.bearer ||= name === 'bearer';
    found.dpop ||= name === 'dpop';
  }
  return found;
}

/** Whether the token has to be bound to a key. */
export function wantsDpop({ bearer, dpop }: Challenge): boolean {
  return dpop && !bearer;
}

/** Whether a server takes the token, and wants more scopes of it. */
export function wantsScopes({ error, scopes }: Challenge): boolean {
  return error === 'insufficient_scope' && scopes.length > 0;
}

/** Of a parameter given twice the first counts. */
function put(found: Challenge, name: string, value: string): void {
  if (name === 'error') found.error ??= value;
  else if (name === 'resource_metadata') found.resourceMetadata ??= value;
  else if (name === 'scope' && found.scopes.length === 0) found.scopes = words(value);
}

/** A scheme, in lower case; or a parameter of the one before. */
interface Part {
  name: string;
  value?: string;
}

/** What a header consists of, read as far as it can be: nothing that a server writes is an error. */
function* parts(text: string): Generator<Part> {
  let at = 0;
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const [found = ''] = pattern.exec(text) ?? [];
    at += found.length;
    return found;
  };
  const value = () => (text[at] === '"' ? unquoted(match(QUOTED)) : match(WORD));
  for (;;) {
    match(BETWEEN);
    if (at === text.length) return;
    const name = match(NAME).toLowerCase();
    if (name === '') {
      // Text between quotes that nothing leads to.
      match(QUOTED);
    } else if (match(EQUALS) === '') {
      yield { name };
    } else {
      yield { name, value: value() };
    }
  }
}

const BETWEEN = /[ \t,=]*/y;
const NAME = /[^ \t,="]*/y;
const WORD = /[^ \t,=]*/y;
const EQUALS = /[ \t]*=[ \t]*/y;
/** From a quote to the next one, or to the end. */
const QUOTED = /"(?:[^"\\]|\\[^])*(?:"|\\?$)/y;

function unquoted(text: string): string {
  let found = '';
  for (let at = 1; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\') at++;
    found += text[at] ?? '';
  }
  return found;
}
