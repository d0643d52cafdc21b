// Questions of a server: answered by functions in both eras, asked again, or not answered and told so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';

import {
  connect,
  form,
  openUrl,
  roots,
  sample,
  server,
  type ClientOptions,
  type Context,
} from '../index.js';
import * as LIMITS from '../protocol/limits.js';
import { jsonSchema } from '../schema/json-schema.js';
import { ScriptedServer, type Answer } from '../testing/scripted-server.js';

const MODES = ['legacy', 'modern'] as const;

async function greeting(context: Context): Promise<string> {
  const { content } = await context.ask(form('Your name?', z.object({ name: z.string() })));
  const folders = await context.ask(roots());
  const message = { role: 'user', content: { type: 'text', text: 'Greet.' } } as const;
  const said = await context.ask(sample({ messages: [message], maxTokens: 10 }));
  const words = said.content as { text?: string };
  return `${words.text} ${content?.name}, ${folders.length} roots`;
}

const asking = server('asking', '1')
  .tool('greet', {}, async (_, context) => greeting(context))
  .tool('open', {}, async (_, context) => {
    const { action } = await context.ask(openUrl('Log in.', 'https://example.com/'));
    return action;
  })
  .resource('text://greeting', {}, async (_, context) => greeting(context))
  .prompt('greet', {}, async (_, context) => greeting(context));

const ZOE: ClientOptions = {
  onElicit: ({ message }) => {
    assert.equal(message, 'Your name?');
    return { action: 'accept', content: { name: 'Zoë' } };
  },
  onElicitUrl: async ({ url }) => ({
    action: url === 'https://example.com/' ? 'accept' : 'cancel',
  }),
  onSample: async () => ({
    content: { type: 'text', text: 'Hello' },
    model: 'm',
    role: 'assistant',
  }),
  onRoots: () => [{ uri: 'file:///home' }],
};

test('functions answer a tool, a resource and a prompt in both eras', async () => {
  for (const mode of MODES) {
    const client = await connect(asking, { ...ZOE, mode });
    const expected = 'Hello Zoë, 1 roots';
    assert.equal(await client.call('greet'), expected, mode);
    const { contents } = await client.readResource('text://greeting');
    assert.deepEqual(contents, [
      { uri: 'text://greeting', mimeType: 'text/plain', text: expected },
    ]);
    const { messages } = await client.getPrompt('greet');
    assert.deepEqual(messages[0]?.content, { type: 'text', text: expected });
    assert.equal(await client.call('open'), 'accept');
  }
});

test('a client says that it can do what there is a function for', async () => {
  const told = new ScriptedServer(() => ({}));
  await connect(told.transport, {
    capabilities: { experimental: { a: {} } },
    onElicitUrl: () => ({ action: 'cancel' }),
    onRoots: () => [],
  });
  const meta = told.heard[0]?.params._meta;
  assert.deepEqual(meta['io.modelcontextprotocol/clientCapabilities'], {
    elicitation: { url: {} },
    experimental: { a: {} },
    roots: {},
  });
});

test('what nobody answers is not asked, or the tool fails', async () => {
  for (const mode of MODES) {
    const client = await connect(asking, { mode, onRoots: () => [] });
    const greeted = await client.call('greet').catch((error: unknown) => error);
    assert.ok(greeted instanceof Error, mode);
  }
});

test('without anybody to answer the questions are the result', async () => {
  const questions = new ScriptedServer(() => question('state'));
  const client = await connect(questions.transport);
  const outcome = await client.calls.callTool({ name: 'greet' });
  assert.equal(outcome.resultType, 'input_required');
  await assert.rejects(client.callTool('greet'), {
    kind: 'decode',
    message: 'the answer to tools/call: asks for input, which this client does not answer',
  });
});

test('a question that nobody answers ends the call and says which', async () => {
  const questions = new ScriptedServer(() => question());
  const client = await connect(questions.transport, { onRoots: () => [] });
  await assert.rejects(client.callTool('greet'), {
    kind: 'decode',
    message:
      'the answer to tools/call: asks for elicitation/create "q", which this client does not answer: method not found: elicitation/create',
  });
});

function question(requestState?: string): Answer {
  const params = { message: 'Your name?', requestedSchema: { type: 'object', properties: {} } };
  const inputRequests = { q: { method: 'elicitation/create', params } };
  return {
    resultType: 'input_required',
    inputRequests,
    ...(requestState !== undefined && { requestState }),
  };
}

