#!/usr/bin/env node
import 'reflect-metadata';
import { text } from 'node:stream/consumers';
import { SystemClock } from '../common/clock.js';
import { RandomIds } from '../common/ids.js';
import { reportError } from './cli-error.js';
import { Interrupt } from './interrupt.js';
import { processTerminal } from './output/terminal.js';
import { createProgram } from './program.js';

const interrupt = new Interrupt(process);
// A reader that has seen enough (`tributary runs | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const program = createProgram(
  {
    terminal: processTerminal(process),
    env: process.env,
    clock: new SystemClock(),
    ids: new RandomIds(),
    get signal() {
      return interrupt.signal;
    },
    readStdin: () => text(process.stdin),
  },
  (code) => {
    process.exitCode = code;
  },
);

program.parseAsync().catch((error: unknown) => {
  const { lines, exitCode } = reportError(error);
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exitCode = exitCode;
});
