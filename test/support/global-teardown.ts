/** Stops the server that global-setup.ts started; Jest runs both in one process. */
export default async function globalTeardown(): Promise<void> {
  const shared = globalThis as { stopTestPostgresql?: () => Promise<void> };
  await shared.stopTestPostgresql?.();
  delete shared.stopTestPostgresql;
  delete process.env.TRIBUTARY_TEST_PG_ADMIN_URL;
  delete process.env.TRIBUTARY_TEST_PG_MISSING;
}
