export interface Role {
  /** Handle, and how threads refer to the role. */
  readonly key: string;
  readonly name: string;
  /** Some people have set one, most have not. */
  readonly displayName: string;
}

const role = (key: string, name: string, displayName = ''): Role => ({ key, name, displayName });

/** Roles, not persons: nobody here exists. */
export const CAST: readonly Role[] = [
  role('release-manager', 'Release manager', 'Release manager (trains)'),
  role('on-call', 'On-call engineer'),
  role('sre-lead', 'Reliability lead', 'SRE lead'),
  role('backend-lead', 'Backend lead'),
  role('frontend-lead', 'Frontend lead'),
  role('mobile-lead', 'Mobile lead'),
  role('platform', 'Platform engineer'),
  role('data-engineer', 'Data engineer'),
  role('ml', 'Machine learning engineer', 'ML engineer'),
  role('dba', 'Database administrator', 'DBA'),
  role('security', 'Security officer'),
  role('qa', 'Test engineer'),
  role('product-owner', 'Product owner'),
  role('designer', 'Product designer'),
  role('tech-writer', 'Technical writer'),
  role('support-lead', 'Support lead'),
  role('support-agent', 'Support agent'),
  role('customer-success', 'Customer success manager'),
  role('sales-lead', 'Sales lead'),
  role('account-manager', 'Account manager'),
  role('marketing', 'Marketing manager'),
  role('finance', 'Finance controller'),
  role('legal', 'Legal counsel'),
  role('people-ops', 'People partner'),
  role('office', 'Office manager'),
  role('it-admin', 'IT administrator', 'IT help'),
  role('cto', 'Chief technology officer', 'CTO'),
  role('intern', 'Working student'),
];

export const GROUPS: readonly { handle: string; name: string; roles: readonly string[] }[] = [
  { handle: 'sre', name: 'Site reliability', roles: ['sre-lead', 'on-call', 'platform'] },
  { handle: 'backend', name: 'Backend developers', roles: ['backend-lead', 'dba', 'on-call'] },
  {
    handle: 'leads',
    name: 'Leads',
    roles: ['backend-lead', 'frontend-lead', 'mobile-lead', 'cto'],
  },
];

export const APPS: readonly string[] = ['Build bot', 'Alert bot', 'Deploy bot'];

export interface ChannelPlan {
  readonly name: string;
  readonly purpose: string;
  readonly isPrivate?: true;
  readonly isArchived?: true;
}

/** The first channels of every workspace, in this order. */
export const CHANNELS: readonly ChannelPlan[] = [
  { name: 'general', purpose: 'Announcements for everybody' },
  { name: 'incidents', purpose: 'Outages while they happen, and what came out of them' },
  { name: 'engineering', purpose: 'Technical questions and decisions' },
  { name: 'releases', purpose: 'Release trains and hotfixes' },
  { name: 'platform', purpose: 'Infrastructure, pipelines, access' },
  { name: 'product', purpose: 'Roadmap, pricing, research' },
  { name: 'support', purpose: 'Cases, macros, escalations' },
  { name: 'security', purpose: 'Findings and access reviews', isPrivate: true },
  { name: 'data', purpose: 'Pipelines, models, definitions' },
  { name: 'help-it', purpose: 'Laptops, rooms, network' },
  { name: 'people-ops', purpose: 'Policies and payroll', isPrivate: true },
  { name: 'legacy-billing', purpose: 'The old billing system, retired', isArchived: true },
  { name: 'sales', purpose: 'Deals and objections' },
  { name: 'mobile', purpose: 'Android and iOS' },
  { name: 'frontend', purpose: 'Web client' },
  { name: 'design', purpose: 'Mock-ups and studies' },
  { name: 'finance', purpose: 'Budget and invoices', isPrivate: true },
  { name: 'marketing', purpose: 'Campaigns' },
];

const PROJECTS = [
  'lighthouse',
  'estuary',
  'delta',
  'spring',
  'cascade',
  'harbour',
  'current',
  'basin',
  'weir',
  'meander',
  'oxbow',
  'rapids',
  'ford',
  'lagoon',
  'tide',
  'canal',
  'sluice',
  'gorge',
  'brook',
  'mill',
  'ferry',
  'quay',
  'buoy',
  'anchor',
];

/** As many channels as asked for: the named ones, then one per project. */
export function channelPlans(count: number): ChannelPlan[] {
  const plans = CHANNELS.slice(0, count);
  for (let i = 0; plans.length < count; i++) {
    const round = Math.floor(i / PROJECTS.length);
    const project = PROJECTS[i % PROJECTS.length]!;
    const name = `proj-${project}${round === 0 ? '' : `-${round + 1}`}`;
    plans.push({ name, purpose: `Project ${project}` });
  }
  return plans;
}
