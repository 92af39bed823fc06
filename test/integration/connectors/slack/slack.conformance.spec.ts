import { connectorConformance } from '../../../../connectors/sdk/conformance/connector.contract.js';
import { slackHarness, slackOptions } from '../../../support/slack-source.js';

const PAGE_MESSAGES = 20;

connectorConformance('slack', () => slackHarness(PAGE_MESSAGES), slackOptions(PAGE_MESSAGES));
