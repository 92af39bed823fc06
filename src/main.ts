import 'reflect-metadata';
import { reportError } from './cli/cli-error.js';
import { runServer } from './run-server.js';

runServer(process.env).catch((error: unknown) => {
  const { lines, exitCode } = reportError(error);
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exit(exitCode);
});
