/** @type {import('next').NextConfig} */
const config = {
  // A stray lock file in a parent folder would change the root.
  turbopack: { root: import.meta.dirname },
  outputFileTracingRoot: import.meta.dirname,
  poweredByHeader: false,
  reactStrictMode: true,
  // `npm run check` checks types, of everything; a start need not wait for it again.
  typescript: { ignoreBuildErrors: true },
  // Compression would hold events back, and a reverse proxy does it better.
  compress: false,
  typedRoutes: false,
  experimental: { serverActions: { bodySizeLimit: '64kb' }, proxyClientMaxBodySize: '64kb' },
  headers: async () => [
    {
      source: '/(.*)',
      headers: [
        { key: 'x-content-type-options', value: 'nosniff' },
        { key: 'referrer-policy', value: 'same-origin' },
        { key: 'x-frame-options', value: 'DENY' },
        { key: 'cross-origin-opener-policy', value: 'same-origin' },
        {
          key: 'permissions-policy',
          value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
        },
      ],
    },
  ],
};

export default config;
