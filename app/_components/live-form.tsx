'use client';

/**
 * A form that the page's script sends.
 *
 * Not standardized. Until that script runs the form is disabled: what is typed would be lost when it
 * starts, and the browser's own submit would put a password into the address.
 */
import type { ComponentProps } from 'react';
import { useIsLive } from './use-is-live.ts';

export function LiveForm({ children, className, ...form }: ComponentProps<'form'>) {
  const isLive = useIsLive();
  return (
    <form method="post" {...form}>
      <fieldset
        className={className === undefined ? 'min-w-0' : `min-w-0 ${className}`}
        disabled={!isLive}
      >
        {children}
      </fieldset>
    </form>
  );
}
