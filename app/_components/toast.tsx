'use client';

/**
 * One short message at the bottom left, e.g. what was copied. Never for errors.
 *
 * Not standardized; design §4 "toast": six seconds, stays while hovered or focused. The region is
 * in every page from the start, so that screen readers announce what appears in it.
 */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { StateShape } from './state-shape.tsx';

const STAYS_MS = 6_000;

type Message = { readonly number: number; readonly text: string };
let current: Message | undefined;
let count = 0;
const listeners = new Set<() => void>();

/** Shows a message; a new one takes the place of the old. */
export function showToast(text: string): void {
  count += 1;
  setMessage({ number: count, text });
}

export function ToastRegion() {
  const message = useSyncExternalStore(
    subscribe,
    () => current,
    () => undefined,
  );
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (message === undefined || isHeld) return;
    const timer = setTimeout(() => setMessage(undefined), STAYS_MS);
    return () => clearTimeout(timer);
  }, [message, isHeld]);
  return (
    <output
      aria-live="polite"
      className="fixed bottom-4 left-4 z-40 block max-w-[calc(100vw-2rem)]"
      onBlur={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
    >
      {message === undefined ? null : (
        <span
          className="flex min-h-11 min-w-64 items-center gap-3 rounded-block border border-line bg-raised px-4 shadow-float"
          key={message.number}
        >
          <StateShape kind="ok" />
          {message.text}
        </span>
      )}
    </output>
  );
}

function setMessage(message: Message | undefined): void {
  current = message;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
