// A weather server over standard input and output: node examples/weather.mjs

import { server } from 'isogloss';
import { serveStdio } from 'isogloss/node';
import * as z from 'zod';

const weather = server('weather', '1.0.0').tool(
  'get_forecast',
  { doc: 'Forecast for a city.', input: z.strictObject({ city: z.string() }) },
  ({ city }) => `Sunny in ${city}.`,
);

await serveStdio(weather);
