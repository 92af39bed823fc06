import { createRegistry, registryOf } from './registry.js';

describe('connector registry', () => {
  it('knows its connectors by provider', () => {
    const registry = createRegistry({ filesRoots: [], slack: { apiUrl: null } });
    expect(registry.list().map((connector) => connector.provider)).toEqual(['files', 'slack']);
    expect(registry.get('files')).toBe(registry.list()[0]);
    expect(registry.get('unknown')).toBeUndefined();
  });

  it('can be made of other connectors', () => {
    const [files] = createRegistry({ filesRoots: [], slack: { apiUrl: null } }).list();
    const simulated = { ...files!, provider: 'simulated' };
    expect(registryOf([simulated]).get('simulated')).toBe(simulated);
    expect(registryOf([simulated]).get('files')).toBeUndefined();
  });
});
