/** The first page: who we are, where, is it alive, and "Peer with me". Works without script. */
import { redirect } from 'next/navigation';
import { AsBadge } from '../_components/as-badge.tsx';
import { buttonClass } from '../_components/button.tsx';
import { Icon } from '../_components/icon.tsx';
import { Age } from '../_components/time.tsx';
import { getLandingView } from '../_queries/landing.ts';
import { getSite } from '../_queries/site.ts';
import { formatCommit, formatCount, formatDuration } from '../_text/format.ts';
import { getTranslator } from '../_text/translator.ts';
import { HeroCable } from './hero-cable.tsx';
import { NodeList } from './node-list.tsx';
import { Steps } from './steps.tsx';

export default async function LandingPage() {
  const site = await getSite();
  if (site.needsSetup) redirect('/admin/setup');
  const view = await getLandingView();
  const t = getTranslator('landing');
  const isOpen = view.nodes.some((node) => node.isOpen);
  return (
    <>
      <section className="grid grid-cols-[minmax(0,1fr)] pt-10 lg:grid-cols-[520px_minmax(0,1fr)_400px] lg:grid-rows-[auto_auto_1fr] lg:pt-22">
        <div className="lg:col-start-1">
          <p className="text-text-2">
            <AsBadge asn={view.network.asn} name={null} />
            {view.network.name === null ? null : (
              <span className="max-md:hidden">{` · ${view.network.name}`}</span>
            )}
            {` · ${t(isOpen ? 'openPeering' : 'closedPeering')}`}
          </p>
          <h1 className="mt-4 font-semibold text-display-phone md:text-display lg:-mr-32">
            {t('title')}
          </h1>
          <p className="mt-5 max-w-[30rem] text-lead text-text-2 lg:mt-6">{t('lead')}</p>
        </div>
        <form action="/sign-in" className="relative z-10 mt-8 lg:col-start-1 lg:mt-9" method="get">
          <div className="flex overflow-hidden rounded-block border border-control bg-surface focus-within:outline-2 focus-within:outline-text focus-within:outline-offset-2 max-md:flex-col max-md:gap-2.5 max-md:overflow-visible max-md:border-0 max-md:bg-transparent max-md:focus-within:outline-0">
            <label className="flex min-w-0 flex-1 items-center gap-2 pl-4.5 font-mono text-section text-text-3 max-md:h-14 max-md:flex-none max-md:rounded-block max-md:border max-md:border-control max-md:bg-surface max-md:focus-within:outline-2 max-md:focus-within:outline-text max-md:focus-within:outline-offset-2 md:h-15">
              <span aria-hidden="true">AS</span>
              <span className="sr-only">{t('asNumber')}</span>
              <input
                aria-describedby="as-help"
                autoComplete="off"
                className="h-full min-w-0 flex-1 bg-transparent font-mono text-lead text-text outline-none placeholder:text-text-3"
                inputMode="numeric"
                maxLength={12}
                name="asn"
                pattern="\s*([aA][sS])?[0-9]{1,10}\s*"
                placeholder="4242420000"
                required
                title={t('asFormat')}
              />
            </label>
            <button
              className={`${buttonClass('primary', 'large')} max-md:min-h-14 max-md:rounded-block md:rounded-none md:border-y-0 md:border-r-0 md:px-6`}
              type="submit"
            >
              {t(isOpen ? 'peerWithMe' : 'seeWhenOpen')}
              <Icon name="arrow" />
            </button>
          </div>
        </form>
        <p className="mt-3 text-small text-text-3 max-lg:hidden lg:col-start-1" id="as-help">
          {t.rich('fourDigits', { code: (words) => <code className="font-mono">{words}</code> })}
        </p>
        <HeroCable />
        <div className="lg:col-start-3 lg:row-span-3 lg:row-start-1 lg:pt-1">
          <NodeList nodes={view.nodes} />
        </div>
      </section>

      <section
        aria-label={t('figures')}
        className="mt-14 grid grid-cols-2 border-line-2 border-y max-lg:gap-y-4 max-lg:py-5 lg:mt-18 lg:grid-cols-4"
      >
        <Figure
          label={t('peeringsEstablished', { established: formatCount(view.peerings.established) })}
          value={formatCount(view.peerings.total)}
        />
        <Figure
          label={t('routes')}
          value={
            <>
              {formatCount(view.routes.ipv4)}
              <span className="px-1.5 text-lead text-text-3">+</span>
              {formatCount(view.routes.ipv6)}
            </>
          }
        />
        <Figure
          label={t('timeToEstablished')}
          value={
            view.medianSecondsToEstablished === null
              ? '–'
              : formatDuration(view.medianSecondsToEstablished)
          }
        />
        <Figure
          label={
            view.registry?.commit == null
              ? t('registryNone')
              : t.rich('registryAge', {
                  commit: () => (
                    <code className="font-mono text-text-3">
                      {formatCommit(view.registry?.commit ?? '')}
                    </code>
                  ),
                })
          }
          value={view.registry?.checkedAt == null ? '–' : <Age at={view.registry.checkedAt} />}
        />
      </section>

      <Steps />
    </>
  );
}

function Figure({
  value,
  label,
}: {
  readonly value: React.ReactNode;
  readonly label: React.ReactNode;
}) {
  return (
    <div className="lg:border-line lg:border-l lg:py-5 lg:pl-6 lg:first:border-l-0 lg:first:pl-0">
      <p className="whitespace-nowrap font-medium text-figure max-md:text-h2">{value}</p>
      <p className="text-small text-text-2">{label}</p>
    </div>
  );
}
