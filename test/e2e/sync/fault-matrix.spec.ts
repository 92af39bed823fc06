import { filesConnector } from '../../../connectors/files/files.connector.js';
import { FilesSourceEditor } from '../../../connectors/files/files.source-editor.contract.js';
import { engineFaultMatrix } from '../../support/fault-matrix.js';

/** Small, so that listings longer than a page are quick to make. */
const PAGE_FILES = 5;

engineFaultMatrix(
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
