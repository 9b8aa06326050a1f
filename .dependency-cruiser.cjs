/**
 * Who may import what: the table of docs/architecture.md §2 as rules.
 * Each comment gives the reason; `npm run check` fails on any violation.
 */
const core = (rooms) => `^router-core/(${rooms})/`;

/** A room of the router may import only these paths (and itself). */
const only = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: '\\.test\\.ts$|/testing/|/fixtures/' },
  to: { pathNot: [from, ...to] },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A circle has no first file to read. Generated clients are circular by design.',
      severity: 'error',
      from: { pathNot: '^app/_db/generated/' },
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file nobody imports is dead.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '\\.test\\.tsx?$',
          '\\.d\\.ts$',
          '^app/.*/?(page|layout|route|error|global-error|not-found|loading|icon)\\.tsx?$',
          '^(proxy|instrumentation)\\.ts$',
          '\\.(mjs|cjs|js)$',
          '\\.config\\.ts$',
          '^router-core/(packet|netstack|wireguard|bgp)/.*constants\\.ts$',
          '/index\\.ts$',
          '\\.css$',
          '\\.json$',
        ],
      },
      to: {},
    },
    only('base-imports-nothing', 'base is below everything.', '^router-core/base/', []),
    only('packet-imports-base', 'packet reads and writes bytes.', '^router-core/packet/', [
      core('base'),
    ]),
    only('registry-imports-base', 'The registry is text and questions.', '^router-core/registry/', [
      core('base'),
    ]),
    only('bgp-imports-base', 'BGP consumes octets, not segments.', '^router-core/bgp/', [
      core('base'),
    ]),
    only(
      'wireguard-imports-below',
      'WireGuard knows packets, not the netstack.',
      '^router-core/wireguard/',
      [core('base|packet'), 'node_modules/@noble/'],
    ),
    only(
      'netstack-imports-below',
      'The netstack is tested without tunnels.',
      '^router-core/netstack/',
      [core('base|packet'), 'node_modules/@noble/(hashes|ciphers)/'],
    ),
    // Rooms that come with later issues; their walls stand already.
    only(
      'mesh-imports-below',
      'EtherGuard is WireGuard with another framing.',
      '^router-core/mesh/',
      [core('base|packet|wireguard'), 'node_modules/@noble/'],
    ),
    only('fast-path-imports-below', 'The fast path knows tables only.', '^router-core/fast-path/', [
      core('base|packet'),
    ]),
    only(
      'links-imports-base',
      'links/ names tunnels, it does not hold them.',
      '^router-core/links/',
      [core('base')],
    ),
    only(
      'router-composes',
      'router/ puts the rooms together and does no I/O.',
      '^router-core/router/',
      [core('base|packet|registry|bgp|wireguard|netstack|mesh|links'), 'node_modules/@noble/'],
    ),
    {
      name: 'router-does-not-know-its-door',
      comment: 'The Router works without anybody asking it.',
      severity: 'error',
      from: {
        path: '^router-core/router/[^/]+\\.ts$|^router-core/router/(diagnosis|peer-config)/',
        pathNot: '\\.test\\.ts$',
      },
      to: { path: '^router-core/router/door/' },
    },
    {
      name: 'peer-config-stands-alone',
      comment: 'Texts that visitors run as root depend on values only.',
      severity: 'error',
      from: { path: '^router-core/router/peer-config/', pathNot: '\\.test\\.ts$|/testing/' },
      to: {
        path: '^router-core/',
        pathNot: [
          '^router-core/router/peer-config/',
          '^router-core/base/',
          '^router-core/router/types\\.ts$',
        ],
      },
    },
    {
      name: 'host-opens-the-router-by-its-ports',
      comment:
        'The host touches the operating system and nothing of the protocols; it lays out memory.',
      severity: 'error',
      from: {
        path: '^router-core/host/',
        pathNot: '\\.test\\.ts$|/testing/|^router-core/host/mesh/',
      },
      to: {
        path: '^router-core/',
        pathNot: [
          core('base|registry|host'),
          '^router-core/fast-path/index\\.ts$',
          '^router-core/packet/plane-layout\\.ts$',
          '^router-core/router/(index|types)\\.ts$',
          '^router-core/router/door/',
          '^router-core/mesh/etherguard/config/index\\.ts$',
        ],
      },
    },
    {
      name: 'host-drives-the-mesh-by-its-contracts',
      comment:
        'A driver knows what edges and supernodes ask and are told, and their files; nothing inside.',
      severity: 'error',
      from: { path: '^router-core/host/mesh/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^router-core/',
        pathNot: [
          core('base|host'),
          '^router-core/router/index\\.ts$',
          '^router-core/mesh/etherguard/(ports|(config|edge|supernode)/index)\\.ts$',
        ],
      },
    },
    {
      name: 'simulation-is-pure',
      comment: 'sim/ replays from a seed; it knows no operating system.',
      severity: 'error',
      from: { path: '^router-core/sim/', pathNot: '\\.test\\.ts$' },
      to: { path: '^router-core/(host|cli)/|^node:|^app/' },
    },
    {
      name: 'pure-rooms-do-no-io',
      comment: 'Time, randomness and sockets are handed in.',
      severity: 'error',
      from: {
        path: core('base|packet|wireguard|netstack|fast-path|mesh|links|bgp|registry|router|sim'),
        pathNot: '\\.test\\.ts$|/testing/|/fixtures/',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'app-opens-the-first-door',
      comment: 'What is pure comes through index.ts.',
      severity: 'error',
      from: {
        path: '^app/|^proxy\\.ts$|^instrumentation\\.ts$',
        pathNot: '^app/(_router|_registry)/|\\.test\\.tsx?$|/fixtures/|/testing/',
      },
      to: { path: '^router-core/', pathNot: '^router-core/index\\.ts$' },
    },
    {
      name: 'only-router-and-registry-open-the-second-door',
      comment: 'The supervisor and registry sources are started in one place each.',
      severity: 'error',
      from: { path: '^app/(_router|_registry)/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^router-core/', pathNot: '^router-core/(index|client)\\.ts$' },
    },
    {
      name: 'pages-do-not-reach-past-the-verbs',
      comment: 'A page that reads a table or asks the router itself escapes permissions and audit.',
      severity: 'error',
      from: { path: '^app/(\\(|api/|healthz/|readyz/|metrics/|rtt/)', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^app/_(db|router|registry)/' },
    },
    {
      name: 'core-knows-no-portal',
      comment: 'The router runs headless.',
      severity: 'error',
      from: { path: '^router-core/' },
      to: { path: '^app/|node_modules/(next|react|react-dom|@prisma)/' },
    },
    {
      name: 'bin-runs-before-install',
      comment:
        'The set-up runs before there are packages; what it needs later it imports when it needs it.',
      severity: 'error',
      from: { path: '^bin/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^(app|router-core)/',
        pathNot: '^router-core/(index\\.ts|fast-path/assembly/generate-passes\\.mjs)$',
      },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.next|dist|data|app/_db/generated)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
