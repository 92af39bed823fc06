import { Worker, type MessagePort, type TransferListItem } from 'node:worker_threads';

interface Call<Request> {
  readonly id: number;
  readonly request: Request;
}

type Answer<Result> =
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly error: string };

interface Waiting<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Calls of one function in a worker thread, for work that would hold up the event loop. The thread
 * starts with the first call and does not keep the process alive; one that died fails its open
 * calls, and the next call starts another.
 */
export class WorkerCalls<Request, Result> {
  private readonly waiting = new Map<number, Waiting<Result>>();
  private worker?: Worker;
  private calls = 0;

  /**
   * @param path compiled module that calls `answerCalls`
   * @param data handed to the module as `workerData`
   */
  constructor(
    private readonly path: string,
    private readonly data: unknown = undefined,
  ) {}

  call(request: Request): Promise<Result> {
    return new Promise((resolve, reject) => {
      const id = ++this.calls;
      this.worker ??= this.start();
      // Only a thread that somebody waits for keeps the process alive.
      if (this.waiting.size === 0) this.worker.ref();
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, request } satisfies Call<Request>);
    });
  }

  private start(): Worker {
    const worker = new Worker(this.path, { workerData: this.data });
    worker.unref();
    worker.on('message', (answer: Answer<Result>) => this.settle(answer));
    worker.on('error', (error) => this.died(worker, error));
    worker.on('exit', (code) => this.died(worker, new Error(`the thread ended with ${code}`)));
    return worker;
  }

  private settle(answer: Answer<Result>): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (this.waiting.size === 0) this.worker?.unref();
    if ('error' in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.result);
  }

  private died(worker: Worker, cause: unknown): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    const lost = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of lost) reject(new Error('the worker thread died', { cause }));
  }
}

/** The worker's side: answers each call in turn. */
export function answerCalls<Request, Result>(
  port: MessagePort,
  work: (request: Request) => { result: Result; transfer?: readonly TransferListItem[] },
): void {
  port.on('message', ({ id, request }: Call<Request>) => {
    try {
      const { result, transfer } = work(request);
      port.postMessage({ id, result } satisfies Answer<Result>, transfer);
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
}
