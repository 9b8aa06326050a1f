'use client';

/** What the tunnel looks like from outside; the other side needs the same. For operators. */
import { useTranslations } from 'use-intl';
import { FIELD_CLASS, Field } from '../../../_components/field.tsx';
import type { Obfuscation } from '../../../_queries/view-models.ts';
import { DISGUISE_KINDS, type DisguiseValues, drawOptions } from './disguise-values.ts';
import type { PeeringFormState } from './use-peering-form.ts';

type Props = {
  readonly form: PeeringFormState;
  /** What the UDP port says. */
  readonly ofPort: Obfuscation['kind'];
};

export function DisguiseFields({ form, ofPort }: Props) {
  const t = useTranslations('form');
  const kindOf = useTranslations('peering.disguiseKind');
  const { values, change, leave, noteOf } = form;
  const note = noteOf('obfuscation');
  const choose = (disguise: DisguiseValues['disguise']): void => {
    const isEmpty = disguise === 'amneziawg' && values.disguiseOptions.trim() === '';
    change({ disguise, ...(isEmpty ? { disguiseOptions: drawOptions(randomBelow) } : {}) });
  };
  return (
    <section className="space-y-6 border-line-2 border-t py-7">
      <h2 className="font-semibold text-section">{t('disguise')}</h2>
      <label className="block font-medium text-small">
        <span className="mb-1.5 block min-h-5">{t('disguiseKind')}</span>
        <select
          className={`${FIELD_CLASS} font-normal`}
          name="disguise"
          onChange={(event) => choose(event.target.value as DisguiseValues['disguise'])}
          value={values.disguise}
        >
          <option value="as-port">{t('disguiseAsPort', { kind: kindOf(ofPort) })}</option>
          {DISGUISE_KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {kindOf(kind)}
            </option>
          ))}
        </select>
        <span className="mt-1.5 block font-normal text-text-3">{t('disguiseHelp')}</span>
      </label>
      {values.disguise === 'wgobfs' || values.disguise === 'ipt_xor' ? (
        <Field
          help={t(values.disguise === 'wgobfs' ? 'wgobfsKeyHelp' : 'xorKeyHelp')}
          label={t('disguiseKey')}
          maxLength={64}
          name="disguiseKey"
          note={note}
          onChange={(disguiseKey) => change({ disguiseKey })}
          onLeave={() => leave('obfuscation')}
          technical
          value={values.disguiseKey}
        />
      ) : null}
      {values.disguise === 'amneziawg' ? (
        <Field
          help={t('disguiseOptionsHelp')}
          label={t('disguiseOptions')}
          name="disguiseOptions"
          note={note}
          onChange={(disguiseOptions) => change({ disguiseOptions })}
          onLeave={() => leave('obfuscation')}
          rows={10}
          technical
          value={values.disguiseOptions}
        />
      ) : null}
    </section>
  );
}

function randomBelow(limit: number): number {
  const [draw = 0] = crypto.getRandomValues(new Uint32Array(1));
  return draw % limit;
}
