/** Proof of one AS: the number, then one of the ways that the registry knows, then a signature. */
import { redirect } from 'next/navigation';
import { parseAsnOfVisitor } from '../../../router-core/index.ts';
import { AsBadge } from '../../_components/as-badge.tsx';
import { buttonClass } from '../../_components/button.tsx';
import { FIELD_CLASS, Note } from '../../_components/field.tsx';
import { Station } from '../../_components/station.tsx';
import { getNetworkCard } from '../../_queries/networks.ts';
import { getSite } from '../../_queries/site.ts';
import type { NetworkCard } from '../../_queries/view-models.ts';
import { getTranslator } from '../../_text/translator.ts';
import { NoMethod } from './no-method.tsx';
import { ProofForm } from './proof-form.tsx';

type Props = { readonly searchParams: Promise<{ readonly asn?: string | string[] }> };

export function generateMetadata() {
  return { title: getTranslator('signIn')('pageTitle') };
}

export default async function SignInPage({ searchParams }: Props) {
  const typed = [(await searchParams).asn].flat()[0];
  const site = await getSite();
  if (site.needsSetup) redirect('/admin/setup');
  const asn = typed === undefined ? undefined : parseAsnOfVisitor(typed);
  const card = asn === undefined ? undefined : await getNetworkCard(asn);
  const t = getTranslator('signIn');
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-x-14 gap-y-8 pt-8 md:grid-cols-[208px_minmax(0,1fr)] lg:pt-14">
      <Progress card={card} />
      <div className="max-w-180">
        {card?.kind === 'found' ? (
          <>
            <h1 className="font-semibold text-h1">
              {t('title', { asn: `AS${card.network.asn}` })}
            </h1>
            <p className="mt-2 mb-7 text-lead text-text-2">
              {t.rich(card.methods.length === 0 ? 'registryNamesOnly' : 'registryNames', {
                maintainers: card.maintainers.join(', '),
                name: card.asName,
                strong: (words) => <strong className="font-semibold text-text">{words}</strong>,
              })}
            </p>
            {card.methods.length === 0 ? (
              <NoMethod card={card} contact={site.contact} />
            ) : (
              <ProofForm card={card} portal={site.portal} />
            )}
          </>
        ) : (
          <NumberForm card={card} typed={typed} />
        )}
      </div>
    </div>
  );
}

/** Where one is: number, proof, peering. From 768 px it stands at the left. */
function Progress({ card }: { readonly card: NetworkCard | undefined }) {
  const t = getTranslator('signIn');
  const found = card?.kind === 'found' ? card : undefined;
  return (
    <ol aria-label={t('progress')} className="max-md:hidden">
      <li
        aria-current={found === undefined ? 'step' : undefined}
        className="relative flex min-h-26 gap-4.5"
      >
        <span
          aria-hidden="true"
          className={
            found === undefined
              ? 'dots-down absolute top-6 bottom-1 left-[7.5px] w-[5px]'
              : 'absolute top-5 bottom-0 left-[7.5px] w-[5px] border-accent-edge border-x bg-accent'
          }
        />
        <Station state={found === undefined ? 'now' : 'done'} />
        <span>
          <span className="block font-semibold">
            {found === undefined ? t('stepNumber') : <AsBadge asn={found.network.asn} />}
          </span>
          <span className="block text-small text-text-2">
            {found === undefined ? (
              t('stepNumberText')
            ) : (
              <>
                {found.network.name === null ? null : `${found.network.name} · `}
                <a className="link" href="/sign-in">
                  {t('change')}
                </a>
              </>
            )}
          </span>
        </span>
      </li>
      <li
        aria-current={found === undefined ? undefined : 'step'}
        className="relative flex min-h-26 gap-4.5"
      >
        <span
          aria-hidden="true"
          className="dots-down absolute top-6 bottom-1 left-[7.5px] w-[5px]"
        />
        <Station state={found === undefined ? 'ahead' : 'now'} />
        <span>
          <span className={found === undefined ? 'block text-text-3' : 'block font-semibold'}>
            {t('stepProve')}
          </span>
          <span className="block text-small text-text-3">{t('stepProveText')}</span>
        </span>
      </li>
      <li className="flex gap-4.5">
        <Station state="ahead" />
        <span>
          <span className="block text-text-3">{t('stepPeering')}</span>
          <span className="block text-small text-text-3">{t('stepPeeringText')}</span>
        </span>
      </li>
    </ol>
  );
}

function NumberForm({
  card,
  typed,
}: {
  readonly card: Exclude<NetworkCard, { kind: 'found' }> | undefined;
  readonly typed: string | undefined;
}) {
  const t = getTranslator('signIn');
  const trouble =
    card?.kind === 'unavailable'
      ? { message: card.message, code: card.code }
      : card?.kind === 'unknown'
        ? { message: t('asnUnknown', { asn: `AS${card.asn}` }), code: 'ASN_UNKNOWN' }
        : typed === undefined || typed === ''
          ? undefined
          : { message: t('asnInvalid'), code: 'ASN_INVALID' };
  return (
    <>
      <h1 className="font-semibold text-h1">{t('numberTitle')}</h1>
      <p className="mt-2 mb-7 text-lead text-text-2">{t('numberLead')}</p>
      <form className="max-w-100" method="get">
        <label className="mb-1.5 block font-medium text-small" htmlFor="asn">
          {t('asNumber')}
        </label>
        <div className="flex gap-2">
          <input
            aria-describedby={trouble === undefined ? undefined : 'asn-note'}
            aria-invalid={trouble === undefined ? undefined : true}
            autoComplete="off"
            className={`${FIELD_CLASS} font-mono`}
            defaultValue={typed}
            id="asn"
            inputMode="numeric"
            maxLength={12}
            name="asn"
            placeholder="4242420000"
            required
          />
          <button className={buttonClass('primary')} type="submit">
            {t('continue')}
          </button>
        </div>
        {trouble === undefined ? (
          <p className="mt-1.5 text-small text-text-3">{t('fourDigits')}</p>
        ) : (
          <Note id="asn-note" note={{ severity: 'error', ...trouble }} />
        )}
      </form>
    </>
  );
}
