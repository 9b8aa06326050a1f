'use client';

/** Key, endpoint, preshared key, MTU: the WireGuard side of a peering. */
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../_components/button.tsx';
import { CheckBox } from '../../../_components/choice.tsx';
import { CopyButton } from '../../../_components/copy-button.tsx';
import { Field } from '../../../_components/field.tsx';
import { KEEPALIVE_WITHOUT_ENDPOINT } from './form-values.ts';
import type { PeeringFormState } from './use-peering-form.ts';

type Props = {
  readonly form: PeeringFormState;
  /** Our node cannot be reached from outside: their endpoint is required. */
  readonly needsEndpoint: boolean;
  readonly hadPresharedKey: boolean;
};

export function TunnelFields({ form, needsEndpoint, hadPresharedKey }: Props) {
  const t = useTranslations('form');
  const [isGenerated, setGenerated] = useState(false);
  const { values, change, leave, noteOf } = form;
  const keyNote =
    noteOf('publicKey') ??
    (form.isConfirmed('publicKey')
      ? ({ severity: 'right', message: t('keyIsRight') } as const)
      : undefined);
  return (
    <section className="space-y-6 border-line-2 border-t py-7">
      <h2 className="font-semibold text-section">{t('tunnel')}</h2>
      <Field
        help={
          keyNote === undefined
            ? t.rich('keyHelp', { code: (words) => <code className="font-mono">{words}</code> })
            : undefined
        }
        label={t('publicKey')}
        maxLength={64}
        name="publicKey"
        note={keyNote}
        onChange={(publicKey) => change({ publicKey })}
        onLeave={() => values.publicKey !== '' && leave('publicKey')}
        technical
        value={values.publicKey}
      />
      <Field
        aside={
          needsEndpoint ? undefined : (
            <CheckBox
              isChecked={values.isWithoutEndpoint}
              label={t('noEndpoint')}
              name="isWithoutEndpoint"
              onChange={(isWithoutEndpoint) =>
                change({
                  isWithoutEndpoint,
                  keepalive: isWithoutEndpoint ? KEEPALIVE_WITHOUT_ENDPOINT : '0',
                })
              }
            />
          )
        }
        help={values.isWithoutEndpoint ? t('noEndpointHelp') : undefined}
        isOff={values.isWithoutEndpoint}
        label={t('endpoint')}
        maxLength={260}
        name="endpoint"
        note={values.isWithoutEndpoint ? undefined : noteOf('endpoint')}
        onChange={(endpoint) => change({ endpoint })}
        onLeave={() => values.endpoint !== '' && leave('endpoint')}
        placeholder="203.0.113.5:51820"
        technical
        value={values.isWithoutEndpoint ? '' : values.endpoint}
      />
      <div className="grid gap-x-4 gap-y-6 md:grid-cols-[minmax(0,1fr)_140px]">
        <Field
          beside={
            <>
              {isGenerated ? (
                <span className="grid place-items-center">
                  <CopyButton value={values.presharedKey} what={t('presharedKey')} />
                </span>
              ) : null}
              <Button
                onClick={() => {
                  change({ presharedKey: generateKey() });
                  setGenerated(true);
                }}
              >
                {t('generate')}
              </Button>
            </>
          }
          help={t(
            isGenerated ? 'presharedOnce' : hadPresharedKey ? 'presharedKept' : 'presharedHelp',
          )}
          isOptional
          label={t('presharedKey')}
          maxLength={64}
          name="presharedKey"
          note={noteOf('presharedKey')}
          onChange={(presharedKey) => {
            change({ presharedKey });
            setGenerated(false);
          }}
          onLeave={() => leave('presharedKey')}
          placeholder={t(hadPresharedKey ? 'asItIs' : 'none')}
          technical
          value={values.presharedKey}
        />
        <Field
          help={t('mtuHelp')}
          inputMode="numeric"
          isFilledIn={values.mtu === '1420'}
          label={t('mtu')}
          maxLength={5}
          name="mtu"
          note={noteOf('mtu')}
          onChange={(mtu) => change({ mtu })}
          onLeave={() => leave('mtu')}
          technical
          value={values.mtu}
        />
      </div>
    </section>
  );
}

/** 32 random octets, as `wg genpsk` makes them. It leaves this page only with the form. */
const generateKey = (): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
