import type { ApiMethod } from '../api/method-call.js';
import { accountMethods } from './account.methods.js';
import { conversationsMethods } from './conversations.methods.js';
import { filesMethods } from './files.methods.js';
import { messagesMethods } from './messages.methods.js';
import { peopleMethods } from './people.methods.js';

export const ALL_METHODS: ReadonlyMap<string, ApiMethod> = new Map(
  [
    ...accountMethods,
    ...conversationsMethods,
    ...filesMethods,
    ...messagesMethods,
    ...peopleMethods,
  ].map((method) => [method.name, method]),
);
