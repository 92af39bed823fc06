import { ChannelHistory } from './channel-history.js';

export interface SlackChannel {
  readonly id: string;
  name: string;
  readonly isPrivate: boolean;
  isArchived: boolean;
  readonly isGeneral: boolean;
  readonly creator: string;
  /** Unix seconds. */
  readonly created: number;
  /** Unix milliseconds. */
  updated: number;
  topic: string;
  purpose: string;
  readonly previousNames: string[];
  readonly members: Set<string>;
  readonly history: ChannelHistory;
}

export type ChannelDraft = Pick<SlackChannel, 'id' | 'name' | 'creator' | 'created'> &
  Partial<Omit<SlackChannel, 'members' | 'history'>> & { readonly members?: Iterable<string> };

export function makeChannel(draft: ChannelDraft): SlackChannel {
  return {
    id: draft.id,
    name: draft.name,
    isPrivate: draft.isPrivate ?? false,
    isArchived: draft.isArchived ?? false,
    isGeneral: draft.isGeneral ?? false,
    creator: draft.creator,
    created: draft.created,
    updated: draft.updated ?? draft.created * 1000,
    topic: draft.topic ?? '',
    purpose: draft.purpose ?? '',
    previousNames: [],
    members: new Set(draft.members ?? []),
    history: new ChannelHistory(),
  };
}
