/**
 * Why a gob stream was refused.
 *
 * Not standardized; the rules behind the words are those of Go's package encoding/gob, chapters "Types
 * and Values" and "Encoding Details" of its documentation, and the limits of this room.
 *
 * @module
 */
export const GOB_FAULTS = [
  /** More octets than GOB_STREAM_BYTES_MAX. */
  'too-long',
  /** The stream, a message or a value ends too early; also a count greater than what is left. */
  'truncated',
  /** No unsigned number begins like this. */
  'bad-number',
  /** A type definition that is none, has a reserved number, or one that was given before. */
  'bad-definition',
  /** A type nobody defined, or one we do not read (complex numbers, interfaces). */
  'unknown-type',
  /** A field has another kind than ours of this name: signed, say, and not unsigned. */
  'kind-mismatch',
  /** The struct has no field of ours. */
  'no-common-field',
  /** A field number beyond those of the struct. */
  'unknown-field',
  /** A number that its field cannot hold. */
  'out-of-range',
  /** An array of another length than was defined. */
  'wrong-length',
  /** More than GOB_DEPTH_MAX values within each other. */
  'too-deep',
  /** No time of Go, version 1 or 2. */
  'bad-time',
] as const;

export type GobFault = (typeof GOB_FAULTS)[number];

/** The only thing that reading a gob stream throws. The message holds nothing of the stream. */
export class GobError extends Error {
  override readonly name = 'GobError';
  readonly fault: GobFault;

  constructor(fault: GobFault, what: string) {
    super(`gob stream refused (${fault}): ${what}`);
    this.fault = fault;
  }
}
