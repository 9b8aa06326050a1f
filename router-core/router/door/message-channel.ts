/**
 * A carrier of the door's messages, as the door sees it.
 *
 * Not standardized; docs/architecture.md §6. Implemented in memory (sim/) and in host/carriers/.
 *
 * Invariants
 * - Messages arrive whole, in order, at most once; `onClose` is called once.
 * - A message is plain data as JSON knows it, and octets in a field `bytes` of its own.
 *
 * @module
 */
export interface MessageChannel<Out, In> {
  send(message: Out): void;
  onMessage(listener: (message: In) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

/** Returns two ends of a channel in memory; `defer` runs a delivery later, never inside `send`. */
export function memoryChannel<A, B>(
  defer: (run: () => void) => void,
): [MessageChannel<A, B>, MessageChannel<B, A>] {
  let isOpen = true;
  const toLeft: ((message: B) => void)[] = [];
  const toRight: ((message: A) => void)[] = [];
  const closers: (() => void)[] = [];
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    for (const closer of closers) closer();
  };
  const end = <Out, In>(
    to: ((message: Out) => void)[],
    from: ((message: In) => void)[],
  ): MessageChannel<Out, In> => ({
    send(message) {
      defer(() => {
        if (isOpen) for (const listener of to) listener(message);
      });
    },
    onMessage(listener) {
      from.push(listener);
    },
    onClose(listener) {
      closers.push(listener);
    },
    close,
  });
  return [end<A, B>(toRight, toLeft), end<B, A>(toLeft, toRight)];
}
