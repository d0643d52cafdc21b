// Questions to the client's side: pushed to a legacy client, answered with to a modern one, as text on the wire.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';

import {
  accepted,
  elicit,
  form,
  openUrl,
  roots,
  sample,
  server,
  ToolError,
  type Context,
  type Server,
} from './index.js';
import { jsonSchema } from './schema/json-schema.js';
import { Seal } from './server/request-state.js';
import { HttpClient } from './testing/http-client.js';
import { RawPeer } from './testing/raw-peer.js';
import { pair } from './transport.js';

const PERSON = {
  type: 'object',
  properties: {
    name: { type: 'string', description: 'Your name.' },
    age: { type: 'integer', minimum: 0, maximum: 150, default: 30 },
  },
  required: ['name'],
} as const;
const CITY = z.object({ city: z.string() });
const ALL = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

const who = form('Who are you?', jsonSchema(PERSON));
const where = form('Where do you live?', CITY);
const greeting = sample({
  maxTokens: 50,
  messages: [{ role: 'user', content: { type: 'text', text: 'Greet.' } }],
});

function asking(key = new Uint8Array(32).fill(7)): Server {
  return server('asking', '1', { stateKey: key, diagnostics: () => {} })
    .tool('hello', {}, async (_args, context) => {
      const { name, age = 30 } = accepted(await context.ask(who, { key: 'who' }));
      return `${name} is ${age}`;
    })
    .tool('rounds', { input: jsonSchema({ type: 'object' }) }, async (_args, context) => {
      const { name } = accepted(await context.ask(who));
      const { city } = accepted(await context.ask(where));
      return `${name} of ${city}`;
    })
    .tool('together', { input: jsonSchema({ type: 'object' }) }, async (_args, context) => {
      const [person, said, all] = await Promise.all([
        context.ask(who, { key: 'who' }),
        context.ask(greeting, { key: 'greeting' }),
        context.ask(roots(), { key: 'roots' }),
      ]);
      if (Array.isArray(said.content) || said.content.type !== 'text') throw new ToolError('text?');
      return `${said.content.text}, ${accepted(person).name}, ${all.length} roots`;
    })
    .tool('page', {}, async (_args, context) => {
      const answer = await context.ask(openUrl('Pay here.', 'https://example.com/pay'));
      return answer.action === 'accept';
    })
    .tool('raw', {}, async (_args, context) => {
      const requestedSchema = { type: 'object', properties: { ok: { type: 'boolean' } } } as const;
      return (await context.ask(elicit({ message: 'Sure?', requestedSchema }))).action;
    })
    .tool('twice', {}, async (_args, context) => {
      await Promise.all([context.ask(who, { key: 'k' }), context.ask(where, { key: 'k' })]);
    })
    .tool('delete', { input: CITY, confirm: 'Delete the city?' }, ({ city }) => `deleted ${city}`)
    .prompt('asking', {}, async (_args, context) => `About ${await cityOf(context)}`)
    .resource('text://asking', {}, (_variables, context) => cityOf(context))
    .use((context, next) => {
      if (context.method !== 'tools/list') return next();
      return context.ask(who).then(next);
    });
}

async function cityOf(context: Context): Promise<string> {
  return accepted(await context.ask(where, { key: 'where' })).city;
}

/** A modern client that can be asked, as far as it has declared that. */
function modern(target: Server = asking(), capabilities: object = ALL) {
  const [here, there] = pair();
  target.connect(there);
  const peer = new RawPeer(here);
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
  const ask = (method: string, params: object) => peer.ask(method, { _meta, ...params });
  const call = (name: string, more: object = {}) =>
    ask('tools/call', { name, arguments: {}, ...more });
  return { ask, call };
}

const yes = (content: object) => ({ action: 'accept', content });
const textOf = ({ result }: any) => result?.content?.[0]?.text;

