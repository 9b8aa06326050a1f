/** Operators sign in with name and password. */
import { redirect } from 'next/navigation';
import { getSite } from '../../../_queries/site.ts';
import { getViewer } from '../../../_queries/viewer.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { OperatorSignIn } from './operator-sign-in.tsx';

export function generateMetadata() {
  return { title: getTranslator('admin')('signInTitle') };
}

export default async function OperatorSignInPage() {
  const [viewer, site] = await Promise.all([getViewer(), getSite()]);
  if (site.needsSetup) redirect('/admin/setup');
  if (viewer.kind === 'operator') redirect('/admin');
  const t = getTranslator('admin');
  return (
    <div className="mx-auto max-w-100 pt-14 lg:pt-22">
      <h1 className="font-semibold text-h1">{t('signInTitle')}</h1>
      <p className="mt-2 mb-7 text-lead text-text-2">{t('signInLead')}</p>
      <OperatorSignIn />
    </div>
  );
}
