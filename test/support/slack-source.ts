import type {
  ConformanceHarness,
  ConformanceOptions,
} from '../../connectors/sdk/conformance/harness.contract.js';
import { slackConnector } from '../../connectors/slack/slack.connector.js';
import { SlackSourceEditor } from '../integration/connectors/slack/slack-source-editor.js';

/** @param pageMessages small, so that listings longer than a page are quick to make */
export function slackOptions(pageMessages: number): ConformanceOptions {
  return {
    pageSize: pageMessages,
    listingLane: 'history',
    supports: SlackSourceEditor.supports,
  };
}

/** A workspace under test, of which nothing may be asked that Slack would not answer. */
export async function slackHarness(pageMessages: number): Promise<ConformanceHarness> {
  const editor = await SlackSourceEditor.start(pageMessages);
  const { simulator, fetch } = editor;
  return {
    connector: slackConnector({ apiUrl: simulator.apiUrl, fetch, pageMessages }),
    config: {},
    credentials: { bot_token: simulator.token },
    editor,
    dispose: async () => {
      await editor.stop();
      expect(editor.violations).toEqual([]);
    },
  };
}
