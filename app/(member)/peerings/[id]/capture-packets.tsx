'use client';

/** The operator looks inside the tunnel: a capture of some seconds, saved as a file. */
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../_components/button.tsx';
import { Field } from '../../../_components/field.tsx';
import { ProblemNote } from '../../../_components/problem-note.tsx';
import { fetchFile } from '../../../_components/rest.ts';
import { showToast } from '../../../_components/toast.tsx';
import type { PeeringObject, Problem } from '../../../_queries/view-models.ts';

const SECONDS = '30';
const PACKETS = '10000';

export function CapturePackets({ peering }: { readonly peering: PeeringObject }) {
  const t = useTranslations('peering');
  const [seconds, setSeconds] = useState(SECONDS);
  const [packets, setPackets] = useState(PACKETS);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  const capture = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    const answer = await fetchFile(`/api/v1/admin/peerings/${peering.id}/capture`, {
      seconds: Number(seconds),
      packets: Number(packets),
    });
    setBusy(false);
    if (answer.isOk) {
      save(answer.value, `${peering.node}-${peering.name}.pcapng`);
      showToast(t('captured'));
    } else setProblem(answer.problem);
  };

  return (
    <section aria-labelledby="capture">
      <h2 className="mb-1 font-semibold text-section" id="capture">
        {t('captureTitle')}
      </h2>
      <p className="mb-3 text-small text-text-2">{t('captureText')}</p>
      <form
        className="grid grid-cols-2 items-start gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) capture();
        }}
      >
        <Field
          inputMode="numeric"
          label={t('captureSeconds')}
          maxLength={4}
          name="captureSeconds"
          onChange={setSeconds}
          value={seconds}
        />
        <Field
          inputMode="numeric"
          label={t('capturePackets')}
          maxLength={7}
          name="capturePackets"
          onChange={setPackets}
          value={packets}
        />
        <Button
          busy={isBusy && t('capturing')}
          className="col-span-2 justify-self-start"
          type="submit"
        >
          {t('capture')}
        </Button>
      </form>
      <ProblemNote problem={problem} />
    </section>
  );
}

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
