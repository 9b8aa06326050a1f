/**
 * Everything under /api/v1 that is no door: a problem document instead of a page.
 *
 * @module
 */
import { PortalError } from '../../../_text/errors.ts';
import { route } from '../../_http/route.ts';

export const dynamic = 'force-dynamic';

const refuse = route(() => {
  throw new PortalError('PATH_UNKNOWN');
});

export const GET = refuse;
export const POST = refuse;
export const PATCH = refuse;
export const PUT = refuse;
export const DELETE = refuse;
