const MIB = 1024 * 1024;

/** Largest file that is looked at, in bytes. */
export const MAX_INPUT_BYTES = 50 * MIB;

/** Longest text that is returned, in UTF-16 code units; what is longer is cut, with the reason. */
export const MAX_TEXT_CHARS = 5_000_000;

/** Bytes of a plain text or CSV file that are decoded: enough for MAX_TEXT_CHARS in any encoding. */
export const MAX_DECODED_BYTES = 4 * MAX_TEXT_CHARS;

/** Pages of a PDF that are read. */
export const MAX_PDF_PAGES = 2_000;

/** Bytes that the entries of a zip container may have together, unpacked. */
export const MAX_EXPANDED_BYTES = 200 * MIB;

/**
 * Unpacked bytes per packed byte. Office XML stays under 100; Deflate reaches 1,032. Applies from
 * EXPANSION_RATIO_FLOOR_BYTES on, since small repetitive files are harmless.
 */
export const MAX_EXPANSION_RATIO = 200;
export const EXPANSION_RATIO_FLOOR_BYTES = 16 * MIB;

/** Entries of a zip container. */
export const MAX_ZIP_ENTRIES = 10_000;

/** Rows of a workbook that are read, over all its sheets. */
export const MAX_WORKBOOK_ROWS = 100_000;

/** Bytes of XML that are read over all sheets of a workbook, and of its shared strings. */
export const MAX_SHEET_XML_BYTES = 32 * MIB;
export const MAX_SHARED_STRINGS_BYTES = 32 * MIB;

/** Text up to this size is decoded in the calling process: it costs less than the round trip. */
export const MAX_INLINE_BYTES = MIB;

/** Wall time that a child has for one file. */
export const TIMEOUT_MS = 10_000;

/** Resident memory that a child may have. */
export const MAX_RESIDENT_BYTES = 256 * MIB;

/** Heap of a child in MiB; with code, buffers and young generation it stays under the above. */
export const CHILD_HEAP_MIB = 176;
export const CHILD_SEMI_SPACE_MIB = 4;

/** A child that ends a file with more resident memory than this is replaced, not used again. */
export const REUSE_RESIDENT_BYTES = 128 * MIB;
