import { expect, test } from 'vitest';
import { readEdgeConfig } from '../config/index.ts';
import { INTERVAL_MIN_MS } from './limits.ts';
import { settingsOfFile, settingsOfSupernode } from './settings.ts';

const file = (SendPingInterval: number) => {
  const { config, findings } = readEdgeConfig({
    Interface: { IType: 'dummy' },
    NodeID: 1,
    NodeName: 'a',
    DefaultTTL: 200,
    PrivKey: Buffer.alloc(32, 1).toString('base64'),
    DynamicRoute: { SendPingInterval },
  });
  if (config === undefined) throw new Error(JSON.stringify(findings));
  return settingsOfFile(config);
};

const PARAMETERS = {
  SendPingInterval: 1e-300,
  HttpPostInterval: 1e-300,
  PeerAliveTimeout: 70,
  DampingFilterRadius: 4,
  AdditionalCost: -1,
  QualityMetric: false,
};

test('no number of a file or a supernode makes an edge ping or report without a pause', () => {
  expect(file(1e-300).sendPingInterval).toBe(INTERVAL_MIN_MS);
  expect(settingsOfSupernode(PARAMETERS, file(16))).toMatchObject({
    sendPingInterval: INTERVAL_MIN_MS,
    httpPostInterval: INTERVAL_MIN_MS,
    peerAliveTimeout: 70_000,
  });
});

test('what switches off stays off, and what is slower stays as it is', () => {
  expect(file(0).sendPingInterval).toBe(0);
  expect(file(16).sendPingInterval).toBe(16_000);
  const { httpPostInterval } = settingsOfSupernode(
    { ...PARAMETERS, HttpPostInterval: 0 },
    file(16),
  );
  expect(httpPostInterval).toBe(0);
});
