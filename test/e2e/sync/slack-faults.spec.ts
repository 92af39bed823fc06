import { engineFaultMatrix } from '../../support/fault-matrix.js';
import { SLACK_OPTIONS, slackHarness } from '../../support/slack-source.js';

engineFaultMatrix('slack', slackHarness, SLACK_OPTIONS, ['pglite']);
