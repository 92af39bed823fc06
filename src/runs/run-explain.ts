import type { RunFacts } from './run-explain-facts.js';
import type { Cause } from './run-explain.schema.js';

/** A run that is due and first in line is taken within a second; later than this nobody works. */
const NO_WORKER_SECONDS = 10;
const GAPS_NAMED = 3;

/** Why a run stands where it stands, the most important cause first; pure, so all is testable. */
export function causesOf(facts: RunFacts): Cause[] {
  const { state, cancel_requested: cancelled } = facts.run;
  const causes =
    state === 'running'
      ? running(facts)
      : state === 'waiting' || state === 'queued'
        ? standing(facts)
        : ended(facts);
  if (cancelled && state === 'running')
    causes.unshift(
      cause('cancelling', 'The run was asked to stop and ends after its current page.'),
    );
  return [...causes, ...connectionState(facts), ...held(facts)];
}

function running(facts: RunFacts): Cause[] {
  const { run, now, lastCall } = facts;
  const idle = secondsBetween(run.updated_at, now);
  if (run.lease_until !== null && run.lease_until < now)
    return [
      cause(
        'worker_lost',
        `Its worker ${run.lease_owner} has not been heard of since ${clock(run.lease_until)}; ` +
          'another one goes on from the last page within seconds.',
      ),
    ];
  const where = run.progress.partition ? ` at "${run.progress.partition}"` : '';
  const call = lastCall
    ? ` The last call was ${lastCall.method} (${lastCall.outcome}), ` +
      `${duration(secondsBetween(lastCall.at, now))} ago.`
    : '';
  return [
    cause(
      'working',
      `${run.lease_owner} is working on it${where}; ` +
        `the last progress was ${duration(idle)} ago.${call}`,
    ),
    ...blockedBudgets(facts),
  ];
}

function standing(facts: RunFacts): Cause[] {
  const { run, now } = facts;
  if (run.run_at > now) return [parked(facts), ...blockedBudgets(facts)];
  return [inQueue(facts), ...(run.waiting ? [] : blockedBudgets(facts))];
}

function parked({ run, now }: RunFacts): Cause {
  const until = run.run_at;
  const when = `until ${clock(until)} (${duration(secondsBetween(now, until))})`;
  const [reason = 'scheduled', method] = (run.waiting?.reason ?? 'scheduled').split(/:(.*)/s);
  const why = run.error_detail?.message ?? run.error;
  const said = why === null ? '' : ` It said: ${why}`;
  switch (reason) {
    case 'rate_limited':
      return cause(
        'rate_limited',
        `Waiting for ${run.provider} ${when}: ${method ?? 'a method'} may not be called before.`,
        { until },
      );
    case 'upstream':
      return cause('upstream', `${run.provider} is unwell; the next try waits ${when}.${said}`, {
        until,
        action: `See whether ${run.provider} reports an outage; the run goes on by itself.`,
      });
    case 'embedder':
      return cause('embedder', `The embedding model does not answer; waiting ${when}.${said}`, {
        until,
        action: 'Check TRIBUTARY_EMBEDDING_MODEL, OPENAI_BASE_URL and OPENAI_API_KEY.',
      });
    case 'database':
      return cause('database', `The database did not answer; waiting ${when}.${said}`, {
        until,
        action: 'Check the database of DATABASE_URL.',
      });
    case 'disk':
      return cause('disk', `The disk is full; waiting ${when}.${said}`, {
        until,
        action: 'Free space on the disk of the data directory or of the database.',
      });
    case 'encryption_keys':
      return cause('encryption_keys', `The credentials cannot be read; waiting ${when}.${said}`, {
        until,
        action: 'Set TRIBUTARY_ENCRYPTION_KEYS to the keys that they were stored with.',
      });
    default:
      return cause(reason, `Waiting (${reason.replaceAll('_', ' ')}) ${when}.${said}`, { until });
  }
}

