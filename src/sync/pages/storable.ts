import type { SourceDocument } from '../../../connectors/sdk/contract.js';
import { storableFields, storableText } from '../../common/storable.js';

/** The labels of a document in a form that can be stored; its ids and its body stay as they are. */
export function storableDocument(document: SourceDocument): SourceDocument {
  const { title, url, author, container, parents, times, access, metadata } = document;
  return {
    ...document,
    title: storableText(title),
    url: url && storableText(url),
    author: author && storableText(author),
    container: container && storableText(container),
    parents: parents.map(storableText),
    times: { createdAt: storableTime(times.createdAt), updatedAt: storableTime(times.updatedAt) },
    access: { ...access, principals: access.principals.map(storableText) },
    metadata: storableFields(metadata),
  };
}

/** A source may say `0000-00-00`; that is no time. */
function storableTime(time: Date | null): Date | null {
  return time && !Number.isNaN(time.getTime()) ? time : null;
}
