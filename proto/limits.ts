// Bounds on one request. Bytes alone do not bound work: 434 bytes of gzip can hold 200 000 spans.

export interface DecodeLimits {
  /** Body after decompression. */
  readonly decodedBytesMax: number
  /** Spans or log records, or events of a legacy request, refused ones included. */
  readonly spansMax: number
  /** Levels of nested attribute values. */
  readonly depthMax: number
  /** One line of NDJSON, one element of a JSON array. */
  readonly lineBytesMax: number
  /** Attributes, span events and links of all items together. */
  readonly rowsMax: number
  /** Attributes, span events and links of one item; an item beyond it is refused alone. */
  readonly rowsPerItemMax: number
  /** Resource and scope envelopes together. */
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
