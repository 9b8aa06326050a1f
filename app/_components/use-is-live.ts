'use client';

/** Whether the page's script runs. False in the server's HTML and until the script has taken over. */
import { useSyncExternalStore } from 'react';

const never = () => () => undefined;

export const useIsLive = (): boolean =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
