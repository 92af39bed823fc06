import { engineFaultMatrix } from '../../support/fault-matrix.js';
import { slackHarness, slackOptions } from '../../support/slack-source.js';

const PAGE_MESSAGES = 5;

engineFaultMatrix('slack', () => slackHarness(PAGE_MESSAGES), slackOptions(PAGE_MESSAGES), [
  'postgresql',
]);
