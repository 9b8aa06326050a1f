'use client';

/** Asks the server for the page again while somebody looks at it. */
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';

const EVERY_MS = 10_000;

export function KeepFresh() {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') router.refresh();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [router]);
  return null;
}
