import { z } from 'zod';
import type { Cases } from './harness.contract.js';

/** What the catalogue shows and the engine builds on. */
export function descriptionCases({ bench, listingLane }: Cases): void {
  describe('its description', () => {
    it('names the provider as the API does', () => {
      expect(bench().connector.provider).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(bench().connector.title).not.toBe('');
      expect(bench().connector.description).not.toBe('');
    });

    it('has lanes with distinct names, one of which lists everything', () => {
      const { lanes } = bench().connector;
      expect(new Set(lanes.map((lane) => lane.name)).size).toBe(lanes.length);
      expect(lanes.map((lane) => lane.name)).toContain(listingLane);
    });

    it('refuses unknown fields of configuration and credentials', () => {
      const { connector, config, credentials } = bench();
      const withMore = (value: unknown) => ({ ...(value as object), surprising_field: 1 });
      expect(connector.configSchema.safeParse(withMore(config)).success).toBe(false);
      expect(connector.credentialsSchema.safeParse(withMore(credentials)).success).toBe(false);
    });

    it('publishes both schemas as JSON Schema', () => {
      const { connector } = bench();
      for (const schema of [connector.configSchema, connector.credentialsSchema]) {
        expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({ type: 'object' });
      }
    });

    it('tells the same account every time', async () => {
      const { connector, context } = bench();
      const account = await connector.account(context());
      expect(account.id).not.toBe('');
      expect(await connector.account(context())).toEqual(account);
    });

    it('passes its own checks on a source that works', async () => {
      const { connector, context, editor } = bench();
      await editor.put(await editor.createContainer('first'), 'note', 'A text.');
      const results = await connector.probe(context());
      expect(results.length).toBeGreaterThan(0);
      expect(results.filter((result) => result.outcome === 'failed')).toEqual([]);
    });
  });
}
