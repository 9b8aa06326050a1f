'use client';

/** Ends the login and goes to the first page. */
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Icon } from './icon.tsx';
import { callRest } from './rest.ts';

export function SignOutButton() {
  const t = useTranslations('ui');
  const [isBusy, setBusy] = useState(false);
  const signOut = async (): Promise<void> => {
    setBusy(true);
    const answer = await callRest('POST', '/api/v1/auth/sign-out');
    // A full load: nothing of the login may stay in the router's cache.
    if (answer.isOk) window.location.assign('/');
    else setBusy(false);
  };
  return (
    <button
      aria-busy={isBusy}
      className="flex min-h-11 w-full items-center gap-3 rounded-control px-3 text-left hover:bg-sunken"
      onClick={signOut}
      type="button"
    >
      <Icon name="leave" />
      {t('signOut')}
    </button>
  );
}
