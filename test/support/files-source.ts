import { filesConnector } from '../../connectors/files/files.connector.js';
import { FilesSourceEditor } from '../../connectors/files/files.source-editor.contract.js';
import type { ConformanceHarness } from '../../connectors/sdk/conformance/harness.contract.js';

/** A folder under test: small pages, so that listings longer than a page are quick to make. */
export const PAGE_FILES = 5;

export interface FilesHarness extends ConformanceHarness {
  readonly editor: FilesSourceEditor;
}

/** @param config beside the path */
export function filesHarness(config: Record<string, unknown> = {}): FilesHarness {
  const editor = new FilesSourceEditor(PAGE_FILES);
  const { fileSystem, root, path } = editor;
  return {
    connector: filesConnector({ roots: [root], fileSystem, pageFiles: PAGE_FILES }),
    config: { path, ...config },
    credentials: {},
    editor,
    dispose: () => editor.dispose(),
  };
}
