import { AsyncLocalStorage } from 'node:async_hooks';
import { TestEnvironment } from 'jest-environment-node';

const used = new Set();
const { run, enterWith } = AsyncLocalStorage.prototype;

AsyncLocalStorage.prototype.run = function (...args) {
  used.add(this);
  return run.apply(this, args);
};
AsyncLocalStorage.prototype.enterWith = function (...args) {
  used.add(this);
  return enterWith.apply(this, args);
};

/**
 * Every file of tests loads the modules anew, and with them the storages of asynchronous contexts.
 * Node carries each that was ever used along with every promise, for good: a hundred files later
 * that is most of the work. Here they end with their file.
 */
export default class extends TestEnvironment {
  async teardown() {
    for (const storage of used) storage.disable();
    used.clear();
    await super.teardown();
  }
}
