// The defaults of a form, for what a user who accepted it has left out.
// https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation#requested-schema

import type { ElicitResult, ElicitSchema } from '../protocol/types/elicitation.js';

/** An answer with the defaults of the fields that it leaves out, if it was accepted. */
export function fillIn({ properties }: ElicitSchema, result: ElicitResult): ElicitResult {
  if (result.action !== 'accept') return result;
  const { content = {} } = result;
  const missing = Object.entries(properties).flatMap(([name, field]) =>
    field.default === undefined || Object.hasOwn(content, name) ? [] : [[name, field.default]],
  );
  return { ...result, content: { ...content, ...Object.fromEntries(missing) } };
}
