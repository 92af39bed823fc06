import type { TopicThread } from './topic-thread.js';

export const INCIDENTS: readonly TopicThread[] = [
  {
    channel: 'incidents',
    lines: [
      [
        'on-call',
        'SEV1: checkout returns 502 for about 30 % of requests since 14:02 UTC. :rotating_light: @@sre please join.',
      ],
      [
        'sre-lead',
        'Looks like the payment gateway pods are out of file descriptors, the limit is still 1024:\n```\naccept4: too many open files\nlimit: 1024, open: 1024\n```',
      ],
      ['platform', 'Rolled back checkout to *v4.12.3* at 14:19. Error rate is dropping.'],
      [
        'on-call',
        'Confirmed, errors are at zero since 14:23. Total 21 minutes, 1,840 failed orders.',
      ],
      [
        'sre-lead',
        'Root cause: release v4.13.0 opened one connection per request instead of reusing the pool. Follow-up TRB-2207 raises the limit to 65536 and adds an alert at 80 %.',
      ],
      [
        'release-manager',
        'Postmortem: <https://wiki.tributary.example/postmortems/checkout-502|checkout 502 postmortem>. Action owner is the @backend-lead.',
      ],
    ],
  },
  {
    channel: 'incidents',
    lines: [
      ['on-call', 'Search latency p99 is above 4 s since the index rebuild started at 03:10.'],
      [
        'data-engineer',
        'The nightly rebuild moved from 01:00 to 03:00 because of daylight saving and now collides with the Asia peak.',
      ],
      [
        'sre-lead',
        'Decision: the search index rebuild runs at 21:30 UTC from today, pinned to UTC in the cron entry.',
      ],
      ['on-call', 'p99 back to 310 ms after I paused the rebuild. Closing.'],
    ],
  },
  {
    channel: 'incidents',
    lines: [
      ['support-lead', 'Customers in Brazil report that invoices arrive twice. 14 tickets so far.'],
      [
        'backend-lead',
        'The invoice worker retried after a timeout although the mail had been sent. The idempotency key was built from the attempt number.',
      ],
      [
        'backend-lead',
        'Fix is merged: the key is now `invoice-{id}-{period}`. Deployed with billing 2.8.1.',
      ],
      [
        'support-lead',
        'Thanks. I answered all 14 tickets with the apology template and a credit of 10 euros.',
      ],
    ],
  },
  {
    channel: 'incidents',
    lines: [
      ['on-call', 'Disk on db-replica-3 is at 94 %. Alert fired at 06:40.'],
      [
        'dba',
        'A forgotten replication slot named `analytics_tmp` held back 212 GB of WAL. Dropped it.',
      ],
      [
        'dba',
        'Disk is down to 41 %. I set `max_slot_wal_keep_size` to 50GB so that this cannot fill the disk again.',
      ],
      [
        'sre-lead',
        'Nice catch. Runbook updated: <https://wiki.tributary.example/runbooks/replication-slots>',
      ],
    ],
  },
  {
    channel: 'incidents',
    lines: [
      [
        'security',
        'The TLS certificate of the status page expired at midnight. The renewal bot had no permission for the new DNS zone.',
      ],
      [
        'platform',
        'Renewed by hand, valid until 12 February. The bot has got the role `dns-writer` for the zone status.tributary.example.',
      ],
      [
        'security',
        'I added a check that warns 21 days before any certificate expires. It posts to #platform.',
      ],
    ],
  },
  {
    channel: 'incidents',
    lines: [
      ['on-call', 'Push notifications on Android are delayed by 20 minutes.'],
      [
        'mobile-lead',
        'The sender is throttled by the push provider: our quota is 600,000 messages per minute and the campaign of @marketing sent 2.1 million.',
      ],
      ['marketing', 'Sorry, nobody told me about a quota. What should I do for the next campaign?'],
      [
        'mobile-lead',
        'Split campaigns into waves of 400,000 with 2 minutes in between. The tool has a field for it: Delivery > Wave size.',
      ],
      ['on-call', 'Queue is drained, delay is under 5 seconds again.'],
    ],
  },
  {
    channel: 'incidents',
    lines: [
      [
        'sre-lead',
        'Postmortem of the Frankfurt outage, in short:\n1. A switch in rack F12 lost power at 09:47\n2. The quorum of the message broker was in that rack\n3. Failover took 11 minutes because of a stale DNS cache',
      ],
      [
        'platform',
        'Brokers are spread over three racks now, and the DNS time to live went from 600 to 30 seconds.',
      ],
      ['cto', 'Please rehearse this every quarter. First drill on 19 January.'],
    ],
  },
  {
    channel: 'incidents',
    lines: [
      ['on-call', 'Login with single sign-on fails for everyone with an umlaut in the name.'],
      [
        'backend-lead',
        'The identity provider switched to Unicode form NFD. We compared bytes. Normalising to NFC in auth 1.19.4 fixes it.',
      ],
      ['qa', 'Verified with three test accounts. I added the case to the smoke tests.'],
    ],
  },
];
