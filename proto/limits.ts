// The limits of one request. A limit of bytes alone does not limit the work: 434 bytes of gzip can contain 200 000
// spans.

export interface DecodeLimits {
  /** Bytes of the body after decompression. */
  readonly decodedBytesMax: number
  /** Spans or log records, or events of a legacy request, including refused ones. */
  readonly spansMax: number
  /** Levels of nested attribute values. */
  readonly depthMax: number
  /** Bytes of one line of NDJSON, or one element of a JSON array. */
  readonly lineBytesMax: number
  /** Attributes, span events and links of all items together. */
  readonly rowsMax: number
  /** Attributes, span events and links of one item. An item with more is refused by itself. */
  readonly rowsPerItemMax: number
  /** Resources and scopes together. */
  readonly envelopesMax: number
  /** Elements of arrays and maps inside attribute values. */
  readonly valuesMax: number
}

export const DEFAULT_LIMITS: DecodeLimits = {
  decodedBytesMax: 32 * 1024 * 1024,
  spansMax: 100_000,
  depthMax: 64,
  lineBytesMax: 1024 * 1024,
  rowsMax: 500_000,
  rowsPerItemMax: 32_768,
  envelopesMax: 100_000,
  valuesMax: 1_000_000,
}
