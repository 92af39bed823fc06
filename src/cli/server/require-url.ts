import { usageError } from '../cli-error.js';

/** @throws CliError `usage_error` for what is no http or https URL */
export function requireUrl(url: string): void {
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return;
  throw usageError(`${url} is not an http or https URL`);
}
