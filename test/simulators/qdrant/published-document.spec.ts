import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { matchTemplate } from './api/route.js';
import { startQdrantDouble, type QdrantDouble } from './qdrant-double.js';
import type { RecordedRequest } from './request-record.js';
import { clientOf, createMemories, fill, TENANT_A } from './served.contract.js';

const file = process.env.TRIBUTARY_QDRANT_OPENAPI;
type Json = Record<string, unknown>;
interface Operation {
  operationId: string;
  requestBody?: { content: { 'application/json': { schema: Json } } };
  responses: Record<string, { content?: { 'application/json'?: { schema: Json } } }>;
}

/**
 * OpenAPI 3.0 as JSON Schema: `nullable` becomes the type null, and objects with named properties
 * are closed, which is stricter than the document.
 */
function asJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asJsonSchema);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, format: _format, ...rest } = value as Json;
  if (nullable === true && rest['type'] === undefined) return { type: 'null' };
  const converted: Json = Object.fromEntries(
    Object.entries(rest).map(([key, inner]) => [key, asJsonSchema(inner)]),
  );
  if (nullable === true) converted['type'] = [rest['type'], 'null'];
  if (rest['type'] === 'object' && rest['properties'] !== undefined) {
    converted['additionalProperties'] ??= false;
  }
  return converted;
}

async function useEverything(double: QdrantDouble): Promise<void> {
  const client = clientOf(double.url);
  const name = await createMemories(client);
  await fill(client, name);
  const filter = { must: [TENANT_A] };
  const dense = { query: [1, 0], using: 'dense', filter };
  const words = { query: { indices: [9, 7], values: [1, 1] }, using: 'words', filter };
  await client.getCollections();
  await client.getCollection(name);
  await client.collectionExists(name);
  await client.updateCollectionAliases({
    actions: [{ create_alias: { collection_name: name, alias_name: 'also' } }],
  });
  await client.getAliases();
  await client.getCollectionAliases(name);
  await client.query('also', { ...dense, with_payload: true, with_vector: true });
  await client.query(name, { prefetch: [dense, words], query: { rrf: { k: 60 } }, filter });
  await client.query(name, { prefetch: dense, query: { formula: { sum: ['$score', 1] } }, filter });
  await client.queryBatch(name, { searches: [dense, words] });
  await client.scroll(name, { filter, limit: 2, with_vector: ['dense'] });
  await client.count(name, { filter, exact: true });
  await client.retrieve(name, { ids: [1, 2], with_payload: { exclude: ['tags'] } });
  await fetch(`${double.url}/collections/${name}/points/1`);
  await fetch(`${double.url}/`);
  await client.setPayload(name, { payload: { rank: 2 }, filter, wait: false, ordering: 'strong' });
  await client.overwritePayload(name, { payload: { rank: 2 }, points: [2] });
  await client.deletePayload(name, { keys: ['rank'], points: [2] });
  await client.clearPayload(name, { points: [2] });
  await client.batchUpdate(name, { operations: [{ delete: { filter } }], wait: true });
  await client.delete(name, { points: [1], wait: true });
  await client.updateCollection(name, {
    strict_mode_config: { enabled: true, max_query_limit: 1 },
  });
  await expect(client.query(name, { ...dense, limit: 2 })).rejects.toThrow();
  await expect(client.count('nowhere')).rejects.toThrow();
  await client.getCollection(name);
  await client.deletePayloadIndex(name, 'rank');
  await client.deleteCollection(name);
}

if (!file) {
  describe.skip("Qdrant's OpenAPI document (skipped: TRIBUTARY_QDRANT_OPENAPI is not set)", () => {
    it('needs the openapi.json of v1.18.3', () => undefined);
  });
} else {
  describe("Qdrant's OpenAPI document", () => {
    const document = asJsonSchema(JSON.parse(readFileSync(file, 'utf8'))) as {
      paths: Record<string, Record<string, Operation>>;
    };
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
    ajv.addSchema(document, 'qdrant');
    const compiled = new Map<Json, ReturnType<Ajv['compile']>>();

    const check = (schema: Json, value: unknown): string | null => {
      const validate =
        compiled.get(schema) ??
        ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"qdrant#/')) as Json);
      compiled.set(schema, validate);
      return validate(value) ? null : ajv.errorsText(validate.errors);
    };

    const operationOf = ({ method, path }: RecordedRequest): Operation | undefined =>
      Object.entries(document.paths)
        .filter(([template]) => matchTemplate(template, path) !== null)
        .sort(([a], [b]) => a.split('{').length - b.split('{').length)
        .map(([, operations]) => operations[method.toLowerCase()])
        .find((operation) => operation !== undefined);

    it('describes every request that the client sends and every answer of the double', async () => {
      const double = await startQdrantDouble({ applyAfterMs: null, keepBodies: true });
      await useEverything(double);
      await double.close();
      const checked = { requests: 0, answers: 0, operations: new Set<string>() };
      const wrong: unknown[] = [];
      for (const entry of double.record.requests) {
        const operation = operationOf(entry);
        expect([entry.operation, operation?.operationId]).toEqual([
          entry.operation,
          entry.operation,
        ]);
        checked.operations.add(entry.operation);
        const request = operation!.requestBody?.content['application/json'].schema;
        if (request && entry.status === 200) {
          checked.requests += 1;
          const error = check(request, entry.body);
          if (error) wrong.push([entry.operation, 'request', error]);
        }
        const status = entry.status === 200 ? '200' : '4XX';
        const answer = operation!.responses[status]?.content?.['application/json']?.schema;
        if (answer) {
          checked.answers += 1;
          const error = check(answer, entry.answer);
          if (error) wrong.push([entry.operation, entry.status, error]);
        }
      }
      expect(wrong).toEqual([]);
      expect(checked.operations.size).toBeGreaterThanOrEqual(24);
      console.info(
        `${checked.requests} requests and ${checked.answers} answers of ${checked.operations.size} operations agree`,
      );
    });
  });
}
