import type { Fault } from '../fault.js';
import { backlogs } from './backlog.js';
import { clocks } from './clocks.js';
import { databaseFaults } from './database.js';
import { kills } from './kills.js';
import { losses } from './losses.js';
import { outages } from './outages.js';

export const FAULTS: readonly Fault[] = [
  ...kills,
  ...databaseFaults,
  ...outages,
  ...losses,
  ...backlogs,
  ...clocks,
];
