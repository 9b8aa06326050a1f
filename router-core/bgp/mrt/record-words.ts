/**
 * A record in one line for people, and as plain data for programs.
 *
 * Not standardized.
 *
 * @module
 */
import { toHex } from '../../base/bytes.ts';
import { formatDottedQuad } from '../../base/ip-address.ts';
import { formatWallTime } from '../../base/rfc3339.ts';
import type { RouteAttributes } from '../attribute/decode.ts';
import { capabilityWords } from '../capability/codec.ts';
import { KEEPALIVE, NOTIFICATION, OPEN, ROUTE_REFRESH, UPDATE } from '../constants.ts';
import { messageType } from '../message/header.ts';
import { describeNotification, readNotification } from '../message/notification.ts';
import { capabilitiesOfOpen, readOpen } from '../message/open.ts';
import { readRouteRefresh } from '../message/route-refresh.ts';
import type { MrtEnds, MrtPeer, MrtRecord } from './decode-record.ts';
import { PREFIXES_IN_WORDS } from './limits.ts';
import type { Damaged } from './record-reader.ts';
import type { Reaction, Replay, UpdateReading } from './replay.ts';

export type RecordRow = Readonly<Record<string, unknown>> & {
  readonly kind: string;
  readonly offset: number;
};

/** Returns one line. */
export function recordWords(record: MrtRecord | Damaged, replay: Replay): string {
  if (record.kind === 'damaged')
    return `octet ${record.offset}: damaged (${record.reason}): ${record.detail}`;
  return `${formatWallTime(record.when)} ${bodyWords(record, replay)}`;
}

/** Returns the same as data. */
export function recordRow(record: MrtRecord | Damaged, replay: Replay): RecordRow {
  if (record.kind === 'damaged') return record;
  const at = formatWallTime(record.when);
  const { offset, kind } = record;
  switch (record.kind) {
    case 'route': {
      const { prefix, sequence } = record;
      const paths = record.entries.map(({ peer, originated, pathId, attributes }) => ({
        peer,
        originated: formatWallTime(originated),
        ...(pathId === null ? {} : { pathId }),
        attributes: replay.readEntry(attributes) ?? null,
        ...(replay.readEntry(attributes) === undefined ? { malformed: toHex(attributes) } : {}),
      }));
      return { kind, offset, at, prefix, sequence, paths };
    }
    case 'message': {
      const { direction, ends, message } = record;
      const type = MESSAGE_NAMES[messageType(message, 0)] ?? 'message';
      const octets = toHex(message);
      const head = { kind, offset, at, direction, ...ends, type };
      return type === 'UPDATE'
        ? { ...head, ...replay.read(message, record.form, ends), octets }
        : { ...head, text: messageWords(record, replay), octets };
    }
    case 'state': {
      const { ends, from, to } = record;
      return { kind, offset, at, ...ends, from, to };
    }
    default: {
      const { when: _when, ...rest } = record;
      return { ...rest, at };
    }
  }
}

const MESSAGE_NAMES: Readonly<Record<number, string>> = {
  [OPEN]: 'OPEN',
  [UPDATE]: 'UPDATE',
  [NOTIFICATION]: 'NOTIFICATION',
  [KEEPALIVE]: 'KEEPALIVE',
  [ROUTE_REFRESH]: 'ROUTE-REFRESH',
};

function bodyWords(record: MrtRecord, replay: Replay): string {
  switch (record.kind) {
    case 'peer-index': {
      const name = record.view === '' ? '' : ` "${record.view}"`;
      return `table${name} of ${record.collector}, ${record.peers.length} peers: ${listed(record.peers.map(peerWords))}`;
    }
    case 'route': {
      const paths = record.entries.map(({ peer, originated, pathId, attributes }) => {
        const read = replay.readEntry(attributes);
        const words = read === undefined ? 'malformed attributes' : attributeWords(read);
        const id = pathId === null ? '' : ` path id ${pathId}`;
        const from = peer === null ? 'from a peer not in the index' : `from ${peerWords(peer)}`;
        return `${from}${id} since ${formatWallTime(originated)}${words === '' ? '' : ` ${words}`}`;
      });
      return `${record.prefix} ${paths.join(' | ')}`;
    }
    case 'message': {
      const arrow = record.direction === 'sent' ? 'to' : 'from';
      return `${arrow} ${endWords(record.ends)}: ${messageWords(record, replay)}`;
    }
    case 'state':
      return `${endWords(record.ends)}: ${record.from} -> ${record.to}`;
    case 'other':
      return `a record of type ${record.type}/${record.subtype}, which is not read here`;
  }
}

