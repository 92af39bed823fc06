import type { TopicThread } from './topic-thread.js';

export const COMPANY: readonly TopicThread[] = [
  {
    channel: 'general',
    lines: [
      [
        'office',
        'The office is closed from 24 December to 2 January. Parcels go to the bakery next door.',
      ],
      ['people-ops', 'These days are a gift, they do not count as holiday.'],
      ['intern', 'Is the bike cellar open? :bike:'],
      ['office', 'Yes, code as always. Please do not charge batteries overnight.'],
    ],
  },
  {
    channel: 'general',
    lines: [
      [
        'cto',
        'The harbour authority of Rotterdam has signed: 1,400 seats, three years. :tada: Thank you @account-manager and @@backend!',
      ],
      ['account-manager', 'Kick-off is on 12 January in Rotterdam, project name is *Lighthouse*.'],
      ['finance', 'Invoice 1 of 3 goes out in February, 168,000 euros.'],
    ],
  },
  {
    channel: 'general',
    lines: [
      [
        'people-ops',
        'All-hands is on the first Tuesday of the month at 15:00, room Jupiter and video. Recording stays for 90 days.',
      ],
      ['cto', 'Topics in December: results of the year, Lighthouse, the new on-call rules.'],
    ],
  },
  {
    channel: 'people-ops',
    lines: [
      [
        'people-ops',
        'New parental leave policy: 16 weeks with full pay for every parent, from 1 January.',
      ],
      [
        'legal',
        'Contracts need no change, the handbook is enough. Draft attached.',
        {
          name: 'parental-leave-policy.txt',
          text: 'Parental leave policy. Every parent gets 16 weeks with full pay, to be taken within 18 months of birth or adoption. Notice: 8 weeks.',
        },
      ],
      ['people-ops', 'Handbook is updated, chapter 7.'],
    ],
  },
  {
    channel: 'people-ops',
    lines: [
      [
        'people-ops',
        'Learning budget is 1,500 euros per year and person, unused rest expires on 31 March.',
      ],
      ['finance', 'Please book it on cost centre 4410.'],
    ],
  },
  {
    channel: 'people-ops',
    lines: [
      [
        'people-ops',
        'On-call compensation: 35 euros per weekday night, 90 euros per weekend day, plus time off after a page between 23:00 and 06:00.',
      ],
      ['sre-lead', 'When does it start?'],
      ['people-ops', 'With the January payroll. The roster tool exports the hours.'],
    ],
  },
  {
    channel: 'sales',
    lines: [
      [
        'sales-lead',
        'Objection of the week: the competitor promises an uptime of 99.99 %. What do we answer?',
      ],
      [
        'sre-lead',
        'Our measured uptime of the last twelve months is 99.97 %, and we publish it at <https://status.tributary.example>. The contract says 99.9 % with service credits of 10 %.',
      ],
      [
        'account-manager',
        'That convinced the shipping company on Thursday. :chart_with_upwards_trend:',
      ],
    ],
  },
  {
    channel: 'sales',
    lines: [
      ['account-manager', 'The museum foundation asks for hosting in Switzerland. Possible?'],
      ['platform', 'Region zurich-1 is live since October for enterprise plans, surcharge 15 %.'],
      ['legal', 'Use the data processing agreement version 3.2, it names Zurich as location.'],
    ],
  },
  {
    channel: 'sales',
    lines: [
      [
        'sales-lead',
        'Discount rules: up to 10 % on your own, up to 20 % with me, everything above with @finance.',
      ],
      ['account-manager', 'And for non-profits?'],
      ['sales-lead', 'Flat 30 %, proof of charity status needed.'],
    ],
  },
];
