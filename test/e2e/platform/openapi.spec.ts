import { ERROR_CODES } from '../../../src/common/errors/error-codes.js';
import { startApp, type TestApp } from '../../support/http-app.js';

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: Record<string, unknown>[];
  parameters?: { name: string; in: string; required?: boolean; schema: { type?: string } }[];
  requestBody?: { content: { 'application/json': { schema: unknown } } };
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
}

describe('the OpenAPI document', () => {
  let app: TestApp;
  let document: {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
  };
  let operations: [string, Operation][];
  beforeAll(async () => {
    app = await startApp();
    document = (await app.request('GET', '/openapi.json', { key: null })).body;
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );
  });
  afterAll(() => app.close());

  it('gives every operation a unique id, a summary, tags and a described normal answer', () => {
    const lacking = operations.filter(([, operation]) => {
      const normal = Object.entries(operation.responses).filter(([status]) => status < '300');
      const described = normal.some(([, { content }]) => content !== undefined);
      return !operation.operationId || !operation.summary || !operation.tags?.length || !described;
    });
    expect(lacking.map(([route]) => route)).toEqual([]);
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('refers only to schemas that it holds', () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
    const missing = references
      .map(([, name]) => name!)
      .filter((n) => !document.components.schemas[n]);
    expect(missing).toEqual([]);
    expect(JSON.stringify(document)).not.toContain('#/definitions/');
  });

  it('shows what a body must look like from the schema that validates it', () => {
    const { requestBody } = document.paths['/v1/memory/collections']!['post']!;
    expect(requestBody!.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/CreateCollection',
    });
    expect(document.components.schemas['CreateCollection']).toMatchObject({
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string', minLength: 1, maxLength: 128 } },
    });
  });

  it('shows queries with their types, bounds and defaults', () => {
    const { parameters } = document.paths['/v1/memory/collections']!['get']!;
    expect(parameters).toContainEqual(
      expect.objectContaining({
        name: 'limit',
        in: 'query',
        required: false,
        schema: expect.objectContaining({ type: 'integer', minimum: 1, default: 1000 }),
      }),
    );
    const path = document.paths['/v1/memory/collections/{collection}']!['delete']!;
    expect(path.parameters?.map(({ name }) => name)).toEqual([
      'collection',
      'cascade',
      'Idempotency-Key',
    ]);
  });

  it('lists the errors of each operation under their status', () => {
    const { responses } = document.paths['/v1/memory/collections/{collection}']!['delete']!;
    expect(responses['409']!.description).toContain('collection_has_connections');
    expect(responses['404']!.description).toContain(ERROR_CODES.collection_not_found.meaning);
    expect(Object.keys(responses)).toEqual(
      expect.arrayContaining([
        '200',
        '400',
        '401',
        '403',
        '404',
        '409',
        '413',
        '422',
        '429',
        '500',
      ]),
    );
  });

  it('tells which key a route needs', () => {
    const security = (path: string, method: string) => document.paths[path]![method]!.security;
    expect(security('/v1/memory/collections', 'get')).toEqual([{ apiKey: [] }]);
    expect(security('/v1/memory/admin/tenants', 'get')).toEqual([{ operatorKey: [] }]);
    expect(security('/healthz', 'get')).toBeUndefined();
    expect(Object.keys(document.components.securitySchemes)).toEqual(['apiKey', 'operatorKey']);
  });

  it('has a page for people at /docs that loads under its own security headers', async () => {
    const page = await app.request('GET', '/docs', { key: null });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.text).not.toMatch(/<script(?![^>]*src=)[^>]*>\s*\S/);
    const script = await app.request('GET', '/docs/swagger-ui-bundle.js', { key: null });
    expect(script.status).toBe(200);
  });
});
