import { FilesSourceEditor } from '../../../connectors/files/files.source-editor.contract.js';
import { engineFaultMatrix } from '../../support/fault-matrix.js';
import { filesHarness, PAGE_FILES } from '../../support/files-source.js';

engineFaultMatrix(
  'files',
  () => Promise.resolve(filesHarness()),
  { pageSize: PAGE_FILES, supports: FilesSourceEditor.supports },
  ['postgresql'],
);
