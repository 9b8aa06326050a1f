/**
 * The AS paths under which one prefix was announced lately, with how often and by whom last.
 *
 * Not standardized. Kept as octets: attribute sets come and go with every change, and people ask rarely.
 *
 * Invariant: at most `PATH_VARIANTS_MAX` paths, all different, of `PATH_VARIANT_BYTES_MAX` octets at most.
 *
 * @module
 */
import { at } from '../../base/bytes.ts';
import type { Instant } from '../../base/units.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd } from '../attribute/canonical-block.ts';
import { decodeAsPath, formatAsPath } from '../attribute/decode.ts';
import { AS_PATH } from '../attribute/table.ts';
import { FORMER_SOURCE } from '../rib/source-table.ts';
import { PATH_VARIANT_BYTES_MAX, PATH_VARIANTS_MAX } from './limits.ts';

/** One AS path, read for people. */
export type PathVariantView = {
  readonly asPathText: string;
  readonly times: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  /** Who announced it last. */
  readonly source: number;
};

type Variant = {
  readonly path: Uint8Array;
  readonly firstAt: Instant;
  times: number;
  lastAt: Instant;
  source: number;
};

export class PathVariants {
  /** Announcements of paths for which there was no room, or which are longer than anybody keeps. */
  others = 0;
  private readonly variants: Variant[] = [];

  /** An announcement with this attribute set. */
  add(store: AttributeStore, attributes: number, source: number, now: Instant): void {
    const { bytes } = store;
    const o = store.find(attributes, AS_PATH);
    const start = o === -1 ? 0 : o + CANONICAL_HEADER_BYTES;
    const end = o === -1 ? 0 : canonicalEnd(bytes, o);
    if (end - start > PATH_VARIANT_BYTES_MAX) {
      this.others++;
      return;
    }
    const known = this.variants.find(({ path }) => isSame(path, bytes, start, end));
    if (known !== undefined) {
      known.times++;
      known.lastAt = now;
      known.source = source;
    } else if (this.variants.length < PATH_VARIANTS_MAX) {
      const path = bytes.slice(start, end);
      this.variants.push({ path, firstAt: now, times: 1, lastAt: now, source });
    } else this.others++;
  }

  /** A source number is about to be given to somebody else. */
  forgetSource(source: number): void {
    for (const variant of this.variants)
      if (variant.source === source) variant.source = FORMER_SOURCE;
  }

  /** Most often announced first. */
  views(): PathVariantView[] {
    return this.variants
      .map(({ path, ...variant }) => ({
        asPathText: formatAsPath(decodeAsPath(path, 0, path.length, 4)),
        ...variant,
      }))
      .sort((a, b) => b.times - a.times);
  }
}

function isSame(path: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (path.length !== end - start) return false;
  for (let i = 0; i < path.length; i++) if (at(path, i) !== at(bytes, start + i)) return false;
  return true;
}
