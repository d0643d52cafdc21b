// A client that is no SDK: requests of the protocol in both eras, made by `fetch` as they stand in the specification.
// It runs in every runtime and in a page, and imports nothing.

const MODERN = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** Calls a tool without more ado, as the modern era does. */
export async function callModern(url, name, args) {
  const params = { name, arguments: args, _meta: META };
  const { result } = await post(
    url,
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params },
    { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': name },
  );
  return result;
}

/** Opens a session, calls a tool in it and ends it, as the legacy era does; gives the revision too. */
export async function callLegacy(url, name, args) {
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'plain', version: '1' },
  };
  const { result: greeting, session } = await post(url, {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params,
  });
  const headers = {
    'mcp-protocol-version': greeting.protocolVersion,
    ...(session && { 'mcp-session-id': session }),
  };
  await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, headers);
  const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name, arguments: args } };
  const { result } = await post(url, call, headers);
  if (session) await fetch(url, { method: 'DELETE', headers });
  return { result, revision: greeting.protocolVersion };
}

async function post(url, message, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify(message),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${message.method}: HTTP ${response.status}: ${text}`);
  const session = response.headers.get('mcp-session-id');
  if (message.id === undefined) return { session };
  const answer = messagesOf(response, text).find(({ id }) => id === message.id);
  if (answer?.result === undefined) throw new Error(`${message.method}: no result in ${text}`);
  return { result: answer.result, session };
}

/** The messages of an answer, whether it is one or a stream. */
function messagesOf(response, text) {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    return [JSON.parse(text)];
  }
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data));
}
