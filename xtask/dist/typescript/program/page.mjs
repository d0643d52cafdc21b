// What a page does with a server of another origin; bundled, and told by its address what to use. The outcome goes back
// to where the page came from.

import { connect } from 'isogloss';
import weather from './app.mjs';
import { callLegacy, callModern } from './plain.mjs';

const told = new URL(location.href).searchParams;
const url = told.get('server');

async function use() {
  const name = 'get_forecast';
  const args = { city: 'Oslo', days: 2 };
  const within = await connect(weather);
  const outcomes = { 'in memory': (await within.callTool(name, args)).structuredContent };
  await within.close();
  outcomes['plain, modern'] = (await callModern(url, name, args)).structuredContent;
  outcomes['plain, legacy'] = (await callLegacy(url, name, args)).result.structuredContent;
  for (const mode of ['auto', 'legacy']) {
    const client = await connect(url, { mode });
    outcomes[`client, ${client.era}`] = (await client.callTool(name, args)).structuredContent;
    await client.close();
  }
  return { outcomes };
}

const outcome = await use().catch((error) => ({ error: String(error) }));
await fetch('/outcome', { method: 'POST', body: JSON.stringify(outcome) });
