'use client';

/** What nearly nobody changes, behind one line that says what it is set to. */
import { useTranslations } from 'use-intl';
import {
  OPERATOR_OPTIONS_LENGTH_MAX,
  PEERING_POLICIES,
  type PeeringPolicy,
} from '../../../../router-core/index.ts';
import { FIELD_CLASS, Field } from '../../../_components/field.tsx';
import { Icon } from '../../../_components/icon.tsx';
import { formatCount } from '../../../_text/format.ts';
import type { PeeringFormState } from './use-peering-form.ts';

/** Operators may choose all of them. */
const FOR_PEERS = ['full', 'peer-only', 'downstream'] as const satisfies PeeringPolicy[];

type Props = { readonly form: PeeringFormState; readonly isOperator: boolean };

export function MoreFields({ form, isOperator }: Props) {
  const t = useTranslations('form');
  const { values, change, leave, noteOf } = form;
  const isLimitRead = /^[0-9]+$/.test(values.importLimit);
  return (
    <details className="group border-line-2 border-y">
      <summary className="flex min-h-14 list-none items-center gap-4">
        <span className="font-semibold text-section">{t('more')}</span>
        <span className="min-w-0 flex-1 truncate text-small text-text-2">
          {t('moreSummary', {
            policy: t(`policy.${values.policy}`),
            limit: isLimitRead ? formatCount(Number(values.importLimit)) : values.importLimit,
            keepalive: values.keepalive === '0' ? t('off') : `${values.keepalive} s`,
          })}
        </span>
        <span className="transition-transform duration-200 group-open:rotate-180">
          <Icon name="chevron" />
        </span>
      </summary>
      <div className="space-y-6 pt-2 pb-7">
        <div className="grid gap-x-4 gap-y-6 md:grid-cols-2">
          <label className="block font-medium text-small">
            <span className="mb-1.5 block min-h-5">{t('policyLabel')}</span>
            <select
              className={`${FIELD_CLASS} font-normal`}
              name="policy"
              onChange={(event) => change({ policy: event.target.value as PeeringPolicy })}
              value={values.policy}
            >
              {(isOperator ? PEERING_POLICIES : FOR_PEERS).map((policy) => (
                <option key={policy} value={policy}>
                  {t(`policy.${policy}`)}
                </option>
              ))}
            </select>
          </label>
          <Field
            inputMode="numeric"
            label={t('importLimit')}
            maxLength={7}
            name="importLimit"
            note={noteOf('importLimit')}
            onChange={(importLimit) => change({ importLimit })}
            onLeave={() => leave('importLimit')}
            technical
            value={values.importLimit}
          />
          <Field
            help={t('keepaliveHelp')}
            inputMode="numeric"
            label={t('keepalive')}
            maxLength={3}
            name="keepalive"
            note={noteOf('keepalive')}
            onChange={(keepalive) => change({ keepalive })}
            onLeave={() => leave('keepalive')}
            technical
            value={values.keepalive}
          />
          <Field
            isOptional
            label={t('ipv6')}
            maxLength={60}
            name="ipv6"
            note={noteOf('addresses.ipv6')}
            onChange={(ipv6) => change({ ipv6 })}
            onLeave={() => leave('addresses.ipv6')}
            technical
            value={values.ipv6}
          />
        </div>
        {isOperator ? (
          <Field
            help={t('rateLimitHelp')}
            inputMode="numeric"
            isOptional
            label={t('rateLimit')}
            maxLength={8}
            name="rateLimit"
            note={noteOf('rateLimit')}
            onChange={(rateLimit) => change({ rateLimit })}
            onLeave={() => leave('rateLimit')}
            technical
            value={values.rateLimit}
          />
        ) : null}
        {values.options === null ? null : (
          <Field
            help={t('optionsHelp')}
            isOptional
            label={t('options')}
            maxLength={OPERATOR_OPTIONS_LENGTH_MAX}
            name="options"
            note={noteOf('options')}
            onChange={(options) => change({ options })}
            onLeave={() => leave('options')}
            rows={Math.min(24, Math.max(5, values.options.split('\n').length + 1))}
            technical
            value={values.options}
          />
        )}
        <Field
          help={t('contactHelp')}
          isOptional
          label={t('contact')}
          maxLength={100}
          name="contact"
          note={noteOf('contact')}
          onChange={(contact) => change({ contact })}
          onLeave={() => leave('contact')}
          value={values.contact}
        />
        <Field
          isOptional
          label={t('remark')}
          maxLength={500}
          name="remark"
          note={noteOf('remark')}
          onChange={(remark) => change({ remark })}
          onLeave={() => leave('remark')}
          rows={3}
          value={values.remark}
        />
      </div>
    </details>
  );
}
