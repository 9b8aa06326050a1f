'use client';

/**
 * The peering as it is now: the server's picture first, then every event of its stream.
 *
 * Standard: HTML "server-sent events"; portal specification §9. Events carry the whole object, so
 * nothing is patched here. The browser reconnects by itself; `isLost` says that it is trying.
 */
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { PeeringObject } from '../../../_queries/view-models.ts';

export type LivePeering = {
  readonly peering: PeeringObject;
  readonly isLost: boolean;
  /** Shows an answer of the REST door before its event arrives. */
  readonly show: (peering: PeeringObject) => void;
};

export function useLivePeering(initial: PeeringObject): LivePeering {
  const router = useRouter();
  const [peering, setPeering] = useState(initial);
  const [isLost, setLost] = useState(false);
  const revision = useRef(initial.revision);

  const show = useCallback(
    (next: PeeringObject): void => {
      setPeering(next);
      // An edit changes the texts to paste, which the server made.
      if (next.revision !== revision.current) router.refresh();
      revision.current = next.revision;
    },
    [router],
  );

  useEffect(() => {
    const source = new EventSource(initial.links.events);
    source.addEventListener('peering', (event: MessageEvent<string>) => {
      setLost(false);
      show(JSON.parse(event.data) as PeeringObject);
    });
    source.addEventListener('open', () => setLost(false));
    source.addEventListener('error', () => setLost(true));
    return () => source.close();
  }, [initial.links.events, show]);

  return { peering, isLost, show };
}
