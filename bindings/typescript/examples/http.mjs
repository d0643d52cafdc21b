import { server } from 'isogloss';
import { listen } from 'isogloss/node';

const greeter = server('greeter', '1.0.0').tool('greet', {}, () => 'Hello!');

const listening = await listen(greeter, { port: Number(process.argv[2] ?? 8080) });
console.log(listening.url);
process.once('SIGTERM', () => listening.close());
