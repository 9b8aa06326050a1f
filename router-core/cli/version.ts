/**
 * The version, from package.json; the bundler puts it in.
 *
 * @module
 */
import manifest from '../../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;