test('a retry is the same request under another id, with the answers and the state of its round', async () => {
  const rounds = [
    question('sealed é"'),
    { resultType: 'input_required', requestState: 'two' },
    question(),
    { resultType: 'complete', content: [] },
  ];
  let round = 0;
  const questions = new ScriptedServer(() => rounds[round++]);
  const client = await connect(questions.transport, ZOE);
  await client.callTool('t', { a: 1 });
  const calls = questions.heard.filter(({ method }) => method === 'tools/call');
  const answers = { q: { action: 'accept', content: { name: 'Zoë' } } };
  assert.deepEqual(
    calls.map(({ params }) => [params.inputResponses, params.requestState]),
    [
      [undefined, undefined],
      [answers, 'sealed é"'],
      [undefined, 'two'],
      [answers, undefined],
    ],
  );
  for (const { params } of calls) {
    assert.deepEqual([params.name, params.arguments], ['t', { a: 1 }]);
    assert.deepEqual(params._meta, calls[0]!.params._meta);
  }
  assert.equal(new Set(calls.map(({ id }) => id)).size, 4);
});

test('a server that asks for ever is left after the rounds of the limit', async () => {
  const endless = new ScriptedServer(() => question('again'));
  const client = await connect(endless.transport, ZOE);
  await assert.rejects(client.callTool('t'), { message: /after 10 rounds \(maxRounds\)$/ });
  assert.equal(endless.count('tools/call'), LIMITS.maxRounds + 1);
});

test('a result that asks for nothing is wrong', async () => {
  const wrong = new ScriptedServer(() => ({ resultType: 'input_required' }));
  const client = await connect(wrong.transport, ZOE);
  await assert.rejects(client.callTool('t'), { kind: 'decode' });
  assert.equal(wrong.count('tools/call'), 1);
});

test('a call that is aborted does not wait for whoever is asked', async () => {
  const questions = new ScriptedServer(() => question());
  const controller = new AbortController();
  const client = await connect(questions.transport, {
    onElicit: () => {
      controller.abort(new Error('enough'));
      return new Promise(() => {});
    },
  });
  const { signal } = controller;
  await assert.rejects(client.callTool('t', {}, { signal }), { message: 'enough' });
});

test('what was answered to questions is not kept', async () => {
  const read = { resultType: 'complete', contents: [], ttlMs: 60_000, cacheScope: 'private' };
  const questions = new ScriptedServer(({ params }) =>
    params.inputResponses === undefined ? question() : read,
  );
  const client = await connect(questions.transport, ZOE);
  for (let time = 0; time < 2; time++) await client.readResource('a://b');
  assert.equal(questions.count('resources/read'), 4);
});

test('a form is given its defaults where the client is told so', async () => {
  const fields = jsonSchema({
    type: 'object',
    properties: {
      name: { type: 'string', default: 'John' },
      age: { type: 'integer', default: 30 },
      status: { type: 'string', enum: ['on', 'off'], default: 'on' },
      verified: { type: 'boolean', default: false },
      other: { type: 'string' },
    },
  });
  const asker = server('asking', '1').tool('ask', {}, async (_, context) => {
    const { action, content } = await context.ask(form('Well?', fields));
    return { action, content: content ?? null };
  });
  const content = { name: 'Zoë' };
  const filled = { name: 'Zoë', age: 30, status: 'on', verified: false };
  for (const mode of MODES) {
    for (const [fillDefaults, action, expected] of [
      [true, 'accept', filled],
      [false, 'accept', content],
      [true, 'decline', null],
    ] as const) {
      const onElicit = () => ({ action, ...(action === 'accept' && { content }) });
      const client = await connect(asker, { mode, fillDefaults, onElicit });
      assert.deepEqual(await client.call('ask'), { action, content: expected });
    }
  }
});

test("the protocol's interface answers what there is no function for", async () => {
  class Handlers {
    readonly #name = 'Zoë';
    elicit() {
      return { action: 'accept', content: { name: this.#name } } as const;
    }
    listRoots() {
      return { roots: [] };
    }
  }
  const capabilities = { elicitation: {}, roots: {} };
  for (const mode of MODES) {
    const { onSample } = ZOE;
    const options = { mode, capabilities, handlers: new Handlers(), onSample: onSample! };
    assert.equal(await (await connect(asking, options)).call('greet'), 'Hello Zoë, 0 roots');
  }
});
