import 'reflect-metadata';
import { reportError } from './cli/cli-error.js';
import { runServer } from './run-server.js';

runServer(process.env).catch((error: unknown) => {
  for (const line of reportError(error).lines) process.stderr.write(`${line}\n`);
  process.exit(1);
});
