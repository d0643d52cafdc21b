// The fixture of the official conformance suite: the tools, resources and prompts that its scenarios call by
// name, written as a user of the SDK would. What each is for: the suite's scenario of about the same name.

import { server } from '../../../bindings/typescript/dist/bundled/index.js';
import { tasks } from '../../../bindings/typescript/dist/bundled/tasks.js';
import { offerContent } from './conformance/content.mjs';
import { offerPrompts } from './conformance/prompts.mjs';
import { offerQuestions } from './conformance/questions.mjs';
import { offerResources } from './conformance/resources.mjs';
import { offerRounds } from './conformance/rounds.mjs';
import { offerStateless } from './conformance/stateless.mjs';
import { offerStreaming } from './conformance/streaming.mjs';
import { offerTasks } from './conformance/tasks.mjs';

export const conformance = server('isogloss-typescript-conformance', '0.1.0', { tasks: tasks() });

// The suite also calls the first tool that is listed without arguments: one of these can be.
offerContent(conformance);
offerStreaming(conformance);
offerQuestions(conformance);
offerRounds(conformance);
offerStateless(conformance);
offerResources(conformance);
offerPrompts(conformance);
offerTasks(conformance);
