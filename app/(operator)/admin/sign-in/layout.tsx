import type { ReactNode } from 'react';
import { PublicFrame } from '../../../_components/public-frame.tsx';

export default function Layout({ children }: { readonly children: ReactNode }) {
  return <PublicFrame>{children}</PublicFrame>;
}
