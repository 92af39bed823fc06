import type { TopicThread } from './topic-thread.js';

export const DECISIONS: readonly TopicThread[] = [
  {
    channel: 'engineering',
    lines: [
      [
        'backend-lead',
        'Which queue do we take for the order events: RabbitMQ, Kafka, or a table in PostgreSQL?',
      ],
      [
        'platform',
        'Kafka would be the fourth stateful system that we operate. We have 40 events per second at peak.',
      ],
      [
        'dba',
        'A table with SKIP LOCKED handles 3,000 jobs per second on our hardware, I measured it last week.',
      ],
      [
        'cto',
        'Decision: order events go through a PostgreSQL table. We look at it again above 500 events per second.',
      ],
      [
        'backend-lead',
        'Written down as ADR 27: <https://wiki.tributary.example/adr/27|ADR 27, order events>',
      ],
    ],
  },
  {
    channel: 'engineering',
    lines: [
      [
        'frontend-lead',
        'Proposal: we drop support for Safari 14. It is at 0.4 % of sessions and costs us two polyfills of 61 kB.',
      ],
      ['product-owner', 'Are any enterprise customers on it?'],
      ['account-manager', 'Only the harbour authority, and they migrate in March.'],
      [
        'product-owner',
        'Agreed. Safari 14 support ends on 1 April; the banner goes live on 1 March.',
      ],
    ],
  },
  {
    channel: 'engineering',
    lines: [
      [
        'qa',
        'Flaky tests cost us 9 hours of waiting last week. Can we quarantine them automatically?',
      ],
      ['platform', 'The build bot can move a test to quarantine after 3 flips in 50 runs.'],
      [
        'backend-lead',
        'OK if a quarantined test has an owner and is fixed or deleted within 14 days.',
      ],
      [
        'qa',
        'Decided: 3 flips in 50 runs, owner by CODEOWNERS, 14 days. Dashboard is at <https://ci.tributary.example/flaky>',
      ],
    ],
  },
  {
    channel: 'product',
    lines: [
      [
        'product-owner',
        'Pricing of the team plan from January: 12 euros per seat, billed yearly 10 euros. Free plan keeps 3 projects.',
      ],
      [
        'finance',
        'The model breaks even at 4.1 % conversion; we are at 4.6 %.',
        {
          name: 'pricing-model.csv',
          text: 'plan,seat_price_eur,break_even_conversion\nteam monthly,12,4.1 %\nteam yearly,10,3.7 %\nenterprise,29,2.2 %\n',
        },
      ],
      ['sales-lead', 'Existing customers keep 9 euros until the end of their term, right?'],
      [
        'product-owner',
        'Yes, grandfathered until renewal. Support macro is called `pricing-2027`.',
      ],
    ],
  },
  {
    channel: 'product',
    lines: [
      [
        'designer',
        'Onboarding test with 8 people: 6 of them did not find the import button because it looks like a label.',
      ],
      ['product-owner', 'Then the import becomes the primary button of the empty state.'],
      ['frontend-lead', 'Shipped behind the flag `empty-state-import`, 50 % of new workspaces.'],
      [
        'data-engineer',
        'Result after two weeks: activation went from 31 % to 38 %. Flag is at 100 % now.',
      ],
    ],
  },
  {
    channel: 'data',
    lines: [
      ['data-engineer', 'We need one definition of an active customer. Today there are three.'],
      [
        'finance',
        'For the board it is: paid invoice in the last 35 days and at least one login in the last 14.',
      ],
      [
        'data-engineer',
        'Then this is it: table `mart.active_customers`, the other two are views on it until June.',
      ],
    ],
  },
  {
    channel: 'security',
    lines: [
      [
        'security',
        'Access review of the production cluster: 17 people have admin rights, 5 need them.',
      ],
      [
        'cto',
        'Remove the rest. Emergency access goes through the break-glass account, two people, logged.',
      ],
      ['platform', 'Done. Break-glass procedure: sealed codes are with @office and @security.'],
    ],
  },
  {
    channel: 'security',
    lines: [
      [
        'security',
        'Penetration test report is in. Two findings of high severity:\n• stored cross-site scripting in the project title\n• session stays valid after a password change',
        {
          name: 'pentest-summary.pdf',
          text: 'Penetration test summary. High: stored cross-site scripting in project title. High: session survives password change. Medium: verbose server header.',
        },
      ],
      ['frontend-lead', 'The title is escaped since web 9.4.0.'],
      [
        'backend-lead',
        'Sessions are revoked on password change since auth 1.20.0. Retest is on 8 December.',
      ],
    ],
  },
  {
    channel: 'platform',
    lines: [
      [
        'platform',
        'Terraform state moves from the laptop bucket to the shared backend this Friday. Freeze from 12:00 to 14:00.',
      ],
      ['sre-lead', 'Does the lock table exist already?'],
      [
        'platform',
        'Yes, it is called `tf-locks-eu`. Plan needs nothing new, apply needs the role infra-deployer.',
      ],
    ],
  },
  {
    channel: 'engineering',
    lines: [
      [
        'cto',
        'We standardise on Node 22 for services from February. Node 20 images get no patches after 30 April.',
      ],
      ['backend-lead', 'Two services are blocked by the native PDF module: reports and labels.'],
      ['backend-lead', 'Both replaced it by the WebAssembly build, no blockers left.'],
    ],
  },
  {
    channel: 'product',
    lines: [
      [
        'product-owner',
        'Roadmap for the first quarter, in order:\n1. offline mode for the mobile app\n2. audit log export\n3. roles with custom permissions',
      ],
      [
        'mobile-lead',
        'Offline mode needs conflict handling. We take last writer wins per field, as in the prototype.',
      ],
      [
        'legal',
        'The audit log export must be ready before the Rotterdam contract is signed, that is 28 February.',
      ],
      ['product-owner', 'Then the audit log export comes first and offline mode second.'],
    ],
  },
];
