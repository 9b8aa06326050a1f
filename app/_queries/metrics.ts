/**
 * Numbers for monitoring: totals for everyone, single peerings for the operator.
 *
 * Standard: OpenMetrics 1.0 (text format).
 *
 * @module
 */
import 'server-only';
import { type Actor, canSeeOperations, openStreams } from '../_auth/index.ts';
import type { Portal } from '../_router/index.ts';

type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };
type Metric = {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'info';
  readonly help: string;
  readonly samples: readonly Sample[];
};

export function writeMetrics(portal: Portal, actor: Actor): string {
  const metrics = [...totals(portal), ...(canSeeOperations(actor) ? perPeering(portal) : [])];
  return `${metrics.map(writeMetric).join('')}# EOF\n`;
}

function totals(portal: Portal): Metric[] {
  const nodes = [...portal.nodes.values()];
  const perNode = (value: (node: (typeof nodes)[number]) => number): Sample[] =>
    nodes.map((node) => ({ labels: { node: node.name }, value: value(node) }));
  const registry = portal.registry.state();
  const established = (node: (typeof nodes)[number]): number =>
    node.hub.peerings().filter((p) => p.sessions.some((s) => s.state === 'established')).length;
  return [
    {
      name: 'rootless42_build',
      type: 'info',
      help: 'Version of the portal.',
      samples: [{ labels: { version: portal.version }, value: 1 }],
    },
    gauge(
      'rootless42_router_up',
      'Whether the router runs.',
      perNode((n) => (n.router.state().kind === 'up' ? 1 : 0)),
    ),
    counter(
      'rootless42_router_restarts',
      'Restarts of the router since the portal started.',
      perNode((n) => n.router.state().restarts),
    ),
    gauge(
      'rootless42_peerings',
      'Peerings in the router.',
      perNode((n) => n.hub.peerings().length),
    ),
    gauge(
      'rootless42_peerings_established',
      'Peerings with an established session.',
      perNode(established),
    ),
    gauge(
      'rootless42_routes',
      'Prefixes with a best path.',
      nodes.flatMap((node) =>
        (['ipv4', 'ipv6'] as const).map((family) => ({
          labels: { node: node.name, family },
          value: node.hub.node()?.routes[family] ?? 0,
        })),
      ),
    ),
    counter(
      'rootless42_drops',
      'Packets that went no further, by reason.',
      nodes.flatMap((node) =>
        Object.entries(node.hub.node()?.drops ?? {}).map(([reason, value]) => ({
          labels: { node: node.name, reason },
          value,
        })),
      ),
    ),
    gauge('rootless42_roas', 'ROAs of the registry.', [{ labels: {}, value: registry.roas }]),
    gauge(
      'rootless42_registry_checked_timestamp_seconds',
      'Last successful check of the registry.',
      [{ labels: {}, value: (registry.checkedAt?.getTime() ?? 0) / 1000 }],
    ),
    gauge('rootless42_event_streams', 'Open event streams.', [
      { labels: {}, value: openStreams() },
    ]),
    gauge('process_resident_memory_bytes', 'Resident memory.', [
      { labels: {}, value: process.memoryUsage.rss() },
    ]),
  ];
}

function perPeering(portal: Portal): Metric[] {
  const views = [...portal.nodes.values()].flatMap((node) => node.hub.peerings());
  const samples = (value: (view: (typeof views)[number]) => number): Sample[] =>
    views.map((view) => ({
      labels: { node: view.node, peering: view.id, name: view.name, asn: String(view.asn) },
      value: value(view),
    }));
  const sum = (view: (typeof views)[number], key: 'received' | 'accepted' | 'rejected' | 'sent') =>
    view.sessions.reduce((total, session) => total + session[key], 0);
  return [
    counter(
      'rootless42_peering_receive_bytes',
      'Octets received in the tunnel.',
      samples((v) => v.tunnel?.rxBytes ?? 0),
    ),
    counter(
      'rootless42_peering_transmit_bytes',
      'Octets sent in the tunnel.',
      samples((v) => v.tunnel?.txBytes ?? 0),
    ),
    gauge(
      'rootless42_peering_established',
      'Whether a session is established.',
      samples((v) => (v.sessions.some((s) => s.state === 'established') ? 1 : 0)),
    ),
    gauge(
      'rootless42_peering_prefixes_accepted',
      'Prefixes accepted.',
      samples((v) => sum(v, 'accepted')),
    ),
    gauge(
      'rootless42_peering_prefixes_rejected',
      'Prefixes rejected.',
      samples((v) => sum(v, 'rejected')),
    ),
    gauge(
      'rootless42_peering_prefixes_sent',
      'Prefixes announced to the peer.',
      samples((v) => sum(v, 'sent')),
    ),
  ];
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  type: 'gauge',
  help,
  samples,
});
const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  type: 'counter',
  help,
  samples,
});

const SUFFIX = { gauge: '', counter: '_total', info: '_info' } as const;

function writeMetric({ name, type, help, samples }: Metric): string {
  const lines = samples.map(({ labels, value }) => {
    const text = Object.entries(labels)
      .map(([key, label]) => `${key}="${label.replace(/[\\"\n]/g, escapeLabel)}"`)
      .join(',');
    return `${name}${SUFFIX[type]}${text === '' ? '' : `{${text}}`} ${value}\n`;
  });
  return `# TYPE ${name} ${type}\n# HELP ${name} ${help}\n${lines.join('')}`;
}

const escapeLabel = (character: string): string => (character === '\n' ? '\\n' : `\\${character}`);
