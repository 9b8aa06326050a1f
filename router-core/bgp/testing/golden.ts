/**
 * The captured messages of fixtures/, by type.
 *
 * For tests only.
 *
 * @module
 */
import confederation from '../fixtures/bird-confederation.json';
import extendedMessages from '../fixtures/bird-extended-messages.json';
import as2 from '../fixtures/bird-frr-as2.json';
import linkLocal from '../fixtures/bird-frr-linklocal.json';
import gobgp from '../fixtures/bird-gobgp-v4.json';
import reflector from '../fixtures/bird-ibgp-reflector.json';
import notifications from '../fixtures/bird-notifications.json';
import frrGobgp from '../fixtures/frr-gobgp-v6.json';
import handmade from '../fixtures/handmade.json';
import { hexBytes } from './scripted-router.ts';

export type GoldenMessage = {
  /** Where it stands: file and number. */
  readonly name: string;
  readonly hex: string;
  readonly bytes: Uint8Array;
  readonly decoded: Readonly<Record<string, unknown>>;
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

/** Returns all golden messages of one type (`OPEN`, `NOTIFICATION` …). */
export function goldenMessages(type: string): GoldenMessage[] {
  return Object.entries(FILES).flatMap(([file, { messages }]) =>
    messages.flatMap((message, i) => {
      // The cast: the files were made by one program, which the README describes.
      const { hex, decoded } = message as Pick<GoldenMessage, 'hex' | 'decoded'>;
      const name = `${file} ${i}`;
      return decoded.type === type ? [{ name, hex, decoded, bytes: hexBytes(hex) }] : [];
    }),
  );
}
