/**
 * What the rest of host/ uses of roa-sources/.
 *
 * @module
 */
export { createRoaService } from './roa-service.ts';
