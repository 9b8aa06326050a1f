/** Everything here is for operators; each page and query checks it again. */
import { redirect } from 'next/navigation';
import type { ReactNode } from 'react';
import { DeskFrame } from '../../../_components/desk-frame.tsx';
import { KeepFresh } from '../../../_components/keep-fresh.tsx';
import { getViewer } from '../../../_queries/viewer.ts';

export default async function DeskLayout({ children }: { readonly children: ReactNode }) {
  const viewer = await getViewer();
  if (viewer.kind !== 'operator') redirect('/admin/sign-in');
  return (
    <DeskFrame viewer={viewer}>
      {children}
      <KeepFresh />
    </DeskFrame>
  );
}
