import { connectorConformance } from '../sdk/conformance/connector.contract.js';
import { filesConnector } from './files.connector.js';
import { FilesSourceEditor } from './files.source-editor.contract.js';

/** Small, so that listings longer than a page are quick to make. */
const PAGE_FILES = 20;

connectorConformance(
  'files',
  () => {
    const editor = new FilesSourceEditor(PAGE_FILES);
    const { fileSystem, root, path } = editor;
    return Promise.resolve({
      connector: filesConnector({ roots: [root], fileSystem, pageFiles: PAGE_FILES }),
      config: { path },
      credentials: {},
      editor,
      dispose: () => editor.dispose(),
    });
  },
  { pageSize: PAGE_FILES, supports: FilesSourceEditor.supports },
);
