// Addresses of resources, however they are spelled: `café` and `caf%C3%A9` are one.
// https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2

/**
 * An address as it is compared: what needs no encoding is decoded, what an address cannot have is encoded, in
 * capitals. `undefined` if a `%` is followed by no two digits, or there is half a surrogate pair.
 */
export function settled(address: string): string | undefined {
  if (/%(?![\da-fA-F]{2})/.test(address)) return undefined;
  try {
    return address
      .replace(/[^\x00-\x7f]+|[^\w\-.~:/?#[\]@!$&'()*+,;=%]/g, encodeURIComponent)
      .replace(/%[\da-fA-F]{2}/g, (code) => {
        const character = String.fromCharCode(parseInt(code.slice(1), 16));
        return /[\w\-.~]/.test(character) ? character : code.toUpperCase();
      });
  } catch {
    return undefined;
  }
}
