import type {
  ConformanceHarness,
  ConformanceOptions,
} from '../../connectors/sdk/conformance/harness.contract.js';
import { slackConnector } from '../../connectors/slack/slack.connector.js';
import { SlackSourceEditor } from '../integration/connectors/slack/slack-source-editor.js';

/** Small, so that listings longer than a page are quick to make. */
const PAGE_MESSAGES = 5;

export const SLACK_OPTIONS: ConformanceOptions = {
  pageSize: PAGE_MESSAGES,
  listingLane: 'history',
  supports: SlackSourceEditor.supports,
};

/** A workspace under test, of which nothing may be asked that Slack would not answer. */
export async function slackHarness(): Promise<ConformanceHarness> {
  const editor = await SlackSourceEditor.start(PAGE_MESSAGES);
  const { simulator, fetch } = editor;
  return {
    connector: slackConnector({ apiUrl: simulator.apiUrl, fetch, pageMessages: PAGE_MESSAGES }),
    config: {},
    credentials: { bot_token: simulator.token },
    editor,
    dispose: async () => {
      await editor.stop();
      expect(editor.violations).toEqual([]);
    },
  };
}
