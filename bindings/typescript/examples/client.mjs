import { connect } from 'isogloss';
import { spawn } from 'isogloss/node';

const client = await connect(spawn('node', [process.argv[2]]));
console.log(
  client.revision,
  (await client.listTools()).map((tool) => tool.name),
);

const result = await client.callTool('get_forecast', { city: 'Oslo', days: 2 });
console.log(result.structuredContent);
await client.close();