function messageWords(record: MrtRecord & { kind: 'message' }, replay: Replay): string {
  const { message, form, ends } = record;
  const type = messageType(message, 0);
  switch (type) {
    case OPEN: {
      const open = readOpen(message, 0, message.length);
      const capabilities = capabilitiesOfOpen(open).map(capabilityWords);
      return `OPEN AS field ${open.asField}, hold time ${open.holdTimeSeconds} s, id ${formatDottedQuad(open.routerId)}; ${capabilities.length === 0 ? 'no capabilities' : capabilities.join(', ')}${open.problem === undefined ? '' : '; its parameters are malformed'}`;
    }
    case UPDATE:
      return `UPDATE ${updateWords(replay.read(message, form, ends))}`;
    case NOTIFICATION: {
      const { name, text } = describeNotification(readNotification(message, 0, message.length));
      return `NOTIFICATION ${name}${text === undefined ? '' : ` "${text}"`}`;
    }
    case ROUTE_REFRESH: {
      const reading = readRouteRefresh(message, 0, message.length);
      return reading.kind === 'refresh'
        ? `ROUTE-REFRESH ${reading.refresh.family} ${REFRESH_WORDS[reading.refresh.subtype]}`
        : `ROUTE-REFRESH ${reading.kind === 'error' ? 'of a wrong length' : 'that has no effect'}`;
    }
    default:
      return 'KEEPALIVE';
  }
}

const REFRESH_WORDS = ['request', 'begins', 'ends'] as const;

function updateWords(reading: UpdateReading): string {
  if (reading.endOfRib !== null) return `End-of-RIB ${reading.endOfRib}`;
  const { announced, withdrawn, attributes } = reading;
  const parts = [
    withdrawn.length === 0 ? '' : `withdraws ${listed(withdrawn)}`,
    announced.length === 0 ? '' : `announces ${listed(announced)}`,
    attributes === null ? '' : attributeWords(attributes),
    reactionWords(reading.reaction),
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'without prefixes' : parts.join('; ');
}

function reactionWords(reaction: Reaction): string {
  switch (reaction.kind) {
    case 'accept':
      return '';
    case 'discard':
      return `${reaction.attribute} is malformed and dropped`;
    case 'withdraw':
      return `${reaction.attribute} is malformed: treated as withdrawn`;
    case 'reset':
      return `malformed, ends the session: ${reaction.because}`;
  }
}

function attributeWords(attributes: RouteAttributes): string {
  const communities = [
    ...attributes.communities,
    ...attributes.largeCommunities,
    ...attributes.extendedCommunities,
  ];
  return [
    attributes.nextHop.length === 0 ? '' : `via ${attributes.nextHop.join(' ')}`,
    attributes.asPathText === '' ? 'AS path empty' : `AS path ${attributes.asPathText}`,
    attributes.localPref === null ? '' : `local pref ${attributes.localPref}`,
    attributes.med === null ? '' : `MED ${attributes.med}`,
    communities.length === 0 ? '' : `communities ${listed(communities)}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

const endWords = ({ peerAddress, peerAsn }: MrtEnds): string => `${peerAddress} AS${peerAsn}`;
const peerWords = ({ address, asn }: MrtPeer): string => `${address} AS${asn}`;

const listed = (all: readonly string[]): string =>
  all.length <= PREFIXES_IN_WORDS
    ? all.join(' ')
    : `${all.slice(0, PREFIXES_IN_WORDS).join(' ')} and ${all.length - PREFIXES_IN_WORDS} more`;
