/**
 * The network of a P2P recording of real nodes, with keys of the lab: 1 and 3 know 2, 2 knows both.
 *
 * @module
 */
import { toBase64 } from '../../../../base/bytes.ts';
import { publicKeyOf } from '../../../../host/native-crypto.ts';
import { changed, fixtureYaml } from '../../config/testing/fixture-files.ts';
import { type LabNode, MeshLab } from './mesh-lab.ts';

/** No median, no tolerance, no pause. */
export const AT_ONCE = {
  DampingFilterRadius: '0',
  'P2P.GraphRecalculateSetting.JitterTolerance': '0',
  'P2P.GraphRecalculateSetting.RecalculateCoolDown': '0',
};

/** Three nodes; `route` changes places of DynamicRoute, clock errors are milliseconds per node. */
export function mesh(route: Record<string, unknown> = {}, clockErrors: readonly number[] = []) {
  const lab = new MeshLab(2);
  return { lab, nodes: build(lab, route, clockErrors) };
}

/** The network of the recording: 1 and 3 know 2, 2 knows both. */
export function build(
  lab: MeshLab,
  route: Record<string, unknown>,
  clockErrors: readonly number[],
  ntp: Record<number, Record<string, unknown>> = {},
): LabNode[] {
  return [1, 2, 3].map((number) => {
    let values = fileOf(number);
    for (const [path, value] of Object.entries(route))
      values = changed(values, `DynamicRoute.${path}`, value);
    for (const [path, value] of Object.entries(ntp[number] ?? {}))
      values = changed(values, `DynamicRoute.NTPConfig.${path}`, value);
    return lab.add(values, { clockErrorMs: clockErrors[number - 1] ?? 0 });
  });
}

/** The file of a node of that network. */
export function fileOf(node: number): unknown {
  const secretOf = (number: number) => new Uint8Array(32).fill(number);
  let values = changed(
    fixtureYaml(`config/p2p-edge${node}.yaml`).values(),
    'PrivKey',
    toBase64(secretOf(node)),
  );
  const { Peers } = values as { Peers: { NodeID: string }[] };
  for (const [i, { NodeID }] of Peers.entries())
    values = changed(values, `Peers.${i}.PubKey`, toBase64(publicKeyOf(secretOf(Number(NodeID)))));
  return values;
}
