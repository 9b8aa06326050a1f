import { expect, test } from 'vitest';
import { type InterfaceId, interfaceId } from '../base/units.ts';
import type { ForwardingPlane } from '../packet/index.ts';
import { createPlaneWatch } from './plane-watch.ts';

const ALDER = interfaceId(1);
const BIRCH = interfaceId(2);

function watched() {
  const punted = new Map<InterfaceId, string>();
  // Of a plane nothing else is asked here.
  const plane = {
    setPunted: (id: InterfaceId, isInbound: boolean, isOutbound: boolean) =>
      punted.set(id, `${isInbound ? 'in' : ''}${isOutbound ? 'out' : ''}`),
  } as unknown as ForwardingPlane;
  return { watch: createPlaneWatch(plane), punted };
}

test('a tunnel that only receives is forwarded to at once: what leaves by it is nobody’s news', () => {
  const { watch, punted } = watched();
  watch.tunnelAdded(ALDER);
  expect(punted.get(ALDER)).toBe('in');
  watch.packetSeen(ALDER);
  expect(punted.get(ALDER)).toBe('');
});

test('a capture sees both directions, for as long as it runs', () => {
  const { watch, punted } = watched();
  watch.tunnelAdded(ALDER);
  watch.tunnelAdded(BIRCH);
  watch.setTapped(new Set([BIRCH]));
  watch.packetSeen(BIRCH);
  expect(punted.get(BIRCH)).toBe('inout');
  watch.setTapped(new Set());
  expect(punted.get(BIRCH)).toBe('');
  expect(punted.get(ALDER)).toBe('in');
});

test('without a plane nobody is told', () => {
  const watch = createPlaneWatch(undefined);
  watch.tunnelAdded(ALDER);
  watch.setTapped(new Set([ALDER]));
  watch.tunnelRemoved(ALDER);
});
