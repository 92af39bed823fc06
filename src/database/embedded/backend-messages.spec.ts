import { type EnginePanic, refusePanic } from './backend-messages.js';

const SYNC = 'S'.charCodeAt(0);
const READY = [0x5a, 0, 0, 0, 5, 'I'.charCodeAt(0)];
const PANIC = Buffer.from('E\0\0\0kSPANIC\0VPANIC\0C53100\0Mcould not write\0Fxlog.c\0\0');

describe('refusePanic', () => {
  it('throws what the engine said when it is not ready for the next query', () => {
    let thrown: Partial<EnginePanic> = {};
    try {
      refusePanic(PANIC, SYNC);
    } catch (error) {
      thrown = error as EnginePanic;
    }
    expect(thrown.message).toBe('PANIC: could not write');
    expect(thrown.sqlState).toBe('53100');
  });

  it('throws when nothing at all was answered', () => {
    expect(() => refusePanic(new Uint8Array(0), SYNC)).toThrow('unknown');
  });

  it('lets complete answers, also errors, pass', () => {
    expect(() => refusePanic(Buffer.from(READY), SYNC)).not.toThrow();
    const error = Buffer.concat([Buffer.from('E\0\0\0\x10VERROR\0\0'), Buffer.from(READY)]);
    expect(() => refusePanic(error, 'Q'.charCodeAt(0))).not.toThrow();
  });

  it('lets pass what does not end a query: a part of one, the start, a COPY that begins', () => {
    expect(() => refusePanic(new Uint8Array(0), 'P'.charCodeAt(0))).not.toThrow();
    expect(() => refusePanic(new Uint8Array(0), 0)).not.toThrow();
    expect(() => refusePanic(Buffer.from('G\0\0\0\x07\0\0\0'), SYNC)).not.toThrow();
  });
});
