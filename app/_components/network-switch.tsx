'use client';

/** Another of the networks that the same key proved. */
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Network } from '../_queries/view-models.ts';
import { AsBadge } from './as-badge.tsx';
import { callRest } from './rest.ts';

export function NetworkSwitch({ networks }: { readonly networks: readonly Network[] }) {
  const t = useTranslations('ui');
  const [busyAsn, setBusyAsn] = useState<number>();
  const change = async (asn: number): Promise<void> => {
    setBusyAsn(asn);
    const answer = await callRest('POST', '/api/v1/auth/network', { body: { asn } });
    if (answer.isOk) window.location.assign('/peerings');
    else setBusyAsn(undefined);
  };
  return (
    <div className="border-line border-b pb-1">
      <p className="px-3 pt-2 pb-1 text-caption text-text-3">{t('otherNetworks')}</p>
      {networks.map(({ asn, name }) => (
        <button
          aria-busy={asn === busyAsn}
          className="flex min-h-11 w-full items-center rounded-control px-3 text-left hover:bg-sunken"
          key={asn}
          onClick={() => change(asn)}
          type="button"
        >
          <AsBadge asn={asn} name={name} />
        </button>
      ))}
    </div>
  );
}
