/** The answer to a question, whatever it is, with the way to take it along. */
import Link from 'next/link';
import { Note } from '../../../_components/field.tsx';
import { Clock } from '../../../_components/time.tsx';
import { getLookingGlass } from '../../../_queries/looking-glass.ts';
import { getSite } from '../../../_queries/site.ts';
import type { LookingGlassAnswer } from '../../../_queries/view-models.ts';
import { getViewer } from '../../../_queries/viewer.ts';
import { formatMilliseconds } from '../../../_text/format.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { ChangeList } from './change-list.tsx';
import { FlapList } from './flap-list.tsx';
import { MalformedAnswer } from './malformed-answer.tsx';
import { NeighborTable } from './neighbor-table.tsx';
import { PingAnswer } from './ping-answer.tsx';
import { addressOf, type Question } from './question.ts';
import { RejectedAnswer } from './rejected-answer.tsx';
import { RouteAnswer } from './route-answer.tsx';
import { WhyAnswer } from './why-answer.tsx';

export async function Answer({ asked }: { readonly asked: Question }) {
  const [answer, site] = await Promise.all([getLookingGlass(await getViewer(), asked), getSite()]);
  const t = getTranslator('lookingGlass');
  return (
    <>
      {asked.vrf === null || answer.query === 'error' ? null : (
        <p className="mb-5 text-text-2">
          {t.rich('inVrf', {
            name: () => <code className="font-mono text-small text-text">{asked.vrf}</code>,
          })}
        </p>
      )}
      {content(answer, asked, site.network.asn)}
      {answer.query === 'error' ? null : <TakeAlong answer={answer} asked={asked} />}
    </>
  );
}

function content(answer: LookingGlassAnswer, asked: Question, ourAsn: number) {
  switch (answer.query) {
    case 'summary':
      return <NeighborTable answer={answer} />;
    case 'route':
      return <RouteAnswer answer={answer} ourAsn={ourAsn} vrf={asked.vrf} />;
    case 'why':
      return <WhyAnswer answer={answer} ourAsn={ourAsn} vrf={asked.vrf} />;
    case 'history':
      return <ChangeList changes={answer.changes} />;
    case 'flaps':
      return <FlapList answer={answer} />;
    case 'rejected':
      return <RejectedAnswer answer={answer} />;
    case 'malformed':
      return <MalformedAnswer answer={answer} />;
    case 'ping':
      return <PingAnswer answer={answer} />;
    case 'error':
      return <Refused answer={answer} asked={asked} />;
  }
}

type RefusedProps = {
  readonly answer: Extract<LookingGlassAnswer, { query: 'error' }>;
  readonly asked: Question;
};

function Refused({ answer, asked }: RefusedProps) {
  const t = getTranslator('lookingGlass');
  const hint =
    answer.retryAfterSeconds === null
      ? answer.hint
      : t('retryAfter', { seconds: answer.retryAfterSeconds });
  return (
    <div className="max-w-160" role="alert">
      <Note
        note={{
          severity: 'error',
          message: answer.message,
          code: answer.code,
          ...(hint === null ? {} : { hint }),
        }}
      />
      <p className="mt-6 text-text-2">
        {t('examples')}{' '}
        {['172.20.0.53', 'fd42:d42:d42:54::1'].map((argument) => (
          <Link
            className="link mr-3 font-mono"
            href={addressOf({ ...asked, query: 'route', argument })}
            key={argument}
          >
            {argument}
          </Link>
        ))}
      </p>
    </div>
  );
}

function TakeAlong({
  answer,
  asked,
}: {
  readonly answer: LookingGlassAnswer;
  readonly asked: Question;
}) {
  const t = getTranslator('lookingGlass');
  const vrf = asked.vrf === null ? '' : `&vrf=${encodeURIComponent(asked.vrf)}`;
  const door = `/api/v1/lg/${encodeURIComponent(asked.node)}/${asked.query}?q=${encodeURIComponent(asked.argument)}${vrf}`;
  return (
    <footer className="mt-10 border-line border-t pt-3 text-small text-text-2">
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <span>
          {t.rich(answer.source, {
            took: formatMilliseconds(answer.tookSeconds * 1000),
            clock: () => <Clock at={answer.at} />,
          })}
        </span>
        <a className="link" href={`${door}&format=json`}>
          JSON
        </a>
      </p>
      <details className="mt-2">
        <summary className="min-h-6">{t('asText')}</summary>
        <pre className="mt-2 overflow-x-auto rounded-block border border-line bg-sunken p-4 font-mono text-code text-text">
          {answer.text}
        </pre>
      </details>
    </footer>
  );
}
