/**
 * What a path is called: the neighbor it came from, and its id where that neighbor tells several.
 *
 * Standard: RFC 7911 (path identifiers).
 *
 * @module
 */
import { getTranslator } from '../../../_text/translator.ts';

/** Returns e.g. `alder`, or `alder path 7`. */
export const pathName = (neighbor: string, id: number | null): string =>
  id === null ? neighbor : getTranslator('lookingGlass')('pathName', { neighbor, id });
