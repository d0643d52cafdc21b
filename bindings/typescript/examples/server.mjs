import { server, ToolError } from 'isogloss';
import { serveStdio } from 'isogloss/node';
import * as z from 'zod';

const forecasts = { Rome: 'sun', Oslo: 'snow' };

const weather = server('weather', '1.0.0')
  .tool(
    'get_forecast',
    {
      doc: 'Forecast for a city.',
      input: z.strictObject({ city: z.string(), days: z.int().min(1).max(10).default(1) }),
      output: z.array(z.string()),
    },
    ({ city, days }) => {
      if (!(city in forecasts)) throw new ToolError(`no forecast for ${city}`);
      return Array(days).fill(forecasts[city]);
    },
  )
  .resource('city://{name}/profile', { doc: 'A city.' }, ({ name }) => `# ${name}`);

await serveStdio(weather);
