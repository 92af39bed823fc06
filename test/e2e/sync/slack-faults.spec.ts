import { slackConnector } from '../../../connectors/slack/slack.connector.js';
import { SlackSourceEditor } from '../../integration/connectors/slack/slack-source-editor.js';
import { databases } from '../../support/database-fixtures.js';
import { engineFaultMatrix } from '../../support/fault-matrix.js';

/** Small, so that listings longer than a page are quick to make. */
const PAGE_MESSAGES = 5;

engineFaultMatrix(
  'slack',
  async () => {
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
  },
  { pageSize: PAGE_MESSAGES, listingLane: 'history', supports: SlackSourceEditor.supports },
  // On PostgreSQL where there is one; that of `files` is on PGlite (fault-matrix.spec.ts).
  databases().slice(-1),
);
