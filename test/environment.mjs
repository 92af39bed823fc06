import { AsyncLocalStorage } from 'node:async_hooks';
import perfHooks from 'node:perf_hooks';
import { TestEnvironment } from 'jest-environment-node';

const storages = new Set();
const observers = new Set();

const { run, enterWith } = AsyncLocalStorage.prototype;
AsyncLocalStorage.prototype.run = function (...args) {
  storages.add(this);
  return run.apply(this, args);
};
AsyncLocalStorage.prototype.enterWith = function (...args) {
  storages.add(this);
  return enterWith.apply(this, args);
};

// Node never lets go of one, nor of what was in memory when it was made.
const delays = perfHooks.monitorEventLoopDelay({ resolution: 10 });
perfHooks.monitorEventLoopDelay = () => delays;

const { observe } = perfHooks.PerformanceObserver.prototype;
perfHooks.PerformanceObserver.prototype.observe = function (options) {
  observers.add(this);
  return observe.call(this, options);
};

/**
 * Every file of tests loads the modules anew. What these give to Node itself stays for the life of
 * the process: it carries each storage of asynchronous contexts along with every promise, and asks
 * each gauge of the event loop a hundred times a second. After some fifty files that is a third of
 * the work. Here it ends with its file.
 */
export default class extends TestEnvironment {
  async teardown() {
    for (const storage of storages) storage.disable();
    storages.clear();
    for (const observer of observers) observer.disconnect();
    observers.clear();
    await super.teardown();
  }
}
