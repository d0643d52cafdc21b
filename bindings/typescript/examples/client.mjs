import { connect } from 'isogloss';
import { spawn } from 'isogloss/node';

const client = await connect(spawn('node', [process.argv[2]]));
console.log(
  client.revision,
  (await client.listTools()).map((tool) => tool.name),
);

console.log(await client.call('get_forecast', { city: 'Oslo', days: 2 }));
await client.close();