function inQueue({ run, now, queue }: RunFacts): Cause {
  const due = duration(secondsBetween(run.run_at, now));
  const caps = queue?.caps_reached ?? [];
  if (caps.length > 0) {
    const whose = caps
      .map((cap) => (cap === 'tenant' ? 'this account' : `connections to ${run.provider}`))
      .join(' and for ');
    return cause(
      'cap_reached',
      `In the queue for ${due}: as many runs as allowed for ${whose} are at work.`,
    );
  }
  const ahead = queue?.ahead ?? 0;
  if (ahead > 0) {
    const runs = ahead === 1 ? '1 run is' : `${ahead} runs are`;
    return cause('queued', `In the queue for ${due}: ${runs} taken before it.`, {
      action: 'More workers, or TRIBUTARY_WORKER_SLOTS, shorten the queue.',
    });
  }
  if (secondsBetween(run.run_at, now) < NO_WORKER_SECONDS)
    return cause('queued', 'Next in the queue; a worker takes it within a second.');
  return (queue?.running ?? 0) > 0
    ? cause('queued', `Next in the queue for ${due}; all slots of the workers are in use.`, {
        action: 'More workers, or TRIBUTARY_WORKER_SLOTS, shorten the queue.',
      })
    : cause('no_worker', `Next in the queue for ${due}, and nobody takes it.`, {
        action: 'Start a worker: a server whose TRIBUTARY_ROLE is "all" or "worker".',
      });
}

/** Methods that may not be called now, beside the one that the run waits for. */
function blockedBudgets({ run, now, budgets }: RunFacts): Cause[] {
  const waitedFor = run.waiting?.reason.split(/:(.*)/s)[1];
  return budgets
    .filter(({ method, blocked_until: at }) => at !== null && at > now && method !== waitedFor)
    .map(({ method, blocked_until: at }) =>
      cause('method_blocked', `${run.provider} allows no ${method} before ${clock(at!)}.`, {
        until: at!,
      }),
    );
}

function ended({ run, gaps, openFailures }: RunFacts): Cause[] {
  if (run.state === 'cancelled') return [cause('cancelled', 'The run was cancelled.')];
  if (run.state === 'success') return [cause('done', 'The run has ended; everything was read.')];
  if (run.state === 'error') {
    const code = run.error_detail?.code ?? 'error';
    const again = run.error_detail?.retryable
      ? 'It is tried again with the next run.'
      : 'Repair what the message says, then resume or sync again.';
    return [cause(code, `The run failed: ${run.error ?? 'no reason is known'}`, { action: again })];
  }
  const causes: Cause[] = [];
  if (gaps.length > 0) {
    const named = gaps.slice(0, GAPS_NAMED).map(({ title, reason }) => `"${title}": ${reason}`);
    const more = gaps.length > GAPS_NAMED ? ` and ${gaps.length - GAPS_NAMED} more` : '';
    causes.push(
      cause('incomplete', `Not listed to the end: ${named.join('; ')}${more}.`, {
        action: 'The next run tries again; until then nothing there is deleted.',
      }),
    );
  }
  if (openFailures > 0)
    causes.push(
      cause('failed_items', `${openFailures} items could not be read, or not whole.`, {
        action:
          'GET connections/{id}/failures says why, and when they are tried again; POST failures/{id}/retry reads one now.',
      }),
    );
  return causes.length > 0 ? causes : [cause('partial', 'The run has ended and left items out.')];
}

function connectionState({ connection }: RunFacts): Cause[] {
  const { status, status_reason: reason } = connection;
  const why = reason === null ? '' : `: ${reason}`;
  if (status === 'needs_auth')
    return [
      cause('needs_auth', `The connection needs new credentials${why}`, {
        action: 'Update the connection with credentials that work; cursor and data are kept.',
      }),
    ];
  if (status === 'paused')
    return [
      cause('paused', `The connection is paused${why}`, {
        action: 'Resume the connection.',
      }),
    ];
  if (status === 'error')
    return [
      cause('connection_error', `The connection stopped after errors in a row${why}`, {
        action: 'Repair what the message says, then resume the connection.',
      }),
    ];
  return [];
}

function held({ run }: RunFacts): Cause[] {
  const { held_deletions: deletions } = run;
  if (deletions === null) return [];
  const places = deletions.partitions.join(', ');
  return [
    cause('deletions_held', `${deletions.count} deletions are held for a person (${places}).`, {
      action: 'POST connections/{id}/deletions/confirm or /reject settles them.',
    }),
  ];
}

function cause(code: string, message: string, more: { until?: Date; action?: string } = {}): Cause {
  const { until, action = null } = more;
  return { code, message, until: until?.toISOString() ?? null, action };
}

function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000));
}

/** `48 s`, `12 min`, `3 h`, `2 d`. */
function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h`
    : `${Math.round(seconds / 86_400)} d`;
}

function clock(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
