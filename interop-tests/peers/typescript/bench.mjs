// The mode `bench`: its two tools, as anybody would write them.

import { server } from '../../../bindings/typescript/dist/bundled/index.js';
import { jsonSchema } from '../../../bindings/typescript/dist/bundled/json-schema.js';

const object = (properties) =>
  jsonSchema({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  });

export const bench = server('isogloss-typescript-bench', '0.1.0')
  .tool(
    'add',
    {
      doc: 'Adds two integers.',
      input: object({ a: { type: 'integer' }, b: { type: 'integer' } }),
      output: jsonSchema({ type: 'integer' }),
    },
    ({ a, b }) => a + b,
  )
  .tool(
    'echo',
    {
      doc: 'Gives the payload back.',
      input: object({ payload: { type: 'object' } }),
      output: jsonSchema({ type: 'object' }),
    },
    ({ payload }) => payload,
  );
