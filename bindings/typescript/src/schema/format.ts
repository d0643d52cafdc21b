// The formats of texts that are held, not only shown. All others of JSON Schema are annotations.
// https://json-schema.org/draft/2020-12/json-schema-validation#section-7

/** Whether a text has a format; `undefined` if the format is an annotation. */
export function formatOf(name: string): ((text: string) => boolean) | undefined {
  return Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
}

// Each of these expressions has but one way to read a text, and so does not go back.
const ATOM = /^[\w!#$%&'*+\-/=?^`{|}~]+$/;
const LABEL = /^[A-Za-z\d](?:[A-Za-z\d-]{0,61}[A-Za-z\d])?$/;
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^(?:${OCTET}\\.){3}${OCTET}$`);
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  date: isDate,
  'date-time': (text) =>
    /^.{10}[Tt]/s.test(text) && isDate(text.slice(0, 10)) && isTime(text.slice(11)),
  email: isEmail,
  ipv4: (text) => IPV4.test(text),
  ipv6: isIpv6,
  time: isTime,
  uri: isUri,
  uuid: (text) => UUID.test(text),
};

/** `2026-02-29` is none: days are held to the calendar. */
function isDate(text: string): boolean {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (found === null) return false;
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day >= 1 && day <= days;
}

/** With an offset, as RFC 3339 has it. The sixtieth second is the last one of a day of UTC. */
function isTime(text: string): boolean {
  const found = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(text);
  if (found === null) return false;
  const [hour, minute, second] = found.slice(1, 4).map(Number) as [number, number, number];
  const [hours, minutes] = [Number(found[5] ?? 0), Number(found[6] ?? 0)];
  const offset = (hours * 60 + minutes) * (found[4] === '-' ? -1 : 1);
  const ofDay = (hour * 60 + minute - offset + 2 * 1440) % 1440;
  const isLast = ofDay === 1439;
  const isOffset = hours < 24 && minutes < 60;
  return isOffset && hour < 24 && minute < 60 && (second < 60 || (second === 60 && isLast));
}

/** An address as people have one: a dotted name, `@`, and a host or an address in brackets. No comments, no quotes. */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  const [local, host] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 0 || local.length > 64 || !local.split('.').every((part) => ATOM.test(part)))
    return false;
  if (!host.startsWith('[') || !host.endsWith(']')) {
    return host.length <= 253 && host.split('.').every((label) => LABEL.test(label));
  }
  const literal = host.slice(1, -1);
  return literal.startsWith('IPv6:') ? isIpv6(literal.slice(5)) : IPV4.test(literal);
}

/** Eight groups, of which one run of zeros may be `::` and the last two an IPv4 address. */
function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1)!.at(-1);
  let count = groups.flat().length;
  if (last?.includes('.')) {
    if (!IPV4.test(last)) return false;
    groups.at(-1)!.pop();
    count += 1;
  }
  const isRight = groups.flat().every((group) => /^[\da-f]{1,4}$/i.test(group));
  return isRight && (halves.length === 2 ? count < 8 : count === 8);
}

/** With a scheme, in ASCII, as RFC 3986 has it. */
function isUri(text: string): boolean {
  const [, scheme, address] = /^([A-Za-z][A-Za-z\d+.-]*):(.*)$/s.exec(text) ?? [];
  if (scheme === undefined) return false;
  const [withoutFragment, fragment] = cut(address!, '#');
  const [hierarchy, query] = cut(withoutFragment, '?');
  let [host, path] = ['', hierarchy];
  if (hierarchy.startsWith('//')) {
    const slash = hierarchy.indexOf('/', 2);
    const end = slash < 0 ? hierarchy.length : slash;
    [host, path] = [hierarchy.slice(2, end), hierarchy.slice(end)];
  }
  return (
    isAuthority(host) &&
    isSpelled(path, ':@/') &&
    isSpelled(query, ':@/?') &&
    isSpelled(fragment, ':@/?')
  );
}

function isAuthority(text: string): boolean {
  const at = text.lastIndexOf('@');
  const [user, place] = at < 0 ? ['', text] : [text.slice(0, at), text.slice(at + 1)];
  let [host, port] = cut(place, ':');
  if (place.startsWith('[')) {
    const end = place.indexOf(']');
    const literal = place.slice(1, end);
    if (end < 0 || !(isIpv6(literal) || /^[vV][\da-fA-F]+\.[\w\-.~!$&'()*+,;=:]+$/.test(literal)))
      return false;
    const after = place.slice(end + 1);
    if (after !== '' && !after.startsWith(':')) return false;
    [host, port] = ['', after.slice(1)];
  }
  return /^\d*$/.test(port) && isSpelled(user, ':') && isSpelled(host, '');
}

/** Whether all stands for itself, or is percent-encoded. */
function isSpelled(text: string, also: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '%') {
      if (!/^[\da-fA-F]{2}$/.test(text.slice(at + 1, at + 3))) return false;
      at += 2;
    } else if (!/^[\w\-.~!$&'()*+,;=]$/.test(text[at]!) && !also.includes(text[at]!)) {
      return false;
    }
  }
  return true;
}

/** What is before the first of a separator, and what after it. */
function cut(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
