/**
 * The captured UPDATEs of fixtures/, each with what its session had agreed on.
 *
 * For tests only.
 *
 * @module
 */
import { fromHex } from '../../../base/bytes.ts';
import confederation from '../../fixtures/bird-confederation.json';
import extendedMessages from '../../fixtures/bird-extended-messages.json';
import as2 from '../../fixtures/bird-frr-as2.json';
import linkLocal from '../../fixtures/bird-frr-linklocal.json';
import gobgp from '../../fixtures/bird-gobgp-v4.json';
import reflector from '../../fixtures/bird-ibgp-reflector.json';
import notifications from '../../fixtures/bird-notifications.json';
import frrGobgp from '../../fixtures/frr-gobgp-v6.json';
import handmade from '../../fixtures/handmade.json';
import type { UpdateContext } from '../attribute-checks.ts';

export type DecodedAttribute = Readonly<Record<string, unknown>> & { readonly type: number };
export type GoldenPrefix = { readonly prefix: string; readonly pathId?: number };
export type GoldenUpdate = {
  /** File and place. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly decoded: {
    readonly withdrawn: readonly GoldenPrefix[];
    readonly nlri: readonly GoldenPrefix[];
    readonly attributes: readonly DecodedAttribute[];
    readonly endOfRib?: string;
  };
  readonly context: UpdateContext;
};

type Message = {
  hex: string;
  context: { as4: boolean; addPath: string[]; extendedNextHop: string[] };
  decoded: GoldenUpdate['decoded'] & { type: string };
};

const FILES: Readonly<Record<string, { readonly messages: readonly unknown[] }>> = {
  'bird-frr-linklocal': linkLocal,
  'bird-gobgp-v4': gobgp,
  'frr-gobgp-v6': frrGobgp,
  'bird-ibgp-reflector': reflector,
  'bird-confederation': confederation,
  'bird-frr-as2': as2,
  'bird-extended-messages': extendedMessages,
  'bird-notifications': notifications,
  handmade,
};

export const GOLDEN_UPDATES: readonly GoldenUpdate[] = Object.entries(FILES).flatMap(
  ([file, { messages }]) =>
    messages.flatMap((each, i) => {
      // The cast: the files were made by one program, which the README describes.
      const { hex, context, decoded } = each as Message;
      if (decoded.type !== 'UPDATE') return [];
      return [
        {
          name: `${file} ${i}`,
          bytes: fromHex(hex) as Uint8Array,
          decoded,
          context: {
            fourOctetAs: context.as4,
            isInternal: decoded.attributes.some(({ type }) => type === 5),
            ipv4: true,
            ipv6: true,
            extendedNextHop: context.extendedNextHop.length > 0,
            pathIds: {
              4: context.addPath.includes('ipv4-unicast'),
              6: context.addPath.includes('ipv6-unicast'),
            },
          },
        },
      ];
    }),
);
