/** Our nodes with place and state; the first one is where the cable ends. */
import { clsx } from 'clsx';
import { StatusChip } from '../_components/status-chip.tsx';
import type { NodeCard } from '../_queries/view-models.ts';
import { countryName } from '../_text/countries.ts';
import { getTranslator, LANGUAGE } from '../_text/translator.ts';
import { RoundTrip } from './round-trip.tsx';

export function NodeList({ nodes }: { readonly nodes: readonly NodeCard[] }) {
  const t = getTranslator('landing');
  return (
    <div>
      <p className="pt-3 pl-9 text-small text-text-3 lg:hidden">
        {t.rich('fourDigitsShort', { code: (words) => <code className="font-mono">{words}</code> })}
      </p>
      <div className="flex justify-between pt-6 pb-2 pl-9 text-caption text-text-3 lg:pt-2 lg:pl-0">
        <h2 className="font-medium">{t('ourNodes', { count: nodes.length })}</h2>
        <span>{t('fromYourBrowser')}</span>
      </div>
      <ul className="border-line-2 border-t">
        {nodes.map((node, at) => (
          <li
            className="relative flex min-h-14.5 items-center gap-4.5 border-line border-b py-2"
            key={node.name}
          >
            {at === 0 ? (
              <span
                aria-hidden="true"
                className="absolute bottom-1/2 left-[5.5px] h-[116px] w-[5px] border-accent-edge border-x bg-accent lg:hidden"
              />
            ) : null}
            <span
              aria-hidden="true"
              className={clsx(
                'relative size-4 shrink-0 rounded-full border-[1.5px]',
                at === 0 ? 'border-accent-edge bg-accent' : 'border-control bg-bg',
              )}
            />
            <span className="min-w-0 flex-1">
              <span className="block">
                <span className="font-semibold">{node.place ?? node.name}</span>
                {node.country === null ? null : (
                  <abbr
                    className="ml-1.5 text-text-3 no-underline"
                    title={countryName(node.country, LANGUAGE)}
                  >
                    {node.country}
                  </abbr>
                )}
              </span>
              <span className="block text-small text-text-3">{describe(node)}</span>
            </span>
            <span className="min-w-24 text-right">
              {node.state === 'up' ? (
                <RoundTrip url={node.rttUrl} />
              ) : (
                <StatusChip
                  kind={
                    node.state === 'starting' ? 'busy' : node.state === 'down' ? 'down' : 'held'
                  }
                  plain
                >
                  {t(`nodeState.${node.state}`)}
                </StatusChip>
              )}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function describe(node: NodeCard): string {
  const t = getTranslator('landing');
  if (node.stateReason !== null) return node.stateReason;
  if (!node.isOpen) return node.closedReason ?? t('nodeClosed');
  const families = node.families.map((family) => (family === 'ipv4' ? 'IPv4' : 'IPv6')).join(', ');
  const places =
    node.places.limit === null
      ? t('placesOpen', { taken: node.places.taken })
      : t('places', { taken: node.places.taken, limit: node.places.limit });
  return families === '' ? places : `${families} · ${places}`;
}
