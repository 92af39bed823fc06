import { EXIT } from './exit-codes.js';

/**
 * Turns the first Ctrl-C into an abort, so that a command can leave things in order; the second
 * ends the process. Nobody listens before the signal is asked for, which `serve` never does.
 */
export class Interrupt {
  private controller?: AbortController;

  constructor(private readonly process: NodeJS.Process) {}

  get signal(): AbortSignal {
    this.controller ??= this.listen();
    return this.controller.signal;
  }

  private listen(): AbortController {
    const controller = new AbortController();
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      this.process.on(name, () => {
        if (controller.signal.aborted) this.process.exit(EXIT.interrupted);
        controller.abort(new Error(`stopped by ${name}`));
      });
    }
    return controller;
  }
}