test('a modern client is asked by the result and answers in a retry', async () => {
  const { call } = modern();
  const { result } = await call('hello');
  assert.equal(result.resultType, 'input_required');
  assert.deepEqual(result.inputRequests.who, {
    method: 'elicitation/create',
    params: { mode: 'form', message: 'Who are you?', requestedSchema: PERSON },
  });
  const { requestState } = result;
  for (const state of [{ requestState }, {}]) {
    const inputResponses = { who: yes({ name: 'Zoë', age: 7 }), 'never-asked': yes({}) };
    const answer = await call('hello', { inputResponses, ...state });
    assert.deepEqual(
      [answer.result.resultType, textOf(answer)],
      ['complete', '{"result":"Zoë is 7"}'],
    );
  }
  for (const [given, expected] of [
    [yes({ name: 'Zoë' }), '{"result":"Zoë is 30"}'],
    [{ action: 'decline' }, 'the user declined to answer'],
    [{ action: 'cancel' }, 'the user cancelled the question'],
  ] as const) {
    assert.equal(textOf(await call('hello', { inputResponses: { who: given } })), expected);
  }
});

test('an answer that is not what was asked for is refused, with the place that is wrong', async () => {
  const { call } = modern();
  const wrong = 'the answer to a question: ';
  for (const [inputResponses, message] of [
    [{ who: yes({ name: 5 }) }, `${wrong}content.name: expected string, found number`],
    [{ who: yes({ name: 'Z', age: 200 }) }, `${wrong}content.age: must be at most 150`],
    [{ who: 12345 }, 'params.inputResponses.who: expected object, found number'],
    [null, 'params.inputResponses: expected object, found null'],
  ] as const) {
    assert.deepEqual((await call('hello', { inputResponses })).error, { code: -32602, message });
  }
});

test('what was answered in earlier rounds is not asked again', async () => {
  const { call } = modern();
  const { result: first } = await call('rounds');
  assert.equal(first.inputRequests['question-1'].params.message, 'Who are you?');
  const { result: second } = await call('rounds', {
    requestState: first.requestState,
    inputResponses: { 'question-1': yes({ name: 'Ann' }) },
  });
  assert.equal(second.inputRequests['question-2'].params.message, 'Where do you live?');
  const { requestState } = second;
  const inputResponses = { 'question-2': yes({ city: 'Ulm' }) };
  const answer = await call('rounds', { requestState, inputResponses });
  assert.equal(textOf(answer), '{"result":"Ann of Ulm"}');
  const { result: again } = await call('rounds', { requestState });
  assert.deepEqual(Object.keys(again.inputRequests), ['question-2'], 'what is missing');
});

test('several questions go out together', async () => {
  const { call } = modern();
  const { result } = await call('together');
  const asked = Object.entries<{ method: string }>(result.inputRequests);
  assert.deepEqual(Object.fromEntries(asked.map(([key, { method }]) => [key, method])), {
    who: 'elicitation/create',
    greeting: 'sampling/createMessage',
    roots: 'roots/list',
  });
  const answer = await call('together', {
    requestState: result.requestState,
    inputResponses: {
      who: yes({ name: 'Bo' }),
      greeting: { role: 'assistant', model: 'm', content: { type: 'text', text: 'Hi' } },
      roots: { roots: [{ uri: 'file:///a' }] },
    },
  });
  assert.equal(textOf(answer), '{"result":"Hi, Bo, 1 roots"}');
});

test('questions that change between the rounds are asked as they are now', async () => {
  let wants = ['name', 'city'];
  const fickle = server('fickle', '1').tool('fill', {}, async (_args, context) => {
    const fields = wants.map(async (key) => {
      const schema = jsonSchema({ type: 'object', properties: { [key]: { type: 'string' } } });
      const answer = accepted(await context.ask(form(`${key}?`, schema), { key }));
      return (answer as Record<string, string>)[key];
    });
    return Promise.all(fields);
  });
  const { call } = modern(fickle);
  const { result: first } = await call('fill');
  assert.deepEqual(Object.keys(first.inputRequests), ['name', 'city']);
  wants = ['name', 'age'];
  const { result: second } = await call('fill', {
    requestState: first.requestState,
    inputResponses: { name: yes({ name: 'Ann' }), city: yes({ city: 'Ulm' }) },
  });
  assert.deepEqual(Object.keys(second.inputRequests), ['age']);
  wants = ['age', 'name', 'city'];
  const { result: third } = await call('fill', {
    requestState: second.requestState,
    inputResponses: { age: yes({ age: 'old' }) },
  });
  // The answer for the city was not taken in the second round, so it is not kept.
  assert.deepEqual(Object.keys(third.inputRequests), ['city']);
  const answer = await call('fill', {
    requestState: third.requestState,
    inputResponses: { city: yes({ city: 'Bonn' }) },
  });
  assert.deepEqual(answer.result.structuredContent.result, ['old', 'Ann', 'Bonn']);
});

