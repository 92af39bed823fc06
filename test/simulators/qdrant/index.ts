export { startQdrantDouble, QdrantDouble, type QdrantDoubleOptions } from './qdrant-double.js';
export type { FaultInput, FaultKind } from './faults.js';
export type { RecordedRequest, Violation, ViolationKind } from './request-record.js';
