import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';

/**
 * Tells everyone that the server is stopping. Long answers (server-sent events, the 25 s wait of
 * a sync) end when `stopping` aborts; new requests get 503 `shutting_down`.
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
