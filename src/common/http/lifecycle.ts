import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';

/**
 * Tells everyone that the server is stopping. Long answers (server-sent events, the 25 s wait of
 * a sync) end when `stopping` aborts, with an AppError `shutting_down`; new requests get that as 503.
 */
@Injectable()
export class Lifecycle implements BeforeApplicationShutdown {
  private readonly controller = new AbortController();

  get stopping(): AbortSignal {
    return this.controller.signal;
  }

  stop(): void {
    this.controller.abort(new AppError('shutting_down', 'The server is stopping.'));
  }

  beforeApplicationShutdown(): void {
    this.stop();
  }
}
