'use client';

/** The three ways into a mesh, and the form of the one that is chosen. */
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { ChoiceList } from '../../../../_components/choice.tsx';
import { Tabs } from '../../../../_components/tabs.tsx';
import { FileForm } from './file-form.tsx';
import { JoinForm } from './join-form.tsx';
import { SupernodeForm } from './supernode-form.tsx';

const WAYS = ['join', 'supernode', 'static'] as const;
type Way = (typeof WAYS)[number];

type Props = {
  readonly node: string;
  readonly isEdge: boolean;
  readonly isSupernode: boolean;
};

export function TakePart({ node, isEdge, isSupernode }: Props) {
  const t = useTranslations('meshDesk');
  const open = WAYS.filter((way) => (way === 'supernode' ? !isSupernode : !isEdge));
  const [chosen, setChosen] = useState<Way | undefined>();
  // Of a node that does one thing already nobody expects that it does the other as well.
  const way =
    open.find((each) => each === chosen) ?? (open.length === WAYS.length ? open[0] : undefined);
  if (open.length === 0) return null;
  return (
    <div className="space-y-6">
      <ChoiceList
        asCards
        choices={open.map((each) => ({
          value: each,
          title: t(`way.${each}`),
          text: t(`wayText.${each}`),
        }))}
        isLegendHidden
        legend={t('ways')}
        name="way"
        onChange={(value) => setChosen(WAYS.find((each) => each === value))}
        value={way ?? ''}
      />
      {way === undefined ? null : (
        <div className="max-w-220 rounded-card border border-line bg-surface p-4 md:p-6">
          <Form node={node} way={way} />
        </div>
      )}
    </div>
  );
}

function Form({ node, way }: { readonly node: string; readonly way: Way }) {
  const t = useTranslations('meshDesk');
  switch (way) {
    case 'supernode':
      return <SupernodeForm node={node} />;
    case 'static':
      return <FileForm help={t('fileHelp.static')} instance="edge" node={node} />;
    case 'join':
      return (
        <Tabs
          label={t('how')}
          tabs={[
            {
              id: 'paste',
              title: t('paste'),
              panel: <FileForm help={t('fileHelp.join')} instance="edge" node={node} />,
            },
            { id: 'fill-in', title: t('fillIn'), panel: <JoinForm node={node} /> },
          ]}
        />
      );
  }
}
