/**
 * Path ids as people see them.
 *
 * Standard: RFC 7911 §3 gives no id a meaning; 0 is what stands where there is none.
 *
 * @module
 */

export const idView = (pathId: number): number | null => (pathId === 0 ? null : pathId);
