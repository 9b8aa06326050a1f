/** What the other router has to know of us, each with a copy button. */
import { KeyValueList } from '../../../_components/key-value-list.tsx';
import { Prefix } from '../../../_components/prefix.tsx';
import type { OurEnd } from '../../../_queries/view-models.ts';
import { getTranslator } from '../../../_text/translator.ts';

export function OurValues({ ours }: { readonly ours: OurEnd }) {
  const t = getTranslator('nodes');
  const code = (text: string) => <code className="font-mono text-small">{text}</code>;
  return (
    <section aria-labelledby="our-values" className="mt-8">
      <h2 className="mb-2 font-semibold text-section" id="our-values">
        {t('ourValues')}
      </h2>
      <KeyValueList
        rows={[
          { label: t('asNumber'), value: code(String(ours.asn)), copy: String(ours.asn) },
          ours.endpoint === null
            ? { label: t('endpoint'), value: t('noEndpoint') }
            : { label: t('endpoint'), value: code(ours.endpoint), copy: ours.endpoint },
          { label: t('publicKey'), value: code(ours.publicKey), copy: ours.publicKey },
          { label: t('linkLocal'), value: <Prefix value={ours.linkLocal} />, copy: ours.linkLocal },
          ...ours.addresses.map((address) => ({
            label: t(address.includes(':') ? 'ipv6' : 'ipv4'),
            value: <Prefix value={address} />,
            copy: address,
          })),
        ]}
      />
    </section>
  );
}
