import { startApp, type TestApp } from '../../support/http-app.js';

describe('health', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ embedded: true });
  });
  afterAll(() => app.close());

  it('tells version and mode without a key', async () => {
    const { status, body } = await app.request('GET', '/v1/memory/health', { key: null });
    expect(status).toBe(200);
    expect(body).toEqual({ status: 'ok', version: expect.any(String), mode: 'embedded' });
  });

  it('is alive and ready', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const { status, body } = await app.request('GET', path, { key: null });
      expect([status, body]).toEqual([200, { status: 'ok' }]);
    }
  });
});
