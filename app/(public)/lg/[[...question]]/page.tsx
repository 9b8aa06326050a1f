/**
 * The looking glass: one address per question. Answers are part of the page and not streamed into
 * it, because that needs a script.
 */
import { notFound, redirect } from 'next/navigation';
import { getVisibleVrfs, isForOperators } from '../../../_queries/looking-glass.ts';
import { getNodes } from '../../../_queries/nodes.ts';
import { getViewer } from '../../../_queries/viewer.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { Answer } from './answer.tsx';
import { QueryBar } from './query-bar.tsx';
import { addressOf, QUERIES, readForm, readQuestion } from './question.ts';

type Props = {
  readonly params: Promise<{ readonly question?: string[] }>;
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export async function generateMetadata({ params }: Props) {
  const t = getTranslator('lookingGlass');
  const { question = [] } = await params;
  const asked = readQuestion(question);
  return { title: asked?.argument ? `${asked.argument} · ${t('title')}` : t('title') };
}

export default async function LookingGlassPage({ params, searchParams }: Props) {
  const [{ question = [] }, search] = await Promise.all([params, searchParams]);
  const fromForm = question.length === 0 ? readForm(search) : undefined;
  if (fromForm !== undefined) redirect(addressOf(fromForm));
  const [nodes, viewer] = await Promise.all([getNodes(), getViewer()]);
  const queries = QUERIES.filter((query) => viewer.kind === 'operator' || !isForOperators(query));
  const first = nodes[0]?.name;
  if (first === undefined || (question.length > 0 && readQuestion(question) === undefined))
    notFound();
  const asked = readQuestion(question, search) ?? {
    node: first,
    query: 'summary',
    argument: '',
    vrf: null,
  };
  if (!nodes.some(({ name }) => name === asked.node)) notFound();
  const vrfs = await getVisibleVrfs(viewer, asked.node);
  const t = getTranslator('lookingGlass');
  return (
    <>
      <h1 className="sr-only">{t('title')}</h1>
      <QueryBar asked={asked} nodes={nodes} queries={queries} vrfs={vrfs} />
      <div className="min-h-96 pt-8">
        <Answer asked={asked} />
      </div>
    </>
  );
}
