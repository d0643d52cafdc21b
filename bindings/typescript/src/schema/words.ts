// The words that checks share: what a name that nobody knows was probably meant to be, and how lists of values
// are shown.

/** What is said of a member that nobody takes: `unknown argument, did you mean "city"?` */
export function unknown(noun: string, name: string, known: readonly string[]): string {
  return `unknown ${noun}${suggestion(name, known)}`;
}

/** `"a"`, or `one of "a", "b"`: sorted, each once. */
export function oneOf(words: readonly string[]): string {
  const all = [...new Set(words)].sort();
  return all.length === 1 ? all[0]! : `one of ${all.join(', ')}`;
}

/** `, did you mean "city"?` where a known name is close enough to be what was meant. */
function suggestion(name: string, known: readonly string[]): string {
  const letters = [...name.toLowerCase()];
  const most = Math.max(1, Math.floor(letters.length / 3));
  const close = known
    .map((candidate) => [[...candidate.toLowerCase()], candidate] as const)
    // Names of another length are too far away whatever their letters.
    .filter(([other]) => Math.abs(other.length - letters.length) <= most)
    .map(([other, candidate]) => [distance(letters, other), candidate] as const)
    .filter(([edits]) => edits <= most)
    .sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1));
  return close[0] === undefined ? '' : `, did you mean "${close[0][1]}"?`;
}

/** How many letters must be added, dropped, changed or swapped to get from one text to the other. */
function distance(from: readonly string[], to: readonly string[]): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= from.length; i++) {
    const [last, before] = [rows[i - 1]!, rows[i - 2]];
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = last[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwapped ? before?.[j - 2] : undefined;
      const stepped = Math.min(last[j]!, row[j - 1]!) + 1;
      row.push(Math.min(changed, stepped, swapped === undefined ? Infinity : swapped + 1));
    }
    rows.push(row);
  }
  return rows[from.length]![to.length]!;
}
