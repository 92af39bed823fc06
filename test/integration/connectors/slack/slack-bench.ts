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

export interface SlackBenchOptions {
  readonly config?: object;
  readonly pageMessages?: number;
  /** Between the connector and the simulator. */
  readonly fetch?: typeof globalThis.fetch;
}

/** The connector over a workspace of the simulator, with the smallest engine that keeps promises. */
export async function slackBench(
  options: SlackSimulatorOptions,
  { config = {}, pageMessages, fetch }: SlackBenchOptions = {},
): Promise<SlackBench> {
  const simulator = await startSlackSimulator(options);
  const bench = benchOf({
    connector: slackConnector({
      apiUrl: simulator.apiUrl,
      ...(pageMessages !== undefined && { pageMessages }),
      ...(fetch && { fetch }),
    }),
    config,
    credentials: { bot_token: simulator.token },
    editor: new SlackSourceEditor(simulator, pageMessages ?? 999),
    dispose: () => simulator.close(),
  });
  return { simulator, bench, engine: new ReferenceEngine(bench) };
}

const words = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** All texts of the index; PDFs are stored as they are here, with their lines in brackets. */
export function indexedWords({ engine }: SlackBench): string {
  const texts = [...engine.index.values()].map(({ text }) => text.replaceAll(') Tj T*\n(', ' '));
  return texts.map(words).join('\n');
}

/** Fails with the texts that are missing from the index, or in it though they were removed. */
export function expectIndexToHoldTheTruth(it_: SlackBench): void {
  const { messages, removed } = it_.simulator.truth();
  const indexed = indexedWords(it_);
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
