/** What carries the packets of a node, why nothing faster does, and which packets went no further. */
import type { ReactNode } from 'react';
import { type KeyValue, KeyValueList } from '../../../_components/key-value-list.tsx';
import type { PacketPath } from '../../../_queries/view-models.ts';
import { formatCount, formatMicroseconds } from '../../../_text/format.ts';
import { isPathKind } from '../../../_text/packet-path.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { PacketDrops } from './packet-drops.tsx';

type Props = {
  readonly name: string;
  readonly place: string | null;
  readonly path: PacketPath;
};

export function PacketPathCard({ name, place, path }: Props) {
  const t = getTranslator('packetPath');
  const { kind } = path;
  return (
    <section
      aria-labelledby={`path-${name}`}
      className="rounded-card border border-line bg-surface p-5"
    >
      <h2 className="mb-2 font-semibold text-section" id={`path-${name}`}>
        {t('title', { node: place ?? name })}
      </h2>
      <KeyValueList
        isStacked
        rows={[
          {
            label: t('runsOn'),
            value: isPathKind(kind) ? (
              <WithNote note={t(`kind.${kind}.text`)}>{t(`kind.${kind}.title`)}</WithNote>
            ) : (
              kind
            ),
          },
          ...(path.reason === ''
            ? []
            : [
                {
                  label: t(SLOWER.includes(kind) ? 'whyNotFaster' : 'why'),
                  value: sentence(path.reason),
                },
              ]),
          ...measures(path),
          ...wgShow(path),
        ]}
      />
      <PacketDrops drops={path.drops} node={name} />
    </section>
  );
}

/** Here the reason says what the faster ones lack. */
const SLOWER = ['burst', 'plain', 'inline'];

function measures({ latency, datagrams }: PacketPath): KeyValue[] {
  const t = getTranslator('packetPath');
  const rows: KeyValue[] = [];
  if (latency !== null)
    rows.push({
      label: t('latency'),
      value:
        latency.batches === 0 ? (
          t('latencyNone')
        ) : (
          <WithNote note={t('latencyNote', { batches: formatCount(latency.batches) })}>
            <span className="font-mono text-small">
              {t('latencyValue', {
                p50: formatMicroseconds(latency.p50Us),
                p99: formatMicroseconds(latency.p99Us),
              })}
            </span>
          </WithNote>
        ),
    });
  if (datagrams !== null)
    rows.push({
      label: t('datagrams'),
      value: (
        <WithNote
          note={
            datagrams.perCall === null
              ? undefined
              : t('perCall', { perCall: datagrams.perCall.toFixed(1) })
          }
        >
          <span className="font-mono text-small">
            {t('datagramsValue', {
              received: formatCount(datagrams.received),
              sent: formatCount(datagrams.sent),
            })}
          </span>
        </WithNote>
      ),
    });
  return rows;
}

function wgShow({ wgShow: socket }: PacketPath): KeyValue[] {
  const t = getTranslator('packetPath');
  if (socket === null) return [];
  const { path, note } = socket;
  if (path === null)
    return [{ label: t('wgShow'), value: <WithNote note={note}>{t('wgShowNone')}</WithNote> }];
  return [
    {
      label: t('wgShow'),
      copy: path,
      value: (
        <WithNote note={note === '' ? undefined : t('wgShowElsewhere', { note })}>
          <code className="font-mono text-small">{path}</code>
        </WithNote>
      ),
    },
  ];
}

function WithNote({
  note,
  children,
}: {
  readonly note: string | undefined;
  readonly children: ReactNode;
}) {
  return (
    <>
      {children}
      {note === undefined ? null : (
        <span className="block text-small text-text-2 [overflow-wrap:anywhere]">{note}</span>
      )}
    </>
  );
}

/** The router's reasons may be phrases. */
const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