test('a state is taken back only as it was given, and for its request', async () => {
  const { call } = modern();
  const { requestState: state } = (await call('rounds')).result;
  const flipped = `${state.startsWith('A') ? 'B' : 'A'}${state.slice(1)}`;
  for (const [name, args, requestState] of [
    ['rounds', {}, `${state}-TAMPERED`],
    ['rounds', {}, flipped],
    ['rounds', {}, state.slice(0, 20)],
    ['rounds', {}, ''],
    ['rounds', { x: 1 }, state],
    ['together', {}, state],
  ] as const) {
    const { error } = await call(name, { arguments: args, requestState });
    assert.equal(error.code, -32602, requestState);
    assert.match(error.message, /^params\.requestState: /);
  }
  const other = modern(asking(new Uint8Array(32).fill(8)));
  assert.equal((await other.call('rounds', { requestState: state })).error.code, -32602);
  const same = await modern().call('rounds', { requestState: state });
  assert.equal(same.result.resultType, 'input_required');
});

test('a state is of whoever asked', async () => {
  const target = asking();
  const as = (subject: string) => new HttpClient(target.http({ guard: () => ({ subject }) }));
  const { result } = (await as('ann').modern('tools/call', { name: 'rounds' })).messages[0];
  const again = { name: 'rounds', requestState: result.requestState };
  const answer = async (subject: string) =>
    (await as(subject).modern('tools/call', again)).messages[0];
  assert.equal((await answer('ann')).result.resultType, 'input_required');
  assert.equal((await answer('bob')).error.code, -32602);
});

test('a state that is too old is refused', async (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const seal = new Seal(undefined);
  const state = await seal.close('bound', { who: 'Ann' });
  context.mock.timers.setTime(1_000_000 + 600_000);
  assert.deepEqual(await seal.open('bound', state), { who: 'Ann' });
  context.mock.timers.setTime(1_000_000 + 600_001);
  await assert.rejects(seal.open('bound', state), { code: -32602 });
});

test('without the capability it fails closed', async () => {
  const answers = {
    inputResponses: {
      who: yes({ name: 'Bo' }),
      greeting: { role: 'assistant', model: 'm', content: { type: 'text', text: 'Hi' } },
    },
  };
  for (const [name, capabilities, requiredCapabilities] of [
    ['hello', {}, { elicitation: {} }],
    ['hello', { elicitation: { url: {} } }, { elicitation: {} }],
    ['raw', { elicitation: { url: {} } }, { elicitation: {} }],
    ['page', { elicitation: {} }, { elicitation: { url: {} } }],
    ['together', { elicitation: {} }, { sampling: {} }],
    ['together', { elicitation: {}, sampling: {} }, { roots: {} }],
    ['delete', {}, { elicitation: {} }],
  ] as const) {
    const more = { arguments: name === 'delete' ? { city: 'Ulm' } : {}, ...answers };
    const { error } = await modern(asking(), capabilities).call(name, more);
    assert.deepEqual([error.code, error.data], [-32021, { requiredCapabilities }], name);
  }
});

test('prompts and resources can ask too; lists cannot', async () => {
  const { ask } = modern();
  const inputResponses = { where: yes({ city: 'Ulm' }) };
  for (const [method, params, found] of [
    ['prompts/get', { name: 'asking' }, (result: any) => result.messages[0].content.text],
    ['resources/read', { uri: 'text://asking' }, (result: any) => result.contents[0].text],
  ] as const) {
    const { result } = await ask(method, params);
    assert.equal(result.inputRequests.where.method, 'elicitation/create');
    const { requestState } = result;
    const answer = await ask(method, { ...params, requestState, inputResponses });
    assert.match(found(answer.result), /Ulm$/);
  }
  assert.equal((await ask('tools/list', {})).error.message, 'internal error');
});

test('two questions with one key are a mistake of the program', async () => {
  assert.equal(textOf(await modern().call('twice')), 'internal error');
});

