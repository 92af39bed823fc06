import { type Bench, benchOf } from '../../../../connectors/sdk/conformance/harness.contract.js';
import { ReferenceEngine } from '../../../../connectors/sdk/conformance/reference-engine.contract.js';
import { slackConnector } from '../../../../connectors/slack/slack.connector.js';
import {
  type SlackSimulator,
  type SlackSimulatorOptions,
  startSlackSimulator,
} from '../../../simulators/slack/slack-simulator.js';
import { SlackSourceEditor } from './slack-source-editor.js';

export interface SlackBench {
  readonly simulator: SlackSimulator;
  readonly bench: Bench;
  readonly engine: ReferenceEngine;
}

/** The connector over a workspace of the simulator, with the smallest engine that keeps promises. */
export async function slackBench(
  options: SlackSimulatorOptions,
  { config = {}, pageMessages }: { config?: object; pageMessages?: number } = {},
): Promise<SlackBench> {
  const simulator = await startSlackSimulator(options);
  const bench = benchOf({
    connector: slackConnector({
      apiUrl: simulator.apiUrl,
      ...(pageMessages !== undefined && { pageMessages }),
    }),
    config,
    credentials: { bot_token: simulator.token },
    editor: new SlackSourceEditor(simulator, pageMessages ?? 999),
    dispose: () => simulator.close(),
  });
  return { simulator, bench, engine: new ReferenceEngine(bench) };
}

const words = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Fails with the texts that are missing from the index, or in it though they were removed. */
export function expectIndexToHoldTheTruth({ simulator, engine }: SlackBench): void {
  const { messages, removed } = simulator.truth();
  const indexed = [...engine.index.values()].map(({ text }) => words(text)).join('\n');
  const wanted = messages
    .filter((message) => !message.isNotice)
    .flatMap((message) => [
      ...message.fragments,
      ...message.files.flatMap(({ title, text }) => [title, ...(text === null ? [] : [text])]),
    ]);
  const missing = wanted.filter((text) => !indexed.includes(words(text)));
  expect(missing).toEqual([]);
  const living = wanted.map(words).join('\n');
  const ghosts = removed
    .map(({ text }) => words(text))
    .filter((text) => !living.includes(text) && indexed.includes(text));
  expect(ghosts).toEqual([]);
}
