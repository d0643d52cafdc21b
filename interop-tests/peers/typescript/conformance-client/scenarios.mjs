// What is done in each scenario, once there is a connection.

/** What is done in the scenario of this name, with the client and with what its user knows. */
export const scenarioOf = (name) => SCENARIOS[name] ?? useFirst;

const SCENARIOS = {
  initialize: list,
  'request-metadata': list,
  'json-schema-ref-no-deref': list,
  'elicitation-sep1034-client-defaults': (client) =>
    client.callTool('test_client_elicitation_defaults'),
  'sse-retry': (client) => client.callTool('test_reconnection'),
  'sep-2322-client-request-state': rounds,
  'http-standard-headers': useAll,
  'http-custom-headers': marked,
  'http-invalid-tool-headers': callListed,
  'json-schema-2020-12-preservation': echoSchema,
};

function list(client) {
  return client.listTools();
}

/** `tools_call`, and whatever is about the way to a server: list the tools, and call the first. */
async function useFirst(client) {
  const [first] = await client.listTools();
  if (first === undefined) return;
  await client.callTool(first.name, first.name === 'add_numbers' ? { a: 2, b: 3 } : {});
}

/** Calls tools that ask; the user has another one called before answering. */
async function rounds(client) {
  await client.listTools();
  for (const tool of ['test_mrtr_echo_state', 'test_mrtr_no_state', 'test_mrtr_no_result_type']) {
    await client.callTool(tool);
  }
}

/** Uses whatever the server has. */
async function useAll(client) {
  for (const { name } of await client.listTools()) await client.callTool(name);
  for (const { uri } of await client.listResources()) await client.readResource(uri);
  for (const { name } of await client.listPrompts()) await client.getPrompt(name);
}

/** Calls tools some of whose arguments headers repeat. */
async function marked(client, { toolCalls = [] }) {
  await client.listTools();
  for (const { name, arguments: args } of toolCalls) await client.callTool(name, args);
}

async function callListed(client) {
  for (const { name } of await client.listTools()) {
    await client.callTool(name, { region: 'us-east1' });
  }
}

/** Gives a schema back as it came. */
async function echoSchema(client) {
  const tools = await client.listTools();
  const wanted = tools.find(({ name }) => name === 'json_schema_2020_12_tool');
  if (wanted === undefined) throw new Error('there is no json_schema_2020_12_tool');
  await client.callTool('json_schema_echo', { schema: wanted.inputSchema });
}

/** A user who agrees to everything, and who has something else done while being asked. */
export class User {
  client;

  async answers({ requestedSchema }) {
    if (!Object.hasOwn(requestedSchema?.properties ?? {}, 'confirmed')) return { action: 'accept' };
    await this.client.callTool('test_mrtr_unrelated');
    return { action: 'accept', content: { confirmed: true } };
  }
}
