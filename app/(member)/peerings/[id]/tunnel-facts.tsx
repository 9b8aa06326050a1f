'use client';

/** The tunnel in numbers. */
import { useTranslations } from 'use-intl';
import { KeyValueList } from '../../../_components/key-value-list.tsx';
import { Age } from '../../../_components/time.tsx';
import type { PeeringObject } from '../../../_queries/view-models.ts';
import { formatBytes, formatCount, formatMilliseconds } from '../../../_text/format.ts';

export function TunnelFacts({ peering }: { readonly peering: PeeringObject }) {
  const t = useTranslations('peering');
  const { tunnel, disguise } = peering;
  const kind = t(`disguiseKind.${disguise.obfuscation.kind}`);
  const mono = (text: string) => <span className="font-mono text-small">{text}</span>;
  return (
    <section aria-labelledby="tunnel">
      <h2 className="mb-1 font-semibold text-section" id="tunnel">
        {t('tunnel')}
      </h2>
      <KeyValueList
        align="right"
        rows={[
          { label: t('trafficIn'), value: mono(formatBytes(tunnel.rxBytes)) },
          { label: t('trafficOut'), value: mono(formatBytes(tunnel.txBytes)) },
          {
            label: t('roundTrip'),
            value: mono(
              tunnel.roundTripMs === null ? t('none') : formatMilliseconds(tunnel.roundTripMs),
            ),
          },
          {
            label: t('handshake'),
            value:
              tunnel.lastHandshakeAt === null ? (
                t('none')
              ) : (
                <span className="font-mono text-small">
                  {t.rich('ago', { age: () => <Age at={tunnel.lastHandshakeAt ?? ''} /> })}
                </span>
              ),
          },
          {
            label: t('endpoint'),
            value: mono(tunnel.endpoint ?? peering.endpoint ?? t('noEndpoint')),
          },
          { label: t('mtu'), value: mono(String(disguise.mtu)) },
          {
            label: t('disguise'),
            value:
              disguise.obfuscation.kind === 'none'
                ? kind
                : disguise.mtu === peering.mtu
                  ? t('disguiseWithMtu', { kind, mtu: String(disguise.mtu) })
                  : t('disguiseWithLessMtu', {
                      kind,
                      mtu: String(disguise.mtu),
                      configured: String(peering.mtu),
                    }),
          },
          ...(peering.rateLimit === null
            ? []
            : [
                {
                  label: t('rateLimit'),
                  value: mono(t('packetsPerSecond', { count: formatCount(peering.rateLimit) })),
                },
              ]),
          {
            label: t('presharedKey'),
            value: t(peering.hasPresharedKey ? 'isSet' : 'none'),
          },
        ]}
      />
    </section>
  );
}
