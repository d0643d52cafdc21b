// A form as the revision that brought forms has it: there a choice is a list of values, with a list of titles beside
// it. A choice without titles is written alike in all revisions.

import type { Revision } from '../protocol/revisions.js';
import type {
  ElicitRequestParams,
  PrimitiveSchemaDefinition,
  TitledSingleSelectEnumSchema,
} from '../protocol/types/elicitation.js';
import { isObject } from '../wire/json.js';

/** The last revision that is of this mind. */
const LAST: Revision = '2025-06-18';

/** What the user of a client is asked, in the client's revision. */
export function formIn(revision: Revision, params: ElicitRequestParams): ElicitRequestParams {
  if (revision > LAST || params.mode === 'url') return params;
  const { requestedSchema } = params;
  // What else is wrong with a schema by hand is told where it is written.
  if (!isObject(requestedSchema?.properties)) return params;
  const fields = Object.entries(requestedSchema.properties);
  const properties = Object.fromEntries(fields.map(([name, field]) => [name, older(field)]));
  return { ...params, requestedSchema: { ...requestedSchema, properties } };
}

/** A choice of one value, its titles said in the older way, or what else a field is. */
function older(field: PrimitiveSchemaDefinition): PrimitiveSchemaDefinition {
  if (!isObject(field) || !Array.isArray(field.oneOf)) return field;
  const { oneOf, ...rest } = field as TitledSingleSelectEnumSchema;
  return {
    ...rest,
    enum: oneOf.map((option) => option.const),
    enumNames: oneOf.map((option) => option.title),
  };
}