async function legacy(
  capabilities: object,
  protocolVersion = '2025-11-25',
  target: Server = asking(),
): Promise<RawPeer> {
  const [here, there] = pair();
  target.connect(there);
  const peer = new RawPeer(here);
  const clientInfo = { name: 'raw', version: '1' };
  await peer.ask('initialize', { protocolVersion, capabilities, clientInfo });
  return peer;
}

test('a choice reads as the revision of the client has it', async () => {
  const size = { type: 'string', enum: ['s', 'm'] } as const;
  const colour = { type: 'string', title: 'Colour' } as const;
  const newer = {
    colour: {
      ...colour,
      oneOf: [
        { const: 'r', title: 'Red' },
        { const: 'g', title: 'Green' },
      ],
    },
    size,
  };
  const older = { colour: { ...colour, enum: ['r', 'g'], enumNames: ['Red', 'Green'] }, size };
  const schema = jsonSchema({ type: 'object', properties: newer });
  const which = form('Which?', schema);
  const target = server('choices', '1').tool('choose', {}, async (_args, context) => {
    const { colour } = accepted(await context.ask(which)) as { colour?: string };
    return colour;
  });
  // The newer one again: the question is not changed by having been asked in the older way.
  for (const [revision, properties] of [
    ['2025-11-25', newer],
    ['2025-06-18', older],
    ['2025-11-25', newer],
  ] as const) {
    const peer = await legacy(ALL, revision, target);
    const asked = await peer.ask('tools/call', { name: 'choose' });
    assert.deepEqual(asked.params.requestedSchema, { type: 'object', properties }, revision);
    peer.send({ jsonrpc: '2.0', id: asked.id, result: yes({ colour: 'g' }) });
    assert.equal(textOf(await peer.next()), '{"result":"g"}');
  }
});

test('a legacy client is sent a request', async () => {
  const peer = await legacy(ALL);
  for (const [name, params, result, expected] of [
    ['hello', { message: 'Who are you?' }, yes({ name: 'Zoë' }), '{"result":"Zoë is 30"}'],
    [
      'page',
      { mode: 'url', url: 'https://example.com/pay' },
      { action: 'accept' },
      '{"result":true}',
    ],
    ['delete', { message: 'Delete the city?' }, yes({ confirm: true }), '{"result":"deleted Ulm"}'],
    ['delete', {}, { action: 'decline' }, 'the user did not confirm this; nothing was done'],
  ] as const) {
    const call = { name, arguments: name === 'delete' ? { city: 'Ulm' } : {} };
    const asked = await peer.ask('tools/call', call, name);
    assert.equal(asked.method, 'elicitation/create');
    for (const [member, value] of Object.entries(params)) assert.equal(asked.params[member], value);
    peer.send({ jsonrpc: '2.0', id: asked.id, result });
    assert.equal(textOf(await peer.next()), expected);
  }
  const mute = await legacy({});
  const answer = await mute.ask('tools/call', { name: 'hello' });
  assert.equal(answer.result.isError, true);
  assert.equal(textOf(answer), 'the client cannot be asked: it has not declared elicitation');
});

test('a tool of high impact runs only after a yes', async () => {
  const { call } = modern();
  const remove = (confirm?: object) =>
    call('delete', {
      arguments: { city: 'Ulm' },
      ...(confirm !== undefined && { inputResponses: { confirm } }),
    });
  const { result } = await remove();
  assert.equal(result.inputRequests.confirm.params.message, 'Delete the city?');
  const refused = 'the user did not confirm this; nothing was done';
  for (const [answer, expected] of [
    [yes({ confirm: true }), '{"result":"deleted Ulm"}'],
    [yes({ confirm: false }), refused],
    [{ action: 'decline' }, refused],
    [{ action: 'cancel' }, refused],
  ] as const) {
    assert.equal(textOf(await remove(answer)), expected);
  }
});

test('nobody is asked about a call that would not run', async () => {
  const { call } = modern();
  const answer = await call('delete', { arguments: { city: 7 } });
  assert.equal(answer.result.isError, true);
  assert.match(textOf(answer), /^city: .*expected string/);
  const wire = await legacy(ALL);
  const refused = await wire.ask('tools/call', { name: 'delete', arguments: {} });
  assert.match(textOf(refused), /^city: /);
});
