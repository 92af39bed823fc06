import type { TopicThread } from './topic-thread.js';

export const HOW_TOS: readonly TopicThread[] = [
  {
    channel: 'platform',
    lines: [
      ['intern', 'How do I get a shell in the staging database? `psql` says permission denied.'],
      [
        'platform',
        'Through the bastion, with your short-lived certificate:\n```\nssh-cert issue --hours 8\nssh -L 5433:db.staging:5432 bastion\npsql -h localhost -p 5433 -U readonly app\n```',
      ],
      ['intern', 'Works, thanks! :tada: I added it to the wiki.'],
    ],
  },
  {
    channel: 'platform',
    lines: [
      ['mobile-lead', 'How do we rotate the signing key of the Android app?'],
      [
        'platform',
        'Steps:\n1. create the key in the vault under `mobile/android/upload`\n2. request the upload key reset in the console, takes 48 hours\n3. change the pipeline variable `UPLOAD_KEY_ALIAS`',
      ],
      ['mobile-lead', 'Done for this year, next rotation is due in November.'],
    ],
  },
  {
    channel: 'help-it',
    lines: [
      ['marketing', 'My laptop does not connect to the projector in room Mercury.'],
      [
        'it-admin',
        'Room Mercury only takes USB-C with 4K at 30 Hz. Set the display to 1920x1080 once, then it works.',
      ],
      ['marketing', 'That was it. :pray:'],
    ],
  },
  {
    channel: 'help-it',
    lines: [
      [
        'people-ops',
        'A new colleague starts on Monday. How early do you need the request for a laptop?',
      ],
      [
        'it-admin',
        'Ten working days for a standard laptop, four weeks for the 64 GB model. Form: <https://intra.tributary.example/hardware>',
      ],
      ['it-admin', 'For Monday I have a loan device, asset number LT-0417.'],
    ],
  },
  {
    channel: 'help-it',
    lines: [
      ['sales-lead', 'VPN drops every hour on the train.'],
      [
        'it-admin',
        'Switch the client to the profile `tributary-tcp443`. The default uses UDP, which many trains block.',
      ],
      ['sales-lead', 'Stable since Hannover, thank you.'],
    ],
  },
  {
    channel: 'support',
    lines: [
      ['support-agent', 'A customer cannot export more than 10,000 rows. Is there a trick?'],
      [
        'support-lead',
        'Use the export by mail: Settings &gt; Data &gt; Export everything. Limit there is 2 million rows and the link is valid for 72 hours.',
      ],
      [
        'tech-writer',
        'I have added this to the help article <https://help.tributary.example/export|Export your data>.',
      ],
    ],
  },
  {
    channel: 'support',
    lines: [
      ['support-agent', 'Refund after 40 days: allowed?'],
      ['finance', 'Within 60 days yes, up to 500 euros without approval. Above that ask me.'],
      ['support-lead', 'Macro `refund-60` has the wording. Please set the tag goodwill.'],
    ],
  },
  {
    channel: 'support',
    lines: [
      [
        'support-lead',
        'Escalation path from today:\n• level 1: support agents, answer within 4 hours\n• level 2: @@sre, page only for SEV1 and SEV2\n    ◦ the pager rule is called `support-escalation`\n• level 3: the @cto',
      ],
      ['customer-success', 'Does that hold for premium customers too?'],
      ['support-lead', 'Premium customers start at level 2, with 1 hour.'],
    ],
  },
  {
    channel: 'releases',
    lines: [
      [
        'release-manager',
        'Release train 48 leaves on Thursday at 10:00 UTC. Code freeze is Wednesday 16:00.',
      ],
      ['frontend-lead', 'The new date picker is in, behind the flag `date-picker-v2`.'],
      [
        'qa',
        'Regression run: 1,204 passed, 3 failed, all three are known and harmless (TRB-2251).',
      ],
      ['release-manager', 'Train 48 is out. Version *web 9.5.0*, *api 4.14.0*. :steam_locomotive:'],
    ],
  },
  {
    channel: 'releases',
    lines: [
      [
        'release-manager',
        'Hotfix process, since people asked: branch from the tag, cherry-pick, label `hotfix`, two approvals, then the pipeline deploys within 15 minutes.',
      ],
      ['backend-lead', 'Who may approve at night?'],
      [
        'release-manager',
        'The @on-call plus one lead from @@backend. Without a lead the @cto counts.',
      ],
    ],
  },
  {
    channel: 'releases',
    lines: [
      [
        'mobile-lead',
        'iOS 7.2 was rejected: the permission text for the microphone is missing a reason.',
      ],
      [
        'product-owner',
        'New text: We use the microphone to record voice notes that you attach to a task.',
      ],
      ['mobile-lead', 'Approved with build 7.2.1 (1183). Phased rollout over 7 days.'],
    ],
  },
  {
    channel: 'data',
    lines: [
      [
        'data-engineer',
        'How to backfill the events table after an outage:\n```\nbackfill --table events --from 2026-10-03T00:00Z --to 2026-10-03T06:00Z --dry-run\n```\nRemove `--dry-run` when the row count looks right.',
      ],
      ['ml', 'The backfill took 48 minutes for 6 hours of data, just so you know.'],
    ],
  },
  {
    channel: 'data',
    lines: [
      ['ml', 'The churn model is retrained every Sunday. Which features leak?'],
      [
        'data-engineer',
        '`days_until_cancellation` obviously, and `last_invoice_status` because it is updated after the fact.',
      ],
      ['ml', 'Removed both, AUC falls from 0.97 to 0.83, which is believable.'],
    ],
  },
];
