import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Forbids imports in one part of the tree; test/unit/import-rules.spec.ts walks the same rules. */
const forbid = (files, patterns, ignores = []) => ({
  files,
  ignores,
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
});

const tests = ['**/*.spec.ts', '**/*.contract.ts', 'test/**'];
const noTest = { group: ['**/test/**'], message: 'Nobody imports test/.' };
const noConnectors = {
  regex: '^(\\.\\./)+connectors/(?!sdk/|registry)',
  message: 'Connectors are reached through connectors/registry.',
};
const onlySyncRunsConnectors = {
  regex: '^(\\.\\./)+connectors/registry',
  message: 'Only src/sync and src/connections know the registry.',
};
const noQdrant = { group: ['@qdrant/*'], message: 'Only src/indexing talks to Qdrant.' };
const noOpenai = { group: ['openai', 'openai/*'], message: 'Only src/inference imports openai.' };
const noPromClient = { group: ['prom-client'], message: 'Only src/metrics imports prom-client.' };
const noCiphers = {
  group: ['node:crypto'],
  importNamePattern: 'ipher',
  message: 'Only src/credentials uses ciphers.',
};
const noTypeorm = {
  group: ['typeorm'],
  message: 'Only repositories, entities and src/database use TypeORM.',
};
const noRepositories = {
  group: ['**/*.repository.js'],
  message: 'A controller calls its service; a service calls its own repository.',
};
const everywhere = [
  noTest,
  noConnectors,
  onlySyncRunsConnectors,
  noQdrant,
  noOpenai,
  noPromClient,
  noCiphers,
];

/** A folder, with the rules that do not hold in it. Its controllers have rules of their own too. */
const area = (folder, ...allowed) => {
  const rules = everywhere.filter((rule) => !allowed.includes(rule));
  return [
    forbid([`${folder}/**/*.ts`], rules, tests),
    forbid([`${folder}/**/*.controller.ts`], [...rules, noRepositories, noTypeorm], tests),
  ];
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'assets/', 'web/', '**/*.mjs'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-console': 'error',
    },
  },
  ...area('src'),
  // ESLint takes the last rule that matches a file, and no other.
  ...area('src/sync', onlySyncRunsConnectors),
  ...area('src/connections', onlySyncRunsConnectors),
  ...area('src/inference', noOpenai),
  ...area('src/indexing', noQdrant),
  ...area('src/metrics', noPromClient),
  ...area('src/credentials', noCiphers),
  forbid(
    ['connectors/**/*.ts'],
    [noTest, { regex: '^(\\.\\./)+src/', message: 'A connector never imports src/.' }],
    tests,
  ),
  forbid(
    ['connectors/!(sdk)/**/*.ts'],
    [
      noTest,
      { regex: '^(\\.\\./)+src/', message: 'A connector never imports src/.' },
      {
        regex: '^\\.\\./(\\.\\./)*(?!sdk/)[a-z-]+/',
        message: 'A connector imports connectors/sdk and its own folder only.',
      },
    ],
    tests,
  ),
  forbid(
    ['migrations/**/*.ts'],
    [noTest, { regex: '/(src|connectors)/', message: 'Migrations stand alone.' }],
  ),
  { files: ['src/cli/**', 'bench/**'], rules: { 'no-console': 'off' } },
  {
    files: tests,
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'off',
    },
  },
);
