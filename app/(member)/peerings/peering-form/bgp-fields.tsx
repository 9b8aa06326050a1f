'use client';

/** Addresses inside the tunnel and the shape of the sessions. */
import { useTranslations } from 'use-intl';
import type { SessionShape } from '../../../../router-core/index.ts';
import { CheckBox, ChoiceList } from '../../../_components/choice.tsx';
import { CopyField } from '../../../_components/copy-field.tsx';
import { Field, Note } from '../../../_components/field.tsx';
import { needsIpv4Address } from './form-values.ts';
import type { PeeringFormState } from './use-peering-form.ts';

const SHAPES = ['mp-bgp', 'separate', 'ipv6-only', 'ipv4-only'] as const satisfies SessionShape[];

type Props = { readonly form: PeeringFormState; readonly ourLinkLocal: string };

export function BgpFields({ form, ourLinkLocal }: Props) {
  const t = useTranslations('form');
  const { values, change, leave, noteOf } = form;
  const sessionsNote = noteOf('sessions') ?? noteOf('families') ?? noteOf('extendedNextHop');
  return (
    <section className="space-y-6 border-line-2 border-t py-7">
      <h2 className="font-semibold text-section">{t('addresses')}</h2>
      <div className="grid gap-x-4 gap-y-6 md:grid-cols-2">
        <Field
          isFilledIn
          label={t('linkLocal')}
          maxLength={60}
          name="linkLocal"
          note={noteOf('linkLocal')}
          onChange={(linkLocal) => change({ linkLocal })}
          onLeave={() => leave('linkLocal')}
          technical
          value={values.linkLocal}
        />
        <CopyField label={t('ours')} value={ourLinkLocal} />
      </div>
      <div>
        <ChoiceList
          asCards
          choices={SHAPES.map((shape) => ({
            value: shape,
            title: t(`shape.${shape}.title`),
            text: t(`shape.${shape}.text`),
          }))}
          isLegendHidden
          legend={t('sessions')}
          name="sessions"
          onChange={(sessions) => change({ sessions: sessions as SessionShape })}
          value={values.sessions}
        />
        {sessionsNote === undefined ? null : <Note note={sessionsNote} />}
      </div>
      {values.sessions === 'mp-bgp' ? (
        <CheckBox
          isChecked={values.extendedNextHop}
          label={t('extendedNextHop')}
          name="extendedNextHop"
          onChange={(extendedNextHop) => change({ extendedNextHop })}
        />
      ) : null}
      {needsIpv4Address(values) ? (
        <Field
          help={t('ipv4Help')}
          label={t('ipv4')}
          maxLength={20}
          name="ipv4"
          note={noteOf('addresses.ipv4')}
          onChange={(ipv4) => change({ ipv4 })}
          onLeave={() => leave('addresses.ipv4')}
          placeholder="172.20.0.1"
          technical
          value={values.ipv4}
        />
      ) : null}
    </section>
  );
}
